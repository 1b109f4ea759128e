/**
 * Draws only the rows of a conversation near the visible ones, so that ten thousand messages scroll
 * like ten. The text being read does not move: each redraw keeps the first visible row in its place.
 * At the end of the conversation it stays at the end.
 */

import { h, render } from "../dom.js";
import { dayName, t } from "../i18n.js";
import { later } from "../later.js";
import { rows } from "../timeline.js";
import { icon } from "./icons.js";
import { pendingView, rowView, TOOLBAR } from "./messages.js";
/** @import { App, Buffer, Goal, Item, Timeline } from "../types.js" */

const LOOKBACK = later(() => import("../lookback.js"));
const WINDOW = 150; // items drawn at most
const FIRST = 50; // items drawn first of another conversation: more than a screen
const FOLLOWS = 60; // milliseconds until the rest is drawn
const STEP = 50; // items by which the window moves
const NEAR = 900; // pixels from an edge at which it moves
const ROOM = 60; // pixels above a message, for the date
const AT_END = 48; // pixels from the end that count as the end

/** @typedef {{ buffer: Buffer, timeline: Timeline }} Shown */

export class Scroller {
  /**
   * @param {App} app
   * @param {HTMLElement} element the log
   */
  constructor(app, element) {
    this.app = app;
    this.element = element;
    this.stamp = ""; // the date of the first visible message
    this.stuck = true; // at the end of the conversation
    /** @type {Shown | null} */
    this.shown = null;
    /** @type {Item | null} */
    this.first = null; // the first item drawn; null draws the last ones
    /** @type {Item | undefined} */
    this.lastMine = undefined;
    this.count = WINDOW;
    element.onscroll = () => this.scrolled();
    element.onmouseover = (event) => TOOLBAR.use(({ hover }) => hover(app, event));
    element.onmouseleave = () => TOOLBAR.use(({ setHover }) => setHover(app, null));
    element.onclick = (event) => TOOLBAR.use(({ tapped }) => tapped(app, event));
    element.onkeydown = (event) => TOOLBAR.use(({ pressed }) => pressed(app, element, event));
    element.addEventListener("focusin", (event) => TOOLBAR.use(({ focused }) => focused(app, event)));
    this.resizes = new ResizeObserver(() => (this.stuck ? this.toEnd() : this.scrolled()));
    this.resizes.observe(element);
  }

  // ---- drawing ----------------------------------------------------------------------------

  update() {
    const { app, element } = this;
    const { buffer } = app;
    if (!buffer) return;
    const shown = { buffer, timeline: buffer.past || buffer.live };
    if (shown.timeline !== this.shown?.timeline) this.turnTo(shown);
    const { items } = shown.timeline;
    const [from, to] = this.range(shown);
    this.lastMine = items.findLast(({ mine, kind, deleted }) => mine && !deleted && (kind === "message" || kind === "action"));
    const anchor = this.stuck ? null : this.anchor();
    const drawn = rows(items, { from, to, unreadAfter: buffer.unreadAfter, showEvents: app.settings.values.events });
    render(
      element,
      this.top(shown, from),
      drawn.map((row) => rowView(app, buffer, row)),
      this.bottom(shown, to),
    );
    if (app.ui.scrollTo && this.reach(shown, app.ui.scrollTo)) app.ui.scrollTo = null;
    else if (this.stuck) this.toEnd();
    else {
      this.restore(anchor);
      if (this.isEnd()) this.scrolled();
    }
    this.watch(shown, to);
  }

  /**
   * Turn to another conversation or another part of it: to its end, or to the first unread message.
   * @param {Shown} shown
   */
  turnTo(shown) {
    const { buffer, timeline } = shown;
    const merged = this.shown?.buffer === buffer && timeline === buffer.live && this.first && timeline.items.includes(this.first);
    this.shown = shown;
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
   * The first item to draw, and the one after the last.
   * @param {Shown} shown
   * @returns {[number, number]}
   */
  range({ buffer, timeline }) {
    const { items } = timeline;
    const goal = this.app.ui.scrollTo;
    if (goal) {
      const at = find(items, goal, buffer);
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
   * Scroll to the goal. Returns false if the goal is not loaded.
   * @param {Shown} shown
   * @param {Goal} goal
   */
  reach({ buffer, timeline }, goal) {
    const item = timeline.items[find(timeline.items, goal, buffer)];
    if (!item) return false;
    const { element } = this;
    const target = goal.unread ? element.querySelector(".unread-line") : this.rowOf(item.key);
    if (!target) return true;
    element.scrollTop += target.getBoundingClientRect().top - element.getBoundingClientRect().top - (goal.id ? element.clientHeight / 3 : ROOM);
    if (goal.id) {
      this.app.ui.flash(item.id);
      target.focus({ preventScroll: true });
    }
    this.stuck = this.atEnd() && timeline === buffer.live;
    return true;
  }

  /** The drawn rows. @returns {Iterable<HTMLElement>} */
  rows() {
    return /** @type {HTMLCollectionOf<HTMLElement>} */ (this.element.children);
  }

  /** @param {string} key */
  rowOf(key) {
    return [...this.rows()].find((row) => row.dataset.key === key);
  }

  /** The first message that shows more than `below` pixels. */
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
   * @param {Shown} shown
   * @param {number} from
   */
  top({ buffer, timeline }, from) {
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
   * @param {Shown} shown
   * @param {number} to
   */
  bottom({ buffer, timeline }, to) {
    if (timeline !== buffer.live || to < timeline.items.length) return null;
    const { last } = timeline;
    return this.app.queue
      .of(buffer.name)
      .map((entry, i) =>
        pendingView(this.app, entry, i === 0 && !(last?.mine && last.kind === "message" && entry.at - last.time < 300_000 && !entry.tags["+reply"])),
      );
  }

  // ---- scrolling --------------------------------------------------------------------------

  atEnd() {
    const { element } = this;
    return element.scrollHeight - element.scrollTop - element.clientHeight < AT_END;
  }

  /** Is the newest message visible? */
  isEnd() {
    const { shown, first } = this;
    if (!shown || shown.timeline !== shown.buffer.live || !this.atEnd()) return false;
    const { items } = shown.timeline;
    return !first || items.indexOf(first) + WINDOW >= items.length;
  }

  /**
   * Change the height of the log, and keep its end or the text being read in place.
   * @param {() => void} change
   */
  around(change) {
    const { element, stuck } = this;
    const top = element.scrollTop;
    change();
    if (stuck) this.toEnd();
    else element.scrollTop = top;
  }

  toEnd() {
    this.element.scrollTop = this.element.scrollHeight;
  }

  /** Somebody wants to see the newest message. */
  toPresent() {
    if (this.shown) this.shown.buffer.past = null;
    this.app.ui.scrollTo = null;
    this.first = null;
    this.stuck = true;
    this.app.invalidate();
  }

  scrolled() {
    const { shown } = this;
    if (!shown) return;
    const { items } = shown.timeline;
    const stuck = this.isEnd();
    if (stuck !== this.stuck) {
      this.stuck = stuck;
      if (!stuck) this.first = items[Math.max(0, items.length - WINDOW)] || null;
      this.app.invalidate();
    }
    this.app.ui.closeMenu();
    this.move(shown);
    this.scheduleStamp(shown);
  }

  /**
   * Move the window, or load more, near an edge.
   * @param {Shown} shown
   */
  move({ buffer, timeline }) {
    const { element, app } = this;
    if (this.count < WINDOW) return; // the rest is drawn soon
    const { items } = timeline;
    const from = this.first ? Math.max(0, items.indexOf(this.first)) : Math.max(0, items.length - WINDOW);
    if (element.scrollTop < NEAR) {
      if (from > 0 && !this.stuck) this.begin(items, from - STEP);
      else if (from === 0 && buffer.loaded && !timeline.atStart) LOOKBACK.use(({ loadOlder }) => loadOlder(app, buffer));
    } else if (element.scrollHeight - element.scrollTop - element.clientHeight < NEAR && !this.stuck) {
      if (from + WINDOW < items.length) this.begin(items, from + STEP);
      else if (timeline === buffer.past) LOOKBACK.use(({ loadNewer }) => loadNewer(app, buffer));
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
   * Tell what is being read, and draw more if the screen is not full.
   * @param {Shown} shown
   * @param {number} to
   */
  watch(shown, to) {
    const { buffer, timeline } = shown;
    const end = timeline === buffer.live && to >= timeline.items.length && this.stuck;
    this.app.reading.set(end && document.hasFocus() && document.visibilityState === "visible");
    this.move(shown);
  }

  /**
   * Show the date of the first visible message while somebody scrolls.
   * @param {Shown} shown
   */
  scheduleStamp({ timeline }) {
    this.stampFrame ||= requestAnimationFrame(() => {
      this.stampFrame = 0;
      const key = this.stuck ? null : this.anchor(ROOM)?.row.dataset.key;
      const item = key && timeline.items.find((each) => each.key === key);
      const stamp = item ? dayName(item.time) : "";
      if (stamp !== this.stamp) {
        this.stamp = stamp;
        this.app.invalidate();
      }
    });
  }
}

/**
 * The index of the goal in `items`, or -1.
 * @param {Item[]} items
 * @param {Goal} goal
 * @param {Buffer} buffer
 */
function find(items, { id, time = 0, unread }, buffer) {
  if (id) return items.findIndex((item) => item.id === id);
  const after = unread ? buffer.unreadAfter : time - 1;
  if (after === null) return -1;
  const at = items.findIndex((item) => item.time > after && (!unread || !item.mine));
  return at < 0 && !unread ? items.length - 1 : at;
}
