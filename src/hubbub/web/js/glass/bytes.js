/**
 * The bytes of one person, as the program saw them: lines are roofs over the bytes, reads are floors
 * under them. A red mark shows where a read ends inside a line.
 */

import { h } from "../dom.js";
import { lines, size } from "./story.js";
/** @import { Node } from "../types.js" */
/** @import { Connection, Line, Pass, Picture } from "./types.js" */

const CELL = 37;
const BEFORE = 24; // bytes shown before the chosen line
const SHOWN = 96; // bytes shown at most
const ROW = 158;
const LEFT = 8;

/** A span of the stream. @typedef {{ from: number, to: number, label: string, open?: boolean, odd?: boolean }} Span */

/**
 * @param {Picture} picture
 * @param {Connection} connection
 * @param {Line} told
 * @param {number} width  of the view, in pixels
 */
export function bytesView(picture, connection, told, width) {
  const columns = Math.max(8, Math.floor((width - 2 * LEFT) / CELL));
  const { from, to } = windowOf(connection, told);
  const rows = [];
  for (let start = from; start < to; start += columns) rows.push(row(picture, connection, start, Math.min(to, start + columns), columns));
  return h(
    "section",
    { class: "bytes", "aria-label": "Bytes" },
    h("h2", null, `What ${connection.who}'s bytes looked like to the program`),
    rows,
    h(
      "p",
      { class: "legend" },
      picture.inside ? "Roofs: lines. Floors: reads of the program." : "Roofs: lines. Floors: what the lab passed on; only Python programs tell their reads.",
    ),
  );
}

/** What is shown: the line, and a little before it. @type {(connection: Connection, told: Line) => { from: number, to: number }} */
function windowOf({ up }, told) {
  const end = told.to ?? up.start + up.data.length;
  const from = Math.max(up.start, Math.min(told.from, lineBefore(up.data, told.from - up.start) + up.start));
  return { from, to: Math.min(end, from + SHOWN) };
}

/** Where the line before begins, if it is near. @type {(data: string, at: number) => number} */
function lineBefore(data, at) {
  const begins = at >= 2 ? data.lastIndexOf("\n", at - 2) + 1 : at;
  return at - begins <= BEFORE ? begins : at;
}

/** Floors: what the program read, or what it was sent. @type {(picture: Picture, connection: Connection) => Pass[]} */
function floors(picture, { up }) {
  return picture.inside ? up.reads : up.passes;
}

/** @type {(picture: Picture, connection: Connection, from: number, to: number, columns: number) => Node} */
function row(picture, connection, from, to, columns) {
  /** @param {number} place */
  const x = (place) => LEFT + (place - from) * CELL;
  const roofs = spans(
    lines(connection).map((each) => ({ from: each.from, to: each.to ?? to, label: each.to === null ? "no end yet" : "a line", open: each.to === null })),
    from,
    to,
  );
  const reads = spans(
    floors(picture, connection).map((each, index) => ({ from: each.from, to: each.to, label: floorLabel(picture, each), odd: index % 2 === 1 })),
    from,
    to,
  );
  const cells = [];
  for (let place = from; place < to; place++) cells.push(cell(connection, place, x(place), reads));
  return h(
    "svg",
    { key: from, viewBox: `0 0 ${2 * LEFT + columns * CELL} ${ROW}`, width: 2 * LEFT + columns * CELL, role: "img", "aria-label": describe(roofs, reads) },
    roofs.map((each) => roof(x(each.from), x(each.to), each)),
    cells,
    reads.map((each) => floor(x(each.from), x(each.to), each)),
    cuts(connection, reads, to).map((place) => h("path", { class: "cut", d: `M${x(place)} 36V132` })),
  );
}

/** The parts of spans that are in a row. @type {(all: Span[], from: number, to: number) => Span[]} */
function spans(all, from, to) {
  return all.filter((each) => each.to > from && each.from < to).map((each) => ({ ...each, from: Math.max(from, each.from), to: Math.min(to, each.to) }));
}

/** @type {(picture: Picture, pass: Pass) => string} */
function floorLabel(picture, { from, to, asked }) {
  const count = size(to - from);
  if (!picture.inside) return `sent ${count}`;
  return asked === undefined ? `read ${count}` : `read: asked for ${asked}, got ${to - from}`;
}

/** Where a read ends inside a line. @type {(connection: Connection, reads: Span[], end: number) => number[]} */
function cuts({ up }, reads, end) {
  return reads.map((each) => each.to).filter((place) => place < end && up.data[place - up.start - 1] !== "\n");
}

/** @type {(connection: Connection, place: number, x: number, reads: Span[]) => Node} */
function cell({ up }, place, x, reads) {
  const byte = up.data[place - up.start];
  const read = reads.find((each) => each.from <= place && place < each.to);
  const kind = read ? parity(read) : "unread";
  return h(
    "g",
    { class: `cell ${kind}` },
    h("rect", { x: x + 1, y: 46, width: CELL - 2, height: 42, rx: 3 }),
    h("text", { class: "mono", x: x + CELL / 2, y: 64, "text-anchor": "middle" }, letter(byte)),
    h("text", { class: "small", x: x + CELL / 2, y: 81, "text-anchor": "middle" }, byte === "\ufffd" ? "?" : byte.charCodeAt(0).toString(16).padStart(2, "0")),
  );
}

/** A byte for the eye. @type {(byte: string) => string} */
function letter(byte) {
  if (byte === "\n") return "⏎";
  if (byte === " ") return "␣";
  if (byte === "\ufffd") return "?";
  const code = byte.charCodeAt(0);
  if (code < 32) return String.fromCharCode(0x2400 + code);
  return code < 127 ? byte : "·";
}

/** @type {(from: number, to: number, span: Span) => Node} */
function roof(from, to, span) {
  const right = span.open ? `H${to - 2}` : `H${to - 2}V42`;
  return h(
    "g",
    { class: "roof" },
    h("path", { d: `M${from + 2} 42V30${right}`, class: span.open ? "open" : "" }),
    to - from > 70 ? h("text", { x: (from + to) / 2, y: 22, "text-anchor": "middle" }, span.label) : null,
  );
}

/** Neighbours differ in colour. @param {Span} span */
function parity(span) {
  return span.odd ? "odd" : "even";
}

/** @type {(from: number, to: number, span: Span) => Node} */
function floor(from, to, span) {
  const short = to - from < span.label.length * 7.5;
  return h(
    "g",
    { class: `floor ${parity(span)}` },
    h("title", null, span.label),
    h("rect", { x: from + 1, y: 96, width: to - from - 2, height: 28, rx: 4 }),
    h("text", { x: (from + to) / 2, y: 115, "text-anchor": "middle" }, short ? String(Math.round((to - from) / CELL)) : span.label),
  );
}

/** The row in words. @type {(roofs: Span[], reads: Span[]) => string} */
function describe(roofs, reads) {
  const words = [`${roofs.length} ${roofs.length === 1 ? "line" : "lines"}`, ...reads.map((each) => each.label)];
  return words.join("; ");
}
