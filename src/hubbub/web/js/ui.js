/**
 * Holds what is open on the page (the conversation in front, dialog, menu, panel, toasts, the message to
 * reply to), and handles the keys that open it.
 */

import { newLabel } from "./answers.js";
import { targetOf } from "./dom.js";
import { t } from "./i18n.js";
import { later } from "./later.js";
/** @import { AdminFacts, App, Dialog, DialogName, FactsOf, Finding, Goal, Item, Menu, MenuFacts, MenuItem, Nothing, Toast, Told } from "./types.js" */

const LIT = 2_500; // milliseconds that a message is highlighted
const COPYING = later(() => import("./copying.js"));
const MENUS = later(() => import("./menus.js"));

export class Ui {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.buffer = ""; // key of the conversation in front
    /** @type {Dialog | null} */
    this.dialog = null;
    /** @type {Menu | null} */
    this.menu = null;
    /** @type {"members" | "search" | null} */
    this.panel = null;
    this.drawer = false; // on a phone: is the list open?
    this.dropping = false;
    /** @type {Toast[]} */
    this.toasts = [];
    /** @type {Finding | null} */
    this.search = null;
    this.searchHere = ""; // the conversation in which to search; "" for all
    this.memberFilter = "";
    /** @type {AdminFacts | null} */
    this.admin = null; // the facts to open the administrator's page with
    /** @type {Map<string, Item>} */
    this.replying = new Map(); // buffer key -> item
    /** @type {{ buffer: string, item: Item } | null} */
    this.editing = null;
    /** @type {string | null} */
    this.hover = null; // key of a row
    /** @type {Set<string>} */
    this.unfolded = new Set(); // keys of rows
    /** @type {string | null} */
    this.found = null; // the id of the highlighted message
    /** @type {Goal | null} */
    this.scrollTo = null;
    /** @type {{ buffer: string, message: string } | null} */
    this.jump = null; // a message to go to once its conversation is loaded
    addEventListener("pointerdown", (event) => this.menu && !targetOf(event)?.closest(".menu") && this.closeMenu());
  }

  // ---- dialogs, panels, toasts ----------------------------------------------------------------

  /**
   * @template {DialogName} N
   * @param {N} name
   * @param {FactsOf<N>} facts
   */
  open(name, ...[facts]) {
    this.setDialog(/** @type {Dialog} */ ({ name, ...facts }));
  }

  closeDialog() {
    this.setDialog(null);
  }

  /** @param {Dialog | null} dialog */
  setDialog(dialog) {
    this.dialog = dialog;
    this.drawer = false;
    this.app.invalidate();
  }

  /**
   * Replace the facts of the open dialog.
   * @param {Dialog} dialog
   */
  change(dialog) {
    this.dialog = dialog;
    this.app.invalidate();
  }

  /** @param {"members" | "search" | null} name */
  togglePanel(name) {
    this.panel = this.panel === name ? null : name;
    this.app.invalidate();
  }

  /** Close the list on a phone, or the panel. */
  putAway() {
    if (this.drawer) this.drawer = false;
    else this.panel = null;
    this.app.composer?.box.focus();
    this.app.invalidate();
  }

  /** Move the focus between the search and the message box. */
  toSearch() {
    if (this.panel !== "search") return this.togglePanel("search");
    if (document.querySelector(".search:focus-within")) return this.putAway();
    (document.querySelector(".search [aria-current]") || document.querySelector(".search input"))?.focus();
  }

  /**
   * @param {string} text
   * @param {Toast["action"]} [action]
   */
  toast(text, action = null, kind = "info") {
    if (!text) return;
    const toast = { key: newLabel(), text, action, kind };
    this.toasts = [...this.toasts.filter((other) => other.text !== text).slice(-3), toast];
    setTimeout(() => this.dismiss(toast), action ? 15_000 : 7_000);
    this.app.invalidate();
  }

  /** @param {Toast} toast */
  dismiss(toast) {
    this.toasts = this.toasts.filter((other) => other !== toast);
    this.app.invalidate();
  }

  // ---- menus ----------------------------------------------------------------------------------

  /**
   * Open a menu of menus.js beside `anchor`.
   * @param {HTMLElement} anchor
   * @param {(menus: typeof import("./menus.js"), anchor: HTMLElement) => void} open
   */
  withMenus(anchor, open) {
    if (MENUS.now) return open(MENUS.now, anchor);
    MENUS.fetch().then(
      (menus) => open(menus, anchor),
      () => this.toast(t("notConnected"), null, "error"),
    );
  }

  /**
   * @param {HTMLElement} anchor
   * @param {(MenuItem | Nothing)[]} items
   * @param {MenuFacts} [facts]
   */
  openMenu(anchor, items, facts = {}) {
    const { left, top, right, bottom } = anchor.getBoundingClientRect();
    const shown = /** @type {MenuItem[]} */ (items.filter(Boolean));
    if (!shown.length && !facts.emoji) return;
    this.menu = { anchor, box: { left, top, right, bottom }, items: shown, key: this.hover, ...facts };
    this.app.invalidate();
  }

  closeMenu(focus = false) {
    if (!this.menu) return;
    const { anchor } = this.menu;
    this.menu = null;
    if (focus && anchor.isConnected) anchor.focus();
    this.app.invalidate();
  }

  /** @param {string} text */
  copy(text) {
    COPYING.use(({ copy }) => copy(this, text));
  }

  // ---- messages -------------------------------------------------------------------------------

  /**
   * Highlight a message for a moment.
   * @param {string} id
   */
  flash(id) {
    this.found = id;
    clearTimeout(this.flashTimer);
    this.flashTimer = setTimeout(() => {
      this.found = null;
      this.app.invalidate();
    }, LIT);
    this.app.invalidate();
  }

  /** @param {string} key */
  unfold(key) {
    if (!this.unfolded.delete(key)) this.unfolded.add(key);
    this.app.invalidate();
  }
}

/**
 * Handle a key, wherever the focus is.
 * @param {App} app
 * @param {KeyboardEvent} event
 */
export function pressed(app, event) {
  const { ui, conversations, reading, composer } = app;
  const { key: name, altKey, shiftKey } = event;
  const control = event.ctrlKey || event.metaKey;
  const typing = targetOf(event)?.closest("input, textarea, select, [contenteditable]");

  /** @param {string} wanted */
  const is = (wanted) => name.toLowerCase() === wanted;
  if (name === "Escape" && ui.menu) ui.closeMenu(true);
  else if (control && !altKey && !shiftKey && is("k")) ui.open("switcher");
  else if (control && shiftKey && is("f")) ui.toSearch();
  else if (control && !shiftKey && is("/")) ui.open("help");
  else if (altKey && !control && (name === "ArrowUp" || name === "ArrowDown")) conversations.step(name === "ArrowDown" ? 1 : -1, shiftKey);
  else if (altKey && !control && is("a")) conversations.step(1, true);
  else if (altKey && !control && is("u")) reading.toUnread();
  else if (name === "Escape" && shiftKey) reading.markAllRead();
  else if (name === "Escape" && !ui.dialog && (ui.drawer || ui.panel)) ui.putAway();
  else if (ui.dialog || typing || control || altKey) return;
  else if (name === "?") ui.open("help");
  else if (name.length === 1 && name !== " " && composer && !targetOf(event)?.closest(".message, button, a, [role=menu]")) return composer.box.focus();
  else return;
  event.preventDefault();
}
