/** Keeps the title, the badge and the screen reader's log; alerts.js shows notifications. */

import { t } from "./i18n.js";
import { later } from "./later.js";
import { plain } from "./text.js";
/** @import { App, Buffer, Item } from "./types.js" */

const ALERTS = later(() => import("./alerts.js"));

export class Notifier {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {Map<string, Notification>} */
    this.shown = new Map();
    /** @type {{ key: string, text: string }[]} */
    this.heard = []; // for the screen reader's log
    /** @type {number | null} */
    this.badge = null;
  }

  /**
   * @param {Buffer} buffer
   * @param {Item} item
   */
  said(buffer, item) {
    const { app } = this;
    if (item.mine || buffer.kind === "server") return;
    const level = app.settings.levelOf(buffer);
    if (app.state.reading !== buffer.key && (level === "all" || (level === "mentions" && item.mention))) this.call(buffer, item);
    if (app.settings.values.announce === "all" ? app.ui.buffer === buffer.key || item.mention : app.settings.values.announce === "mentions" && item.mention) {
      this.heard.push({ key: item.key, text: `${item.nick}: ${plain(item.text)}` });
    }
  }

  /**
   * @param {Buffer} buffer
   * @param {Item} item
   */
  call(buffer, item) {
    const { notify, sound } = this.app.settings.values;
    if (!notify && !sound) return;
    ALERTS.use(({ alert }) => alert(this.app, this.shown, buffer, item));
  }

  /** @param {Buffer} buffer */
  clear(buffer) {
    this.shown.get(buffer.key)?.close();
    this.shown.delete(buffer.key);
  }

  /** "(3) #lobby · Hubbub": the number of mentions and private messages, or a dot for other unread ones. */
  title() {
    const { app } = this;
    let calls = 0;
    let news = false;
    for (const buffer of app.state.buffers.values()) {
      if (buffer.closed || buffer.kind === "server" || app.settings.levelOf(buffer) === "none") continue;
      calls += buffer.kind === "private" ? buffer.unread : buffer.mentions;
      news ||= buffer.unread > 0;
    }
    const place = app.buffer ? `${app.buffer.name} · ` : "";
    if (calls !== this.badge) navigator.setAppBadge?.(calls).catch(() => {});
    this.badge = calls;
    return `${calls ? `(${calls}) ` : news ? "• " : ""}${place}${app.state.network || t("appName")}`;
  }
}
