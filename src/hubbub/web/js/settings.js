/**
 * Keeps the settings in this browser, and the draft, read marker and notification level of each
 * conversation.
 */

/** @import { App, Buffer, Preferences, Store } from "./types.js" */

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

export class Settings {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {Preferences} */
    this.values = { ...DEFAULTS, ...app.local.get("settings", {}) };
    /** @type {Record<string, string>} */
    this.drafts = byBuffer(app.local, "drafts"); // texts
    /** @type {Record<string, string>} */
    this.levels = byBuffer(app.local, "levels"); // all, mentions, none
    /** @type {Record<string, number>} */
    this.markers = byBuffer(app.local, "markers"); // times
    app.state.ignored = new Set(app.local.get("ignored", []));
    this.setKeywords();
  }

  /**
   * @template {keyof Preferences} N
   * @param {N} name
   * @param {Preferences[N]} value
   */
  set(name, value) {
    this.values[name] = value;
    this.app.local.set("settings", this.values);
    this.tellWorker();
    if (name === "keywords") this.setKeywords();
    this.app.invalidate();
  }

  setKeywords() {
    this.app.state.keywords = this.values.keywords
      .split(/[,\n]/)
      .map((word) => word.trim())
      .filter(Boolean);
  }

  /** Tell the service worker, which cannot read this storage. */
  tellWorker() {
    if (this.values.push) import("./push.js").then(({ tellWorker }) => tellWorker(this)).catch(() => {});
  }

  /** Draw the rows that depend on settings again. */
  redraw() {
    this.values = { ...this.values };
    this.app.invalidate();
  }

  /**
   * @param {string} key
   * @param {string} text
   */
  draft(key, text) {
    if (text) this.drafts[key] = text;
    else delete this.drafts[key];
    clearTimeout(this.draftTimer);
    this.draftTimer = setTimeout(() => this.app.save(), 100);
  }

  /** @param {Buffer} buffer */
  levelOf(buffer) {
    return this.levels[buffer.key] || (buffer.kind === "private" ? "all" : "mentions");
  }

  /**
   * @param {Buffer} buffer
   * @param {string} level
   */
  setLevel(buffer, level) {
    this.levels[buffer.key] = level;
    this.app.local.set("levels", this.levels);
    this.tellWorker();
    this.app.invalidate();
  }

  /** @param {string} nick */
  ignore(nick, on = true) {
    const { state, local } = this.app;
    if (on) state.ignored.add(state.fold(nick));
    else state.ignored.delete(state.fold(nick));
    local.set("ignored", [...state.ignored]);
    this.app.invalidate();
  }

  /**
   * The conversation with the key `from` has the key `to` now.
   * @param {string} from
   * @param {string} to
   */
  rename(from, to) {
    for (const values of from === to ? [] : [this.drafts, this.levels, this.markers]) {
      if (from in values) values[to] = values[from];
      delete values[from];
    }
    this.app.local.set("levels", this.levels);
  }

  save() {
    this.app.local.set("drafts", this.drafts);
    this.app.local.set("markers", this.markers);
  }
}

/**
 * Values by the key of a buffer. The object has no prototype: a nick may be "constructor".
 * @param {Store} local
 * @param {"drafts" | "levels" | "markers"} name
 */
function byBuffer(local, name) {
  return Object.assign(Object.create(null), local.get(name, {}));
}
