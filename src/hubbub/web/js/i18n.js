/**
 * Finds the texts of the page in the reader's language, and writes dates and numbers in it. A catalogue
 * maps a name to a text, or to texts by plural category, with blanks such as `{name}`. English is the fallback.
 */

import en from "../lang/en.js";
/** @import { Blanks, Child, Words } from "./types.js" */

export const LANGUAGES = { en: "English", ar: "العربية", ja: "日本語" };
const RIGHT_TO_LEFT = new Set(["ar", "he", "fa", "ur"]);

let language = "en";
let region = "en"; // the browser's variant of the language, for dates: en-GB
/** @type {Record<string, Words>} */
const english = en;
let catalogue = english;
let plurals = new Intl.PluralRules("en");
let whole = false; // are the texts of lang/more/ loaded?

/**
 * The first of the browser's languages that this page has.
 * @param {readonly string[]} wanted
 */
export function preferred(wanted) {
  for (const tag of wanted) {
    const base = tag.toLowerCase().split("-")[0];
    if (base in LANGUAGES) return base;
  }
  return "en";
}

/** @param {string} name */
export async function use(name) {
  catalogue = name === "en" ? en : (await import(`../lang/${name}.js`)).default;
  language = name;
  if (whole) await more();
  region = globalThis.navigator?.languages?.find((tag) => tag.split("-")[0] === name) || name;
  plurals = new Intl.PluralRules(name);
}

/** Load the texts of the parts that load later (later.js). */
export async function more() {
  const names = new Set(["en", language]);
  const words = await Promise.all([...names].map((name) => import(`../lang/more/${name}.js`)));
  for (const [i, into] of (language === "en" ? [en] : [en, catalogue]).entries()) Object.assign(into, words[i].default);
  whole = true;
}

export function direction(name = language) {
  return RIGHT_TO_LEFT.has(name) ? "rtl" : "ltr";
}

export function locale() {
  return language;
}

/**
 * The text called `name`, with `values` filled in; `values.n` picks the plural.
 * @type {(name: string, values?: Blanks) => string}
 */
export function t(name, values = {}) {
  return parts(name, values).join("");
}

/**
 * Like `t`, but returns a list, so that values may be nodes: "{nick} joined" -> [<b>ann</b>, " joined"].
 * @type {(name: string, values?: Blanks) => Child[]}
 */
export function parts(name, values = {}) {
  let text = catalogue[name] ?? english[name] ?? name;
  if (typeof text === "object") text = text[plurals.select(Number(values.n))] ?? text.other;
  return text
    .split(/(\{\w+\})/)
    .filter(Boolean)
    .map((piece) => {
      const value = /^\{\w+\}$/.test(piece) ? values[piece.slice(1, -1)] : undefined;
      if (value === undefined) return piece;
      return typeof value === "number" ? value.toLocaleString(region) : value;
    });
}

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/** @type {(options: Intl.DateTimeFormatOptions) => Intl.DateTimeFormat} */
function dateFormat(options) {
  const key = region + JSON.stringify(options);
  const format = formats.get(key) || new Intl.DateTimeFormat(region, options);
  formats.set(key, format);
  return format;
}

/** @param {number} time */
export function clock(time) {
  return dateFormat({ hour: "2-digit", minute: "2-digit" }).format(time);
}

/**
 * Like `clock`, without "AM" or "PM".
 * @param {number} time
 */
export function shortClock(time) {
  return dateFormat({ hour: "2-digit", minute: "2-digit" })
    .formatToParts(time)
    .filter(({ type }) => type !== "dayPeriod")
    .map(({ value }) => value)
    .join("")
    .trim();
}

/** @param {number} time */
export function fullTime(time) {
  return dateFormat({ dateStyle: "full", timeStyle: "medium" }).format(time);
}

/**
 * "Today", "Yesterday", or the date.
 * @param {number} time
 */
export function dayName(time, now = Date.now()) {
  return dayIn({ weekday: "long", day: "numeric", month: "long" }, time, now);
}

/**
 * A short `dayName`.
 * @param {number} time
 */
export function shortDay(time, now = Date.now()) {
  return dayIn({ day: "numeric", month: "short" }, time, now);
}

/** @type {(format: Intl.DateTimeFormatOptions, time: number, now: number) => string} */
function dayIn(format, time, now) {
  const days = Math.round((midnight(now) - midnight(time)) / 86_400_000);
  if (days === 0 || days === 1) {
    const words = new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(-days, "day");
    return words[0].toLocaleUpperCase(language) + words.slice(1);
  }
  const sameYear = new Date(time).getFullYear() === new Date(now).getFullYear();
  return dateFormat({ ...format, ...(sameYear ? {} : { year: "numeric" }) }).format(time);
}

/** @param {number} time */
function midnight(time) {
  return new Date(time).setHours(0, 0, 0, 0);
}

/** @param {string[]} items */
export function list(items) {
  return new Intl.ListFormat(language, { type: "conjunction" }).format(items);
}
