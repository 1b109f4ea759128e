/**
 * Converts between the text of the search box and the attributes of SEARCH. Pure.
 *
 *   from:anna in:#lobby before:2026-11-20 after:2026-11-01 on:yesterday has:link "exact words"
 *
 * https://git.sr.ht/~emersion/soju/tree/master/item/doc/ext/search.md
 */

import { escapeTag } from "./codec.js";
/** @import { Item, Query } from "./types.js" */

export const OPERATORS = ["from", "in", "before", "after", "on", "has"];

/**
 * `{ text, from, in, before, after, has, odd }`; times in milliseconds; what is not given is absent.
 * `odd` lists arguments that are no days; they are searched as words, as the server does.
 * @param {string} input
 */
export function parseQuery(input, now = Date.now()) {
  /** @type {Query} */
  const query = { has: [] };
  const words = [];
  for (const [, name, quotedValue, value, quoted, word] of input.matchAll(/(?:(\w+):(?:"([^"]*)"|(\S+)))|"([^"]*)"|(\S+)/g)) {
    const operator = name?.toLowerCase();
    const argument = quotedValue ?? value;
    if (!OPERATORS.includes(operator)) {
      words.push(quoted !== undefined ? `"${quoted}"` : (word ?? `${name}:${argument}`));
    } else if (operator === "from" || operator === "in") {
      query[operator] = operator === "from" ? argument.replace(/^@/, "") : argument;
    } else if (operator === "has") {
      if (HAS.has(argument.toLowerCase())) query.has.push(argument.toLowerCase());
      else words.push(`${name}:${argument}`);
    } else {
      const day = parseDay(argument, now);
      if (!day) {
        words.push(`${name}:${argument}`);
        (query.odd ||= []).push(argument);
      } else if (operator === "after")
        query.after = day.end + 1; // the day itself is excluded
      else if (operator === "before") query.before = day.start - 1;
      else Object.assign(query, { after: day.start, before: day.end });
    }
  }
  if (words.length) query.text = words.join(" ");
  return query;
}

/** @type {Record<string, number>} */
const DAYS = { w: 7, m: 30 };

/**
 * Parse a day: 2026-11-20, 20.11., -2d, today, yesterday, monday, or a month: 2026-11. Returns null if it is none.
 * @param {string} text
 */
export function parseDay(text, now = Date.now()) {
  const today = new Date(now);

  /**
   * @param {number} year
   * @param {number} month
   * @param {number} date
   */
  const span = (year, month, date, next = date + 1) => ({ start: new Date(year, month, date).getTime(), end: new Date(year, month, next).getTime() - 1 });

  /**
   * @param {number} year
   * @param {number} month
   * @param {number} date
   */
  const day = (year, month, date) => (new Date(year, month, date).getMonth() === month && date > 0 ? span(year, month, date) : null);

  /** @param {number} days */
  const back = (days) => span(today.getFullYear(), today.getMonth(), today.getDate() - days);
  const word = text.toLowerCase();
  const iso = /^(\d{4})-(\d{1,2})(?:-(\d{1,2}))?$/.exec(word);
  if (iso && !iso[3] && day(+iso[1], +iso[2] - 1, 1)) return span(+iso[1], +iso[2] - 1, 1, 1 + new Date(+iso[1], +iso[2], 0).getDate());
  if (iso) return day(+iso[1], +iso[2] - 1, +iso[3]);
  const dotted = /^(\d{1,2})\.(\d{1,2})\.(\d{4})?$/.exec(word);
  if (dotted) return day(+(dotted[3] || today.getFullYear()), +dotted[2] - 1, +dotted[1]);
  const ago = /^-(\d{1,4})([dwm]?)$/.exec(word);
  if (ago) return back(+ago[1] * (DAYS[ago[2]] ?? 1));
  if (word === "today") return back(0);
  if (word === "yesterday") return back(1);
  const weekday = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"].indexOf(word);
  return weekday < 0 ? null : back((today.getDay() - weekday + 7) % 7 || 7);
}

/** Kinds that only messages with a web address can have. */
const LINKED = new Set(["link", "image", "file"]);

/**
 * The one parameter of SEARCH: `from=anna;text=hello`.
 * @param {Query} query
 * @param {number} limit
 */
export function searchAttributes(query, limit) {
  /** @type {Record<string, string | number | undefined>} */
  const attributes = { in: query.in, from: query.from, text: query.text, limit };
  if (query.has?.some((what) => LINKED.has(what))) attributes.has = "link"; // our server's own
  if (query.after !== undefined) attributes.after = new Date(query.after).toISOString();
  if (query.before !== undefined) attributes.before = new Date(query.before).toISOString();
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([name, value]) => `${name}=${escapeTag(String(value))}`)
    .join(";");
}

const HAS = new Map([
  ["link", /https?:\/\//i],
  ["image", /https?:\/\/\S+\.(png|jpe?g|gif|webp|avif)\b/i],
  ["file", /https?:\/\/\S+\/files?\//i],
  ["code", /`/],
]);

/**
 * Does an item match, as far as this client can tell?
 * @param {Query} query
 * @param {Item} item
 * @param {string} channel
 */
export function matches(query, item, channel) {
  const text = item.text.toLowerCase();
  if (query.from && item.nick.toLowerCase() !== query.from.toLowerCase()) return false;
  if (query.in && channel.toLowerCase() !== query.in.toLowerCase()) return false;
  if (query.after !== undefined && item.time < query.after) return false;
  if (query.before !== undefined && item.time > query.before) return false;
  if (!query.has.every((what) => HAS.get(what)?.test(item.text))) return false;
  const words = query.text?.match(/"[^"]*"|\S+/g) || [];
  return words.every((word) => text.includes(word.replace(/"|\*$/g, "").toLowerCase()));
}
