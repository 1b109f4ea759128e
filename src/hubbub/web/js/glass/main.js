/**
 * The page of the lab: events come in, a picture of the chosen moment is drawn.
 *
 * Live, the moment is the newest event. Left and right go back and forward; what is later than the
 * chosen moment is drawn in grey, and the program goes on meanwhile.
 */

import { h, render } from "../dom.js";
import { bytesView } from "./bytes.js";
import { controlsView } from "./controls.js";
import { enter, lessonView } from "./lesson.js";
import { mapView } from "./map.js";
import { apply, emptyPicture } from "./picture.js";
import { newestLine, sentence, story } from "./story.js";
import { everybody, stateView, timeline } from "./views.js";
/** @import { Child, Node } from "../types.js" */
/** @import { Chosen, Facts, Line, Picture, Step, TraceEvent } from "./types.js" */

const VIEWS = ["One message", "Everybody", "Timeline", "State"];
const MOST_EVENTS = 20_000; // as in the server's ring
const place = /** @type {HTMLElement} */ (document.getElementById("glass"));

/** @type {TraceEvent[]} */
const events = [];
let live = emptyPicture();
/** @type {{ view: string, moment: number | null, chosen: Line | null, facts: Facts, error: string, lost: boolean, who: string, large: boolean }} */
const page = {
  view: VIEWS[0],
  moment: null,
  chosen: null,
  facts: { command: "", named: true, queues: true, hostile: [], live: true },
  error: "",
  lost: false,
  who: "alice",
  large: false,
};
/** @type {Chosen} */
const chosen = { part: 0, answers: {} };
let dirty = false;

/** Draw before the next frame. */
function invalidate() {
  if (dirty) return;
  dirty = true;
  requestAnimationFrame(() => {
    dirty = false;
    render(place, draw());
  });
}

/** @param {TraceEvent} event */
function take(event) {
  events.push(event);
  if (events.length > MOST_EVENTS) events.shift();
  apply(live, event);
  if (event.kind === "go" && page.facts.lesson) enter(page.facts.lesson, chosen, event.part ?? 0, lessonHands);
  invalidate();
}

/** The picture of the chosen moment. @returns {Picture} */
function chosenPicture() {
  if (page.moment === null) return live;
  const picture = emptyPicture(page.facts.named);
  for (const event of events) {
    if (event.n > page.moment) break;
    apply(picture, event);
  }
  return picture;
}

/** The last request to the lab; the next one follows it, or they would overtake one another. */
let latest = Promise.resolve();

/** Ask the lab for something. @param {Record<string, unknown>} asked */
function act(asked) {
  latest = latest.then(() => send(asked));
}

/** @param {Record<string, unknown>} asked */
async function send(asked) {
  try {
    const answer = await fetch("do", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(asked) });
    page.error = answer.ok ? "" : await answer.text();
  } catch {
    page.error = "The lab does not answer: it has ended.";
  }
  invalidate();
}

/** @param {Line} line */
function choose(line) {
  page.chosen = line;
  page.view = VIEWS[0];
  invalidate();
}

/** Go back or forward by so many events that matter; past the newest is live again. @param {number} by */
function travel(by) {
  const told = events.filter((event) => event.kind !== "queues" && event.kind !== "call");
  const now = page.moment ?? Infinity;
  const here = told.findLastIndex((event) => event.n <= now);
  const next = told[here + by];
  page.moment = next && next !== told.at(-1) ? next.n : null;
  if (by < 0 && !next && told.length) page.moment = told[0].n;
  invalidate();
}

// ---- drawing -----------------------------------------------------------------------------------

function draw() {
  const picture = chosenPicture();
  const told = current(picture);
  const { says, more } = sentence(picture, told);
  document.documentElement.classList.toggle("large", page.large);
  place.classList.toggle("with-lesson", Boolean(page.facts.lesson));
  const { lesson } = page.facts;
  return [
    header(picture),
    lesson ? lessonView(lesson, chosen, live.graded, lessonHands, page.facts.class ?? "") : null,
    h(
      "main",
      { class: page.facts.live ? "" : "recording" },
      h(
        "div",
        { class: "sentence" },
        h("h1", { "aria-live": "polite" }, says),
        more ? h("p", null, more) : null,
        page.error ? h("p", { class: "error", role: "alert" }, page.error) : null,
      ),
      page.facts.live && page.moment === null ? controlsView(picture, page.facts, page, act, invalidate) : null,
      VIEW[page.view](picture, told),
    ),
  ];
}

/** The line that is told: the chosen one as it is now, or the newest. @param {Picture} picture */
function current(picture) {
  if (!page.chosen) return newestLine(picture);
  const connection = picture.connections.get(page.chosen.conn);
  if (!connection) return newestLine(picture);
  return page.chosen;
}

/** @param {Picture} picture */
function header(picture) {
  return h(
    "header",
    null,
    h("b", null, page.facts.live ? "Lab" : "Recording"),
    h(
      "nav",
      { "aria-label": "Views" },
      VIEWS.map((view) =>
        h("button", { type: "button", key: view, class: "tab", "aria-current": view === page.view ? "page" : null, onclick: () => show(view) }, view),
      ),
    ),
    h("span", { class: "grow" }),
    page.lost ? h("span", { class: "chip bad" }, "the lab has ended") : null,
    travelButtons(),
    h("button", { type: "button", "aria-pressed": String(page.large), title: "Larger, for a projector", onclick: enlarge }, "Aa"),
    picture.paused ? h("span", { class: "chip" }, "paused") : null,
  );
}

/** @returns {Child} */
function travelButtons() {
  return [
    h("button", { type: "button", title: "Back to the moment before (left arrow)", "aria-label": "The moment before", onclick: () => travel(-1) }, "◀"),
    h(
      "button",
      { type: "button", title: "The next moment (right arrow)", "aria-label": "The next moment", disabled: page.moment === null, onclick: () => travel(1) },
      "▶",
    ),
    page.moment === null
      ? null
      : h(
          "button",
          { type: "button", class: "chip", onclick: () => ((page.moment = null), invalidate()) },
          page.facts.live ? "In the past: back to now" : "To the end",
        ),
  ];
}

/** @param {string} view */
function show(view) {
  page.view = view;
  invalidate();
}

function enlarge() {
  page.large = !page.large;
  invalidate();
}

const hands = { act, choose, live: true };
const lessonHands = { act, show, redraw: invalidate };
/** @type {Record<string, (picture: Picture, told: Line | null) => Child>} */
const VIEW = {
  "One message": oneMessage,
  Everybody: (picture) => everybody(picture, { ...hands, live: page.facts.live }),
  Timeline: (picture) => timeline(picture),
  State: (picture) => stateView(picture),
};

/** @type {(picture: Picture, told: Line | null) => Child} */
function oneMessage(picture, told) {
  const author = told ? (picture.connections.get(told.conn) ?? null) : null;
  const side = page.facts.lesson && window.innerWidth > 1100 ? 320 : 0;
  const width = Math.min(window.innerWidth - side - 32, window.innerWidth > 1000 ? 900 - side : 2000);
  return h(
    "div",
    { class: "columns" },
    h("div", { class: "left" }, mapView(picture, author, told), author && told ? bytesView(picture, author, told, width) : null),
    told ? h("aside", { "aria-label": "Story" }, storyView(told, picture.moment)) : null,
  );
}

/** @type {(told: Line, moment: number) => Node[]} */
function storyView(told, moment) {
  const steps = story(live, told, page.moment === null ? Infinity : moment);
  return [
    h("h2", null, "The story of ", h("q", null, told.text.slice(0, 40))),
    h(
      "ol",
      null,
      steps.map((step, index) => stepView(step, index)),
    ),
    page.chosen
      ? h("button", { type: "button", onclick: () => ((page.chosen = null), invalidate()) }, "Follow the newest line")
      : h("p", { class: "legend" }, ""),
  ];
}

/** @type {(step: Step, index: number) => Node} */
function stepView({ what, more, ms, place: where, state }, index) {
  return h(
    "li",
    { key: index, class: state, "aria-current": state === "now" ? "step" : null },
    h("span", { class: "sign", "aria-hidden": "true" }, state === "done" ? "✓" : state === "now" ? "●" : "○"),
    h("span", null, what, more ? h("small", null, more) : null, where ? h("code", { title: where }, where) : null),
    h("span", { class: "time" }, ms === null ? "next" : duration(ms)),
  );
}

/** 0.2 ms, 2.08 s. @param {number} ms */
function duration(ms) {
  return ms < 1000 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

// ---- the start ---------------------------------------------------------------------------------

/** @param {KeyboardEvent} event */
function key(event) {
  const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const does = KEYS[event.key];
  if (!does) return;
  event.preventDefault();
  does();
}

/** @type {Record<string, () => void>} */
const KEYS = {
  ArrowLeft: () => travel(-1),
  ArrowRight: () => travel(1),
  Escape: () => ((page.moment = null), (page.chosen = null), invalidate()),
  1: () => show(VIEWS[0]),
  2: () => show(VIEWS[1]),
  3: () => show(VIEWS[2]),
  4: () => show(VIEWS[3]),
  p: () => act({ do: live.paused ? "resume" : "pause" }),
  n: () => act({ do: "step" }),
};

async function start() {
  page.facts = await (await fetch("facts")).json();
  live = emptyPicture(page.facts.named);
  document.title = `${page.facts.live ? "Lab" : "Recording"}: ${page.facts.command}`;
  const stream = new EventSource("events");
  stream.onmessage = (message) => {
    page.lost = false;
    take(JSON.parse(message.data));
  };
  stream.onerror = () => {
    page.lost = true;
    invalidate();
  };
  document.addEventListener("keydown", key);
  window.addEventListener("resize", invalidate);
  invalidate();
}

void start();
