/**
 * Draws only the rows of a conversation near the visible ones, so that ten thousand messages scroll
 * like ten. The text being read does not move: each redraw keeps the first visible row in its place.
 * At the end of the conversation it stays at the end.
 */

import { h, render } from "../dom.js";
import { dayName, t } from "../i18n.js";
import { loadNewer, loadOlder } from "../history.js";
import { rows } from "../timeline.js";
import { icon } from "./icons.js";
import { pendingView, rowView, TOOLBAR } from "./messages.js";
/** @import { App, Buffer, Item, Row, Timeline } from "../types.js" */

const WINDOW = 150; // items drawn at most
const FIRST = 50; // items drawn at once in another conversation: more than a screen; the rest follows
const FOLLOWS = 60; // ms after that, when it has been painted
const STEP = 50; // items by which the window moves
const NEAR = 900; // pixels from an edge at which it moves
const ROOM = 60; // pixels above the first message of a day, for its date
const AT_END = 48; // pixels from the end that count as the end

export class Scroller {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.stamp = "";
    this.stuck = true;
    this.timeline = null;
    this.first = null; // the first item drawn
    this.count = WINDOW;
  }

  /**
   * The element is there (again).
   * @param {HTMLElement} element
   */
  mount(element) {
    this.element = element;
    element.onscroll = () => this.scrolled();
    element.onmouseover = (event) => event.target.closest && this.hover(event);
    element.onmouseleave = () => this.setHover(null);
    element.onclick = (event) => this.tapped(event);
    element.onkeydown = (event) => this.pressed(event);
    element.addEventListener("focusin", (event) => this.focused(event));
    this.resizes = new ResizeObserver(() => (this.stuck ? this.toEnd() : this.scrolled()));
    this.resizes.observe(element);
  }

  // ---- drawing ----------------------------------------------------------------------------

  update() {
    const { app, element } = this;
    const { buffer } = app;
    if (!element || !buffer) return;
    const timeline = buffer.past || buffer.live;
    if (timeline !== this.timeline) this.turnTo(buffer, timeline);
    const { items } = timeline;
    const [from, to] = this.range(items, buffer);
    this.lastMine = items.findLast(({ mine, kind, deleted }) => mine && !deleted && (kind === "message" || kind === "action"));
    const anchor = this.stuck ? null : this.anchor();
    const shown = rows(items, { from, to, unreadAfter: buffer.unreadAfter, showEvents: app.settings.values.events });
    render(
      element,
      this.top(buffer, timeline, from),
      shown.map((row) => rowView(app, buffer, row)),
      this.bottom(buffer, timeline, to, items),
    );
    if (app.ui.scrollTo && this.goal(items)) app.ui.scrollTo = null;
    else if (this.stuck) this.toEnd();
    else {
      this.restore(anchor);
      if (this.isEnd()) this.scrolled();
    }
    this.watch(buffer, timeline, to, items);
  }

  /**
   * Another conversation, or another part of it: begin at its end, or where the unread begin.
   * @param {Buffer} buffer
   * @param {Timeline} timeline
   */
  turnTo(buffer, timeline) {
    const merged = this.buffer === buffer && this.timeline && timeline === buffer.live && this.first && timeline.items.includes(this.first);
    this.timeline = timeline;
    this.buffer = buffer;
    if (merged) return;
    this.count = FIRST;
    clearTimeout(this.following);
    this.following = setTimeout(() => {
      this.count = WINDOW;
      this.app.invalidate();
    }, FOLLOWS);
    this.first = null;
    this.stuck = timeline === buffer.live && !this.app.ui.scrollTo;
    render(this.element);
    if (this.stuck && buffer.unreadAfter !== null && buffer.unread && buffer.loaded) {
      this.app.ui.scrollTo ||= { unread: true };
    }
  }

  /**
   * @param {Item[]} items
   * @param {Buffer} buffer
   */
  range(items, buffer) {
    const goal = this.app.ui.scrollTo;
    if (goal) {
      const at = this.find(items, goal);
      if (at >= 0) {
        this.stuck = false;
        const from = Math.max(0, Math.min(at - this.count / 2, items.length - this.count));
        this.first = items[from] || null;
        return [from, Math.min(items.length, from + this.count)];
      }
      if (!buffer.loading) this.app.ui.scrollTo = null;
    }
    if (this.stuck || !this.first) {
      const from = Math.max(0, items.length - this.count);
      this.first = this.stuck ? null : items[from] || null;
      return [from, items.length];
    }
    let from = items.indexOf(this.first);
    if (from < 0) from = Math.max(0, items.length - this.count);
    return [from, Math.min(items.length, from + this.count)];
  }

  /**
   * @param {Item[]} items
   * @param {{ id?: string, time?: number, unread?: boolean }} goal
   */
  find(items, { id, time, unread }) {
    if (id) return items.findIndex((item) => item.id === id);
    const after = unread ? this.buffer.unreadAfter : time - 1;
    if (after === null) return -1;
    const at = items.findIndex((item) => item.time > after && (!unread || !item.mine));
    return at < 0 && !unread ? items.length - 1 : at;
  }

  /**
   * Bring what was asked for into sight.
   * @param {Item[]} items
   */
  goal(items) {
    const { scrollTo } = this.app.ui;
    const at = this.find(items, scrollTo);
    if (at < 0) return false;
    const item = items[at];
    const target = scrollTo.unread ? this.element.querySelector(".unread-line") : this.rowOf(item.key);
    if (!target) return true;
    const room = this.element.clientHeight;
    this.element.scrollTop += target.getBoundingClientRect().top - this.element.getBoundingClientRect().top - (scrollTo.id ? room / 3 : ROOM);
    if (scrollTo.id) {
      this.app.ui.flash(item.id);
      target.focus({ preventScroll: true });
    }
    this.stuck = this.atEnd() && this.timeline === this.buffer.live;
    return true;
  }

  /** What is drawn, one element a row. @returns {Iterable<HTMLElement>} */
  rows() {
    return /** @type {HTMLCollectionOf<HTMLElement>} */ (this.element.children);
  }

  /** @param {string} key */
  rowOf(key) {
    return [...this.rows()].find((row) => row.dataset.key === key);
  }

  /** The first message in sight; `below` leaves out what shows less than that of itself. */
  anchor(below = 0) {
    const top = this.element.getBoundingClientRect().top + below;
    for (const row of this.rows()) {
      const box = row.getBoundingClientRect();
      if (box.bottom > top && row.classList.contains("message")) return { row, offset: box.top - top + below };
    }
    return null;
  }

  /** @param {{ row: HTMLElement, offset: number } | null | undefined} anchor */
  restore(anchor) {
    if (!anchor?.row.isConnected) return;
    const offset = anchor.row.getBoundingClientRect().top - this.element.getBoundingClientRect().top;
    if (offset !== anchor.offset) this.element.scrollTop += offset - anchor.offset;
  }

  /**
   * @param {Buffer} buffer
   * @param {Timeline} timeline
   * @param {number} from
   */
  top(buffer, timeline, from) {
    if (from > 0 || !buffer.loaded) return buffer.loaded ? null : this.note(buffer.error || (this.app.connection.online ? t("loading") : t("connecting")));
    if (!timeline.atStart) return this.note(t("loading"));
    if (buffer.kind === "server") return null;
    return h(
      "div",
      { key: "start", class: "start" },
      h("h2", {}, h("bdi", {}, buffer.name)),
      h("p", {}, buffer.kind === "channel" ? t("startOfChannel") : t("startOfConversation")),
      buffer.kind === "channel" && buffer.joined
        ? h("button", { type: "button", class: "button", onclick: () => this.app.ui.open("invite") }, icon("invite"), t("invite"))
        : null,
    );
  }

  /** @param {string} text */
  note(text) {
    return h("div", { key: "note", class: "note", role: "status" }, text);
  }

  /**
   * @param {Buffer} buffer
   * @param {Timeline} timeline
   * @param {number} to
   * @param {Item[]} items
   */
  bottom(buffer, timeline, to, items) {
    if (timeline !== buffer.live || to < items.length) return null;
    const entries = this.app.queue.of(buffer.name);
    const last = items.at(-1);
    return entries.map((entry, i) =>
      pendingView(this.app, entry, i === 0 && !(last?.mine && last.kind === "message" && entry.at - last.time < 300_000 && !entry.tags["+reply"])),
    );
  }

  // ---- scrolling --------------------------------------------------------------------------

  atEnd() {
    const { element } = this;
    return element.scrollHeight - element.scrollTop - element.clientHeight < AT_END;
  }

  /** Is the newest message in sight? */
  isEnd() {
    const { buffer, timeline, first } = this;
    return timeline === buffer.live && (!first || timeline.items.indexOf(first) + WINDOW >= timeline.items.length) && this.atEnd();
  }

  /**
   * Change the room for the conversation: keep the end in view, or what is being read.
   * @param {() => void} change
   */
  around(change) {
    const { element, stuck } = this;
    const top = element?.scrollTop;
    change();
    if (!element) return;
    if (stuck) this.toEnd();
    else element.scrollTop = top;
  }

  toEnd() {
    this.element.scrollTop = this.element.scrollHeight;
  }

  /** By the person's will: to the newest, whatever was shown. */
  toPresent() {
    if (this.buffer) this.buffer.past = null;
    this.app.ui.scrollTo = null;
    this.first = null;
    this.stuck = true;
    this.app.invalidate();
  }

  scrolled() {
    const { buffer, timeline } = this;
    if (!buffer) return;
    const { items } = timeline;
    const stuck = this.isEnd();
    if (stuck !== this.stuck) {
      this.stuck = stuck;
      if (!stuck) this.first = items[Math.max(0, items.length - WINDOW)] || null;
      this.app.invalidate();
    }
    this.app.ui.closeMenu();
    this.move();
    this.scheduleStamp();
  }

  /** Move the window, or fetch more, when an edge comes near. */
  move() {
    const { buffer, timeline, element, app } = this;
    if (this.count < WINDOW) return; // the rest is about to follow
    const { items } = timeline;
    const from = this.first ? Math.max(0, items.indexOf(this.first)) : Math.max(0, items.length - WINDOW);
    if (element.scrollTop < NEAR) {
      if (from > 0 && !this.stuck) this.begin(items, from - STEP);
      else if (from === 0 && buffer.loaded) loadOlder(app, buffer);
    } else if (element.scrollHeight - element.scrollTop - element.clientHeight < NEAR && !this.stuck) {
      if (from + WINDOW < items.length) this.begin(items, from + STEP);
      else if (timeline === buffer.past) loadNewer(app, buffer);
    }
  }

  /**
   * @param {Item[]} items
   * @param {number} from
   */
  begin(items, from) {
    this.first = items[Math.max(0, Math.min(from, items.length - 1))];
    this.app.invalidate();
  }

  /**
   * Tell the application what is being read; and what was drawn may not fill the screen yet.
   * @param {Buffer} buffer
   * @param {Timeline} timeline
   * @param {number} to
   * @param {Item[]} items
   */
  watch(buffer, timeline, to, items) {
    const end = timeline === buffer.live && to >= items.length && this.stuck;
    this.app.reading.set(end && document.hasFocus() && document.visibilityState === "visible");
    this.move();
  }

  /** While scrolling through the past, the date stands at the top. */
  scheduleStamp() {
    if (this.stampFrame) return;
    this.stampFrame = requestAnimationFrame(() => {
      this.stampFrame = null;
      const anchor = this.stuck ? null : this.anchor(ROOM);
      const item = anchor && this.timeline.items.find(({ key }) => key === anchor.row.dataset.key);
      const stamp = item ? dayName(item.time) : "";
      if (stamp !== this.stamp) {
        this.stamp = stamp;
        this.app.invalidate();
      }
    });
  }

  // ---- rows by pointer, touch and key -----------------------------------------------------

  /** @param {Event} event */
  hover(event) {
    if (matchMedia("(hover: none)").matches || this.app.ui.menu) return;
    this.setHover(event.target.closest(".message")?.dataset.key || null);
  }

  /** @param {string} key */
  setHover(key) {
    if (this.app.ui.hover === key || this.app.ui.menu) return;
    this.app.ui.hover = key;
    this.app.invalidate();
  }

  /** @param {Event} event */
  tapped(event) {
    if (!matchMedia("(hover: none)").matches || event.target.closest("a, button, pre")) return;
    if (String(getSelection())) return;
    const key = event.target.closest(".message")?.dataset.key || null;
    this.app.ui.hover = this.app.ui.hover === key ? null : key;
    this.app.invalidate();
  }

  /** @param {Event} event */
  focused(event) {
    const row = event.target.closest(".message");
    if (row === event.target && row.matches(":focus-visible")) this.setHover(row.dataset.key);
  }

  /**
   * The first key may come before what acts on it.
   * @param {KeyboardEvent} event
   */
  pressed(event) {
    if (TOOLBAR.now) TOOLBAR.now.pressed(this.app, this.element, event);
    else
      TOOLBAR.fetch().then(
        ({ pressed }) => pressed(this.app, this.element, event),
        () => {},
      );
  }
}
