/** Search: by the server, or through what this page holds. */

import { refusal } from "./connection.js";
import { matches, parseQuery, searchAttributes } from "./query.js";
import { saidItem } from "./state.js";

/** Search by the server if it can, else through what this page holds. */
export async function search(app, text) {
  const query = parseQuery(text);
  app.ui.search = { text, query, results: null, busy: true, partial: !app.searchCap };
  app.invalidate();
  const results = app.searchCap ? await searchServer(app, query) : searchHere(app, query);
  if (app.ui.search.text !== text) return;
  Object.assign(app.ui.search, { results: results || [], busy: false, failed: !results });
  app.invalidate();
}

async function searchServer(app, query) {
  const answer = await app.connection.ask(
    { command: "SEARCH", params: [searchAttributes(query, 100)] },
    { matches: (messages, entry) => /search$/.test(entry.type || "") },
  );
  if (answer === null || refusal(answer)) return null;
  return answer
    .filter(({ command }) => command === "PRIVMSG" || command === "NOTICE")
    .map((message) => {
      const item = saidItem(app.state, message, Date.now());
      const [target] = message.params;
      const mine = item.mine || target.startsWith("#");
      return { item, channel: mine ? target : item.nick };
    })
    .filter(({ item, channel }) => matches({ has: query.has }, item, channel))
    .sort((a, b) => b.item.time - a.item.time);
}

function searchHere(app, query) {
  const results = [];
  for (const buffer of app.state.buffers.values()) {
    for (const item of buffer.live.items) {
      if (item.kind !== "event" && item.kind !== "info" && matches(query, item, buffer.name)) results.push({ item, channel: buffer.name });
    }
  }
  return results.sort((a, b) => b.item.time - a.item.time).slice(0, 200);
}
