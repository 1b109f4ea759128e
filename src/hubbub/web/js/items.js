/**
 * Makes the items of a conversation from live messages and from history, and changes them by edits,
 * deletions and reactions. Pure.
 */

import { isMe, lookup } from "./state.js";
import { mentions as namesSomebody, readable } from "./text.js";
/** @import { Buffer, Item, Message, State } from "./types.js" */

/**
 * @param {Message} message
 * @param {number} now
 */
export function stamp(message, now) {
  const time = Date.parse(message.tags.time || "");
  return Number.isNaN(time) ? now : time;
}

/**
 * @param {State} state
 * @param {Message} message
 * @param {number} now
 * @returns {Item}
 */
function baseItem(state, message, now) {
  const id = message.tags.msgid || "";
  const nick = message.source?.nick || "";
  state.serial += 1;
  return {
    id,
    kind: "info",
    key: id || `local ${state.serial}`,
    rev: 0,
    time: stamp(message, now),
    nick,
    account: message.tags.account || null,
    mine: isMe(state, nick),
    mention: false,
    text: "",
    replyTo: "",
    reactions: null,
    edited: 0,
    deleted: null,
    bot: "bot" in message.tags,
  };
}

/**
 * @param {State} state
 * @param {Message} message
 * @param {number} now
 */
export function saidItem(state, message, now) {
  const item = baseItem(state, message, now);
  item.text = message.params[1] ?? "";
  item.kind = message.command === "NOTICE" ? "notice" : "message";
  const action = /^\x01ACTION ?([^]*?)\x01?$/.exec(item.text);
  if (action) {
    item.kind = "action";
    item.text = action[1];
  }
  item.replyTo = message.tags["+reply"] || message.tags["+draft/reply"] || "";
  item.mention = !item.mine && mentions(state, item.text);
  item.label = message.tags.label || "";
  return item;
}

/**
 * @param {State} state
 * @param {Message} message
 * @param {number} now
 * @param {string} event
 */
export function eventItem(state, message, now, event, facts = {}) {
  const folds = ["join", "part", "quit", "nick"].includes(event);
  return { ...baseItem(state, message, now), kind: "event", event, folds, ...facts };
}

/**
 * @param {State} state
 * @param {string} text
 * @param {number} now
 */
export function infoItem(state, text, now, facts = {}) {
  return { ...baseItem(state, { tags: {}, source: null, command: "", params: [] }, now), kind: "info", text, ...facts };
}

/**
 * @param {State} state
 * @param {string} text
 */
export function mentions(state, text) {
  const nick = sameName(state.me.nick);
  if (nick && namesSomebody(text, (name) => sameName(name) === nick)) return true;
  return state.keywords.some((word) => word && wordPattern(word).test(readable(text)));
}

/**
 * Fold a name: the server compares nicks like this.
 * @param {string} name
 */
function sameName(name) {
  return name.normalize("NFKC").toLowerCase();
}

const patterns = new Map();

/** @param {string} word */
function wordPattern(word) {
  let pattern = patterns.get(word);
  if (!pattern) {
    const quoted = word.normalize("NFC").replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
    pattern = new RegExp(`(?<![\\p{L}\\p{N}_])${quoted}(?![\\p{L}\\p{N}_])`, "iu");
    patterns.set(word, pattern);
  }
  return pattern;
}

// ---- changes of what is there ---------------------------------------------------------------------

/**
 * Change the message that a REDACT, EDIT or reaction names, if it is known.
 * @param {Message} message
 * @param {(id: string) => Item | null | undefined} byId
 */
export function amend(message, byId) {
  const { command, params, source, tags } = message;
  const target = command === "TAGMSG" || command === "PRIVMSG" ? tags["+reply"] || tags["+draft/reply"] : params[1];
  const item = byId(target);
  if (!item) return null;
  if (command === "REDACT") item.deleted = { by: source?.nick || "", reason: params[2] || "" };
  else if (command === "EDIT") Object.assign(item, { text: params[2] ?? "", edited: Date.parse(tags.time) || 1 });
  else if (!react(item, message)) return null;
  item.rev += 1;
  return item;
}

/**
 * @param {Item} item
 * @param {Message} message
 */
function react(item, { tags, source }) {
  const added = tags["+draft/react"] ?? tags["+react"];
  const taken = tags["+draft/unreact"] ?? tags["+unreact"];
  const reaction = added ?? taken;
  if (!reaction || !source) return false;
  item.reactions ||= new Map();
  const people = new Set(item.reactions.get(reaction));
  if (added !== undefined) people.add(source.nick);
  else people.delete(source.nick);
  if (people.size) item.reactions.set(reaction, people);
  else item.reactions.delete(reaction);
  return true;
}

// ---- pages of history -----------------------------------------------------------------------------

/**
 * The items of a page of history. Edits, deletions and reactions are applied to theirs.
 * @param {State} state
 * @param {Buffer} buffer
 * @param {Message[]} messages
 * @param {number} now
 */
export function readHistory(state, buffer, messages, now) {
  const items = [];
  const page = new Map();

  /** @param {string} id */
  const byId = (id) => page.get(id) || lookup(buffer, id);
  for (const message of messages) {
    const item = historyItem(state, message, now);
    if (item) {
      items.push(item);
      if (item.id) page.set(item.id, item);
    } else amend(message, byId);
  }
  return items;
}

/**
 * @param {State} state
 * @param {Message} message
 * @param {number} now
 */
function historyItem(state, message, now) {
  const { command, params, source } = message;
  if (command === "PRIVMSG" || command === "NOTICE") return saidItem(state, message, now);
  if (!source) return null;
  if (command === "JOIN") return eventItem(state, message, now, "join");
  if (command === "PART") return eventItem(state, message, now, "part", { text: params[1] || "" });
  if (command === "QUIT") return eventItem(state, message, now, "quit", { text: params[0] || "" });
  if (command === "KICK") return eventItem(state, message, now, "kick", { whom: params[1], text: params[2] || "" });
  if (command === "NICK") return eventItem(state, message, now, "nick", { whom: params[0] });
  if (command === "TOPIC") return eventItem(state, message, now, "topic", { text: params[1] || "" });
  if (command === "MODE") return eventItem(state, message, now, "mode", { text: params.slice(1).join(" ") });
  return null;
}
