/** Draws the panel at the side: the members of a channel, or the search. */

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { prefixes, rank } from "../state.js";
import { finding } from "./finding.js";
import { iconButton } from "./icons.js";
import { avatar, nickname, presence } from "./people.js";
/** @import { App, Buffer, Member } from "../types.js" */

const SHOWN = 500;

/** @param {App} app */
export function panel(app) {
  const { ui, buffer } = app;
  if (!ui.panel || !buffer) return null;
  if (ui.panel === "members" && buffer.kind !== "channel") return null;
  const title = ui.panel === "members" ? `${t("members")} · ${buffer.members.size}` : t("search");
  return h(
    "aside",
    { key: `panel ${ui.panel}`, class: "panel", "aria-label": title },
    h(
      "div",
      { class: "panel-head" },
      h("h2", {}, title),
      iconButton("close", t("close"), () => app.ui.togglePanel(null)),
    ),
    ui.panel === "members" ? members(app, buffer) : finding(app, buffer),
  );
}

// ---- members ----------------------------------------------------------------------------------

/**
 * @param {App} app
 * @param {Buffer} buffer
 */
function members(app, buffer) {
  const { state, ui } = app;
  const filter = (ui.memberFilter || "").toLowerCase();
  const all = [...buffer.members.values()]
    .filter(({ nick }) => nick.toLowerCase().includes(filter))
    .sort((a, b) => rank(state, a) - rank(state, b) || a.nick.localeCompare(b.nick));
  const none = prefixes(state).length;
  /** @type {[string, Member[]][]} */
  const every = [
    [t("moderators"), all.filter((m) => [..."qaoh"].some((mode) => m.modes.includes(mode)))],
    [t("voiced"), all.filter((m) => rank(state, m) < none && ![..."qaoh"].some((mode) => m.modes.includes(mode)))],
    [t("everybody"), all.filter((m) => rank(state, m) === none)],
  ];
  const groups = every.filter(([, list]) => list.length);
  return h(
    "div",
    { class: "panel-body", tabindex: "-1" },
    buffer.members.size > 12
      ? h("input", {
          type: "search",
          class: "filter",
          placeholder: t("filter"),
          "aria-label": t("filter"),
          oninput: (e) => {
            ui.memberFilter = e.target.value;
            app.invalidate();
          },
        })
      : null,
    groups.map(([title, list]) =>
      h(
        "section",
        { key: title },
        groups.length > 1 ? h("h3", {}, `${title} · ${list.length}`) : null,
        h(
          "ul",
          {},
          list.slice(0, SHOWN).map((member) => memberRow(app, member)),
        ),
        list.length > SHOWN ? h("p", { class: "note" }, t("others", { n: list.length - SHOWN })) : null,
      ),
    ),
  );
}

/**
 * @param {App} app
 * @param {Member} member
 */
function memberRow(app, { nick, modes }) {
  const { state } = app;
  const known = state.users.get(state.fold(nick));
  const symbol = prefixes(state).find(([mode]) => modes.includes(mode))?.[1] || "";
  const away = presence(state, nick) === "away";
  return h(
    "li",
    { key: state.fold(nick) },
    h(
      "button",
      {
        type: "button",
        class: `person-row ${away ? "away" : ""}`,
        onclick: (e) => app.ui.withMenus(e.currentTarget, (menus, anchor) => menus.personMenu(app, nick, anchor)),
      },
      h("span", { class: `with-presence ${away ? "away" : "here"}` }, avatar(nick, "small")),
      h(
        "span",
        { class: "person-name" },
        nickname(nick),
        known?.bot ? h("span", { class: "tag" }, t("bot")) : null,
        away ? h("small", { dir: "auto" }, known?.away && known.away !== "…" ? known.away : t("away")) : null,
      ),
      symbol ? h("span", { class: "role", title: symbol === "+" ? t("voiced") : t("moderators") }, symbol) : null,
    ),
  );
}
