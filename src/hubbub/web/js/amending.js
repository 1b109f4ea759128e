/**
 * Changes stored messages: reactions, edits, deletions; and tells which of them are allowed. Loaded on demand.
 */

import { newLabel, refusal } from "./answers.js";
import { apply } from "./apply.js";
import { bytes } from "./codec.js";
import { t } from "./i18n.js";
import { lineLimit } from "./sending.js";
import { canModerate } from "./state.js";
import { plain } from "./text.js";
/** @import { App, Buffer, Item, Message } from "./types.js" */

/**
 * @param {App} app
 * @param {Buffer} buffer
 * @param {Item} item
 * @param {string} reaction
 */
export function react(app, buffer, item, reaction) {
  if (!item.id || !app.can("message-tags")) return;
  const mine = item.reactions?.get(reaction)?.has(app.state.me.nick);
  const tag = mine ? "+draft/unreact" : "+draft/react";
  const tags = { "+reply": item.id, "+draft/reply": item.id, [tag]: reaction };
  app.connection.write({ command: "TAGMSG", params: [buffer.name], tags });
  if (!app.can("echo-message")) {
    apply(app.state, { command: "TAGMSG", params: [buffer.name], tags, source: { nick: app.state.me.nick, user: "", host: "" } }, Date.now());
    app.invalidate();
  }
  const recent = app.local.get("reactions", []).filter((each) => each !== reaction);
  app.local.set("reactions", [reaction, ...recent].slice(0, 12));
}

/**
 * Resolves to true if the server has changed it.
 * @param {App} app
 * @param {Buffer} buffer
 * @param {Item} item
 * @param {string} text
 */
export async function edit(app, buffer, item, text) {
  const lines = text.split("\n");

  /** @param {string} line */
  const change = (line) => ({ command: "EDIT", params: [buffer.name, item.id, line] });
  if (lines.length === 1) return report(app, await app.connection.ask(change(text)));
  const batch = newLabel().slice(0, 8);
  return report(
    app,
    await app.connection.ask([
      { command: "BATCH", params: [`+${batch}`, "draft/multiline", buffer.name] },
      ...lines.map((line) => ({ ...change(line), tags: { batch } })),
      { command: "BATCH", params: [`-${batch}`] },
    ]),
  );
}

/**
 * Does this text fit into an edit? The server takes each line as one piece.
 * @param {App} app
 * @param {Buffer} buffer
 * @param {string} text
 */
export function editable(app, buffer, text) {
  const lines = text.split("\n");
  const most = Number(app.connection.capValue("draft/multiline").get("max-lines")) || 100;
  if (lines.length > 1 && (!app.can("draft/multiline") || lines.length > most)) return false;
  return lines.every((line) => bytes(line) <= lineLimit(app, buffer.name) - 20); // the msgid precedes it
}

/**
 * @param {App} app
 * @param {Buffer} buffer
 * @param {Item} item
 */
export async function redact(app, buffer, item, reason = "") {
  const params = reason ? [buffer.name, item.id, reason] : [buffer.name, item.id];
  report(app, await app.connection.ask({ command: "REDACT", params }));
}

/**
 * @param {App} app
 * @param {Item} item
 */
export function canEdit(app, item) {
  const allowed = app.can("draft/message-edit") && item.mine && Boolean(item.id) && !item.deleted && item.kind === "message";
  return allowed && app.buffer !== null && editable(app, app.buffer, item.text);
}

/**
 * @param {App} app
 * @param {Item} item
 */
export function canDelete(app, item) {
  const allowed = item.mine || (app.buffer?.kind === "channel" && canModerate(app.state, app.buffer));
  return app.can("draft/message-redaction") && allowed && Boolean(item.id) && !item.deleted;
}

/**
 * @param {App} app
 * @param {Buffer} buffer
 * @param {Item} item
 */
export function askDelete(app, buffer, item) {
  app.ui.open("confirm", {
    title: t("deleteTitle"),
    text: plain(item.text).slice(0, 300),
    action: t("delete"),
    run: () => redact(app, buffer, item),
  });
}

/**
 * @param {App} app
 * @param {Message[] | null} answer
 */
function report(app, answer) {
  const refused = refusal(answer);
  const done = answer !== null && !refused;
  if (!done) app.ui.toast(refused?.text ?? t("notConnected"), null, "error");
  app.invalidate();
  return done;
}
