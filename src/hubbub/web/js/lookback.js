/** Leads to a message or a day in the past. Loaded with the first jump there. */

import { ask } from "./history.js";
import { Timeline } from "./timeline.js";
/** @import { App, Buffer, Item } from "./types.js" */

/**
 * Show a message with what was said around it. False if it is not to be had.
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
