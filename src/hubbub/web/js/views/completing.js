/** Completes the word before the cursor: commands, channels, emoji, nicks. Loaded when one is typed. */

import { commands } from "../commands.js";
import { h } from "../dom.js";
import { emojiMatching } from "../emoji.js";
import { t } from "../i18n.js";
import { nicksFor } from "../state.js";
import { avatar } from "./people.js";
/** @import { Choices, Composer } from "../types.js" */

/**
 * The completions of the word before the cursor; with `nicks` also of a nick without @ (Tab).
 * @param {Composer} composer
 */
export function completions(composer, nicks = false) {
  const { box } = composer;
  const to = box.selectionStart;
  if (to !== box.selectionEnd) return null;
  const before = box.value.slice(0, to);
  const from = before.search(/\S+$/);
  if (from < 0) return null;
  const word = before.slice(from);
  const items = candidates(composer, word, from === 0, nicks).slice(0, 8);
  return items.length ? { items, at: 0, from, to } : null;
}

/**
 * @param {Composer} composer
 * @param {string} word
 * @param {boolean} first
 * @param {boolean} nicks
 */
function candidates({ app, buffer }, word, first, nicks) {
  const rest = word.slice(1).toLowerCase();
  if (word.startsWith("/") && first) {
    return commands(app)
      .filter(({ name }) => name.startsWith(rest))
      .map((command) => ({ label: `/${command.name}`, hint: `${command.usage} — ${t(`command_${command.name}`)}`, insert: `/${command.name} ` }));
  }
  if (word.startsWith("#")) {
    const names = new Set([...app.conversations.sorted().map((b) => b.name), ...app.state.channels.map(({ name }) => name)]);
    return [...names].filter((name) => name.toLowerCase().startsWith(word.toLowerCase())).map((name) => ({ label: name, insert: `${name} ` }));
  }
  if (/^:[\w+]{2}/.test(word)) return emojiMatching(rest).map(([name, emoji]) => ({ label: `${emoji} :${name}:`, insert: `${emoji} ` }));
  if (word.startsWith("@") || nicks) {
    const start = word.startsWith("@") ? rest : word.toLowerCase();
    return nicksFor(app.state, buffer)
      .filter((nick) => nick.toLowerCase().startsWith(start))
      .map((nick) => ({ label: nick, nick, insert: word.startsWith("@") ? `@${nick} ` : `${nick}${first ? ": " : " "}` }));
  }
  return [];
}

/**
 * Handle a key while the list is open. Returns true if the list used it.
 * @param {Composer} composer
 * @param {KeyboardEvent} event
 */
export function chooseByKey(composer, event) {
  const { box, choices } = composer;
  if (!choices) return false;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const step = event.key === "ArrowDown" ? 1 : choices.items.length - 1;
    choices.at = (choices.at + step) % choices.items.length;
    composer.app.invalidate();
    return true;
  }
  if (event.key === "Escape") {
    composer.choose(null);
    event.stopPropagation();
    return true;
  }
  if (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey)) {
    const item = choices.items[choices.at];
    if (event.key === "Enter" && box.value.slice(choices.from, choices.to) === item.insert.trim()) return false;
    accept(composer, item, choices);
    return true;
  }
  return false;
}

/**
 * @param {Composer} composer
 * @param {{ insert: string }} item
 * @param {{ from: number, to: number }} choices
 */
export function accept(composer, { insert }, { from, to }) {
  composer.box.setRangeText(insert, from, to, "end");
  composer.choose(null);
  composer.typed();
  composer.choose(null);
}

/**
 * @param {Composer} composer
 * @param {Choices} choices
 */
export function list(composer, choices) {
  return h(
    "ul",
    { key: "choices", id: "choices", class: "choices", role: "listbox", "aria-label": t("completions") },
    choices.items.map((item, i) =>
      h(
        "li",
        {
          key: item.label,
          id: `choice-${i}`,
          role: "option",
          "aria-selected": i === choices.at,
          class: i === choices.at ? "chosen" : "",
          onmousedown: (e) => {
            e.preventDefault();
            accept(composer, item, choices);
          },
        },
        item.nick ? avatar(item.nick, "tiny") : null,
        h("span", { class: "choice-label" }, item.label),
        item.hint ? h("small", {}, item.hint) : null,
      ),
    ),
  );
}
