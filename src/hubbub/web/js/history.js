/** Loads the latest page of conversations. lookback.js loads older ones. */

import { refusal } from "./answers.js";
import { readHistory } from "./items.js";
import { open, recount } from "./state.js";
/** @import { App, Buffer, Item, Message } from "./types.js" */

const PAGE = 100;

/** @param {App} app */
export function pageSize(app) {
  return Math.min(PAGE, Number(app.connection.isupport.get("CHATHISTORY")) || PAGE);
}

/**
 * Did the server cut this page short? Then there is more.
 * @param {Message[]} messages
 */
export const isShort = (messages) => messages.some((message) => "hubbub.local/short" in message.tags);

/**
 * A page of history as items, with reactions and edits applied; null if the server gives none.
 * @param {App} app
 * @param {Buffer} buffer
 * @param {string} subcommand
 * @param {...string} references
 */
export async function ask(app, buffer, subcommand, ...references) {
  const params = [subcommand, buffer.name, ...references, String(pageSize(app))];
  const answer = await app.connection.ask(
    { command: "CHATHISTORY", params },
    {
      matches: (messages, entry) => entry.type === "chathistory" && app.state.fold(entry.params[0]) === buffer.key,
    },
  );
  if (answer === null || refusal(answer)) return null;
  const shown = answer.filter((message) => message.command !== "FAIL" && message.command !== "ACK");
  const counted = shown.filter((message) => !("draft/chathistory-context" in message.tags)).length;
  return { items: readHistory(app.state, buffer, shown, Date.now()), full: counted >= pageSize(app) || isShort(shown), empty: !shown.length };
}

/** @param {Item} item */
export function reference(item) {
  return item.id ? `msgid=${item.id}` : `timestamp=${new Date(item.time).toISOString()}`;
}

/**
 * Load the last page of a conversation, or after a lost connection what was missed.
 * @param {App} app
 * @param {Buffer} buffer
 */
export async function loadLatest(app, buffer) {
  if (buffer.kind === "server" || !app.can("draft/chathistory")) {
    buffer.live.atStart = true;
    buffer.loaded = true;
    return;
  }
  if (buffer.loading) return;
  buffer.loading = "latest";
  const known = buffer.loaded ? buffer.live.items.findLast((item) => item.id && item.kind !== "event") : null;
  let page = await ask(app, buffer, "LATEST", known ? reference(known) : "*");
  if (known && (!page || page.full)) {
    // More was missed than fits a page, or the server does not know the message any more.
    page = page || (await ask(app, buffer, "LATEST", "*"));
    if (page) buffer.live.clear();
  }
  buffer.loading = "";
  if (!page) {
    buffer.live.atStart = !app.connection.online ? buffer.live.atStart : true;
  } else {
    if (!known && !page.full) buffer.live.atStart = true;
    buffer.live.append(page.items);
    buffer.loaded = true;
    if (buffer.marker === null && buffer.live.last) buffer.marker = buffer.live.last.time;
    recount(buffer);
    if (buffer.unread) {
      buffer.unreadAfter ??= buffer.marker;
      if (!known && app.ui.buffer === buffer.key) app.ui.scrollTo ||= { unread: true };
    }
  }
  app.invalidate();
}

/**
 * Find the recent private conversations of this account or guest.
 * @param {App} app
 */
export async function findPeople(app) {
  if (!app.can("draft/chathistory")) return;
  const until = new Date(Date.now() + 60_000).toISOString();
  const since = new Date(Date.now() - 30 * 86_400_000).toISOString();
  const answer = await app.connection.ask(
    { command: "CHATHISTORY", params: ["TARGETS", `timestamp=${until}`, `timestamp=${since}`, "50"] },
    { matches: (messages, entry) => entry.type === "draft/chathistory-targets" },
  );
  for (const { command, params } of answer || []) {
    if (command !== "CHATHISTORY" || params[0] !== "TARGETS") continue;
    const buffer = open(app.state, params[1]);
    if (buffer.kind !== "private" || buffer.loaded) continue;
    if (!app.connection.account) buffer.marker ??= app.settings.markers[buffer.key] ?? 0;
    else if (app.can("draft/read-marker")) app.connection.send("MARKREAD", buffer.name);
    await loadLatest(app, buffer);
  }
  app.invalidate();
}
