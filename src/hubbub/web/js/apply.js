/**
 * Applies messages of the server to the state. `apply` takes one message and is the only function that
 * changes the state by the server's input. It returns a list of events:
 *   { type: "said", buffer, item }       a new message, live
 *   { type: "joined" | "left", buffer }  this client is now in a channel, or no longer
 *   { type: "error", buffer, text, answered }  the server refused something; `answered` if the
 *                                        requester was told already
 *   { type: "read" | "invited" | "renamed" | ... }
 */

import { amend, saidItem, stamp } from "./items.js";
import { changeModes, counts, find, isChannel, isMe, lookup, markRead, open, SERVER, setMeta, user } from "./state.js";
import { addEvent, MEMBERSHIP } from "./membership.js";
import { NUMERICS, tell } from "./numerics.js";
/** @import { Buffer, Handler, Happened, Item, Message, State } from "./types.js" */

/**
 * How many parameters a command needs (1 if it is not in this table)...
 * @type {Record<string, number>}
 */
const NEEDS = {
  KICK: 2,
  RENAME: 2,
  INVITE: 2,
  REDACT: 2,
  EDIT: 2,
  METADATA: 2,
  FAIL: 2,
  AWAY: 0,
  QUIT: 0,
  SETNAME: 0,
  CHGHOST: 0,
  301: 2,
  322: 2,
  324: 2,
  331: 2,
  332: 2,
  333: 2,
  352: 7,
  353: 4,
  354: 3,
  366: 2,
  367: 3,
  396: 2,
  761: 3,
  900: 3,
};

/** ... and which need a source. */
const DONE_BY_SOMEBODY = new Set([
  "TAGMSG",
  "REDACT",
  "EDIT",
  "JOIN",
  "PART",
  "KICK",
  "QUIT",
  "NICK",
  "TOPIC",
  "MODE",
  "RENAME",
  "INVITE",
  "AWAY",
  "ACCOUNT",
  "SETNAME",
  "CHGHOST",
]);

/**
 * Apply one message. Returns what happened; nothing if the message lacks what its command needs.
 * @param {State} state
 * @param {Message} message
 * @param {number} now
 */
export function apply(state, message, now) {
  /** @type {Happened[]} */
  const out = [];
  const { command, source, params } = message;
  if (params.length < (NEEDS[command] ?? 1)) return out;
  if (DONE_BY_SOMEBODY.has(command) && !source?.nick) return out;
  if (source?.nick && message.tags.account && !isNumeric(command)) user(state, source.nick).account = message.tags.account;
  const handler = HANDLERS[command] ?? MEMBERSHIP[command] ?? NUMERICS[command];
  if (handler) handler(state, message, now, out);
  else if (/^[45]\d\d$/.test(command)) refused(state, message, now, out);
  else if (isNumeric(command)) tell(state, message, now);
  return out;
}

/** @param {string} command */
export function isNumeric(command) {
  return /^\d\d\d$/.test(command);
}

/** @type {Handler} */
function refused(state, { params, answered }, now, out) {
  const subject = params.slice(1, -1).find((param) => state.buffers.has(state.fold(param)));
  const words = params.slice(1).join(" ");
  out.push({ type: "error", buffer: (subject && find(state, subject)) || null, text: words, subject: params[1], answered });
}

// ---- messages -------------------------------------------------------------------------------------

/** @type {Handler} */
function said(state, message, now, out) {
  const [target] = message.params;
  const nick = message.source?.nick || "";
  const mine = isMe(state, nick);
  const fromServer = !nick || nick.includes(".") || !state.me.nick || target === "*";
  if (!mine && state.ignored.has(state.fold(nick))) return;
  const bare = withoutSign(target);
  let name = fromServer && !isChannel(state, bare) ? SERVER : isChannel(state, bare) ? bare : mine ? target : nick;
  const context = message.tags["+draft/channel-context"] || message.tags["+channel-context"];
  if (context && find(state, context)) name = context;
  const buffer = open(state, name);
  const ctcp = message.params[1]?.startsWith("\x01") && !message.params[1].startsWith("\x01ACTION");
  if (ctcp) return;
  if (message.tags["+draft/react"] || message.tags["+draft/unreact"]) amend(message, (id) => lookup(buffer, id));
  const item = saidItem(state, message, now);
  if (buffer.kind === "private" && !mine) item.mention = true;
  if (buffer.kind === "server") item.mention = false;
  buffer.typing.delete(nick);
  arrive(state, buffer, item, out);
}

/**
 * @param {State} state
 * @param {Buffer} buffer
 * @param {Item} item
 * @param {Happened[]} out
 */
export function arrive(state, buffer, item, out) {
  if (!buffer.live.add(item)) return;
  const read = state.reading === buffer.key;
  if (buffer.marker === null) buffer.marker = item.time - 1;
  if (counts(item) && item.time > buffer.marker && !read) {
    if (buffer.unread === 0) buffer.unreadAfter = buffer.marker;
    buffer.unread += 1;
    if (item.mention) buffer.mentions += 1;
  }
  out.push({ type: "said", buffer, item });
}

/**
 * Remove the prefix that limits a message to a part of a channel: @#tea means the operators of #tea.
 * @param {string} target
 */
function withoutSign(target) {
  return target.replace(/^[~&@%+]+(?=[#&])/, "");
}

/**
 * The conversation of a message, if there is one.
 * @param {State} state
 * @param {Message} message
 */
function placeOf(state, { params, source }) {
  const [target] = params;
  const bare = withoutSign(target);
  return find(state, isChannel(state, bare) || isMe(state, source?.nick) ? bare : source?.nick);
}

// ---- by command -----------------------------------------------------------------------------------

/**
 * Handlers by command. Each gets the state, the message, the time, and a list for what happened.
 * @type {Record<string, Handler>}
 */
const HANDLERS = {
  PRIVMSG: said,
  NOTICE: said,

  TAGMSG(state, message, now, out) {
    const nick = message.source?.nick || "";
    const mine = isMe(state, nick);
    const buffer = placeOf(state, message);
    if (!buffer || state.ignored.has(state.fold(nick))) return;
    const typing = message.tags["+typing"];
    if (typing && !mine) {
      if (typing === "active") buffer.typing.set(nick, now + 6_000);
      else if (typing === "paused") buffer.typing.set(nick, now + 30_000);
      else buffer.typing.delete(nick);
      out.push({ type: "typing", buffer });
    }
    const item = amend(message, (id) => lookup(buffer, id));
    if (item) out.push({ type: "reacted", buffer, item });
  },

  REDACT(state, message, now, out) {
    const buffer = placeOf(state, message);
    const item = buffer && amend(message, (id) => lookup(buffer, id));
    if (item) out.push({ type: "amended", buffer, item });
    amend(message, (id) => state.found.get(id));
  },

  EDIT(state, message, now, out) {
    HANDLERS.REDACT(state, message, now, out);
  },

  TOPIC(state, message, now) {
    const buffer = find(state, message.params[0]);
    if (!buffer) return;
    Object.assign(buffer, { topic: message.params[1] || "", topicBy: message.source?.nick || "", topicAt: stamp(message, now) });
    addEvent(state, buffer, message, now, "topic", { text: buffer.topic });
  },

  MODE(state, message, now) {
    const [target, change = "", ...args] = message.params;
    const buffer = find(state, target);
    if (isMe(state, target)) {
      const sign = /([+-])[^+-]*o/.exec(change);
      if (sign) state.me.operator = sign[1] === "+";
    }
    if (!buffer || buffer.kind !== "channel") return;
    changeModes(state, buffer, change, args);
    addEvent(state, buffer, message, now, "mode", { text: [change, ...args].join(" ") });
  },

  RENAME(state, message, now, out) {
    const [before, after] = message.params;
    const buffer = find(state, before);
    if (!buffer) return;
    const from = buffer.key;
    state.buffers.delete(from);
    Object.assign(buffer, { key: state.fold(after), name: after });
    state.buffers.set(buffer.key, buffer);
    addEvent(state, buffer, message, now, "rename", { whom: after });
    out.push({ type: "renamed", buffer, from });
  },

  INVITE(state, message, now, out) {
    const [whom, channel] = message.params;
    const buffer = find(state, channel);
    if (isMe(state, whom)) out.push({ type: "invited", channel, by: message.source?.nick || "" });
    else if (buffer) addEvent(state, buffer, message, now, "invite", { whom });
  },

  MARKREAD(state, message, now, out) {
    const [target, time] = message.params;
    const buffer = find(state, target);
    if (!buffer) return;
    const at = Date.parse((time || "").replace(/^timestamp=/, ""));
    if (Number.isNaN(at)) return;
    buffer.markedOnServer = at;
    if (markRead(buffer, at)) out.push({ type: "read", buffer });
  },

  METADATA(state, message) {
    const [target, key, , value] = message.params;
    setMeta(state, target, key, value);
  },

  FAIL(state, message, now, out) {
    const [command, code, ...context] = message.params;
    const subject = context.slice(0, -1).find((word) => state.buffers.has(state.fold(word)));
    out.push({
      type: "error",
      command,
      code,
      subject,
      buffer: (subject && find(state, subject)) || null,
      text: message.params.at(-1) ?? "",
      answered: message.answered,
    });
  },

  WARN(state, message, now, out) {
    out.push({ type: "notice", text: message.params.at(-1) ?? "" });
  },

  NOTE(state, message, now, out) {
    const [command, code] = message.params;
    if (command === "HANDOVER" && code === "TAKEN") return out.push({ type: "handed", text: message.params.at(-1) ?? "" });
    out.push({ type: "notice", text: message.params.at(-1) ?? "" });
  },
};

/** Commands and numerics that people need not read. */
for (const quiet of [
  "315",
  "329",
  "341",
  "368",
  "903",
  "730",
  "731",
  "766",
  "770",
  "HANDOVER",
  "WEBPUSH",
  "PERSISTENCE",
  "ACK",
  "PONG",
  "PING",
  "CAP",
  "BATCH",
]) {
  HANDLERS[quiet] ||= () => {};
}
