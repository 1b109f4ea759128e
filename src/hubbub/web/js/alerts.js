/** Shows desktop notifications and plays a sound. Loaded when either is wanted. */

import { plain } from "./text.js";
/** @import { App, Buffer, Item, QuietHours } from "./types.js" */

/** Why the browser cannot show notifications, or "" if it can. */
export function obstacle() {
  if (!globalThis.isSecureContext) return "insecure";
  if (!("Notification" in globalThis)) return "missing";
  return Notification.permission === "denied" ? "denied" : "";
}

export async function askPermission() {
  if (obstacle()) return false;
  return (await Notification.requestPermission()) === "granted";
}

/**
 * Notify of a message. `shown` holds the open notifications by the key of their buffer.
 * @param {App} app
 * @param {Map<string, Notification>} shown
 * @param {Buffer} buffer
 * @param {Item} item
 */
export function alert(app, shown, buffer, item) {
  const { notify, sound } = app.settings.values;
  if (isQuiet(app.settings.values, new Date())) return;
  if (sound) beep();
  if (!notify || obstacle() || Notification.permission !== "granted") return;
  const title = buffer.kind === "private" ? item.nick : `${item.nick} · ${buffer.name}`;
  try {
    const note = new Notification(title, { body: plain(item.text).slice(0, 200), tag: buffer.key, icon: "/icon.svg" });
    note.onclick = () => {
      window.focus();
      app.conversations.show(buffer.name, { message: item.id });
      note.close();
    };
    shown.set(buffer.key, note);
  } catch {
    // Some phones notify through a service worker only.
  }
}

/**
 * Is `now` within the quiet hours? They may include midnight.
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
    // this browser cannot play sounds
  }
}
