/** Applies numeric replies to the state: names, topics, modes, lists, WHO. */

import { casefolder } from "./codec.js";
import { infoItem } from "./items.js";
import { changeModes, find, open, prefixes, seen, SERVER, setMeta, user } from "./state.js";
/** @import { Handler, Message, State } from "./types.js" */

/** @type {Record<string, Handler>} */
export const NUMERICS = {
  /**
   * @param {State} state
   * @param {Message} message
   */
  "001"(state, message, now) {
    Object.assign(state.me, { nick: message.params[0], operator: false });
    for (const buffer of state.buffers.values()) buffer.joined = false;
    tell(state, message, now);
  },

  /** @param {State} state */
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

  322(state, message, now, out) {
    const { params } = message;
    if (!state.listing) NUMERICS[321](state, message, now, out); // many servers omit it
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

/** @type {(state: State, message: Message, now: number) => void} */
export function tell(state, { params }, now) {
  const text = params.slice(1).join(" ");
  if (text) open(state, SERVER).live.add(infoItem(state, text, now));
}
