/**
 * What the person does with the page: menus, keys, dialogs and the small acts behind them. An
 * `App` with hands; the views call it, it calls the actions.
 */

import { App } from "./app.js";
import { refusal } from "./connection.js";
import { FileHost, ReceivedFiles } from "./filehost.js";
import { showMessage, showTime } from "./history.js";
import { t } from "./i18n.js";
import { later } from "./later.js";
import { Notifier } from "./notify.js";
import { editable, redact } from "./sending.js";
import { canModerate, isMe } from "./state.js";
import { plain } from "./text.js";
import { Composer } from "./views/composer.js";
import { showPictures } from "./views/people.js";
import { Scroller } from "./views/scroller.js";

const MENUS = later(() => import("./menus.js"));
const UPLOAD = later(() => import("./upload.js"));
const TRAY = later(() => import("./views/tray.js"));

export class Page extends App {
  constructor(facts) {
    super(facts);
    this.scroller = new Scroller(this);
    this.composer = new Composer(this);
    this.host = new FileHost(this);
    this.upload = null; // fetched with the first file
    this.files = new ReceivedFiles(this);
    this.firstVisit = !this.local.get("seen");
    this.local.set("seen", true);
    this.ui.unfolded = new Set();
    showPictures((name) => this.pictureOf(name));
    addEventListener("keydown", (event) => this.key(event));
    addEventListener("dragover", (event) => this.dragged(event));
    addEventListener("drop", (event) => this.dragged(event));
    addEventListener("dragleave", (event) => event.relatedTarget || this.dropping(false));
    addEventListener("pointerdown", (event) => this.ui.menu && !event.target.closest(".menu") && this.closeMenu());
  }

  /** Files may be dropped anywhere; without a place for them the page still must not be left. */
  dragged(event) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    const taken = this.host.available() && this.buffer && this.buffer.kind !== "server";
    event.dataTransfer.dropEffect = taken ? "copy" : "none";
    this.dropping(taken && event.type !== "drop");
    if (event.type === "drop" && taken) this.attach([...event.dataTransfer.files]);
  }

  pickFiles() {
    const input = document.querySelector("#file-input");
    input.value = "";
    input.click();
  }

  /** Send files to where we are now. */
  async attach(files) {
    const { buffer } = this;
    if (!buffer || buffer.kind === "server") return;
    if (!this.upload && !(await this.fetchUploads())) return;
    this.upload.send(files, buffer);
  }

  async fetchUploads() {
    try {
      const [{ Uploads }, { tray }] = await Promise.all([UPLOAD.fetch(), TRAY.fetch()]);
      this.tray = tray;
      this.upload ||= new Uploads(this);
    } catch {
      this.toast(t("notConnected"), null, "error");
    }
    return this.upload;
  }

  dropping(on) {
    if (Boolean(this.ui.dropping) === Boolean(on)) return;
    this.ui.dropping = on;
    this.invalidate();
  }

  welcomed() {
    super.welcomed();
    this.host.facts = null;
  }

  introduced() {
    super.introduced();
    this.upload?.online();
  }

  // ---- keys -------------------------------------------------------------------------------

  key(event) {
    const { key, altKey, shiftKey } = event;
    const control = event.ctrlKey || event.metaKey;
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    const is = (wanted) => key.toLowerCase() === wanted;
    if (key === "Escape" && this.ui.menu) this.closeMenu(true);
    else if (control && !altKey && !shiftKey && is("k")) this.dialog("switcher");
    else if (control && shiftKey && is("f")) this.toSearch();
    else if (control && !shiftKey && is("/")) this.dialog("help");
    else if (altKey && !control && (key === "ArrowUp" || key === "ArrowDown")) this.step(key === "ArrowDown" ? 1 : -1, shiftKey);
    else if (altKey && !control && is("a")) this.step(1, true);
    else if (altKey && !control && is("u")) this.toUnread();
    else if (key === "Escape" && shiftKey) this.markAllRead();
    else if (key === "Escape" && !this.ui.dialog && (this.ui.drawer || this.ui.panel)) this.putAway();
    else if (this.ui.dialog || typing || control || altKey) return;
    else if (key === "?") this.dialog("help");
    else if (key.length === 1 && key !== " " && this.composer.box && !event.target.closest?.(".message, button, a, [role=menu]"))
      return this.composer.box.focus();
    else return;
    event.preventDefault();
  }

  /** From the conversation back to the hits, from the hits to the conversation. */
  toSearch() {
    if (this.ui.panel !== "search") return this.panel("search");
    if (document.querySelector(".search:focus-within")) return this.putAway();
    (document.querySelector(".search [aria-current]") || document.querySelector(".search input"))?.focus();
  }

  putAway() {
    if (this.ui.drawer) this.ui.drawer = false;
    else this.ui.panel = null;
    this.composer.box?.focus();
    this.invalidate();
  }

  /** To the next conversation of the list, or the next with something unread. */
  step(by, unread) {
    const all = this.sorted();
    const at = all.indexOf(this.buffer);
    for (let i = 1; i <= all.length; i++) {
      const next = all[(at + by * i + all.length * i) % all.length];
      if (next !== this.buffer && (!unread || (next.unread && this.levelOf(next) !== "none"))) return this.show(next.name);
    }
  }

  toUnread() {
    const { buffer } = this;
    if (!buffer || buffer.unreadAfter === null) return;
    const { first, atStart } = buffer.live;
    if (first && first.time > buffer.unreadAfter && !atStart) return showTime(this, buffer, buffer.unreadAfter + 1);
    buffer.past = null;
    this.ui.scrollTo = { unread: true };
    this.invalidate();
  }

  /** A letter on a focused message. True if it meant something. */
  actByKey(row, key) {
    const item = this.itemOf(row);
    if (!item || item.deleted) return false;
    if (key === "Enter" || key === " ") this.messageMenu(this.buffer, item, row);
    else if (key === "r") this.reply(this.buffer, item);
    else if (key === "e" && this.canEdit(item)) this.beginEdit(this.buffer, item);
    else if (key === "+" || key === "l") this.reactionMenu(this.buffer, item, row);
    else if (key === "c") this.copy(plain(item.text));
    else if (key === "Delete" && this.canDelete(item)) this.askDelete(this.buffer, item);
    else return false;
    return true;
  }

  itemOf(row) {
    const timeline = this.buffer?.past || this.buffer?.live;
    return timeline?.items.find(({ key }) => key === row.dataset.key) || null;
  }

  // ---- menus ------------------------------------------------------------------------------

  menu(anchor, items, facts = {}) {
    const { left, top, right, bottom } = anchor.getBoundingClientRect();
    const shown = items.filter(Boolean);
    if (!shown.length && !facts.emoji) return;
    this.ui.menu = { anchor, box: { left, top, right, bottom }, items: shown, key: this.ui.hover, ...facts };
    this.invalidate();
  }

  closeMenu(focus = false) {
    if (!this.ui.menu) return;
    const { anchor } = this.ui.menu;
    this.ui.menu = null;
    if (focus && anchor.isConnected) anchor.focus();
    this.invalidate();
  }

  /** What is in a menu is fetched with the first of them. */
  withMenus(open) {
    if (MENUS.now) return open(MENUS.now);
    MENUS.fetch().then(open, () => this.toast(t("notConnected"), null, "error"));
  }

  bufferMenu(buffer, anchor) {
    this.withMenus((menus) => menus.bufferMenu(this, buffer, anchor));
  }

  selfMenu(anchor) {
    this.withMenus((menus) => menus.selfMenu(this, anchor));
  }

  personMenu(nick, anchor) {
    this.withMenus((menus) => menus.personMenu(this, nick, anchor));
  }

  messageMenu(buffer, item, anchor) {
    this.withMenus((menus) => menus.messageMenu(this, buffer, item, anchor));
  }

  reactionMenu(buffer, item, anchor) {
    this.withMenus((menus) => menus.reactionMenu(this, buffer, item, anchor));
  }

  emojiMenu(anchor, pick) {
    this.withMenus((menus) => menus.emojiMenu(this, anchor, pick));
  }

  // ---- messages ---------------------------------------------------------------------------

  reply(buffer, item) {
    if (item) this.ui.replying.set(buffer.key, item);
    else this.ui.replying.delete(buffer.key);
    this.ui.hover = null;
    this.composer.box?.focus();
    this.invalidate();
  }

  canEdit(item) {
    const allowed = this.can("draft/message-edit") && item.mine && Boolean(item.id) && !item.deleted && item.kind === "message";
    return allowed && Boolean(this.buffer) && editable(this, this.buffer, item.text);
  }

  canDelete(item) {
    const allowed = item.mine || (this.buffer?.kind === "channel" && canModerate(this.state, this.buffer));
    return this.can("draft/message-redaction") && allowed && Boolean(item.id) && !item.deleted;
  }

  beginEdit(buffer, item) {
    this.ui.hover = null;
    this.composer.beginEdit(item);
  }

  editLast() {
    const item = this.buffer.live.items.findLast((each) => this.canEdit(each));
    if (item) this.beginEdit(this.buffer, item);
    return Boolean(item);
  }

  askDelete(buffer, item) {
    this.dialog("confirm", {
      title: t("deleteTitle"),
      text: plain(item.text).slice(0, 300),
      action: t("delete"),
      run: () => redact(this, buffer, item),
    });
  }

  markUnread(buffer, item) {
    buffer.marker = buffer.unreadAfter = item.time - 1;
    buffer.unread = buffer.live.items.filter((each) => each.time > buffer.marker && !each.mine).length;
    this.state.reading = null;
    const other = this.sorted().find((each) => each !== buffer);
    if (other) this.show(other.name);
    buffer.unreadAfter = item.time - 1;
    this.invalidate();
  }

  async jump(buffer, id) {
    if (!(await showMessage(this, buffer, id))) this.toast(t("messageGone"));
  }

  /** Light a message up for a moment. */
  flash(id) {
    this.ui.found = id;
    clearTimeout(this.flashTimer);
    this.flashTimer = setTimeout(() => {
      this.ui.found = null;
      this.invalidate();
    }, 2_500);
    this.invalidate();
  }

  unfold(key) {
    const { unfolded } = this.ui;
    if (!unfolded.delete(key)) unfolded.add(key);
    this.invalidate();
  }

  /** The clipboard's own interface needs a secure context; the old command does not. */
  async copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const box = document.createElement("textarea");
      box.value = text;
      box.className = "offscreen";
      (document.querySelector("dialog[open]") || document.body).append(box);
      box.select();
      const copied = document.execCommand("copy");
      box.remove();
      if (!copied) return this.dialog("copy", { text });
    }
    this.toast(t("copied"));
  }

  /** What lies in memory, as a file of the person's. */
  saveAs(url, name) {
    const link = document.createElement("a");
    Object.assign(link, { href: url, download: name });
    link.click();
  }

  // ---- people -----------------------------------------------------------------------------

  nicksFor(buffer) {
    if (!buffer) return [];
    const spoke = new Map(buffer.live.items.slice(-300).map((item) => [item.nick, item.time]));
    const nicks = buffer.kind === "channel" ? [...buffer.members.values()].map(({ nick }) => nick) : [buffer.name];
    return nicks.filter((nick) => !isMe(this.state, nick)).sort((a, b) => (spoke.get(b) || 0) - (spoke.get(a) || 0) || a.localeCompare(b));
  }

  /** The picture that somebody gave of themselves, as far as it lies on this server: others are not fetched. */
  pictureOf(name) {
    const wanted = this.state.users.get(this.state.fold(name))?.meta?.get("avatar");
    if (!wanted) return "";
    try {
      const url = new URL(wanted.replace("{size}", "96"), location.href);
      return url.origin === location.origin && url.pathname.startsWith("/files/") ? url.href : "";
    } catch {
      return "";
    }
  }

  ban(buffer, who) {
    const known = this.state.users.get(this.state.fold(who));
    const host = known?.host.split("@")[1];
    this.connection.send("MODE", buffer.name, "+b", /[!@*]/.test(who) ? who : host ? `*!*@${host}` : `${who}!*@*`);
  }

  setAway(reason) {
    this.local.set("away", reason);
    this.state.me.away = Boolean(reason);
    if (this.connection.online) this.connection.send("AWAY", ...(reason ? [reason] : []));
    this.invalidate();
  }

  async profile(nick) {
    this.dialog("profile", { nick, facts: null });
    const answer = await this.connection.ask({ command: "WHOIS", params: [nick] }, { matches: ([first]) => ["311", "401"].includes(first.command) });
    if (this.ui.dialog?.name !== "profile" || this.ui.dialog.nick !== nick) return;
    this.ui.dialog = { ...this.ui.dialog, facts: whoisFacts(answer || []), gone: Boolean(refusal(answer)) };
    this.invalidate();
  }

  /** Somebody who has written under a made-up nick keeps it. */
  claimNick() {
    if (this.nickIsOwn) return;
    this.nickIsOwn = true;
    this.local.set("nick", this.state.me.nick || this.nick);
  }

  // ---- accounts ---------------------------------------------------------------------------

  async signIn(account, password, keep) {
    if (!this.connection.wanted) {
      // nobody is let in here without an account
      this.remember(account, password, keep);
      this.nick = account;
      this.dialog(null);
      this.connection.start();
      return "";
    }
    const { ok, reason } = await this.connection.signIn(account, password);
    if (!ok) return reason || t("signInFailed", { text: "" });
    this.remember(account, password, keep);
    this.nick = account; // which another device may be using: a session that begins signed in shares it
    this.signedIn(account);
    this.reconnect();
    return "";
  }

  reconnect() {
    this.connection.drop("");
    this.connection.hurry();
  }

  async register(account, email, password, keep) {
    const answer = await this.connection.ask(
      { command: "REGISTER", params: [account, email || "*", password] },
      { matches: ([first]) => first.command === "REGISTER" || first.command === "FAIL", within: 30_000 },
    );
    const refused = refusal(answer);
    if (answer === null) return t("notConnected");
    if (refused) return refused.text;
    this.remember(account === "*" ? this.state.me.nick : account, password, keep);
    this.signedIn(account);
    return "";
  }

  signedIn(account) {
    this.nickIsOwn = true;
    this.local.set("nick", this.nick);
    this.toast(t("welcomeBack", { account: account === "*" ? this.nick : account }));
    this.dialog(this.ui.admin ? "admin" : null, this.ui.admin || {});
  }

  async signOut() {
    if (this.settings.push) await this.wantPush(false).catch(() => {}); // who signs out is not told any more
    this.forgetLogin();
    this.reconnect();
    this.toast(t("signedOut"));
  }

  // ---- other ------------------------------------------------------------------------------

  searchFor(text) {
    this.ui.panel = "search";
    if (text)
      import("./searching.js").then(
        ({ search }) => search(this, text),
        () => this.toast(t("notConnected"), null, "error"),
      );
    this.invalidate();
  }

  raw(command, rest) {
    const [head, ...trailing] = ` ${rest}`.split(" :");
    const params = head.split(" ").filter(Boolean);
    if (trailing.length) params.push(trailing.join(" :"));
    this.connection.send(command.toUpperCase(), ...params);
  }

  async wantPush(on) {
    const { obstacle, want, tellWorker } = await import("./push.js");
    const missing = obstacle(this);
    const complaint = missing && on ? t(missing) : await want(this, on);
    this.set("push", on && !complaint);
    if (complaint) this.toast(complaint, null, "error");
    else if (on) await tellWorker(this);
  }

  async wantNotifications(on) {
    if (on && !(await Notifier.askPermission())) {
      this.toast(t(`notifyObstacle_${Notifier.obstacle() || "denied"}`));
      return this.invalidate();
    }
    this.set("notify", on);
  }
}

/** WHOIS numerics as `{ realname, host, account, channels, idle, since, secure, away, oper }`. */
function whoisFacts(answer) {
  const facts = { other: [] };
  for (const { command, params } of answer) {
    if (command === "311") Object.assign(facts, { host: `${params[2]}@${params[3]}`, realname: params[5] });
    else if (command === "319") facts.channels = params[2].split(" ").filter(Boolean);
    else if (command === "330") facts.account = params[2];
    else if (command === "317") Object.assign(facts, { idle: Number(params[2]), since: Number(params[3]) * 1000 });
    else if (command === "301") facts.away = params[2];
    else if (command === "671") facts.secure = true;
    else if (["313", "320", "335", "338", "276"].includes(command)) facts.other.push(params.slice(2).join(" "));
  }
  return facts;
}
