/** Draws the header: name, topic, tools, and the state of the connection. */

import { h } from "../dom.js";
import { parts, t } from "../i18n.js";
import { plain } from "../text.js";
import { askFor } from "../happened.js";
import { icon, iconButton } from "./icons.js";
import { nickname, presence } from "./people.js";
/** @import { App, Buffer } from "../types.js" */

/** @param {App} app */
export function header(app) {
  const { buffer, ui } = app;
  return h(
    "header",
    { key: "header", class: "header" },
    iconButton(
      "menu",
      t("conversations"),
      () => {
        ui.drawer = true;
        app.invalidate();
      },
      { class: "phone-only", badge: elsewhere(app) ? h("span", { class: "dot" }) : null },
    ),
    buffer ? title(app, buffer) : h("h1", {}, t("appName")),
    h(
      "div",
      { class: "tools" },
      lag(app),
      buffer?.kind === "channel" ? iconButton("invite", t("invite"), () => app.ui.open("invite"), { class: "not-narrow" }) : null,
      buffer && buffer.kind !== "server"
        ? iconButton("search", t("search"), () => app.ui.togglePanel("search"), {
            "aria-pressed": ui.panel === "search",
            title: `${t("search")} (Ctrl+Shift+F)`,
          })
        : null,
      buffer?.kind === "channel"
        ? iconButton("people", t("members"), () => app.ui.togglePanel("members"), {
            "aria-pressed": ui.panel === "members",
            badge: buffer.members.size ? h("span", { class: "number" }, String(buffer.members.size)) : null,
          })
        : null,
      buffer ? iconButton("more", t("more"), (e) => app.ui.withMenus(e.currentTarget, (menus, anchor) => menus.bufferMenu(app, buffer, anchor))) : null,
    ),
  );
}

/**
 * @param {App} app
 * @param {Buffer} buffer
 */
function title(app, buffer) {
  const topic = buffer.kind === "private" ? awayText(app, buffer) : plain(buffer.topic);
  return h(
    "div",
    { class: "title" },
    h("h1", {}, h("bdi", {}, buffer.kind === "server" ? t("serverMessages") : buffer.name)),
    topic
      ? h("button", { type: "button", class: "topic", title: topic, dir: "auto", onclick: () => app.ui.open("about", { buffer: buffer.key }) }, topic)
      : buffer.kind === "channel" && buffer.joined
        ? h("button", { type: "button", class: "topic empty", onclick: () => app.ui.open("about", { buffer: buffer.key }) }, t("addTopic"))
        : null,
  );
}

/**
 * @param {App} app
 * @param {Buffer} buffer
 */
function awayText(app, buffer) {
  const known = app.state.users.get(buffer.key);
  if (presence(app.state, buffer.name) === "away") return `${t("away")}${known?.away && known.away !== "…" ? `: ${plain(known.away)}` : ""}`;
  return "";
}

/** @param {App} app */
function elsewhere(app) {
  return app.conversations.sorted().some((b) => b.key !== app.ui.buffer && b.unread && app.settings.levelOf(b) !== "none");
}

/**
 * Draw the round-trip time. The banner tells of lost connections.
 * @param {App} app
 */
function lag(app) {
  const { rtt, phase } = app.connection.status;
  if (phase !== "online" || rtt === null) return null;
  const quality = rtt < 150 ? "good" : rtt < 600 ? "fair" : "poor";
  const text = rtt < 10 ? "<10" : String(Math.round(rtt));
  return h(
    "button",
    { type: "button", class: `lag ${quality}`, title: t("roundTrip"), "aria-label": `${t("roundTrip")}: ${text} ms`, onclick: () => app.ui.open("connection") },
    h("i", {}),
    h("span", { dir: "ltr" }, `${text} ms`),
  );
}

/**
 * Draw the line under the header that tells of a missing connection or login.
 * @param {App} app
 */
export function banner(app) {
  const { phase, retryAt, reason, needs } = app.connection.status;
  const queued = app.queue.pending.length;
  const shut = Boolean(needs) || (phase === "offline" && !app.connection.wanted); // the server requires an account
  if (phase === "online" || (!shut && phase !== "waiting" && !app.connectedBefore && !queued)) return null;
  const seconds = Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
  return h(
    "div",
    { key: "banner", class: "banner", role: "status" },
    icon("alert"),
    h(
      "span",
      {},
      phase === "waiting" ? t("offlineRetry", { n: seconds }) : shut ? t("notConnected") : t("connecting"),
      queued ? ` ${t("queuedCount", { n: queued })}` : "",
      reason && !["timeout", "silent"].includes(reason) ? h("small", { dir: "auto" }, ` ${plain(reason)}`) : null,
    ),
    phase === "waiting" ? h("button", { type: "button", onclick: () => app.connection.hurry() }, t("tryNow")) : null,
    shut ? h("button", { type: "button", onclick: () => askFor(app, needs) }, t(needs === "password" ? "enter" : "signIn")) : null,
  );
}

/**
 * Draw who is typing.
 * @param {App} app
 */
export function typingLine(app) {
  const nicks = app.buffer ? [...app.buffer.typing.keys()] : [];
  const shown = nicks.slice(0, 3);
  const name = shown.length > 2 || nicks.length > 3 ? "typingMany" : shown.length === 2 ? "typingTwo" : "typingOne";
  return h(
    "div",
    { key: "typing", class: "typing", "aria-hidden": true },
    shown.length
      ? [
          h("span", { class: "dots" }, h("i", {}), h("i", {}), h("i", {})),
          h("span", {}, parts(name, { a: nickname(shown[0] || ""), b: nickname(shown[1] || "") })),
        ]
      : null,
  );
}
