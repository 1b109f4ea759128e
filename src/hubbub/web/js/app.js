/**
 * The wiring: connection -> state -> page, and the person's wishes back. It alone knows all of
 * them. What the person can do lies in sending.js, history.js and commands.js; what is shown in
 * views/.
 */

import { Connection, newLabel } from "./connection.js";
import { findPeople, loadLatest, showMessage } from "./history.js";
import * as i18n from "./i18n.js";
import { Notifier } from "./notify.js";
import { Queue } from "./queue.js";
import { flush } from "./sending.js";
import { apply, createState, find, isChannel, markRead, open, SERVER } from "./state.js";
import { freshNick, variant } from "./names.js";

const KEEP_ITEMS = 20_000;
const ALIVE_EVERY = 8_000;
const HOME = "#lobby";

const DEFAULTS = {
  theme: "system",
  language: "",
  events: "fold",
  announce: "all",
  typing: true,
  notify: false,
  push: false,
  sound: false,
  quiet: false,
  quietFrom: "22:00",
  quietTo: "07:00",
  density: "cozy",
  keywords: "",
};

export class App {
  constructor({ local, tab, url, draw }) {
    Object.assign(this, { local, tab, draw });
    this.settings = { ...DEFAULTS, ...local.get("settings", {}) };
    this.state = createState();
    this.restoreState();
    this.queue = new Queue({ store: local, tab: this.tabId() });
    this.notifier = new Notifier(this);
    this.ui = {
      buffer: "",
      panel: null,
      drawer: false,
      dialog: null,
      menu: null,
      hover: null,
      toasts: [],
      replying: new Map(),
      editing: null,
      scrollTo: null,
      search: { text: "", results: null },
    };
    this.connection = new Connection({
      url,
      identity: () => this.identity(),
      nextNick: (nick, attempt) => this.nextNick(nick, attempt),
      onMessage: (message) => this.take(message),
      onStatus: (status) => this.statusChanged(status),
    });
    this.state.isupport = this.connection.isupport;
    this.phase = "";
  }

  tabId() {
    const id = this.tab.get("tab") || newLabel();
    this.tab.set("tab", id);
    return id;
  }

  restoreState() {
    this.state.ignored = new Set(this.local.get("ignored", []));
    this.setKeywords();
    this.drafts = this.kept("drafts"); // buffer key -> text
    this.levels = this.kept("levels"); // buffer key -> all, mentions, none
    this.markers = this.kept("markers"); // buffer key -> time
    this.nick = this.local.get("nick", "");
    this.nickIsOwn = Boolean(this.nick); // chosen by the person, not made up
    this.nick ||= freshNick();
  }

  /** Values by buffer key: without a prototype, as somebody may be called "constructor". */
  kept(name) {
    return Object.assign(Object.create(null), this.local.get(name, {}));
  }

  setKeywords() {
    this.state.keywords = this.settings.keywords
      .split(/[,\n]/)
      .map((word) => word.trim())
      .filter(Boolean);
  }

  start() {
    this.takeAddress();
    this.goToLocation();
    addEventListener("hashchange", () => this.goToLocation());
    addEventListener("online", () => this.connection.hurry());
    addEventListener("focus", () => this.invalidate());
    addEventListener("blur", () => this.invalidate());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.connection.hurry();
      this.invalidate();
    });
    addEventListener("pagehide", () => this.save());
    setInterval(() => this.tick(), 1_000);
    this.connection.start();
    this.invalidate();
  }

  /** `/invite/<word>#tea`, `/admin/<word>`: taken out of the address, which others may see. */
  takeAddress() {
    const [, place, word] = location.pathname.split("/");
    if (place !== "invite" && place !== "admin") return;
    history.replaceState(null, "", `/${location.hash}`);
    // The key makes a second visit the same one, see handlers/sessions/invite_links.py.
    if (place === "invite") this.local.set("invite", { word, key: this.local.get("invite")?.key || newLabel() });
    else this.ui.admin = { claim: word || "" };
  }

  /** Once a second: what depends on the clock, and what would grow for ever. */
  tick() {
    const now = Date.now();
    for (const buffer of this.state.buffers.values()) {
      buffer.live.trim(KEEP_ITEMS); // comings and goings too
      for (const [nick, until] of buffer.typing) {
        if (until < now) {
          buffer.typing.delete(nick);
          this.invalidate();
        }
      }
    }
    if (this.connection.status.phase === "waiting") this.invalidate();
    if (!this.saved || now - this.saved > ALIVE_EVERY) {
      this.saved = now;
      this.queue.save();
    }
  }

  /** Draw soon: once for everything that happens until the next frame. */
  invalidate() {
    if (this.frame) return;
    // A hidden page gets no frames; a timer keeps its title and its announcements going.
    const later = document.visibilityState === "visible" ? requestAnimationFrame : (f) => setTimeout(f, 250);
    this.frame =
      later(() => {
        this.frame = null;
        this.draw(this);
      }) || true;
  }

  // ---- identity ---------------------------------------------------------------------------

  identity() {
    const login = this.credentials();
    return {
      nick: this.nick,
      realname: this.nick,
      account: login?.account,
      password: login?.password,
      away: this.local.get("away", ""),
      invite: this.local.get("invite"),
    };
  }

  credentials() {
    return this.tab.get("login") || this.local.get("login");
  }

  remember(account, password, keep) {
    (keep ? this.local : this.tab).set("login", { account, password });
    (keep ? this.tab : this.local).remove("login");
  }

  forgetLogin() {
    this.local.remove("login");
    this.tab.remove("login");
  }

  /** Our own ghost may hold the nick for a moment after a lost connection or a reload: ask again, then vary. */
  async nextNick(nick, attempt) {
    if (attempt <= 2 && (this.connectedBefore || this.tab.get("nick") === this.nick)) {
      await new Promise((resolve) => setTimeout(resolve, 700 * attempt));
      return this.nick;
    }
    return this.nickIsOwn ? variant(this.nick, attempt) : freshNick();
  }

  /** Ask for another nick; it is kept once the server has agreed. */
  setNick(nick) {
    this.wantedNick = nick;
    if (this.connection.online) this.connection.send("NICK", nick);
    else this.nickChanged(nick);
  }

  // ---- what the server says -----------------------------------------------------------------

  take(message) {
    const now = Date.now();
    for (const happened of apply(this.state, message, now)) this.react(happened);
    this.invalidate();
  }

  react(happened) {
    const { type, buffer } = happened;
    if (type === "said") this.said(buffer, happened.item);
    else if (type === "joined") this.joined(buffer);
    else if (type === "left") this.left(buffer);
    else if (type === "kicked") this.kicked(buffer, happened);
    else if (type === "renamed") this.renamed(happened.from, buffer);
    else if (type === "nick") this.nickChanged(happened.nick);
    else if (type === "read") this.notifier.clear(buffer);
    else if (type === "invited") this.invited(happened);
    else if (type === "error") this.refused(happened);
    else if (type === "introduced") this.introduced();
    else if (type === "handed") this.handed(happened.text);
    else if (type === "notice") this.toast(happened.text);
  }

  /** The other device has this login. */
  handed(text) {
    if (this.ui.dialog?.name === "device") this.dialog(null);
    this.toast(`${i18n.t("deviceDone")} ${text}`);
  }

  /** This is the other device. The link is worth nothing afterwards, so it is not kept. */
  async takeOver() {
    const { hash } = location;
    history.replaceState(null, "", location.pathname);
    const { take } = await import("./handover.js");
    const login = await take(this.connection.url, hash).catch(() => null);
    if (!login) return this.toast(i18n.t("deviceGone"), null, "error");
    this.dialog("confirm", {
      title: i18n.t("deviceTitle"),
      text: i18n.t("deviceQuestion", { account: login.account }),
      action: i18n.t("signIn"),
      gentle: true,
      run: () => this.beCalled(login),
    });
  }

  beCalled({ account, password }) {
    this.remember(account, password, true);
    this.nick = account;
    this.nickIsOwn = true;
    this.local.set("nick", account);
    this.connection.drop("");
    this.connection.hurry();
  }

  /** The server has said all about itself. */
  introduced() {
    if (this.settings.push && !this.pushRenewed) import("./push.js").then(({ renew }) => renew(this)).catch(() => {});
    this.pushRenewed = true;
  }

  said(buffer, item) {
    this.notifier.said(buffer, item);
  }

  joined(buffer) {
    this.rememberChannels();
    if (this.wish && this.state.fold(this.wish) === buffer.key) {
      this.wish = null;
      this.show(buffer.name);
    }
    const { connection } = this;
    if (connection.isupport.has("WHOX")) connection.send("WHO", buffer.name, "%cnfar");
    else connection.send("WHO", buffer.name);
    if (buffer.marker === null && this.markers[buffer.key]) buffer.marker = this.markers[buffer.key];
    loadLatest(this, buffer).then(() => this.followJump());
    flush(this);
  }

  /** A link to a message was opened: go there as soon as the conversation is. */
  async followJump() {
    const { jump } = this.ui;
    const buffer = jump && this.state.buffers.get(jump.buffer);
    if (!buffer?.loaded) return;
    this.ui.jump = null;
    if (!(await showMessage(this, buffer, jump.message))) this.toast(i18n.t("messageGone"));
  }

  left(buffer) {
    this.rememberChannels();
    if (this.ui.buffer === buffer.key && !this.ui.keep) this.close(buffer);
  }

  kicked(buffer, { by, text }) {
    buffer.error = i18n.t("kicked", { channel: buffer.name, nick: by, text });
    this.rememberChannels();
  }

  renamed(from, buffer) {
    if (this.ui.buffer === from) this.ui.buffer = buffer.key;
    for (const values of from === buffer.key ? [] : [this.drafts, this.levels, this.markers]) {
      if (from in values) values[buffer.key] = values[from];
      delete values[from];
    }
    this.queue.rename((target) => this.state.fold(target) === from, buffer.name);
    this.local.set("levels", this.levels);
    this.save();
    this.rememberChannels();
    this.setLocation();
  }

  nickChanged(nick) {
    this.nick = nick;
    this.tab.set("nick", nick);
    this.nickIsOwn ||= nick === this.wantedNick;
    if (this.nickIsOwn || this.state.me.account) this.local.set("nick", nick);
  }

  invited({ channel, by }) {
    this.toast(i18n.t("invited", { nick: by, channel }), { label: i18n.t("join"), run: () => this.join(channel) });
  }

  refused({ buffer, text, subject, answered }) {
    if (answered) return;
    if (buffer && !buffer.joined && buffer.kind === "channel") buffer.error = text;
    else if (this.wish && subject && this.state.fold(subject) === this.state.fold(this.wish)) open(this.state, this.wish).error = text;
    this.toast(text, null, "error");
  }

  statusChanged(status) {
    const { phase } = status;
    if (phase === "online" && this.phase !== "online") this.welcomed();
    if (phase === "waiting" || phase === "offline") this.queue.unsend();
    if (phase === "registering" && status.signInFailed) {
      this.toast(i18n.t("signInFailed", { text: status.signInFailed }), null, "error");
      status.signInFailed = "";
    }
    if (status.uninvited && phase === "offline") {
      this.dialog("account", { mode: "login", uninvited: status.uninvited });
      status.uninvited = "";
    }
    this.phase = phase;
    this.invalidate();
  }

  /** Registered. The server's 005 and MOTD follow this; joins are safe to send already. */
  welcomed() {
    this.state.isupport = this.connection.isupport;
    this.state.me.nick = this.connection.nick;
    this.state.me.account = this.connection.account;
    this.nick = this.connection.nick;
    this.tab.set("nick", this.nick);
    const again = this.connectedBefore;
    this.connectedBefore = true;
    const channels = again
      ? this.openChannels()
      : [...new Set([...this.local.get("channels", []), this.wish].filter((name) => name && isChannel(this.state, name)))];
    if (!channels.length && !again) channels.push(HOME);
    if (channels.length) this.connection.send("JOIN", channels.join(","));
    if (!again && !this.wish) this.wish = channels[0];
    if (this.connection.caps.has("draft/metadata-2")) this.connection.send("METADATA", "*", "SUB", "display-name", "avatar", "status", "pronouns");
    findPeople(this);
    for (const buffer of this.state.buffers.values()) {
      if (buffer.kind === "private" && buffer.loaded) loadLatest(this, buffer);
    }
    flush(this);
    if (this.ui.admin && !again) this.dialog("admin", this.ui.admin);
  }

  // ---- buffers ------------------------------------------------------------------------------

  get buffer() {
    return this.state.buffers.get(this.ui.buffer) || null;
  }

  /** Where to be after a reconnect: not where one was thrown out. */
  openChannels() {
    return [...this.state.buffers.values()].filter((b) => b.kind === "channel" && !b.closed && !b.error).map((b) => b.name);
  }

  rememberChannels() {
    this.local.set(
      "channels",
      [...this.state.buffers.values()].filter((b) => b.kind === "channel" && b.joined).map((b) => b.name),
    );
  }

  /** In the order of the list: channels, then people, by name; the server last. */
  sorted() {
    const order = { channel: 0, private: 1, server: 2 };
    return [...this.state.buffers.values()]
      .filter((b) => !b.closed && (b.kind !== "server" || b.pinned))
      .sort((a, b) => order[a.kind] - order[b.kind] || a.name.localeCompare(b.name, i18n.locale()));
  }

  /** Bring a conversation to the front, joining or opening it if need be. */
  show(name, { message = null } = {}) {
    if (isChannel(this.state, name) && !find(this.state, name)?.joined) {
      this.wish = name;
      if (this.connection.online) this.connection.send("JOIN", name);
    }
    const buffer = open(this.state, name);
    buffer.closed = false;
    if (name === SERVER) buffer.pinned = true;
    if (this.ui.buffer !== buffer.key) this.leave(this.buffer);
    Object.assign(this.ui, { buffer: buffer.key, drawer: false, hover: null, editing: null });
    if (buffer.kind === "private" && !buffer.loaded && this.connection.online) {
      if (this.connection.caps.has("draft/read-marker")) this.connection.send("MARKREAD", buffer.name);
      loadLatest(this, buffer).then(() => this.followJump());
    }
    if (message) {
      this.ui.jump = { buffer: buffer.key, message };
      this.followJump();
    }
    this.setLocation();
    this.invalidate();
    return buffer;
  }

  leave(buffer) {
    if (!buffer) return;
    if (!buffer.unread) buffer.unreadAfter = null;
    buffer.past = null;
  }

  join(channel, key) {
    const name = isChannel(this.state, channel) ? channel : `#${channel}`;
    if (key) this.connection.send("JOIN", name, key);
    this.show(name);
  }

  /** Leave a channel, or put a private conversation away. */
  close(buffer) {
    if (buffer.kind === "channel" && buffer.joined) this.connection.send("PART", buffer.name);
    const around = this.sorted();
    const at = around.indexOf(buffer);
    buffer.closed = true;
    if (buffer.kind === "channel") this.state.buffers.delete(buffer.key);
    this.rememberChannels();
    if (this.ui.buffer === buffer.key) {
      const next = around[at + 1] || around[at - 1];
      this.ui.buffer = "";
      if (next && next !== buffer) this.show(next.name);
    }
    this.invalidate();
  }

  setLocation() {
    const { buffer } = this;
    if (!buffer || buffer.kind === "server") return;
    const name = buffer.kind === "channel" ? buffer.name.replace(/^#/, "") : `@${buffer.name}`;
    const hash = `#${encodeURIComponent(name).replace(/%40/g, "@")}`;
    if (location.hash.split("/")[0] === hash) return;
    if (location.hash)
      history.pushState(null, "", hash); // so that "back" leads back
    else history.replaceState(null, "", hash);
  }

  /** `#lobby`, `#lobby/<msgid>`, `#@anna`. */
  goToLocation() {
    if (location.hash.startsWith("#!")) return this.takeOver();
    const [name, message] = location.hash.slice(1).split("/").map(decoded);
    if (!name) return;
    this.show(name.startsWith("@") ? name.slice(1) : `#${name}`, { message });
  }

  linkTo(buffer, item = null) {
    const name = buffer.kind === "channel" ? buffer.name.replace(/^#/, "") : `@${buffer.name}`;
    return `${location.origin}${location.pathname}#${encodeURIComponent(name)}${item?.id ? `/${encodeURIComponent(item.id)}` : ""}`;
  }

  // ---- reading ------------------------------------------------------------------------------

  /** The view says that the end of the current buffer is in sight and the page has the focus. */
  setReading(reading) {
    const { buffer, state } = this;
    state.reading = reading && buffer ? buffer.key : null;
    if (!state.reading) return;
    const { last } = buffer.live;
    if (last && (buffer.marker === null || last.time > buffer.marker)) this.readUpTo(buffer, last.time);
  }

  readUpTo(buffer, time) {
    if (!markRead(buffer, time)) return;
    this.notifier.clear(buffer);
    this.markers[buffer.key] = time;
    clearTimeout(this.markTimer);
    this.markTimer = setTimeout(() => this.sendMarkers(), 400);
    this.invalidate();
  }

  sendMarkers() {
    this.local.set("markers", this.markers);
    if (!this.connection.online || !this.connection.caps.has("draft/read-marker")) return;
    for (const buffer of this.state.buffers.values()) {
      if (buffer.kind === "server" || buffer.marker === null || buffer.marker <= (buffer.markedOnServer || 0)) continue;
      if (!buffer.joined && buffer.kind === "channel") continue;
      buffer.markedOnServer = buffer.marker;
      this.connection.send("MARKREAD", buffer.name, `timestamp=${new Date(buffer.marker).toISOString()}`);
    }
  }

  markAllRead(buffer = this.buffer) {
    if (!buffer) return;
    buffer.unreadAfter = null;
    if (buffer.live.last) this.readUpTo(buffer, buffer.live.last.time);
    this.invalidate();
  }

  // ---- small things -------------------------------------------------------------------------

  can(capability) {
    return this.connection.caps.has(capability);
  }

  get searchCap() {
    return ["draft/search", "soju.im/search"].find((name) => this.can(name));
  }

  set(name, value) {
    this.settings[name] = value;
    this.local.set("settings", this.settings);
    this.tellWorker();
    if (name === "keywords") this.setKeywords();
    this.invalidate();
  }

  /** The service worker cannot look into this storage. */
  tellWorker() {
    if (this.settings.push) import("./push.js").then(({ tellWorker }) => tellWorker(this)).catch(() => {});
  }

  draft(key, text) {
    if (text) this.drafts[key] = text;
    else delete this.drafts[key];
    clearTimeout(this.draftTimer);
    this.draftTimer = setTimeout(() => this.save(), 100);
  }

  save() {
    this.local.set("drafts", this.drafts);
    this.local.set("markers", this.markers);
    this.queue.save();
  }

  levelOf(buffer) {
    return this.levels[buffer.key] || (buffer.kind === "private" ? "all" : "mentions");
  }

  setLevel(buffer, level) {
    this.levels[buffer.key] = level;
    this.local.set("levels", this.levels);
    this.tellWorker();
    this.invalidate();
  }

  ignore(nick, on = true) {
    if (on) this.state.ignored.add(this.state.fold(nick));
    else this.state.ignored.delete(this.state.fold(nick));
    this.local.set("ignored", [...this.state.ignored]);
    this.invalidate();
  }

  dialog(name, facts = {}) {
    this.ui.dialog = name ? { name, ...facts } : null;
    this.ui.drawer = false;
    this.invalidate();
  }

  panel(name) {
    this.ui.panel = this.ui.panel === name ? null : name;
    this.invalidate();
  }

  toast(text, action = null, kind = "info") {
    if (!text) return;
    const toast = { key: newLabel(), text, action, kind };
    this.ui.toasts = [...this.ui.toasts.filter((other) => other.text !== text).slice(-3), toast];
    setTimeout(() => this.dismiss(toast), action ? 15_000 : 7_000);
    this.invalidate();
  }

  dismiss(toast) {
    this.ui.toasts = this.ui.toasts.filter((other) => other !== toast);
    this.invalidate();
  }
}

/** What stands in an address; a sign that is none of an address is itself. */
function decoded(word) {
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}
