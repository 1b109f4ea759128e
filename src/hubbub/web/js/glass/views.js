/** The other three views: everybody, the timeline, and the state in tables. */

import { h } from "../dom.js";
import { lines, size } from "./story.js";
import { total } from "./picture.js";
/** @import { Child, Node } from "../types.js" */
/** @import { Connection, Line, Pass, Picture } from "./types.js" */

/** @typedef {{ act(asked: Record<string, unknown>): void, choose(line: Line): void, live: boolean }} Hands */

const SECONDS = 10; // shown in the timeline
const WIDTH = 900;
const LANE = 40;
const NAMES = 130; // width of the lanes' names

/** Everybody who is or was there. @type {(picture: Picture, hands: Hands) => Node} */
export function everybody(picture, hands) {
  const all = [...picture.connections.values()].reverse().slice(0, 60);
  if (!all.length) return h("p", { class: "nothing" }, "Nobody is here yet.");
  const head = ["who", "said", "got", "unread by the program", "waits for them", hands.live ? "do" : ""];
  return table(
    head,
    all.map((each) => personRow(each, hands)),
  );
}

/** @type {(connection: Connection, hands: Hands) => Node} */
function personRow(connection, hands) {
  const { number, who, open, ended, up, down, queues, controls } = connection;
  const last = lines(connection).at(-1);
  const said = last
    ? h("button", { type: "button", class: "link", onclick: () => hands.choose(last) }, `${size(total(up))}: ${last.text.slice(0, 24)}`)
    : "nothing";
  return h(
    "tr",
    { key: number, class: open ? "" : "gone" },
    cell(h("b", null, who), open ? "" : h("small", null, ` ${ended}`)),
    cell(said),
    cell(size(down.passed)),
    cell(known(queues?.program_unread)),
    cell(known(addUp(queues?.program_to_lab, queues?.lab_unread))),
    cell(open && hands.live ? personButtons(number, controls.stopped, hands) : null),
  );
}

/** @type {(conn: number, stopped: boolean, hands: Hands) => Node[]} */
function personButtons(conn, stopped, hands) {
  return [
    button(stopped ? "Read again" : "Stop reading", () => hands.act({ do: "set", conn, controls: { stopped: !stopped } })),
    button("Finish", () => hands.act({ do: "end", conn, how: "finish" }), "Half-close: sends no more, still reads"),
    button("Reset", () => hands.act({ do: "end", conn, how: "reset" }), "Breaks the connection (RST)"),
    button("Close", () => hands.act({ do: "end", conn, how: "close" })),
  ];
}

/** @type {(a: number | null | undefined, b: number | null | undefined) => number | null} */
function addUp(a, b) {
  return typeof a === "number" && typeof b === "number" ? a + b : null;
}

/** @param {number | null | undefined} count */
function known(count) {
  return typeof count === "number" ? size(count) : h("span", { class: "soft" }, "not known");
}

/** @type {(text: string, onclick: () => void, title?: string) => Node} */
function button(text, onclick, title = "") {
  return h("button", { type: "button", class: "small", title, onclick }, text);
}

/** @type {(head: string[], rows: Node[]) => Node} */
function table(head, rows) {
  return h(
    "div",
    { class: "scrolls", tabindex: 0, role: "region", "aria-label": "Table" },
    h(
      "table",
      null,
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          head.map((text) => h("th", { scope: "col" }, text)),
        ),
      ),
      h("tbody", null, rows),
    ),
  );
}

/** @param {...Child} content */
function cell(...content) {
  return h("td", null, ...content);
}

// ---- the timeline ------------------------------------------------------------------------------

/** A lane for each connection: what it sent above, what it got below. @type {(picture: Picture) => Node} */
export function timeline(picture) {
  const end = Math.max(picture.ms, SECONDS * 1000);
  const begin = end - SECONDS * 1000;
  /** @param {number} ms */
  const x = (ms) => NAMES + ((ms - begin) / (end - begin)) * (WIDTH - NAMES - 10);
  const all = [...picture.connections.values()].filter((each) => each.open || lastMoment(each) > begin).slice(-12);
  if (!all.length) return h("p", { class: "nothing" }, "Nobody is here yet.");
  const height = all.length * LANE + 40;
  return h(
    "section",
    { class: "timeline", "aria-label": "Timeline" },
    h("h2", null, `The last ${SECONDS} seconds`),
    h(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": `${all.length} connections` },
      all.map((each, index) => lane(each, 12 + index * LANE, begin, x)),
      Array.from({ length: SECONDS + 1 }, (_, second) => tick(x(begin + second * 1000), height - 24, `${Math.round(begin / 1000) + second} s`)),
    ),
    h("p", { class: "legend" }, "Above the line: from the person to the program. Below: from the program to the person. Red: a read that ended inside a line."),
  );
}

/** @param {Connection} connection */
function lastMoment({ up, down, since }) {
  return Math.max(since, up.times.at(-1)?.ms ?? 0, down.times.at(-1)?.ms ?? 0);
}

/** @type {(connection: Connection, y: number, begin: number, x: (ms: number) => number) => Node} */
function lane(connection, y, begin, x) {
  const { up, down, who, since } = connection;
  const middle = y + LANE / 2;
  const from = Math.max(begin, since);
  return h(
    "g",
    { key: connection.number, class: "lane" },
    h("text", { x: 4, y: middle + 5 }, who.slice(0, 14)),
    h("path", { class: connection.open ? "life" : "life gone", d: `M${x(from)} ${middle}H${WIDTH - 10}` }),
    marks(up.passes, begin, x, middle - 13, "sent"),
    marks(up.reads, begin, x, middle - 7, "read", (each) => (up.data[each.to - up.start - 1] === "\n" ? "" : " cut")),
    marks(down.passes, begin, x, middle + 3, "got"),
  );
}

/** @type {(all: Pass[], begin: number, x: (ms: number) => number, y: number, kind: string, more?: (each: Pass) => string) => Node[]} */
function marks(all, begin, x, y, kind, more = () => "") {
  return all
    .slice(-300)
    .filter((each) => each.ms >= begin)
    .map((each) =>
      h("rect", { class: `mark ${kind}${more(each)}`, x: x(each.ms) - 1.5, y, width: 3, height: 6 }, h("title", null, `${kind} ${size(each.to - each.from)}`)),
    );
}

/** @type {(x: number, y: number, label: string) => Node} */
function tick(x, y, label) {
  return h("g", { class: "tick" }, h("path", { d: `M${x} ${y}v6` }), h("text", { class: "small", x, y: y + 20, "text-anchor": "middle" }, label));
}

// ---- the state ---------------------------------------------------------------------------------

/** Where each thread stands, what was printed. @type {(picture: Picture) => Node[]} */
export function stateView(picture) {
  const threads = [...picture.threads.values()];
  return [
    h("h2", null, "Where the program's threads stand"),
    threads.length
      ? table(
          ["thread", "does", "line"],
          threads.map((each) =>
            h(
              "tr",
              { key: each.thread },
              cell(each.thread),
              cell(each.doing, each.via ? h("small", null, ` inside ${each.via}`) : null),
              cell(h("code", null, each.file ? `${each.file}:${each.line}  ${each.text}` : "")),
            ),
          ),
        )
      : h("p", { class: "nothing" }, picture.inside ? "None has said anything yet." : "Only Python programs tell."),
    picture.missed ? h("p", null, `The program did so much that ${picture.missed} of its reports were left out.`) : null,
    h("h2", null, "What the program printed"),
    picture.printed.length
      ? h("pre", { tabindex: 0, role: "region", "aria-label": "What the program printed" }, picture.printed.join("\n"))
      : h("p", { class: "nothing" }, "Nothing."),
  ].filter((each) => each !== null);
}
