/**
 * The state that this client knows: itself, buffers (channels, private conversations), users. Pure: no
 * socket, page or clock. Only apply.js and its parts change it by the server's input.
 */

import { casefolder } from "./codec.js";
import { Timeline } from "./timeline.js";
/** @import { Buffer, Item, Member, State } from "./types.js" */

/** @returns {State} */
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
    reading: null, // key of the buffer whose end somebody reads
    keywords: [],
    ignored: new Set(),
    found: new Map(), // hits of a search, by msgid
    serial: 0,
    faces: 0, // grows when somebody changes the picture
  };
}

export const SERVER = "*";

// ---- names ----------------------------------------------------------------------------------------

/**
 * @param {State} state
 * @param {string} name
 */
export function isChannel(state, name) {
  return (state.isupport.get("CHANTYPES") ?? "#").includes(name?.[0] || "\0");
}

/**
 * The buffer called `name`; it is created if necessary.
 * @param {State} state
 * @param {string} name
 */
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

/**
 * @param {State} state
 * @param {string | undefined} name
 */
export function find(state, name) {
  return state.buffers.get(state.fold(name ?? ""));
}

/**
 * @param {State} state
 * @param {string} nick
 */
export function user(state, nick) {
  const key = state.fold(nick);
  let known = state.users.get(key);
  if (!known) {
    known = { nick, account: null, away: null, realname: "", host: "", bot: false, meta: new Map() };
    state.users.set(key, known);
  }
  return known;
}

/**
 * @param {State} state
 * @param {string | undefined} nick
 */
export function isMe(state, nick) {
  return nick !== undefined && nick !== "" && state.fold(nick) === state.fold(state.me.nick);
}

/**
 * @param {State} state
 * @param {string} nick
 */
export function seen(state, nick, { flags = "", ...facts }) {
  if (!nick) return;
  const known = user(state, nick);
  Object.assign(known, facts);
  if (flags.startsWith("G")) known.away ||= "…";
  else if (flags.startsWith("H")) known.away = null;
  known.bot = flags.includes(state.isupport.get("BOT") || "\0");
}

/**
 * @param {State} state
 * @param {string} target
 * @param {string} key
 * @param {string} value
 */
export function setMeta(state, target, key, value) {
  const holder = isChannel(state, target) ? find(state, target) : user(state, target === "*" ? state.me.nick : target);
  if (!holder) return;
  holder.meta ||= new Map();
  if (key === "avatar" && value !== holder.meta.get(key)) state.faces += 1;
  if (value === undefined) holder.meta.delete(key);
  else holder.meta.set(key, value);
}

/**
 * The nicks to complete in a buffer, the last speakers first.
 * @param {State} state
 * @param {Buffer} buffer
 */
export function nicksFor(state, buffer) {
  const spoke = new Map(buffer.live.items.slice(-300).map((item) => [item.nick, item.time]));
  const nicks = buffer.kind === "channel" ? [...buffer.members.values()].map(({ nick }) => nick) : [buffer.name];
  return nicks.filter((nick) => !isMe(state, nick)).sort((a, b) => (spoke.get(b) || 0) - (spoke.get(a) || 0) || a.localeCompare(b));
}

// ---- roles and modes ------------------------------------------------------------------------------

/**
 * `PREFIX=(ov)@+` as `[["o", "@"], ["v", "+"]]`, highest first.
 * @param {State} state
 */
export function prefixes(state) {
  const match = /^\((\w*)\)(.*)$/.exec(state.isupport.get("PREFIX") ?? "(ov)@+");
  return match ? [...match[1]].map((mode, i) => [mode, match[2][i]]) : [];
}

/**
 * A number for sorting and comparing: 0 for the highest role, higher for less.
 * @param {State} state
 * @param {Member} member
 */
export function rank(state, member) {
  const order = prefixes(state).map(([mode]) => mode);
  const best = order.findIndex((mode) => member?.modes.includes(mode));
  return best < 0 ? order.length : best;
}

/**
 * May I moderate this channel: am I half-operator or above?
 * @param {State} state
 * @param {Buffer} buffer
 */
export function canModerate(state, buffer) {
  const mine = buffer.members.get(state.fold(state.me.nick));
  return mine !== undefined && [..."qaoh"].some((mode) => mine.modes.includes(mode));
}

/**
 * Apply `+o-v nick nick` to the members and settings of a channel.
 * @param {State} state
 * @param {Buffer} buffer
 * @param {string} change
 * @param {string[]} args
 */
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

/**
 * @param {Buffer} buffer
 * @param {string} id
 */
export function lookup(buffer, id) {
  return buffer.live.byId.get(id) || buffer.past?.byId.get(id);
}

// ---- unread ---------------------------------------------------------------------------------------

/** @param {Item} item */
export function counts(item) {
  return !item.mine && (item.kind === "message" || item.kind === "action" || item.kind === "notice");
}

/**
 * Count what follows the read marker again.
 * @param {Buffer} buffer
 */
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

/**
 * Move the read marker forward to `time`.
 * @param {Buffer} buffer
 * @param {number} time
 */
export function markRead(buffer, time) {
  if (buffer.marker !== null && time <= buffer.marker) return false;
  buffer.marker = time;
  recount(buffer);
  return true;
}
