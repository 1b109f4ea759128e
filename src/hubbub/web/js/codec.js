/**
 * Converts between IRC lines and messages. Pure: independent of sockets, chats and pages.
 *
 * A message is `{ tags, source, command, params }`: tags an object, source
 * `{ nick, user, host }` or null, command in upper case, params a list of strings.
 * https://modern.ircdocs.horse/#message-format, https://ircv3.net/specs/extensions/message-tags
 */

/** @import { Outgoing, Tags } from "./types.js" */

/** @type {Record<string, string>} */
const ESCAPES = { ":": ";", s: " ", "\\": "\\", r: "\r", n: "\n" };
/** @type {Record<string, string>} */
const UNESCAPES = { ";": "\\:", " ": "\\s", "\\": "\\\\", "\r": "\\r", "\n": "\\n" };

/**
 * The message in `line`, or null if there is none (an empty line, a line without command).
 * @param {string} line
 */
export function parse(line) {
  let rest = line.replace(/[\r\n]+$/, "");
  /** @type {Tags} */
  const tags = {};
  if (rest.startsWith("@")) {
    const [word, after] = cut(rest.slice(1));
    rest = after;
    for (const tag of word.split(";")) {
      const at = tag.indexOf("=");
      const name = at < 0 ? tag : tag.slice(0, at);
      if (name) tags[name] = at < 0 ? "" : unescapeTag(tag.slice(at + 1));
    }
  }
  let source = null;
  if (rest.startsWith(":")) {
    const [word, after] = cut(rest.slice(1));
    rest = after;
    source = parseSource(word);
  }
  const params = [];
  while (rest) {
    if (rest.startsWith(":")) {
      params.push(rest.slice(1));
      break;
    }
    const [word, after] = cut(rest);
    params.push(word);
    rest = after;
  }
  const command = params.shift();
  return command ? { tags, source, command: command.toUpperCase(), params } : null;
}

/**
 * The line of `message`, without CR LF. Throws if a parameter but the last has spaces or is empty.
 * @param {Outgoing} message
 */
export function format({ tags = {}, command, params = [] }) {
  const parts = [];
  const named = Object.entries(tags).filter(([, value]) => value !== undefined && value !== null);
  if (named.length) {
    parts.push(`@${named.map(([k, v]) => (v === "" ? k : `${k}=${escapeTag(v)}`)).join(";")}`);
  }
  parts.push(command);
  params.forEach((param, i) => {
    const text = String(param).replace(/[\r\n\0]+/g, " ");
    const last = i === params.length - 1;
    const needsColon = text === "" || text.startsWith(":") || text.includes(" ");
    if (needsColon && !last) throw new RangeError(`not the last parameter: ${text}`);
    parts.push(last && needsColon ? `:${text}` : text);
  });
  return parts.join(" ");
}

/** @param {string} word */
export function parseSource(word) {
  const match = /^([^!@]*)(?:!([^@]*))?(?:@(.*))?$/.exec(word);
  return match ? { nick: match[1], user: match[2] ?? "", host: match[3] ?? "" } : { nick: word, user: "", host: "" };
}

/** @param {string} value */
export function escapeTag(value) {
  return String(value).replace(/[; \\\r\n]/g, (c) => UNESCAPES[c]);
}

/** @param {string} value */
export function unescapeTag(value) {
  return value.replace(/\\(.?)/g, (_, c) => ESCAPES[c] ?? c);
}

/** @param {string} text */
function cut(text) {
  const at = text.indexOf(" ");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at).replace(/^ +/, "")];
}

/**
 * The folding function for a `CASEMAPPING`: equal names fold to the same text.
 * @type {(mapping?: string) => (name: string) => string}
 */
export function casefolder(mapping = "ascii") {
  /** @param {string} name */
  const ascii = (name) => name.replace(/[A-Z]/g, (c) => c.toLowerCase());
  if (mapping === "rfc1459") return (name) => ascii(name).replace(/[[\]\\^]/g, (c) => "{}|~"["[]\\^".indexOf(c)]);
  if (mapping === "rfc1459-strict") return (name) => ascii(name).replace(/[[\]\\]/g, (c) => "{}|"["[]\\".indexOf(c)]);
  if (mapping === "ascii") return ascii;
  return (name) => name.normalize("NFKC").toLowerCase(); // rfc8265, precis and the like
}

const encoder = new TextEncoder();

/**
 * Length in bytes of UTF-8.
 * @param {string} text
 */
export function bytes(text) {
  return encoder.encode(text).length;
}

/**
 * Cut a long line into pieces of at most `limit` bytes, between words where that is possible.
 * A space stays at the end of its piece, so that the pieces joined give the line back.
 * @param {string} line
 * @param {number} limit
 */
export function splitLine(line, limit) {
  const pieces = [];
  let piece = "";
  let size = 0;
  let space = -1; // index in `piece` of the last word
  for (const char of line) {
    const width = bytes(char);
    if (size + width > limit && piece) {
      const at = space > 0 ? space : piece.length;
      pieces.push(piece.slice(0, at));
      piece = piece.slice(at);
      size = bytes(piece);
      space = -1;
    }
    piece += char;
    size += width;
    if (char === " ") space = piece.length;
  }
  pieces.push(piece);
  return pieces;
}

/**
 * Base64 of UTF-8 in the pieces that SASL requires: 400 characters each, `+` for an empty last one.
 * @param {string} text
 */
export function saslPieces(text) {
  const encoded = btoa(String.fromCharCode(...encoder.encode(text)));
  /** @type {string[]} */
  const pieces = encoded.match(/.{1,400}/g) || [];
  if (encoded.length % 400 === 0) pieces.push("+");
  return pieces;
}
