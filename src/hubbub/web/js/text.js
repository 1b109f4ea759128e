/**
 * Parses the text of a message into a tree of plain values, which formatted.js draws. Pure.
 *
 * A node is a string, or `{ type, children, ... }` with type one of strong, em, u, s, code, pre,
 * quote, link (`href`), channel (`name`), nick (`name`), colour (`fg`, `bg`). It recognises
 * IRC's formatting codes and the few marks that people type: `code`, ```blocks```, *bold*,
 * _italic_, ~~struck~~, > quotes. Anything else stays as it was typed.
 */

import { namesIn } from "./names.js";
/** @import { Piece, Rule, TextContext } from "./types.js" */

const FENCE = /(?:^|\n)```([^\n`]*)\n([^]*?)\n?```(?=\n|$)|```([^`\n]+)```/g;
const CODE = /`([^`\n]+)`/g;
const EMPHASIS = /(?<![\p{L}\p{N}_])_(?=[^\s_])([^_\n]*?[^\s_])_(?![\p{L}\p{N}_])/gu;
/** IRC's codes for colours and other formatting. */
const FORMATTING = /\x03(\d{1,2}(,\d{1,2})?)?|\x04([0-9a-f]{6}(,[0-9a-f]{6})?)?|[\x02\x0f\x11\x16\x1d-\x1f]/gi;
// An address ends before spaces, quotation marks, full-width punctuation and invisible characters.
const IN_URL =
  "[^\\s<>\"'`\\x00-\\x1f«»\\u200b-\\u200f\\u2018-\\u201f\\u2026-\\u202e\\u2039\\u203a\\u2060-\\u206f\\u3001-\\u3003\\u3008-\\u301f\\uff01\\uff08\\uff09\\uff0c\\uff0e\\uff1a\\uff1b\\uff1f\\uff3b\\uff3d\\uff5b-\\uff65]";
const NEXT_URL = "(?![,;|]https?://)";
/** An address, with punctuation after it that may belong to the sentence. */
const LINK = new RegExp(`\\bhttps?://(?:${NEXT_URL}${IN_URL})+|\\bwww\\.${IN_URL}+\\.${IN_URL}+|\\bmailto:(?!@)${IN_URL}+@${IN_URL}+`, "giu");

/** Control characters except line feeds, tabs and IRC formatting; `visible` replaces them. */
const CONTROLS = /[\x00\x01\x05-\x08\x0b-\x0e\x10\x12-\x15\x17-\x1a\x1b\x1c\x7f-\x9f\u2028\u2029]/g;

/** @param {string} text */
export function visible(text) {
  return text.replace(CONTROLS, (c) => {
    const code = c.charCodeAt(0);
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    return code === 0x7f ? "\u2421" : "\ufffd";
  });
}

/**
 * Text without any formatting code, for titles, notifications and screen readers.
 * @param {string} text
 */
export function plain(text) {
  return visible(text.replace(FORMATTING, ""));
}

/** @type {(word: string) => boolean} */
const NOBODY = () => false;

/**
 * `isNick(word)`: is the word the nick of somebody present?
 * @param {string} text
 */
export function formatText(text, { isNick = NOBODY, channelTypes = "#" } = {}) {
  const context = { isNick, channelTypes };
  return blocks(visible(text), context);
}

// ---- blocks ---------------------------------------------------------------------------------

/**
 * @param {string} text
 * @param {TextContext} context
 */
function blocks(text, context) {
  /** @type {Piece[]} */
  const result = [];
  let at = 0;
  for (const match of text.matchAll(FENCE)) {
    result.push(...quotes(text.slice(at, match.index), context));
    result.push({ type: "pre", language: (match[1] || "").trim(), children: [match[2] ?? match[3]] });
    at = match.index + match[0].length;
    if (text[at] === "\n") at += 1;
  }
  if (at < text.length || !result.length) result.push(...quotes(text.slice(at), context));
  return result;
}

/** `> text`, or `>text` unless it is a face: >_< >:( >w< */
const QUOTE = /^>(?:>*\s+\S|(?!\S{1,3}<(?:\s|$))[*_~`"'“(#@[]*[\p{L}\p{N}])/u;

/**
 * @param {string} text
 * @param {TextContext} context
 */
function quotes(text, context) {
  if (!text) return [];
  /** @type {Piece[]} */
  const result = [];
  /** @type {string[]} */
  let plainLines = [];
  /** @type {string[]} */
  let quoted = [];
  const flush = () => {
    if (plainLines.length) result.push(...inline(plainLines.join("\n"), context));
    if (quoted.length) result.push({ type: "quote", children: inline(quoted.join("\n"), context) });
    plainLines = [];
    quoted = [];
  };
  for (const line of text.split("\n")) {
    const isQuote = QUOTE.test(line);
    if ((isQuote && plainLines.length) || (!isQuote && quoted.length)) flush();
    if (isQuote) quoted.push(line.replace(/^> ?/, ""));
    else plainLines.push(line);
  }
  flush();
  return result;
}

// ---- inline ---------------------------------------------------------------------------------

/**
 * @param {string} text
 * @param {TextContext} context
 */
function inline(text, context) {
  return /[\x02-\x04\x0f\x11\x16\x1d-\x1f]/.test(text) ? codes(text, context) : marks(text, context);
}

/** @type {Map<string, "strong" | "em" | "u" | "s" | "code">} */
const IRC = new Map([
  ["\x02", "strong"],
  ["\x1d", "em"],
  ["\x1f", "u"],
  ["\x1e", "s"],
  ["\x11", "code"],
]);

const NO_COLOUR = 16; // the codes end before it

/**
 * IRC's formatting codes switch on and off; each stretch between two codes is one node.
 * @param {string} text
 * @param {TextContext} context
 */
function codes(text, context) {
  const result = [];
  /** @type {Set<"strong" | "em" | "u" | "s" | "code">} */
  const on = new Set();
  let fg = NO_COLOUR;
  /** @type {number | null} */
  let bg = null;
  const splitter = /(\x03(?:\d{1,2}(?:,\d{1,2})?)?|\x04(?:[0-9a-fA-F]{6}(?:,[0-9a-fA-F]{6})?)?|[\x02\x0f\x11\x16\x1d-\x1f])/;
  for (const piece of text.split(splitter)) {
    if (!piece) continue;
    const type = IRC.get(piece);
    if (type) {
      if (!on.delete(type)) on.add(type);
    } else if (piece === "\x0f") {
      on.clear();
      [fg, bg] = [NO_COLOUR, null];
    } else if (piece[0] === "\x03") {
      const [front, back] = piece.slice(1).split(",");
      if (!front) [fg, bg] = [NO_COLOUR, null];
      else [fg, bg] = [Number(front), back === undefined ? bg : Number(back)];
    } else if (piece[0] === "\x04" || piece === "\x16") {
      continue; // colours in RGB and reversed colours are not shown
    } else {
      /** @type {Piece[]} */
      let children = on.has("code") ? [piece] : marks(piece, context);
      if (fg < NO_COLOUR) children = [{ type: "colour", fg, bg, children }];
      for (const kind of on) children = [{ type: kind, children }];
      result.push(...children);
    }
  }
  return result;
}

/** @type {Rule[]} */
const RULES = [
  { type: "code", pattern: CODE, raw: true },
  { type: "link", pattern: LINK },
  { type: "strong", pattern: /(?<![\p{L}\p{N}*])\*\*(?=\S)([^\n]*?\S)\*\*(?![\p{L}\p{N}*])/gu },
  { type: "strong", pattern: /(?<![\p{L}\p{N}*])\*(?=[^\s*])([^*\n]*?[^\s*])\*(?![\p{L}\p{N}*])/gu },
  { type: "em", pattern: EMPHASIS },
  { type: "s", pattern: /(?<![\p{L}\p{N}~])~~(?=\S)([^\n]*?\S)~~(?![\p{L}\p{N}~])/gu },
];

/**
 * Find the earliest mark, then the earliest after it. A rule searches again only after its match was passed.
 * @param {string} text
 * @param {TextContext} context
 * @returns {Piece[]}
 */
function marks(text, context) {
  const next = RULES.map((rule) => ({ rule, match: search(rule, text, 0) }));
  /** @type {Piece[]} */
  const result = [];
  let at = 0;
  for (;;) {
    let best = null;
    for (const each of next) {
      if (each.match && each.match.index < at) each.match = search(each.rule, text, at);
      if (each.match && (!best || each.match.index < best.match.index)) best = { rule: each.rule, match: each.match };
    }
    if (!best) break;
    const { index } = best.match;
    const { node, length } = marked(best.rule, best.match, context);
    result.push(...words(text.slice(at, index), context), node);
    at = index + length;
  }
  result.push(...words(text.slice(at), context));
  return result;
}

/**
 * @param {Rule} rule
 * @param {string} text
 * @param {number} from
 */
function search({ pattern }, text, from) {
  pattern.lastIndex = from;
  return pattern.exec(text);
}

/**
 * The node for a match, and its length in the text.
 * @param {Rule} rule
 * @param {RegExpExecArray} match
 * @param {TextContext} context
 * @returns {{ node: Piece, length: number }}
 */
function marked({ type, raw = false }, match, context) {
  if (type !== "link") return { node: { type, children: raw ? [match[1]] : marks(match[1], context) }, length: match[0].length };
  const shown = trimUrl(match[0]);
  const href = safeUrl(shown.startsWith("www.") ? `http://${shown}` : shown);
  return { node: href ? { type, href, children: [shown] } : shown, length: shown.length };
}

/**
 * Remove punctuation that belongs to the sentence. A closing bracket stays if the URL opens it.
 * @param {string} url
 */
function trimUrl(url) {
  let end = url.length;
  let round = count(url, ")") - count(url, "(");
  let square = count(url, "]") - count(url, "[");
  let curly = count(url, "}") - count(url, "{");
  for (;;) {
    const last = url[end - 1];
    if (last === ")" && round > 0) round -= 1;
    else if (last === "]" && square > 0) square -= 1;
    else if (last === "}" && curly > 0) curly -= 1;
    else if (!/[.,;:!?'"*_~…]/.test(last)) return url.slice(0, end);
    end -= 1;
  }
}

/**
 * @param {string} text
 * @param {string} char
 */
function count(text, char) {
  return text.split(char).length - 1;
}

/**
 * The address if its scheme is allowed (http, https, mailto), or null.
 * @param {string} text
 */
export function safeUrl(text) {
  try {
    const url = new URL(text);
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

const PATTERNS = new Map(); // channel types -> the pattern of channel names

/** @param {string} channelTypes */
function channelPattern(channelTypes) {
  if (!PATTERNS.has(channelTypes)) {
    const types = channelTypes.replace(/[\]\\^-]/g, "\\$&");
    PATTERNS.set(
      channelTypes,
      new RegExp(`(?<![\\p{L}\\p{N}_/&])(?:[${types}][\\p{L}\\p{N}_][\\p{L}\\p{N}_.-]*[\\p{L}\\p{N}_]|[${types}][\\p{L}_][\\p{L}\\p{N}]?)`, "gu"),
    );
  }
  return PATTERNS.get(channelTypes);
}

/**
 * @param {string} text
 * @param {TextContext} context
 */
function words(text, context) {
  if (!text) return [];
  /** @type {Piece[]} */
  const result = [];
  let at = 0;
  for (const { index, node } of references(text, context)) {
    if (index < at) continue;
    if (index > at) result.push(text.slice(at, index));
    result.push(node);
    at = index + node.children[0].length;
  }
  if (at < text.length) result.push(text.slice(at));
  return result;
}

/**
 * The channels and people that a text names, in order, with their indexes.
 * @param {string} text
 * @param {TextContext} context
 * @returns {{ index: number, node: { type: "channel" | "nick", name: string, children: string[] } }[]}
 */
function references(text, { isNick, channelTypes }) {
  /** @type {ReturnType<typeof references>} */
  const found = [...text.matchAll(channelPattern(channelTypes))].map(({ 0: name, index }) => ({ index, node: { type: "channel", name, children: [name] } }));
  for (const { index, at, name: word, names } of isNick === NOBODY ? [] : namesIn(text)) {
    const name = names.find(isNick);
    if (!name) continue;
    const start = word.startsWith(name) ? index : index + at + word.indexOf(name);
    found.push({ index: start, node: { type: "nick", name, children: [text.slice(start, index + at + word.indexOf(name) + name.length)] } });
  }
  return found.sort((a, b) => a.index - b.index);
}

// ---- the whole text ----

/**
 * Is somebody whose name satisfies `is` mentioned in this text?
 * @param {string} text
 * @param {(name: string) => boolean} is
 */
export function mentions(text, is) {
  const read = readable(text);
  return [read, read.replace(EMPHASIS, " $1 ")].some((each) => [...namesIn(each)].some(({ names }) => names.some(is)));
}

/**
 * A text without formatting, code and addresses.
 * @param {string} text
 */
export function readable(text) {
  return text
    .replace(/\x11[^\x0f\x11]*/g, " ")
    .replace(FORMATTING, "")
    .replace(FENCE, "\n")
    .replace(CODE, " ")
    .replace(LINK, " ")
    .normalize("NFC");
}

const PICTURE =
  "(?:\\p{Emoji_Presentation}|\\p{Extended_Pictographic}(?=[\\ufe0f\\u200d]|\\p{Emoji_Modifier}))(?:\\ufe0f|\\p{Emoji_Modifier}|[\\u{e0020}-\\u{e007f}])*";
const JUMBO = new RegExp(
  `^(?:(?:\\p{Regional_Indicator}{2}|[0-9#*]\\ufe0f?\\u20e3|(?![©®])${PICTURE}(?:\\u200d\\p{Extended_Pictographic}(?:\\ufe0f|\\p{Emoji_Modifier})*)*)\\s*){1,3}$`,
  "u",
);

/**
 * True if the text is nothing but one to three emoji, which are then shown large.
 * @param {string} text
 */
export function isJumbo(text) {
  return JUMBO.test(text.trim());
}
