/** Loads older pages of history, and pages around a message or a day. Loaded on first use. */

import { ask, reference } from "./history.js";
import { Timeline } from "./timeline.js";
/** @import { App, Buffer, Item } from "./types.js" */

/**
 * @param {App} app
 * @param {Buffer} buffer
 */
export async function loadOlder(app, buffer) {
  const timeline = buffer.past || buffer.live;
  if (buffer.loading || timeline.atStart || !app.connection.online) return;
  const first = timeline.items.find((item) => item.id) || timeline.first;
  if (!first) return;
  buffer.loading = "older";
  app.invalidate();
  const page = await ask(app, buffer, "BEFORE", reference(first));
  buffer.loading = "";
  if (page) {
    timeline.prepend(page.items);
    if (page.empty || !page.full) timeline.atStart = true;
  } else if (app.connection.online) timeline.atStart = true;
  app.invalidate();
}

/**
 * Load the next page towards the present. When it overlaps the present, the two are merged.
 * @param {App} app
 * @param {Buffer} buffer
 */
export async function loadNewer(app, buffer) {
  const { past, live } = buffer;
  if (!past?.last || buffer.loading || !app.connection.online) return;
  buffer.loading = "newer";
  const page = await ask(app, buffer, "AFTER", reference(past.last));
  buffer.loading = "";
  if (page && buffer.past === past) {
    const meets = page.empty || !page.full || page.items.some((item) => live.has(item));
    past.append(page.items);
    if (meets) {
      live.prepend(past.items.filter((item) => !live.has(item)));
      live.items.sort((a, b) => a.time - b.time);
      live.atStart = past.atStart;
      buffer.past = null;
    }
  }
  app.invalidate();
}

/**
 * Show a message and its surroundings. Resolves to false if the server does not have it.
 * @param {App} app
 * @param {Buffer} buffer
 * @param {string} id
 */
export async function showMessage(app, buffer, id) {
  if (buffer.live.byId.has(id)) {
    buffer.past = null;
  } else if (!buffer.past?.byId.has(id)) {
    if (!app.can("draft/chathistory")) return false;
    const page = await ask(app, buffer, "AROUND", `msgid=${id}`);
    if (!page || page.empty) return false;
    lookBack(buffer, page.items);
  }
  app.ui.scrollTo = { id };
  app.invalidate();
  return true;
}

/**
 * Show the first messages from `time` on.
 * @param {App} app
 * @param {Buffer} buffer
 * @param {number} time
 */
export async function showTime(app, buffer, time) {
  const { live } = buffer;
  if (live.first && (live.atStart || live.first.time <= time)) {
    buffer.past = null;
  } else {
    const page = await ask(app, buffer, "AROUND", `timestamp=${new Date(time).toISOString()}`);
    if (!page || page.empty) return false;
    lookBack(buffer, page.items);
  }
  app.ui.scrollTo = { time };
  app.invalidate();
  return true;
}

/**
 * @param {Buffer} buffer
 * @param {Item[]} items
 */
function lookBack(buffer, items) {
  const past = new Timeline();
  past.append(items);
  past.atEnd = false;
  if (items.some((item) => buffer.live.has(item))) {
    buffer.live.prepend(items.filter((item) => !buffer.live.has(item)));
    buffer.live.items.sort((a, b) => a.time - b.time);
    buffer.past = null;
  } else buffer.past = past;
}
