/**
 * The messages of one conversation in the server's order, each once. Pure.
 *
 * An item is one line of the conversation:
 *   `{ key, id, time, kind, nick, account, text, mine, mention, replyTo, reactions, ... }`
 * `id` is the msgid ("" if there is none), `time` milliseconds, `kind` one of message, action,
 * notice, event, info. `rev` grows with every change, so that views redraw only what changed.
 */

/** @import { Item, Row, RowOptions } from "./types.js" */

export class Timeline {
  constructor() {
    /** @type {Item[]} */
    this.items = [];
    /** @type {Map<string, Item>} */
    this.byId = new Map();
    this.atStart = false; // nothing older exists
    this.atEnd = true; // nothing newer exists, so what arrives live goes here
  }

  get first() {
    return this.items[0];
  }

  get last() {
    return this.items.at(-1);
  }

  /** @param {Item} item */
  has(item) {
    return Boolean(item.id) && this.byId.has(item.id);
  }

  /**
   * Add an item that arrived now. Returns false if it is known.
   * @param {Item} item
   */
  add(item) {
    if (this.has(item)) return false;
    let at = this.items.length;
    while (at > 0 && this.items[at - 1].time > item.time) at -= 1;
    this.items.splice(at, 0, item);
    this.index(item);
    return true;
  }

  /**
   * Add a page of history before the first item. Returns how many items were new.
   * @param {Item[]} page
   */
  prepend(page) {
    const fresh = page.filter((item) => !this.has(item));
    this.items = [...fresh, ...this.items];
    fresh.forEach((item) => this.index(item));
    return fresh.length;
  }

  /**
   * Add a page of history after the last item; pages may overlap. Returns how many items were new.
   * @param {Item[]} page
   */
  append(page) {
    const fresh = page.filter((item) => !this.has(item));
    if (this.last && fresh[0] && fresh[0].time < this.last.time) fresh.forEach((item) => this.add(item));
    else this.items = [...this.items, ...fresh];
    fresh.forEach((item) => this.index(item));
    return fresh.length;
  }

  /** @param {Item} item */
  index(item) {
    if (item.id) this.byId.set(item.id, item);
  }

  clear() {
    this.items = [];
    this.byId.clear();
    this.atStart = false;
  }

  /**
   * Drop the oldest items, so that a page that is open for weeks stays small.
   * @param {number} limit
   */
  trim(limit) {
    if (this.items.length <= limit) return;
    for (const item of this.items.splice(0, this.items.length - limit)) this.byId.delete(item.id);
    this.atStart = false;
  }

  /**
   * Index of the first item later than `time`; the length if there is none.
   * @param {number} time
   */
  after(time) {
    let low = 0;
    let high = this.items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.items[middle].time > time) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

const GROUP_WITHIN = 5 * 60_000;

/**
 * The rows that show `items[from..to]`: dates, the unread line, single messages (`lead`: with
 * the author's name above), and runs of joins and leaves folded into one row.
 * @type {(items: Item[], options?: RowOptions) => Row[]}
 */
export function rows(items, { from = 0, to = items.length, unreadAfter = null, showEvents = "fold" } = {}) {
  /** @type {Row[]} */
  const result = [];
  /** @type {Item | null} */
  let lead = null;
  let day = "";
  let unreadShown = unreadAfter === null || (from > 0 && items[from - 1].time > unreadAfter);
  for (let i = from; i < to; i++) {
    const item = items[i];
    if (item.kind === "event" && showEvents === "hide") continue;
    const itsDay = dayOf(item.time);
    if (itsDay !== day) {
      result.push({ type: "day", key: `day ${itsDay}`, time: item.time });
      day = itsDay;
      lead = null;
    }
    if (!unreadShown && unreadAfter !== null && item.time > unreadAfter && !item.mine && item.kind !== "event") {
      result.push({ type: "unread", key: "unread" });
      unreadShown = true;
      lead = null;
    }
    if (item.kind === "event" && item.folds && showEvents === "fold") {
      const run = result.at(-1);
      if (run?.type === "events") run.items.push(item);
      else result.push({ type: "events", key: `events ${item.key}`, items: [item] });
      lead = null;
      continue;
    }
    if (item.kind === "event" || item.kind === "info") {
      result.push({ type: item.kind, key: item.key, item });
      lead = null;
      continue;
    }
    const follows =
      lead && lead.nick === item.nick && lead.kind === item.kind && item.kind !== "action" && item.time - lead.time < GROUP_WITHIN && !item.replyTo;
    result.push({ type: "message", key: item.key, item, lead: !follows });
    lead = item;
  }
  return result;
}

/**
 * Sum up a folded run: who came, who left, who changed the nick. Who did both is left out.
 * @param {Item[]} items
 */
export function foldEvents(items) {
  const came = new Set();
  const went = new Set();
  const renamed = new Map(); // the first name -> the last
  for (const { event, nick, whom } of items) {
    if (event === "join") {
      if (!went.delete(nick)) came.add(nick);
    } else if (event === "nick") {
      const first = [...renamed].find(([, last]) => last === nick)?.[0] ?? nick;
      if (came.delete(nick)) came.add(whom);
      else if (first === whom) renamed.delete(first);
      else renamed.set(first, whom);
    } else if (!came.delete(nick)) went.add(nick);
  }
  return { came: [...came], went: [...went], renamed: [...renamed] };
}

/** @param {number} time */
function dayOf(time) {
  const date = new Date(time);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}
