/**
 * Parses links to files on this server: `/files/<id>`, the size of a picture, a name. Pure. The id alone
 * is trusted: the sender chose name and size.
 */

import { locale } from "./i18n.js";
/** @import { Piece, SharedFile } from "./types.js" */

const PATH = /^\/files\/([0-9a-f]{32})(?:\/(\d{1,5})x(\d{1,5}))?(?:\/([^/]*))?$/;
const SOUND = /\.(mp3|ogg|oga|opus|wav|flac|m4a|aac)$/i;
const FILM = /\.(mp4|m4v|webm|ogv)$/i;

/**
 * The file that a link leads to, or null: `{ id, kind, name, path, small, width, height }`.
 * @param {string} href
 */
export function fileOf(href) {
  let url;
  try {
    url = new URL(href);
  } catch {
    return null;
  }
  const found = url.protocol.startsWith("http") && PATH.exec(url.pathname);
  if (!found) return null;
  const [, id, width, height, name = ""] = found;
  const readable = decoded(name);
  return {
    id,
    name: readable,
    href,
    kind: kindOf(readable, Number(width), Number(height)),
    // Our own origin, whatever name of the server the sender used.
    path: url.pathname,
    small: `/thumbnails/${id}`,
    width: Number(width) || 0,
    height: Number(height) || 0,
  };
}

/**
 * Remove invisible characters, which can disguise the extension of a name.
 * @param {string} name
 */
function decoded(name) {
  let text = name;
  try {
    text = decodeURIComponent(name);
  } catch {
    // not UTF-8: keep it as it is
  }
  return text.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]/gu, "").slice(0, 150);
}

/**
 * @param {string} name
 * @param {number} width
 * @param {number} height
 */
function kindOf(name, width, height) {
  if (width && height) return "picture";
  if (SOUND.test(name)) return "sound";
  return FILM.test(name) ? "film" : "file";
}

/**
 * The size to show a picture at: at most its own, and at most the room.
 * @param {SharedFile} file
 */
export function shownSize({ width, height }, room = { width: 420, height: 320 }) {
  const scale = Math.min(1, room.width / width, room.height / height);
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/**
 * Split a tree of text.js into the tree without links to files, and those files, each once.
 * @param {Piece[]} tree
 */
export function withoutFiles(tree) {
  const files = new Map();
  const kept = strip(tree, files);
  if (!files.size) return { tree, files: [] };
  // Remove the spaces that separated the links.
  let last = kept.pop();
  while (typeof last === "string" && !last.trim()) last = kept.pop();
  if (last !== undefined) kept.push(typeof last === "string" ? last.trimEnd() : last);
  return { tree: kept, files: [...files.values()] };
}

/** @type {(tree: Piece[], files: Map<string, SharedFile>) => Piece[]} */
function strip(tree, files) {
  return tree.flatMap(
    /** @returns {Piece[]} */ (node) => {
      if (typeof node === "string" || node.type === "code" || node.type === "pre") return [node];
      const file = node.type === "link" ? fileOf(node.href) : null;
      if (!file) return [{ ...node, children: strip(node.children, files) }];
      if (!files.has(file.id)) files.set(file.id, file);
      return [];
    },
  );
}

/**
 * 1,234,567 -> "1.2 MB", in the reader's language.
 * @param {number} bytes
 */
export function sizeText(bytes) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const step = Math.min(3, bytes > 0 ? Math.floor(Math.log10(bytes) / 3) : 0);
  return new Intl.NumberFormat(locale(), { style: "unit", unit: units[step], unitDisplay: "short", maximumFractionDigits: step ? 1 : 0 }).format(
    bytes / 1000 ** step,
  );
}
