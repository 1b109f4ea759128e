/** Applies JOIN, PART, NICK, AWAY and the like to the state. */

import { eventItem } from "./items.js";
import { find, isMe, open, user } from "./state.js";
/** @import { Buffer, Handler, Message, Source, State } from "./types.js" */

/**
 * The source of a message; `apply` has checked it (DONE_BY_SOMEBODY).
 * @param {Message} message
 */
function sourceOf(message) {
  return /** @type {Source} */ (message.source);
}

/**
 * @param {State} state
 * @param {Buffer} buffer
 * @param {Message} message
 * @param {number} now
 * @param {string} name
 */
export function addEvent(state, buffer, message, now, name, facts = {}) {
  buffer.live.add(eventItem(state, message, now, name, facts));
}

/**
 * @param {State} state
 * @param {string} nick
 */
function shared(state, nick) {
  const key = state.fold(nick);
  return [...state.buffers.values()].filter((b) => b.members.has(key) || (b.kind === "private" && b.key === key));
}

/**
 * @param {State} state
 * @param {Buffer} buffer
 * @param {string} nick
 */
function forget(state, buffer, nick) {
  buffer.members.delete(state.fold(nick));
  buffer.typing.delete(nick);
}

/** @type {Record<string, Handler>} */
export const MEMBERSHIP = {
  JOIN(state, message, now, out) {
    const { nick, user: ident, host } = sourceOf(message);
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
    const { nick } = sourceOf(message);
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
    const { nick } = sourceOf(message);
    for (const buffer of shared(state, nick)) {
      forget(state, buffer, nick);
      addEvent(state, buffer, message, now, "quit", { text: message.params[0] || "" });
    }
    const known = state.users.get(state.fold(nick));
    if (!known) return;
    known.away = null;
    // Keep people whose picture or conversation is shown.
    if (!known.meta.size && !find(state, nick)) state.users.delete(state.fold(nick));
  },

  NICK(state, message, now, out) {
    const { nick } = sourceOf(message);
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

  AWAY(state, message) {
    user(state, sourceOf(message).nick).away = message.params[0] || null;
  },

  ACCOUNT(state, message) {
    const account = message.params[0] === "*" ? null : message.params[0];
    user(state, sourceOf(message).nick).account = account;
    if (isMe(state, sourceOf(message).nick)) state.me.account = account;
  },

  SETNAME(state, message) {
    user(state, sourceOf(message).nick).realname = message.params[0] || "";
  },

  CHGHOST(state, message) {
    user(state, sourceOf(message).nick).host = message.params.join("@");
  },
};
