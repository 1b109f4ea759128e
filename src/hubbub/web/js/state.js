/**
 * What is true now, as far as this client was told: who I am, the buffers (channels, private
 * conversations), the people. `apply` takes one message of the server and is the only thing that
 * changes it on the server's word. Pure: no socket, no page, no clock but the one passed in.
 *
 * `apply` returns what happened, for others to act on: a list of
 *   { type: "said", buffer, item }     a new message, live
 *   { type: "joined" | "left", buffer }  this client is now in a channel, or no longer
 *   { type: "error", buffer, text, answered }  the server refused something; `answered` if who
 *                                      asked for it was told already
 *   { type: "read" | "invited" | "renamed" | ... }
 */

import { casefolder } from "./codec.js";
import { Timeline } from "./timeline.js";

export function createState() {
  return {
    me: { nick: "", account: null, away: false },
    fold: casefolder(),
    isupport: new Map(),
    buffers: new Map(),
    users: new Map(),
    network: "",
    motd: [],
    channels: [], // the answer to LIST
    listing: false,
    reading: null, // key of the buffer whose end is being looked at
    keywords: [],
    ignored: new Set(),
    found: new Map(), // what a search shows, by msgid
    serial: 0,
    faces: 0, // grows when somebody has another picture
  };
}

export const SERVER = "*";

// ---- names ----------------------------------------------------------------------------------

export function isChannel(state, name) {
  return (state.isupport.get("CHANTYPES") ?? "#").includes(name?.[0] || "\0");
}

/** The buffer called `name`, made if need be. */
export function open(state, name) {
  const key = state.fold(name);
  let buffer = state.buffers.get(key);
  if (!buffer) {
    const kind = name === SERVER ? "server" : isChannel(state, name) ? "channel" : "private";
    buffer = {
      key,
      name,
      kind,
      joined: false,
      topic: "",
      topicBy: "",
      topicAt: 0,
      modes: new Map(),
      members: new Map(),
      lists: new Map(),
      live: new Timeline(),
      past: null,
      unread: 0,
      mentions: 0,
      marker: null,
      unreadAfter: null,
      typing: new Map(),
      loaded: false,
      loading: "",
      error: "",
    };
    state.buffers.set(key, buffer);
  }
  return buffer;
}

export function find(state, name) {
  return state.buffers.get(state.fold(name ?? ""));
}

export function user(state, nick) {
  const key = state.fold(nick);
  let known = state.users.get(key);
  if (!known) {
    known = { nick, account: null, away: null, realname: "", host: "", bot: false, meta: new Map() };
    state.users.set(key, known);
  }
  return known;
}

export function isMe(state, nick) {
  return Boolean(nick) && state.fold(nick) === state.fold(state.me.nick);
}

// ---- roles ----------------------------------------------------------------------------------

/** `PREFIX=(ov)@+` as `[["o", "@"], ["v", "+"]]`, highest first. */
export function prefixes(state) {
  const match = /^\((\w*)\)(.*)$/.exec(state.isupport.get("PREFIX") ?? "(ov)@+");
  return match ? [...match[1]].map((mode, i) => [mode, match[2][i]]) : [];
}

/** A number for sorting and comparing: 0 for the highest role, higher for less. */
export function rank(state, member) {
  const order = prefixes(state).map(([mode]) => mode);
  const best = order.findIndex((mode) => member?.modes.includes(mode));
  return best < 0 ? order.length : best;
}

/** May I moderate this channel: am I half-operator or above? */
export function canModerate(state, buffer) {
  const mine = buffer.members.get(state.fold(state.me.nick));
  return Boolean(mine) && [..."qaoh"].some((mode) => mine.modes.includes(mode));
}

// ---- messages -> items ----------------------------------------------------------------------

function stamp(message, now) {
  const time = Date.parse(message.tags.time || "");
  return Number.isNaN(time) ? now : time;
}

function baseItem(state, message, now) {
  const id = message.tags.msgid || "";
  const nick = message.source?.nick || "";
  state.serial += 1;
  return {
    id,
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

export function eventItem(state, message, now, event, facts = {}) {
  const folds = ["join", "part", "quit", "nick"].includes(event);
  return { ...baseItem(state, message, now), kind: "event", event, folds, ...facts };
}

export function infoItem(state, text, now, facts = {}) {
  return { ...baseItem(state, { tags: {}, source: null }, now), kind: "info", text, ...facts };
}

export function mentions(state, text) {
  return [state.me.nick, ...state.keywords].some((word) => word && wordPattern(word).test(text));
}

const patterns = new Map();
function wordPattern(word) {
  let pattern = patterns.get(word);
  if (!pattern) {
    const quoted = word.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
    pattern = new RegExp(`(?<![\\p{L}\\p{N}_])${quoted}(?![\\p{L}\\p{N}_])`, "iu");
    patterns.set(word, pattern);
  }
  return pattern;
}

/** Change the message that a REDACT, EDIT or reaction speaks of, if it is known. */
function amend(message, byId) {
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

/** The items of a page of history. Lines that change earlier ones are applied, not shown. */
export function readHistory(state, buffer, messages, now) {
  const items = [];
  const page = new Map();
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

function lookup(buffer, id) {
  return buffer.live.byId.get(id) || buffer.past?.byId.get(id);
}

// ---- unread ---------------------------------------------------------------------------------

function counts(item) {
  return !item.mine && (item.kind === "message" || item.kind === "action" || item.kind === "notice");
}

/** Count again what lies behind the read marker (after history was loaded or the marker moved). */
export function recount(buffer) {
  buffer.unread = 0;
  buffer.mentions = 0;
  if (buffer.marker === null) return;
  const { items } = buffer.live;
  for (let i = items.length - 1; i >= 0 && items[i].time > buffer.marker; i--) {
    if (!counts(items[i])) continue;
    buffer.unread += 1;
    if (items[i].mention) buffer.mentions += 1;
  }
}

/** Everything up to `time` has been seen. The marker only moves forward. */
export function markRead(buffer, time) {
  if (buffer.marker !== null && time <= buffer.marker) return false;
  buffer.marker = time;
  recount(buffer);
  return true;
}

function arrive(state, buffer, item, out) {
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

// ---- the server's messages ------------------------------------------------------------------

/** What a command must have to be taken in: how many parameters (1 if not named here)... */
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

/** ... and who did it. */
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

/** Take in one message. Returns what happened: nothing, if it lacks what its command needs. */
export function apply(state, message, now) {
  const out = [];
  const { command, source, params } = message;
  if (params.length < (NEEDS[command] ?? 1)) return out;
  if (DONE_BY_SOMEBODY.has(command) && !source?.nick) return out;
  if (source?.nick && message.tags.account && !isNumeric(command)) user(state, source.nick).account = message.tags.account;
  const handler = HANDLERS[command];
  if (handler) handler(state, message, now, out);
  else if (/^[45]\d\d$/.test(command)) refused(state, message, now, out);
  else if (isNumeric(command)) tell(state, message, now);
  return out;
}

function isNumeric(command) {
  return /^\d\d\d$/.test(command);
}

function refused(state, { params, answered }, now, out) {
  const subject = params.slice(1, -1).find((param) => state.buffers.has(state.fold(param)));
  const words = params.slice(1).join(" ");
  out.push({ type: "error", buffer: subject ? find(state, subject) : null, text: words, subject: params[1], answered });
}

function tell(state, { params }, now) {
  const text = params.slice(1).join(" ");
  if (text) open(state, SERVER).live.add(infoItem(state, text, now));
}

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

/** Without the sign that says to whom of a channel it is said: @#tea is #tea, to its operators. */
function withoutSign(target) {
  return target.replace(/^[~&@%+]+(?=[#&])/, "");
}

/** The conversation that a message belongs to, if there is one. */
function placeOf(state, { params: [target], source }) {
  const bare = withoutSign(target);
  return find(state, isChannel(state, bare) || isMe(state, source?.nick) ? bare : source?.nick);
}

function addEvent(state, buffer, message, now, name, facts) {
  buffer.live.add(eventItem(state, message, now, name, facts));
}

function shared(state, nick) {
  const key = state.fold(nick);
  return [...state.buffers.values()].filter((b) => b.members.has(key) || (b.kind === "private" && b.key === key));
}

function forget(state, buffer, nick) {
  buffer.members.delete(state.fold(nick));
  buffer.typing.delete(nick);
}

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

  JOIN(state, message, now, out) {
    const { nick, user: ident, host } = message.source;
    const [channel, account, realname] = message.params;
    const known = user(state, nick);
    Object.assign(known, { nick, host: `${ident}@${host}` });
    if (account !== undefined) known.account = account === "*" ? null : account;
    if (realname !== undefined) known.realname = realname;
    const buffer = open(state, channel);
    buffer.members.set(state.fold(nick), { nick, modes: "" });
    addEvent(state, buffer, message, now, "join");
    if (!isMe(state, nick)) return;
    Object.assign(buffer, { joined: true, name: channel, error: "" });
    buffer.members = new Map([[state.fold(nick), { nick, modes: "" }]]);
    out.push({ type: "joined", buffer });
  },

  PART(state, message, now, out) {
    const { nick } = message.source;
    const buffer = find(state, message.params[0]);
    if (!buffer) return;
    forget(state, buffer, nick);
    addEvent(state, buffer, message, now, "part", { text: message.params[1] || "" });
    if (!isMe(state, nick)) return;
    buffer.joined = false;
    out.push({ type: "left", buffer });
  },

  KICK(state, message, now, out) {
    const [channel, whom, reason] = message.params;
    const buffer = find(state, channel);
    if (!buffer) return;
    forget(state, buffer, whom);
    addEvent(state, buffer, message, now, "kick", { whom, text: reason || "" });
    if (!isMe(state, whom)) return;
    buffer.joined = false;
    out.push({ type: "kicked", buffer, by: message.source?.nick || "", text: reason || "" });
  },

  QUIT(state, message, now) {
    const { nick } = message.source;
    for (const buffer of shared(state, nick)) {
      forget(state, buffer, nick);
      addEvent(state, buffer, message, now, "quit", { text: message.params[0] || "" });
    }
    const known = state.users.get(state.fold(nick));
    if (!known) return;
    known.away = null;
    // Kept as long as something is shown of them: a picture, a conversation.
    if (!known.meta.size && !find(state, nick)) state.users.delete(state.fold(nick));
  },

  NICK(state, message, now, out) {
    const { nick } = message.source;
    const next = message.params[0];
    const mine = isMe(state, nick);
    const [from, to] = [state.fold(nick), state.fold(next)];
    for (const buffer of shared(state, nick)) {
      const member = buffer.members.get(from);
      if (member) {
        buffer.members.delete(from);
        buffer.members.set(to, { ...member, nick: next });
      } else if (!state.buffers.has(to) || from === to) {
        state.buffers.delete(from);
        Object.assign(buffer, { key: to, name: next });
        state.buffers.set(to, buffer);
        out.push({ type: "renamed", buffer, from });
      }
      addEvent(state, buffer, message, now, "nick", { whom: next });
    }
    const known = state.users.get(from);
    state.users.delete(from);
    if (known) state.users.set(to, { ...known, nick: next });
    if (mine) {
      state.me.nick = next;
      out.push({ type: "nick", nick: next });
    }
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
    if (isMe(state, whom)) out.push({ type: "invited", channel, by: message.source?.nick || "" });
    else if (find(state, channel)) addEvent(state, find(state, channel), message, now, "invite", { whom });
  },

  AWAY(state, message) {
    user(state, message.source.nick).away = message.params[0] || null;
  },

  ACCOUNT(state, message) {
    const account = message.params[0] === "*" ? null : message.params[0];
    user(state, message.source.nick).account = account;
    if (isMe(state, message.source.nick)) state.me.account = account;
  },

  SETNAME(state, message) {
    user(state, message.source.nick).realname = message.params[0] || "";
  },

  CHGHOST(state, message) {
    user(state, message.source.nick).host = message.params.join("@");
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
    out.push({ type: "error", command, code, subject, buffer: subject ? find(state, subject) : null, text: message.params.at(-1), answered: message.answered });
  },

  WARN(state, message, now, out) {
    out.push({ type: "notice", text: message.params.at(-1) });
  },

  NOTE(state, message, now, out) {
    const [command, code] = message.params;
    if (command === "HANDOVER" && code === "TAKEN") return out.push({ type: "handed", text: message.params.at(-1) });
    out.push({ type: "notice", text: message.params.at(-1) });
  },

  "001"(state, message, now) {
    Object.assign(state.me, { nick: message.params[0], operator: false });
    for (const buffer of state.buffers.values()) buffer.joined = false;
    tell(state, message, now);
  },

  "005"(state) {
    state.fold = casefolder(state.isupport.get("CASEMAPPING") || "ascii");
    state.network = state.isupport.get("NETWORK") || state.network;
  },

  301(state, { params }) {
    user(state, params[1]).away = params[2] || "";
  },

  305(state) {
    state.me.away = false;
  },

  306(state) {
    state.me.away = true;
  },

  321(state) {
    state.channels = [];
    state.listing = true;
  },

  322(state, { params }) {
    if (!state.listing) HANDLERS["321"](state); // which many servers leave out
    state.channels.push({ name: params[1], members: Number(params[2]) || 0, topic: params[3] || "" });
  },

  323(state) {
    state.listing = false;
  },

  324(state, { params }) {
    const buffer = find(state, params[1]);
    if (!buffer) return;
    buffer.modes = new Map();
    changeModes(state, buffer, params[2] || "", params.slice(3));
  },

  331(state, { params }) {
    const buffer = find(state, params[1]);
    if (buffer) buffer.topic = "";
  },

  332(state, { params }) {
    const buffer = find(state, params[1]);
    if (buffer) buffer.topic = params[2] || "";
  },

  333(state, { params }) {
    const buffer = find(state, params[1]);
    if (buffer) Object.assign(buffer, { topicBy: (params[2] || "").split("!")[0], topicAt: Number(params[3]) * 1000 || 0 });
  },

  352(state, { params }) {
    const [, , ident, host, , nick, flags, rest] = params;
    seen(state, nick, { flags, realname: (rest || "").replace(/^\d+ /, ""), host: `${ident}@${host}` });
  },

  353(state, { params }) {
    const buffer = find(state, params[2]);
    if (!buffer) return;
    const symbols = new Map(prefixes(state).map(([mode, symbol]) => [symbol, mode]));
    buffer.arriving ||= new Map();
    for (const word of (params[3] || "").split(" ").filter(Boolean)) {
      let at = 0;
      let modes = "";
      while (symbols.has(word[at])) modes += symbols.get(word[at++]);
      const [nick, host] = word.slice(at).split("!");
      buffer.arriving.set(state.fold(nick), { nick, modes });
      if (host) user(state, nick).host = host;
    }
  },

  // WHOX, asked as %cnfar: https://ircv3.net/specs/extensions/whox
  354(state, { params }) {
    const [, , nick, flags, account, realname] = params;
    seen(state, nick, { flags, realname, account: account === "0" ? null : account });
  },

  366(state, { params }) {
    const buffer = find(state, params[1]);
    if (buffer?.arriving) buffer.members = buffer.arriving;
    if (buffer) buffer.arriving = null;
  },

  367(state, { params }) {
    const buffer = find(state, params[1]);
    buffer?.lists.set("b", [...(buffer.lists.get("b") || []), { mask: params[2], by: params[3] || "" }]);
  },

  372(state, { params }) {
    state.motd.push((params[1] || "").replace(/^- ?/, ""));
  },

  376(state, message, now, out) {
    out.push({ type: "introduced" });
  },

  422(state, message, now, out) {
    out.push({ type: "introduced" });
  },

  375(state) {
    state.motd = [];
  },

  396(state, { params }) {
    user(state, state.me.nick).host = params[1] || "";
  },

  761(state, { params }) {
    setMeta(state, params[1], params[2], params[4]);
  },

  900(state, { params }) {
    state.me.account = params[2];
  },

  901(state) {
    state.me.account = null;
  },
};

/** Numerics that say nothing a person wants to read. */
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

function seen(state, nick, { flags = "", ...facts }) {
  if (!nick) return;
  const known = user(state, nick);
  Object.assign(known, facts);
  if (flags.startsWith("G")) known.away ||= "…";
  else if (flags.startsWith("H")) known.away = null;
  known.bot = flags.includes(state.isupport.get("BOT") || "\0");
}

function setMeta(state, target, key, value) {
  const holder = isChannel(state, target) ? find(state, target) : user(state, target === "*" ? state.me.nick : target);
  if (!holder) return;
  holder.meta ||= new Map();
  if (key === "avatar" && value !== holder.meta.get(key)) state.faces += 1;
  if (value === undefined) holder.meta.delete(key);
  else holder.meta.set(key, value);
}

/** Apply `+o-v nick nick` to the members and settings of a channel. */
export function changeModes(state, buffer, change, args) {
  const roles = new Set(prefixes(state).map(([mode]) => mode));
  const [lists, always, onSet] = (state.isupport.get("CHANMODES") ?? "beI,k,l,imnst").split(",");
  const rest = [...args];
  let adding = true;
  for (const mode of change) {
    if (mode === "+" || mode === "-") {
      adding = mode === "+";
    } else if (roles.has(mode)) {
      const key = state.fold(rest.shift() || "");
      const member = buffer.members.get(key);
      if (!member) continue;
      const modes = member.modes.replace(mode, "") + (adding ? mode : "");
      buffer.members.set(key, { ...member, modes });
    } else if (lists.includes(mode)) {
      const mask = rest.shift();
      const known = (buffer.lists.get(mode) || []).filter((entry) => entry.mask !== mask);
      if (mask) buffer.lists.set(mode, adding ? [...known, { mask, by: "" }] : known);
    } else {
      const takes = always.includes(mode) || (adding && onSet.includes(mode));
      const value = takes ? rest.shift() || "" : "";
      if (adding) buffer.modes.set(mode, value);
      else buffer.modes.delete(mode);
    }
  }
}
