/** Draws the list of conversations with their unread counts, and the own nick. */

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { icon, iconButton } from "./icons.js";
import { avatar, nickname, presence } from "./people.js";
/** @import { App, Buffer, Node } from "../types.js" */

/** @param {App} app */
export function sidebar(app) {
  const { state, ui } = app;
  const buffers = app.conversations.sorted();
  const channels = buffers.filter((b) => b.kind === "channel");
  const people = buffers.filter((b) => b.kind === "private");
  const server = buffers.filter((b) => b.kind === "server");
  return h(
    "nav",
    { key: "sidebar", class: `sidebar ${ui.drawer ? "open" : ""}`, "aria-label": t("conversations") },
    h(
      "div",
      { class: "sidebar-head" },
      h(
        "span",
        { class: "brand" },
        h("img", { src: "/icon.svg", alt: "", width: "26", height: "26" }),
        h("span", { class: "brand-name" }, state.network || t("appName")),
      ),
      iconButton("search", t("switcher"), () => app.ui.open("switcher"), { title: `${t("switcher")} (Ctrl+K)` }),
      iconButton(
        "close",
        t("close"),
        () => {
          ui.drawer = false;
          app.invalidate();
        },
        { class: "phone-only" },
      ),
    ),
    h(
      "div",
      { class: "lists" },
      section(
        app,
        t("channels"),
        channels,
        iconButton("plus", t("addChannel"), () => app.ui.open("channels")),
      ),
      people.length || state.buffers.size > 1
        ? section(
            app,
            t("directMessages"),
            people,
            iconButton("plus", t("newMessage"), () => app.ui.open("switcher", { people: true })),
          )
        : null,
      server.length
        ? h(
            "ul",
            {},
            server.map((buffer) => row(app, buffer)),
          )
        : null,
    ),
    me(app),
  );
}

/**
 * @param {App} app
 * @param {string} title
 * @param {Buffer[]} buffers
 * @param {Node} button
 */
function section(app, title, buffers, button) {
  return h(
    "section",
    {},
    h("div", { class: "section-head" }, h("h2", {}, title), button),
    h(
      "ul",
      {},
      buffers.map((buffer) => row(app, buffer)),
    ),
  );
}

/**
 * @param {App} app
 * @param {Buffer} buffer
 */
function row(app, buffer) {
  const { ui, state } = app;
  const current = ui.buffer === buffer.key;
  const muted = app.settings.levelOf(buffer) === "none";
  const calls = buffer.kind === "private" ? buffer.unread : buffer.mentions;
  const count = muted ? 0 : calls;
  const name = buffer.kind === "channel" ? buffer.name.replace(/^#/, "") : buffer.kind === "server" ? t("serverMessages") : buffer.name;
  const waiting = app.queue.of(buffer.name).length;
  const draft = app.settings.drafts[buffer.key] && !current;
  const classes = [
    "conversation",
    current && "current",
    buffer.unread && !muted && "unread",
    muted && "muted",
    buffer.kind === "channel" && !buffer.joined && "outside",
  ];
  const label = [
    buffer.name,
    buffer.unread && t("unreadCount", { n: buffer.unread }),
    buffer.mentions && t("mentionCount", { n: buffer.mentions }),
    draft && t("draft"),
  ]
    .filter(Boolean)
    .join(", ");
  return h(
    "li",
    { key: buffer.key },
    h(
      "button",
      {
        type: "button",
        class: classes.filter(Boolean).join(" "),
        "aria-current": current ? "page" : null,
        "aria-label": label,
        onclick: () => app.conversations.show(buffer.name),
        oncontextmenu: (e) => {
          e.preventDefault();
          app.ui.withMenus(e.currentTarget, (menus, anchor) => menus.bufferMenu(app, buffer, anchor));
        },
      },
      buffer.kind === "private"
        ? h("span", { class: `with-presence ${presence(state, buffer.name)}` }, avatar(buffer.name, "small"))
        : h("span", { class: "mark" }, icon(buffer.kind === "server" ? "help" : buffer.modes.has("k") || buffer.modes.has("i") ? "lock" : "hash")),
      h("bdi", { class: "label" }, name),
      waiting ? h("span", { class: "waiting", title: t("waitingCount", { n: waiting }) }, icon("clock")) : null,
      draft ? h("span", { class: "draft", title: t("draft") }, icon("pencil")) : null,
      muted ? h("span", { class: "draft" }, icon("muted")) : null,
      count ? h("span", { class: "count" }, count > 99 ? "99+" : String(count)) : buffer.unread && !muted ? h("span", { class: "dot" }) : null,
    ),
  );
}

/** @param {App} app */
function me(app) {
  const { me: self } = app.state;
  const nick = self.nick || app.identity.nick;
  return h(
    "div",
    { class: "self" },
    h(
      "button",
      {
        type: "button",
        class: "self-button",
        onclick: (e) => app.ui.withMenus(e.currentTarget, (menus, anchor) => menus.selfMenu(app, anchor)),
        "aria-label": t("youAre", { nick }),
      },
      h("span", { class: `with-presence ${self.away ? "away" : app.connection.online ? "here" : "unknown"}` }, avatar(nick, "small")),
      h(
        "span",
        { class: "self-name" },
        nickname(nick),
        h("small", {}, self.away ? t("away") : self.account ? t("signedInAs", { account: self.account }) : t("guest")),
      ),
    ),
    iconButton("gear", t("settings"), () => app.ui.open("settings")),
  );
}
