/** Calls for attention: the title, the badge, desktop notifications, a sound. */

import { t } from "./i18n.js";
import { plain } from "./text.js";
/** @import { App, Buffer, Item, QuietHours } from "./types.js" */

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

  /** Why notifications are not to be had here, or "" if they are. */
  static obstacle() {
    if (!globalThis.isSecureContext) return "insecure";
    if (!("Notification" in globalThis)) return "missing";
    return Notification.permission === "denied" ? "denied" : "";
  }

  static async askPermission() {
    if (Notifier.obstacle()) return false;
    return (await Notification.requestPermission()) === "granted";
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
    const { app } = this;
    if (isQuiet(app.settings.values, new Date())) return;
    if (app.settings.values.sound) beep();
    if (!app.settings.values.notify || Notifier.obstacle() || Notification.permission !== "granted") return;
    const title = buffer.kind === "private" ? item.nick : `${item.nick} · ${buffer.name}`;
    try {
      const note = new Notification(title, { body: plain(item.text).slice(0, 200), tag: buffer.key, icon: "/icon.svg" });
      note.onclick = () => {
        window.focus();
        app.conversations.show(buffer.name, { message: item.id });
        note.close();
      };
      this.shown.set(buffer.key, note);
    } catch {
      // Some phones only notify through a service worker.
    }
  }

  /** @param {Buffer} buffer */
  clear(buffer) {
    this.shown.get(buffer.key)?.close();
    this.shown.delete(buffer.key);
  }

  /** "(3) #lobby · Hubbub": what needs an answer; a dot for what is merely new. */
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

/**
 * Is `now` within the hours in which nothing may ring? They may go over midnight.
 * @param {QuietHours} settings
 * @param {Date} now
 */
export function isQuiet({ quiet, quietFrom, quietTo }, now) {
  if (!quiet || quietFrom === quietTo) return false;
  const time = `${String(now.getHours()).padStart(2, "0")}:${String(now.getMinutes()).padStart(2, "0")}`;
  return quietFrom < quietTo ? quietFrom <= time && time < quietTo : quietFrom <= time || time < quietTo;
}

/** @type {AudioContext | null} */
let audio = null;
function beep() {
  try {
    audio ||= new AudioContext();
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    volume.gain.setValueAtTime(0.05, audio.currentTime);
    volume.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + 0.25);
    tone.frequency.value = 660;
    tone.connect(volume).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + 0.25);
  } catch {
    // no sound here
  }
}
