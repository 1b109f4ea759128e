/** Subscribes to Web Push (soju.im/webpush), so that the server can notify while the page is closed. */

import { refusal } from "./answers.js";
import { t } from "./i18n.js";
/** @import { App, Preferences } from "./types.js" */

/**
 * The name of the text that says why push is impossible here, or "".
 * @param {App} app
 */
export function obstacle(app) {
  if (!globalThis.isSecureContext || !("PushManager" in globalThis)) return "pushMissing";
  if (!app.connection.isupport.get("VAPID")) return "pushNotOffered";
  return app.state.me.account ? "" : "pushNeedsAccount";
}

/**
 * Switch push on or off. Resolves to a complaint, or "".
 * @param {App} app
 * @param {boolean} on
 */
async function want(app, on) {
  if (!on) return stop(app);
  if ((await Notification.requestPermission()) !== "granted") return t("notifyObstacle_denied");
  try {
    return await start(app);
  } catch (error) {
    return t("pushFailed", { text: /** @type {Error} */ (error).message });
  }
}

/**
 * Subscribe again after each connect: the server may have another key.
 * @param {App} app
 */
export function renew(app) {
  if (!obstacle(app) && Notification.permission === "granted") start(app).catch(() => {});
}

/** @param {App} app */
async function start(app) {
  const key = decoded(app.connection.isupport.get("VAPID") || "");
  const { pushManager } = await navigator.serviceWorker.ready;
  let subscription = await pushManager.getSubscription();
  if (subscription && !same(subscription.options?.applicationServerKey, key)) {
    await subscription.unsubscribe();
    subscription = null;
  }
  subscription ||= await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const { endpoint } = subscription;
  const { p256dh, auth } = subscription.toJSON().keys ?? {};
  if (app.can("draft/persistence")) app.connection.send("PERSISTENCE", "SET", "ON"); // nobody could be notified otherwise
  const answer = await ask(app, "REGISTER", endpoint, `p256dh=${p256dh};auth=${auth}`);
  return answer === null ? t("notConnected") : refusal(answer)?.text || "";
}

/** @param {App} app */
async function stop(app) {
  const subscription = await (await navigator.serviceWorker.ready).pushManager.getSubscription();
  if (!subscription) return "";
  await ask(app, "UNREGISTER", subscription.endpoint);
  await subscription.unsubscribe();
  return "";
}

/**
 * @param {App} app
 * @param {...string} params
 */
function ask(app, ...params) {
  return app.connection.ask(
    { command: "WEBPUSH", params },
    { matches: ([first]) => first.command === "WEBPUSH" || (first.command === "FAIL" && first.params[0] === "WEBPUSH") },
  );
}

/**
 * Store what the service worker needs while the page is closed.
 * @param {{ values: Preferences, levels: Record<string, string> }} settings
 */
export async function tellWorker({ values, levels }) {
  const cache = await globalThis.caches?.open("hubbub-settings");
  const { quiet, quietFrom, quietTo } = values;
  await cache?.put("/settings.json", new Response(JSON.stringify({ quiet, quietFrom, quietTo, levels })));
}

/** @param {string} text */
function decoded(text) {
  const plain = text.replace(/-/g, "+").replace(/_/g, "/");
  return Uint8Array.from(atob(plain), (c) => c.charCodeAt(0));
}

/**
 * @param {ArrayBuffer | null | undefined} buffer
 * @param {Uint8Array} key
 */
function same(buffer, key) {
  const other = new Uint8Array(buffer || []);
  return other.length === key.length && key.every((byte, i) => byte === other[i]);
}

/**
 * Switch push on or off, and show what prevents it.
 * @param {App} app
 * @param {boolean} on
 */
export async function switchPush(app, on) {
  const missing = obstacle(app);
  const complaint = missing && on ? t(missing) : await want(app, on);
  app.settings.set("push", on && !complaint);
  if (complaint) app.ui.toast(complaint, null, "error");
  else if (on) await tellWorker(app.settings);
}
