/**
 * Searches by the server, page by page from the newest result to the oldest, or in the messages that
 * this page holds. Each page begins before the msgid of the last result of the previous one, so there
 * are no duplicates and no gaps, even if new messages arrive.
 */

import { refusal } from "./answers.js";
import { isShort, pageSize } from "./history.js";
import { t } from "./i18n.js";
import { pattern } from "./marking.js";
import { matches, parseQuery, searchAttributes } from "./query.js";
import { saidItem } from "./items.js";
import { find } from "./state.js";
/** @import { App, Finding, Hit, Message, Query } from "./types.js" */

const ASKED = 5; // pages at most until there is something to show

/**
 * Search for a typed query; `here` is the conversation to search in, or "" for all.
 * @param {App} app
 * @param {string} text
 */
export async function search(app, text, here = "") {
  const query = parseQuery(text);
  if (query.in && find(app.state, `#${query.in}`)) query.in = `#${query.in}`;
  query.in ??= here || undefined;
  const partial = !["draft/search", "soju.im/search"].some((name) => app.can(name));
  app.ui.searchHere = here;
  app.ui.search = {
    text,
    here,
    query,
    results: partial ? searchHere(app, query) : [],
    more: !partial,
    oldest: "",
    busy: null,
    problem: "",
    partial,
    opened: null,
    scroll: 0,
    wanted: pattern(query.text),
  };
  app.state.found = new Map();
  app.invalidate();
  await searchOlder(app);
}

/**
 * Load the next page of older hits. A call meanwhile waits for the same page.
 * @param {App} app
 */
export function searchOlder(app) {
  const found = app.ui.search;
  if (!found?.more) return null;
  found.busy ||= pageWithHits(app, found).finally(() => {
    found.busy = null;
    app.invalidate();
  });
  app.invalidate();
  return found.busy;
}

/**
 * @param {App} app
 * @param {Finding} found
 */
async function pageWithHits(app, found) {
  found.problem = "";
  const before = found.results.length;
  // The server cannot filter has:image, so a page may have no hits.
  for (let asked = 0; asked < ASKED && found.more && !found.problem && found.results.length === before; asked++) await nextPage(app, found);
}

/**
 * @param {App} app
 * @param {Finding} found
 */
async function nextPage(app, found) {
  const limit = pageSize(app);
  const params = [searchAttributes(found.query, limit), ...(found.oldest ? [`before:${found.oldest}`] : [])];
  const answer = await app.connection.ask({ command: "SEARCH", params }, { matches: (messages, entry) => /search$/.test(entry.type || "") });
  if (found !== app.ui.search)
    found.more = false; // another search has begun
  else if (answer === null) found.problem = t(app.connection.online ? "searchFailed" : "notConnected");
  else takePage(app, found, answer, limit);
}

/**
 * @param {App} app
 * @param {Finding} found
 * @param {Message[]} answer
 * @param {number} limit
 */
function takePage(app, found, answer, limit) {
  const refused = refusal(answer);
  if (refused) Object.assign(found, { more: false, problem: problemOf(refused.code, found.query) });
  else
    take(
      app,
      found,
      answer.filter(({ command }) => command === "PRIVMSG" || command === "NOTICE"),
      limit,
    );
}

/**
 * @param {App} app
 * @param {Finding} found
 * @param {Message[]} said
 * @param {number} limit
 */
function take(app, found, said, limit) {
  const hits = said.map((message) => {
    const item = saidItem(app.state, message, Date.now());
    const [target] = message.params;
    return { item, channel: item.mine || target.startsWith("#") ? target : item.nick };
  });
  found.more = said.length >= limit || isShort(said);
  found.oldest = hits[0]?.item.id || found.oldest;
  for (const { item } of hits) app.state.found.set(item.id, item);
  found.results = [...found.results, ...hits.filter(({ item, channel }) => matches({ has: found.query.has }, item, channel)).reverse()];
}

/**
 * @param {string} code
 * @param {Query} query
 */
function problemOf(code, query) {
  if (code === "INVALID_TARGET") return t("searchNoPlace", { name: query.in });
  return t(code === "INVALID_PARAMS" ? "searchTooLittle" : "searchFailed");
}

/**
 * @param {App} app
 * @param {Query} query
 */
function searchHere(app, query) {
  /** @type {Hit[]} */
  const results = [];
  for (const buffer of app.state.buffers.values()) {
    for (const item of buffer.live.items) {
      if (item.kind !== "event" && item.kind !== "info" && matches(query, item, buffer.name)) results.push({ item, channel: buffer.name });
    }
  }
  return results.sort((a, b) => b.item.time - a.item.time).slice(0, 200);
}
