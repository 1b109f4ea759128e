/**
 * The service worker: lets the installed app open without a network, and shows pushed messages.
 * Only in secure contexts. Files come from the network while there is one, so that a new version
 * is never hidden by an old copy.
 */

const CACHE = "hubbub";
const IS_ASSET = /^\/($|style\.css$|icon|manifest\.webmanifest$|js\/|lang\/)/;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin || !IS_ASSET.test(url.pathname)) return;
  event.respondWith(fetchAndKeep(event.request));
});

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

self.addEventListener("push", (event) => {
  const { title = "Hubbub", body = "", tag, url = "/" } = readPush(event.data);
  event.waitUntil(self.registration.showNotification(title, { body, tag, icon: "/icon-192.png", data: { url } }));
});

function readPush(data) {
  try {
    return data?.json() || {};
  } catch {
    return { body: data?.text() || "" };
  }
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(openPage(event.notification.data?.url || "/"));
});

async function openPage(url) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (!pages.length) return self.clients.openWindow(url);
  await pages[0].focus();
  return pages[0].navigate(url);
}
