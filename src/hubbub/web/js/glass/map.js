/**
 * Where the bytes are now: the author on the left, the program in the middle, the others on the
 * right, so that every arrow goes the way of the message. What the program has read and not used is a
 * box inside it; what the kernel keeps is a tube.
 */

import { h } from "../dom.js";
import { inShort, size } from "./story.js";
import { tube } from "./tubes.js";
import { total } from "./picture.js";
/** @import { Node } from "../types.js" */
/** @import { Connection, Line, Picture } from "./types.js" */

const MOST = 5; // receivers that are drawn; the others are counted
const ROW = 84;
const WIDTH = 900;
const PROGRAM = 360; // its left edge
const PROGRAM_WIDTH = 190;
const RECEIVER = 770;

/** @type {(picture: Picture, author: Connection | null, told: Line | null) => Node} */
export function mapView(picture, author, told) {
  const others = [...picture.connections.values()].filter((each) => each.open && (each !== author || !picture.named));
  const shown = [...others.filter(important), ...others.filter((each) => !important(each))].slice(0, MOST);
  const height = Math.max(2, shown.length) * ROW + 60;
  const middle = 30 + (height - 60) / 2;
  return h(
    "section",
    { class: "map" },
    h("h2", null, "Where the bytes are now"),
    h(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": inWords(picture, author, shown) },
      author ? authorPart(picture, author, middle) : null,
      programBox(picture, author, told, height),
      shown.map((each, index) => receiver(picture, each, 30 + index * ROW)),
      others.length > shown.length ? h("text", { class: "small", x: RECEIVER, y: height - 8 }, `and ${others.length - shown.length} others`) : null,
    ),
  );
}

/** People who do not read are shown first. @param {Connection} connection */
function important(connection) {
  return connection.controls.stopped || Object.values(connection.queues ?? {}).some((count) => count);
}

/** @type {(picture: Picture, author: Connection, y: number) => Node} */
function authorPart(picture, author, y) {
  const held = total(author.up) - author.up.passed;
  return h(
    "g",
    null,
    box(8, y - 32, 110, author.who, author.open ? "says" : "is gone", "author"),
    arrow(120, y, 352),
    h("rect", { class: held ? "held" : "empty", x: 128, y: y - 22, width: 76, height: 44, rx: 6 }),
    h("text", { class: "small", x: 166, y: y - 4, "text-anchor": "middle" }, "the lab"),
    h("text", { class: "small", x: 166, y: y + 12, "text-anchor": "middle" }, held ? `holds ${held}` : "is empty"),
    tube(222, y - 10, 120, "kernel: unread", sum(author, "lab_to_program", "program_unread")),
  );
}

/** @type {(picture: Picture, author: Connection | null, told: Line | null, height: number) => Node} */
function programBox(picture, author, told, height) {
  const kept = author && picture.inside ? unfinished(author) : "";
  const y = 30 + (height - 60) / 2;
  const x = PROGRAM + PROGRAM_WIDTH / 2;
  return h(
    "g",
    { class: `program ${picture.program.state}` },
    h("text", { class: "name", x, y: 16, "text-anchor": "middle" }, picture.program.state === "ended" ? "the program (ended)" : "the program"),
    h("rect", { class: "room", x: PROGRAM, y: 24, width: PROGRAM_WIDTH, height: height - 48, rx: 10 }),
    kept
      ? [
          h("text", { class: "small", x, y: y - 30, "text-anchor": "middle" }, "read, no line end yet"),
          h("rect", { class: "kept", x: PROGRAM + 15, y: y - 22, width: PROGRAM_WIDTH - 30, height: 40, rx: 6 }),
          h("text", { class: "mono", x, y: y + 3, "text-anchor": "middle" }, kept.length > 16 ? `${kept.slice(0, 16)}…` : kept),
        ]
      : h("text", { class: "small", x, y: y + 4, "text-anchor": "middle" }, told ? "nothing half read" : ""),
  );
}

/** What the program has read of a line without an end. @param {Connection} author */
function unfinished({ up }) {
  const had = up.data.slice(0, Math.max(0, up.read - up.start));
  return inShort(had.slice(had.lastIndexOf("\n") + 1));
}

/** @type {(picture: Picture, connection: Connection, y: number) => Node} */
function receiver(picture, connection, y) {
  const stopped = connection.controls.stopped;
  const middle = y + 32;
  return h(
    "g",
    { key: connection.number, class: stopped ? "stopped" : "" },
    arrow(PROGRAM + PROGRAM_WIDTH, middle, RECEIVER - 4),
    tube(566, middle - 10, 86, "kernel: to send", connection.queues?.program_to_lab),
    tube(668, middle - 10, 86, "arrived, unread", connection.queues?.lab_unread),
    box(RECEIVER, y, 120, connection.who, stopped ? "stopped reading" : `got ${size(connection.down.passed)}`, stopped ? "bad" : "receiver"),
  );
}

/** @type {(connection: Connection, ...names: string[]) => number | null} */
function sum(connection, ...names) {
  let all = 0;
  for (const name of names) {
    const count = connection.queues?.[name];
    if (count === null || count === undefined) return null;
    all += count;
  }
  return all;
}

/** @type {(x: number, y: number, width: number, name: string, more: string, kind: string) => Node} */
function box(x, y, width, name, more, kind) {
  return h(
    "g",
    { class: `person ${kind}` },
    h("rect", { x, y, width, height: 64, rx: 9 }),
    h("text", { class: "name", x: x + width / 2, y: y + 28, "text-anchor": "middle" }, name),
    h("text", { class: "small", x: x + width / 2, y: y + 48, "text-anchor": "middle" }, more),
  );
}

/** @type {(from: number, y: number, to: number) => Node} */
function arrow(from, y, to) {
  return h("path", { class: "arrow", d: `M${from} ${y}H${to}m-7 -4l7 4l-7 4` });
}

/** @type {(picture: Picture, author: Connection | null, shown: Connection[]) => string} */
function inWords(picture, author, shown) {
  const kept = author && picture.inside ? unfinished(author) : "";
  return [
    author ? `From ${author.who}.` : "",
    kept ? `The program has read “${kept}” without a line end.` : "",
    ...shown.map((each) => `${each.who} has got ${size(each.down.passed)}${each.controls.stopped ? " and is not reading" : ""}.`),
  ]
    .filter(Boolean)
    .join(" ");
}
