/**
 * The service worker: lets the installed app open without a network, and shows pushed messages.
 * Only in secure contexts. Files come from the network while there is one, so that a new version
 * is never hidden by an old copy.
 */

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const CACHE = "hubbub";
const IS_ASSET = /^\/($|(?:style|later|admin)\.css$|icon|manifest\.webmanifest$|js\/|lang\/)/;

worker.addEventListener("install", () => worker.skipWaiting());
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));

worker.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin || !IS_ASSET.test(url.pathname)) return;
  event.respondWith(fetchAndKeep(event.request));
});

/** @param {Request} request */
async function fetchAndKeep(request) {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(request);
    if (response.ok) await cache.put(request, response.clone());
    return response;
  } catch (error) {
    const kept = await cache.match(request, { ignoreSearch: true });
    if (kept) return kept;
    throw error;
  }
}

// ---- pushed messages -----------------------------------------------------------------------------

/** A message holds one line of IRC (https://codeberg.org/emersion/soju: doc/ext/webpush.md). */
worker.addEventListener("push", (event) => event.waitUntil(show(event.data?.text() || "")));

/** @param {string} line */
async function show(line) {
  const told = readLine(line);
  if (!told) return;
  const settings = await readSettings();
  const level = settings.levels?.[told.conversation.toLowerCase()];
  if (level === "none") return;
  const { title, body, url, conversation } = told;
  await worker.registration.showNotification(title, {
    body,
    tag: conversation.toLowerCase(),
    icon: "/icon-192.png",
    silent: isQuiet(settings, new Date()),
    data: { url },
  });
}

/** @param {string} line */
function readLine(line) {
  const match = /^(?:@(\S+) )?:(\S+) (PRIVMSG|NOTICE) (\S+) :([^]*)$/.exec(line);
  if (!match) return null;
  const [, tags = "", source, , target, text] = match;
  const nick = source.split("!")[0];
  const msgid = /(?:^|;)msgid=([^;]*)/.exec(tags)?.[1];
  const isChannel = /^[#&]/.test(target);
  const conversation = isChannel ? target : nick;
  const place = isChannel ? encodeURIComponent(target.replace(/^#/, "")) : `@${encodeURIComponent(nick)}`;
  return {
    conversation,
    title: isChannel ? `${nick} · ${target}` : nick,
    body: plain(text).slice(0, 300),
    url: `/#${place}${msgid ? `/${encodeURIComponent(msgid)}` : ""}`,
  };
}

/**
 * Without formatting (https://modern.ircdocs.horse/formatting) and the wrapping of an action.
 * @param {string} text
 */
function plain(text) {
  const said = text.replace(/^\x01ACTION ([^]*?)\x01?$/, "$1");
  return said.replace(/\x03(?:\d{1,2}(?:,\d{1,2})?)?|\x04(?:[0-9a-f]{6}(?:,[0-9a-f]{6})?)?/gi, "").replace(/[\x00-\x1f\x7f-\x9f]/g, "");
}

async function readSettings() {
  const cache = await caches.open("hubbub-settings");
  const kept = await cache.match("/settings.json");
  return kept ? kept.json() : {};
}

/**
 * As in alerts.js, which a classic worker cannot import.
 * @param {{ quiet?: boolean, quietFrom: string, quietTo: string }} settings
 * @param {Date} now
 */
function isQuiet({ quiet, quietFrom, quietTo }, now) {
  if (!quiet || quietFrom === quietTo) return false;
  const time = `${String(now.getHours()).padStart(2, "0")}:${String(now.getMinutes()).padStart(2, "0")}`;
  return quietFrom < quietTo ? quietFrom <= time && time < quietTo : quietFrom <= time || time < quietTo;
}

worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(openPage(event.notification.data?.url || "/"));
});

/** @param {string} url */
async function openPage(url) {
  const pages = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (!pages.length) return worker.clients.openWindow(url);
  await pages[0].focus();
  return pages[0].navigate(url);
}
