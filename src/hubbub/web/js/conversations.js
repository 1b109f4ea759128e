/**
 * Leads from one conversation to another: joins, opens, closes and orders them, keeps the page's
 * address (`#lobby`, `#lobby/<msgid>`, `#@anna`), and tracks how far each has been read.
 */

import { loadLatest } from "./history.js";
import { locale, t } from "./i18n.js";
import { later } from "./later.js";
import { find, isChannel, markRead, open, SERVER } from "./state.js";
/** @import { App, Buffer, Item } from "./types.js" */

const HOME = "#lobby";
const LOOKBACK = later(() => import("./lookback.js"));

export class Conversations {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.wish = ""; // the channel to show after the join
  }

  // ---- which there are ----------------------------------------------------------------------

  /** Channels by name, then people by name, then the server. */
  sorted() {
    const order = { channel: 0, private: 1, server: 2 };
    return [...this.app.state.buffers.values()]
      .filter((b) => !b.closed && (b.kind !== "server" || b.pinned))
      .sort((a, b) => order[a.kind] - order[b.kind] || a.name.localeCompare(b.name, locale()));
  }

  channels() {
    return [...this.app.state.buffers.values()].filter((b) => b.kind === "channel");
  }

  remember() {
    const joined = this.channels().filter((b) => b.joined);
    this.app.local.set(
      "channels",
      joined.map((b) => b.name),
    );
  }

  /**
   * Join the channels of before: after a lost connection, or at the start of the page.
   * @param {boolean} again
   */
  resume(again) {
    const { app } = this;
    const names = again
      ? this.channels()
          .filter((b) => !b.closed && !b.error)
          .map((b) => b.name)
      : this.remembered();
    if (!names.length && !again) names.push(HOME);
    if (names.length) app.connection.send("JOIN", names.join(","));
    if (!again && !this.wish) this.wish = names[0];
  }

  remembered() {
    const { local, state } = this.app;
    const names = new Set([...local.get("channels", []), this.wish]);
    return [...names].filter((name) => name && isChannel(state, name));
  }

  /**
   * Is that the channel to show after the join?
   * @param {string} name
   */
  isWished(name) {
    const { state } = this.app;
    return Boolean(this.wish) && state.fold(this.wish) === state.fold(name);
  }

  // ---- going there --------------------------------------------------------------------------

  /**
   * Show a conversation; join or open it first if necessary.
   * @param {string} name
   */
  show(name, { message = "" } = {}) {
    const { state, connection, ui } = this.app;
    if (isChannel(state, name) && !find(state, name)?.joined) {
      this.wish = name;
      if (connection.online) connection.send("JOIN", name);
    }
    const buffer = open(state, name);
    buffer.closed = false;
    if (name === SERVER) buffer.pinned = true;
    if (ui.buffer !== buffer.key) leave(this.app.buffer);
    Object.assign(ui, { buffer: buffer.key, drawer: false, hover: null, editing: null });
    if (buffer.kind === "private" && !buffer.loaded && connection.online) {
      if (connection.caps.has("draft/read-marker")) connection.send("MARKREAD", buffer.name);
      this.load(buffer);
    }
    if (message) {
      ui.jump = { buffer: buffer.key, message };
      this.followJump();
    }
    this.setLocation();
    this.app.invalidate();
    return buffer;
  }

  /** @param {Buffer} buffer */
  load(buffer) {
    loadLatest(this.app, buffer).then(() => this.followJump());
  }

  /** Go to the message of an opened link, once its conversation is loaded. */
  async followJump() {
    const { jump } = this.app.ui;
    const buffer = jump && this.app.state.buffers.get(jump.buffer);
    if (!jump || !buffer?.loaded) return;
    this.app.ui.jump = null;
    await this.jump(buffer, jump.message);
  }

  /**
   * @param {Buffer} buffer
   * @param {string} id
   */
  async jump(buffer, id) {
    const found = await LOOKBACK.fetch().then(
      ({ showMessage }) => showMessage(this.app, buffer, id),
      () => false,
    );
    if (!found) this.app.ui.toast(t("messageGone"));
  }

  /** @param {string} channel */
  join(channel, key = "") {
    const name = isChannel(this.app.state, channel) ? channel : `#${channel}`;
    if (key) this.app.connection.send("JOIN", name, key);
    this.show(name);
  }

  /**
   * Leave a channel, or hide a private conversation.
   * @param {Buffer} buffer
   */
  close(buffer) {
    const { state, connection, ui } = this.app;
    if (buffer.kind === "channel" && buffer.joined) connection.send("PART", buffer.name);
    const around = this.sorted();
    const at = around.indexOf(buffer);
    buffer.closed = true;
    if (buffer.kind === "channel") state.buffers.delete(buffer.key);
    this.remember();
    if (ui.buffer === buffer.key) {
      const next = around[at + 1] || around[at - 1];
      ui.buffer = "";
      if (next && next !== buffer) this.show(next.name);
    }
    this.app.invalidate();
  }

  /**
   * Show the next conversation of the list, or the next unread one.
   * @param {number} by
   * @param {boolean} unread
   */
  step(by, unread) {
    const { buffer, settings } = this.app;
    const all = this.sorted();
    const at = buffer ? all.indexOf(buffer) : -1;
    for (let i = 1; i <= all.length; i++) {
      const next = all[(at + by * i + all.length * i) % all.length];
      if (next !== buffer && (!unread || (next.unread && settings.levelOf(next) !== "none"))) return this.show(next.name);
    }
  }

  // ---- the address ----------------------------------------------------------------------------

  setLocation() {
    const { buffer } = this.app;
    if (!buffer || buffer.kind === "server") return;
    const hash = `#${encodeURIComponent(addressed(buffer)).replace(/%40/g, "@")}`;
    if (location.hash.split("/")[0] === hash) return;
    if (location.hash)
      history.pushState(null, "", hash); // the browser's "back" returns to the conversation before
    else history.replaceState(null, "", hash);
  }

  goToLocation() {
    if (location.hash.startsWith("#!")) return import("./handover.js").then(({ takeOver }) => takeOver(this.app));
    const [name, message] = location.hash.slice(1).split("/").map(decoded);
    if (!name) return;
    this.show(name.startsWith("@") ? name.slice(1) : `#${name}`, { message });
  }

  /**
   * @param {Buffer} buffer
   * @param {Item | null} [item]
   */
  linkTo(buffer, item = null) {
    return `${location.origin}${location.pathname}#${encodeURIComponent(addressed(buffer))}${item?.id ? `/${encodeURIComponent(item.id)}` : ""}`;
  }
}

/** @param {Buffer | null} buffer */
function leave(buffer) {
  if (!buffer) return;
  if (!buffer.unread) buffer.unreadAfter = null;
  buffer.past = null;
}

/**
 * The name of a conversation in an address.
 * @param {Buffer} buffer
 */
function addressed(buffer) {
  return buffer.kind === "channel" ? buffer.name.replace(/^#/, "") : `@${buffer.name}`;
}

/**
 * Decode a part of an address; what is not encoded stays.
 * @param {string} word
 */
function decoded(word) {
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}

const SENT_AFTER = 400; // milliseconds: scrolling sends one marker, not fifty

export class Reading {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.timer = 0;
  }

  /**
   * The view tells whether somebody reads the end of the current buffer.
   * @param {boolean} reading
   */
  set(reading) {
    const { buffer, state } = this.app;
    state.reading = reading && buffer ? buffer.key : null;
    if (!reading || !buffer) return;
    const { last } = buffer.live;
    if (last && (buffer.marker === null || last.time > buffer.marker)) this.upTo(buffer, last.time);
  }

  /**
   * @param {Buffer} buffer
   * @param {number} time
   */
  upTo(buffer, time) {
    if (!markRead(buffer, time)) return;
    this.app.notifier.clear(buffer);
    this.app.settings.markers[buffer.key] = time;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.sendMarkers(), SENT_AFTER);
    this.app.invalidate();
  }

  sendMarkers() {
    const { connection, local, settings, state } = this.app;
    local.set("markers", settings.markers);
    if (!connection.online || !connection.caps.has("draft/read-marker")) return;
    for (const buffer of state.buffers.values()) {
      if (buffer.kind === "server" || buffer.marker === null || buffer.marker <= (buffer.markedOnServer || 0)) continue;
      if (!buffer.joined && buffer.kind === "channel") continue;
      buffer.markedOnServer = buffer.marker;
      connection.send("MARKREAD", buffer.name, `timestamp=${new Date(buffer.marker).toISOString()}`);
    }
  }

  markAllRead(buffer = this.app.buffer) {
    if (!buffer) return;
    buffer.unreadAfter = null;
    if (buffer.live.last) this.upTo(buffer, buffer.live.last.time);
    this.app.invalidate();
  }

  /** Go to the first unread message. */
  toUnread() {
    const { buffer, ui } = this.app;
    if (!buffer || buffer.unreadAfter === null) return;
    const { first, atStart } = buffer.live;
    const since = buffer.unreadAfter + 1;
    if (first && first.time >= since && !atStart) return LOOKBACK.use(({ showTime }) => showTime(this.app, buffer, since));
    buffer.past = null;
    ui.scrollTo = { unread: true };
    this.app.invalidate();
  }
}
