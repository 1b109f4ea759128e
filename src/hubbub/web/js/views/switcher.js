/** Draws the dialog of Ctrl+K, which leads to any conversation by a few letters of its name. */

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { plain } from "../text.js";
import { icon } from "./icons.js";
import { avatar } from "./people.js";
/** @import { App, Choice, DialogView } from "../types.js" */

/** @type {DialogView<"switcher">} */
export function switcher(app, open) {
  if (!open.asked && app.connection.online) {
    open.asked = true; // it has the channels without members too
    app.connection.send("LIST");
  }
  const found = candidates(app, open).slice(0, 12);
  const at = Math.max(0, Math.min(open.at || 0, found.length - 1));
  open.at = at;

  /** @param {Choice} choice */
  const go = (choice) => {
    app.ui.closeDialog();
    if (choice) app.conversations.show(choice.name);
  };
  return {
    title: t(open.people ? "newMessage" : "switcher"),
    body: [
      h("input", {
        type: "text",
        class: "switcher-box",
        placeholder: t(open.people ? "whoTo" : "whereTo"),
        "aria-label": t("switcher"),
        autocomplete: "off",
        autocapitalize: "off",
        "data-focus": true,
        dir: "auto",
        role: "combobox",
        "aria-expanded": true,
        "aria-controls": "switcher-list",
        "aria-activedescendant": found.length ? `switch-${at}` : null,
        oninput: (e) => {
          open.text = e.target.value;
          open.at = 0;
          app.invalidate();
        },
        onkeydown: (e) => {
          const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
          const now = open.at ?? 0; // typing may have changed it since the last drawing
          if (step && found.length) open.at = (now + step + found.length) % found.length;
          else if (e.key === "Enter") go(candidates(app, open)[now]);
          else return;
          e.preventDefault();
          app.invalidate();
        },
      }),
      h(
        "ul",
        { id: "switcher-list", class: "switcher-list", role: "listbox", "aria-label": t("conversations") },
        found.map((choice, i) =>
          h(
            "li",
            {
              key: choice.name,
              id: `switch-${i}`,
              role: "option",
              "aria-selected": i === at,
              class: i === at ? "chosen" : "",
              onclick: () => go(choice),
            },
            choice.person ? avatar(choice.name, "small") : h("span", { class: "mark" }, icon("hash")),
            h("bdi", { class: "label" }, choice.person ? choice.name : choice.name.replace(/^#/, "")),
            choice.hint ? h("small", {}, choice.hint) : null,
            choice.count ? h("span", { class: "count" }, String(choice.count)) : null,
          ),
        ),
      ),
      found.length ? null : h("p", { class: "note" }, t("nothingFound")),
    ],
  };
}

/**
 * Open conversations first (unread ones, then by name), then members, known channels, and a new name.
 * @param {App} app
 */
function candidates(app, { text = "", people = false }) {
  const { state } = app;
  const needle = text.trim().toLowerCase().replace(/^[#@]/, "");
  /** @type {Map<string, Choice>} */
  const choices = new Map();

  /**
   * @param {string} name
   * @param {Partial<Choice>} facts
   */
  const add = (name, facts) => choices.has(state.fold(name)) || choices.set(state.fold(name), { name, ...facts });
  const here = app.buffer && state.fold(app.buffer.name);
  const open = app.conversations
    .sorted()
    .filter((b) => b !== app.buffer && b.kind !== "server")
    .sort((a, b) => b.mentions - a.mentions || b.unread - a.unread);
  for (const b of open) if (!people || b.kind === "private") add(b.name, { person: b.kind === "private", count: b.unread });
  for (const b of state.buffers.values()) {
    for (const { nick } of b.members.values()) if (state.fold(nick) !== state.fold(state.me.nick)) add(nick, { person: true });
  }
  if (!people) for (const { name, topic } of state.channels) if (state.fold(name) !== here) add(name, { hint: topic ? plain(topic).slice(0, 60) : t("join") });
  const found = [...choices.values()].filter(({ name }) => fits(name.toLowerCase().replace(/^#/, ""), needle));
  found.sort((a, b) => Number(b.name.toLowerCase().replace(/^#/, "").startsWith(needle)) - Number(a.name.toLowerCase().replace(/^#/, "").startsWith(needle)));
  const word = text.trim().replace(/\s+/g, people ? "_" : "-");
  if (word.length > 1 && !choices.has(state.fold(word)) && !choices.has(state.fold(`#${word}`))) {
    if (people) found.push({ name: word.replace(/^@/, ""), person: true });
    else found.push({ name: word.startsWith("#") ? word : `#${word}`, hint: t("join") });
  }
  return found;
}

/**
 * Do the letters of `needle` occur in `name`, in that order?
 * @param {string} name
 * @param {string} needle
 */
function fits(name, needle) {
  let at = 0;
  for (const letter of needle) {
    at = name.indexOf(letter, at) + 1;
    if (!at) return false;
  }
  return true;
}
