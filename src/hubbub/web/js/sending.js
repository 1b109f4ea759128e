/** Sends messages: queues them, writes them to the connection, and handles the answers. */

import { bytes, splitLine } from "./codec.js";
import { newLabel, refusal } from "./answers.js";
import { apply } from "./apply.js";
import { find, isChannel } from "./state.js";
/** @import { App, Buffer, Item, Message, Outgoing, Queued, Tags } from "./types.js" */

/**
 * Send `text` to a buffer. Returns at once; the queue keeps the state of the message.
 * @param {App} app
 * @param {Buffer} buffer
 * @param {string} text
 * @param {{ replyTo?: Item | null, notice?: boolean }} [options]
 */
export function say(app, buffer, text, { replyTo = null, notice = false } = {}) {
  /** @type {Tags} */
  const tags = replyTo?.id ? { "+reply": replyTo.id, "+draft/reply": replyTo.id } : {};
  for (const piece of pieces(app, buffer.name, text)) {
    app.queue.add({ label: newLabel(), target: buffer.name, text: piece, tags, notice });
  }
  buffer.unreadAfter = null;
  flush(app);
  app.invalidate();
}

/**
 * Split a text into messages: one for all lines if the server supports multiline, else one per line.
 * @param {App} app
 * @param {string} target
 * @param {string} text
 */
export function pieces(app, target, text) {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  if (!app.can("draft/multiline")) {
    return lines.filter((line) => line.trim()).flatMap((line) => splitLine(line, lineLimit(app, target)));
  }
  const value = app.connection.capValue("draft/multiline");
  const maxLines = Number(value.get("max-lines")) || 100;
  const maxBytes = Number(value.get("max-bytes")) || 4096;
  const result = [];
  let part = [];
  let size = 0;
  for (const line of lines.flatMap((each) => (bytes(each) > maxBytes ? splitLine(each, maxBytes - 1) : [each]))) {
    const count = splitLine(line, lineLimit(app, target)).length;
    const used = part.reduce((sum, each) => sum + splitLine(each, lineLimit(app, target)).length, 0);
    if (part.length && (size + bytes(line) + 1 > maxBytes || used + count > maxLines)) {
      result.push(part.join("\n"));
      part = [];
      size = 0;
    }
    part.push(line);
    size += bytes(line) + 1;
  }
  result.push(part.join("\n"));
  return result.filter((each) => each.trim());
}

/**
 * How many bytes of text fit a line, with our source before it.
 * @param {App} app
 * @param {string} target
 */
export function lineLimit(app, target) {
  const length = Number(app.connection.isupport.get("LINELEN")) || 512;
  const source = bytes(app.state.me.nick || app.identity.nick) + 12 + 64 + 4;
  return Math.max(100, length - source - "PRIVMSG  :\r\n".length - bytes(target));
}

/**
 * Send the waiting entries that can be sent, in order.
 * @param {App} app
 */
export function flush(app) {
  if (!app.connection.online) return;

  /** @param {string} target */
  const ready = (target) => !isChannel(app.state, target) || Boolean(find(app.state, target)?.joined);
  for (const entry of app.queue.due(ready)) transmit(app, entry);
  app.invalidate();
}

/**
 * @param {App} app
 * @param {Queued} entry
 */
async function transmit(app, entry) {
  app.queue.mark(entry.label, "sent");
  const answer = await app.connection.ask(wire(app, entry), { label: entry.label, matches: echoOf(app, entry), within: 0 });
  const current = app.queue.get(entry.label);
  if (!current || current.state !== "sent") return;
  const refused = refusal(answer);
  if (answer === null)
    app.queue.mark(entry.label, "waiting"); // the connection was lost: the next one sends it again
  else if (refused) app.queue.mark(entry.label, "failed", refused.text);
  else {
    app.queue.remove(entry.label);
    if (!app.can("echo-message")) apply(app.state, ownMessage(app, entry), Date.now());
  }
  app.invalidate();
}

/**
 * The lines of an entry: a PRIVMSG, or a multiline batch of them.
 * @param {App} app
 * @param {Queued} entry
 * @returns {Outgoing[]}
 */
function wire(app, { target, text, tags, label, notice = false }) {
  const command = notice ? "NOTICE" : "PRIVMSG";
  const limit = lineLimit(app, target);
  if (!text.includes("\n") && bytes(text) <= limit) return [{ command, tags: sendable(app, tags), params: [target, text] }];
  if (!app.can("draft/multiline")) return [{ command, tags: sendable(app, tags), params: [target, text.replace(/\n/g, " ")] }];
  const batch = label.slice(0, 8);
  const lines = text.split("\n").flatMap((line) =>
    splitLine(line, limit).map((piece, i) => ({
      command,
      params: [target, piece],
      tags: /** @type {Tags} */ (i ? { batch, "draft/multiline-concat": "" } : { batch }),
    })),
  );
  return [
    { command: "BATCH", tags: sendable(app, tags), params: [`+${batch}`, "draft/multiline", target] },
    ...lines,
    { command: "BATCH", params: [`-${batch}`] },
  ];
}

/**
 * @param {App} app
 * @param {Tags} tags
 */
function sendable(app, tags) {
  return app.can("message-tags") ? tags : {};
}

/**
 * @param {App} app
 * @param {Queued} entry
 */
function echoOf(app, entry) {
  if (!app.can("echo-message")) return null;
  return (/** @type {Message[]} */ [first]) => first?.source?.nick === app.state.me.nick && first.params[0] === entry.target && first.params[1] === entry.text;
}

/**
 * @param {App} app
 * @param {Queued} entry
 */
function ownMessage(app, { target, text, tags, notice = false }) {
  return { command: notice ? "NOTICE" : "PRIVMSG", source: { nick: app.state.me.nick, user: "", host: "" }, params: [target, text], tags: { ...tags } };
}

/**
 * @param {App} app
 * @param {string} label
 */
export function retry(app, label) {
  app.queue.retry(label, newLabel());
  flush(app);
}

/**
 * @param {App} app
 * @param {string} label
 */
export function discard(app, label) {
  app.queue.remove(label);
  app.invalidate();
}

/**
 * Send a typing notification, at most every three seconds.
 * @param {App} app
 * @param {Buffer | null} buffer
 * @param {string} state
 */
export function typing(app, buffer, state) {
  if (!app.settings.values.typing || !app.can("message-tags") || !buffer || buffer.kind === "server") return;
  if (buffer.kind === "channel" && !buffer.joined) return;
  const now = Date.now();
  const last = buffer.typingSent || { state: "done", at: 0 };
  if (state === "active" ? now - last.at < 3_000 && last.state === "active" : last.state === "done") return;
  buffer.typingSent = { state, at: now };
  app.connection.write({ command: "TAGMSG", params: [buffer.name], tags: { "+typing": state } });
}
