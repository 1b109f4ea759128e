/**
 * The queue of typed messages that the server has not confirmed. It keeps their order, survives a reload,
 * and causes no duplicates: an entry keeps its label, and the server answers a known label with the first
 * message. Pure except for the store.
 *
 * An entry: `{ label, target, text, tags, at, state, reason }`, state being
 *   waiting  not sent over this connection yet
 *   sent     sent, and no answer yet
 *   failed   refused by the server (`reason`), or too old to send without asking
 */

/** @import { Queued, Said, Store } from "./types.js" */

/** The server recognises a label this long; after that a person decides. */
export const RESEND_WITHIN = 10 * 60_000;

const ABANDONED_AFTER = 20_000;

export class Queue {
  /** @param {{ store: Store, tab: string, now?: () => number }} from */
  constructor({ store, tab, now = Date.now }) {
    this.store = store;
    this.now = now;
    this.name = `queue.${tab}`;
    /** @type {Queued[]} */
    this.entries = store.get(this.name)?.entries || [];
    this.adopt();
    for (const entry of this.entries) if (entry.state === "sent") entry.state = "waiting";
    this.save();
  }

  /** Adopt the entries of tabs that were closed or crashed. */
  adopt() {
    for (const name of this.store.names()) {
      if (!name.startsWith("queue.") || name === this.name) continue;
      const left = this.store.get(name);
      if (this.now() - (left?.alive || 0) < ABANDONED_AFTER) continue;
      this.entries.unshift(...(left?.entries || [])); // they are older than ours
      this.store.remove(name);
    }
  }

  /** Store the entries, and that this tab is alive. Called every few seconds. */
  save() {
    if (this.entries.length) this.store.set(this.name, { alive: this.now(), entries: this.entries });
    else this.store.remove(this.name);
  }

  /** @param {Said} entry */
  add(entry) {
    this.entries.push({ at: this.now(), state: "waiting", reason: "", tags: {}, ...entry });
    this.save();
    return this.entries.at(-1);
  }

  /** @param {string} label */
  get(label) {
    return this.entries.find((entry) => entry.label === label);
  }

  /** @param {string} target */
  of(target) {
    return this.entries.filter((entry) => entry.target === target);
  }

  get pending() {
    return this.entries.filter((entry) => entry.state !== "failed");
  }

  /**
   * The entries to send now, oldest first. Entries that are too old fail.
   * @param {(target: string) => boolean} canSend
   */
  due(canSend) {
    const due = [];
    for (const entry of this.entries) {
      if (entry.state !== "waiting" || !canSend(entry.target)) continue;
      if (this.now() - entry.at > RESEND_WITHIN) this.mark(entry.label, "failed", "old");
      else due.push(entry);
    }
    return due;
  }

  /**
   * @param {string} label
   * @param {string} state
   */
  mark(label, state, reason = "") {
    const entry = this.get(label);
    if (!entry) return;
    Object.assign(entry, { state, reason });
    this.save();
  }

  /** The connection is lost: entries without an answer are sent again. */
  unsend() {
    for (const entry of this.entries) if (entry.state === "sent") entry.state = "waiting";
    this.save();
  }

  /**
   * Somebody wants to send an entry again.
   * @param {string} label
   * @param {string} fresh
   */
  retry(label, fresh) {
    const entry = this.get(label);
    if (!entry) return;
    const old = this.now() - entry.at > RESEND_WITHIN;
    Object.assign(entry, { state: "waiting", reason: "", at: this.now(), label: old ? fresh : entry.label });
    this.save();
  }

  /** @param {string} label */
  remove(label) {
    this.entries = this.entries.filter((entry) => entry.label !== label);
    this.save();
  }

  /**
   * The conversation that `is` recognises has the name `name` now.
   * @param {(target: string) => boolean} is
   * @param {string} name
   */
  rename(is, name) {
    for (const entry of this.entries) if (is(entry.target)) entry.target = name;
    this.save();
  }
}
