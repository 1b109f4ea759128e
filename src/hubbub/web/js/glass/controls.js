/**
 * The controls of the lab, in the order in which the lessons need them. A control that does
 * something is a chip that is on; what is not here has its reason in a sentence below.
 */

import { h } from "../dom.js";
/** @import { Child, Node } from "../types.js" */
/** @import { Facts, Picture } from "./types.js" */

/** @typedef {(asked: Record<string, unknown>) => void} Act */
/** @typedef {{ who: string }} Chosen  whom the page speaks for */

const NAMES = ["alice", "bob", "carol", "dave"];
/** @type {[string, number][]} */
const PIECES = [
  ["as they come", 0],
  ["1 byte", 1],
  ["2 bytes", 2],
  ["3 bytes", 3],
  ["7 bytes", 7],
  ["20 bytes", 20],
];
/** @type {[string, number][]} */
const GLUE = [
  ["off", 0],
  ["2 lines", 2],
  ["3 lines", 3],
  ["5 lines", 5],
];
/** @type {[string, number][]} */
const SLOW = [
  ["off", 0],
  ["0.2 s a step", 200],
  ["1 s a step", 1000],
];
/** @type {[string, number][]} */
const DELAY = [
  ["none", 0],
  ["50 ms", 50],
  ["1 s", 1000],
];
const ABSENT = [
  "Loss is not here: TCP sends again what was lost, and you would only see a pause.",
  "Reordering is not here: TCP puts bytes in order.",
  "A slow accept is not here: the kernel answers, not the program.",
];

/** @type {(picture: Picture, facts: Facts, chosen: Chosen, act: Act, redraw: () => void) => Node} */
export function controlsView(picture, facts, chosen, act, redraw) {
  return h(
    "section",
    { class: "controls", "aria-label": "Controls" },
    speak(facts, chosen, act, redraw),
    passing(picture, act),
    more(picture, facts, chosen, act),
  );
}

/** A form that says a line. @type {(facts: Facts, chosen: Chosen, act: Act, redraw: () => void) => Node} */
function speak(facts, chosen, act, redraw) {
  const names = NAMES.includes(chosen.who) ? NAMES : [chosen.who, ...NAMES];
  return h(
    "form",
    { class: "speak", onsubmit: (event) => (event.preventDefault(), say(event.target, chosen, act)) },
    h(
      "label",
      null,
      "As ",
      h(
        "select",
        { name: "who", value: chosen.who, onchange: (event) => ((chosen.who = event.target.value), redraw()) },
        names.map((name) => h("option", { value: name, key: name }, name)),
      ),
    ),
    h("input", { name: "text", placeholder: "hello", "aria-label": "What to say", autocomplete: "off", maxlength: 2000 }),
    h("button", { class: "primary" }, "Say something"),
    facts.named ? h("button", { type: "button", onclick: () => act({ do: "join", who: chosen.who }) }, "Only join") : null,
    h("button", { type: "button", onclick: () => act({ do: "leave", who: chosen.who }) }, "Leave"),
  );
}

/** @type {(form: HTMLElement, chosen: Chosen, act: Act) => void} */
function say(form, chosen, act) {
  const field = form.querySelector("input");
  if (!field) return;
  act({ do: "say", who: chosen.who, text: field.value || field.placeholder });
  field.value = "";
}

/** A control with some values to choose from. @type {(picture: Picture, act: Act, name: string, label: string, values: [string, number][]) => Node} */
function choice({ controls }, act, name, label, values) {
  const value = /** @type {Record<string, number | boolean>} */ (controls)[name];
  const options = values.some(([, each]) => each === value) ? values : [...values, /** @type {[string, number]} */ ([`${value}`, Number(value)])];
  return h(
    "label",
    { class: value ? "chip on" : "chip" },
    `${label} `,
    h(
      "select",
      { value: String(value), onchange: (event) => act({ do: "set", controls: { [name]: Number(event.target.value) } }) },
      options.map(([text, each]) => h("option", { value: String(each), key: each }, text)),
    ),
  );
}

/** How bytes are passed on. @type {(picture: Picture, act: Act) => Node} */
function passing(picture, act) {
  const { controls, paused } = picture;
  return h(
    "div",
    { class: "passing" },
    choice(picture, act, "pieces", "Pieces of", PIECES),
    toggle("Everybody stops reading", controls.stopped, () => act({ do: "set", controls: { stopped: !controls.stopped } })),
    toggle(paused ? "Continue" : "Pause", paused, () => act({ do: paused ? "resume" : "pause" })),
    h("button", { type: "button", class: "chip", onclick: () => act({ do: "step" }) }, "Next step"),
    picture.changed || picture.program.state === "ended"
      ? h(
          "button",
          { type: "button", class: "chip on", onclick: () => act({ do: "restart" }) },
          picture.changed ? "Its file has changed: start it again" : "Start the program again",
        )
      : null,
  );
}

/** @type {(text: string, on: boolean, onclick: () => void) => Node} */
function toggle(text, on, onclick) {
  return h("button", { type: "button", class: on ? "chip on" : "chip", "aria-pressed": String(on), onclick }, text);
}

/** What is needed more rarely. @type {(picture: Picture, facts: Facts, chosen: Chosen, act: Act) => Node} */
function more(picture, facts, chosen, act) {
  return h(
    "details",
    null,
    h("summary", null, "More"),
    h(
      "div",
      { class: "passing" },
      choice(picture, act, "lines", "Glue", GLUE),
      choice(picture, act, "slow", "Slow motion", SLOW),
      choice(picture, act, "delay", "Delay", DELAY),
    ),
    h(
      "div",
      { class: "passing" },
      h("button", { type: "button", class: "chip", onclick: () => act({ do: "visit" }) }, "Connect and leave"),
      facts.hostile.map((what) =>
        h("button", { type: "button", class: "chip", key: what, onclick: () => act({ do: "hostile", who: "mallory", what }) }, `Send ${what}`),
      ),
      [0, 5, 20, 50].map((count) =>
        h(
          "button",
          { type: "button", class: "chip", key: count, onclick: () => act({ do: "crowd", size: count }) },
          count ? `${count} people chat` : "No crowd",
        ),
      ),
      h("button", { type: "button", class: "chip", onclick: () => act({ do: "restart" }) }, "Start the program again"),
      h("a", { class: "chip", href: "recording", download: "lab.jsonl" }, "Save a recording"),
    ),
    h("p", { class: "legend" }, address(facts), ABSENT.join(" ")),
  );
}

/** @type {(facts: Facts) => Child} */
function address({ port }) {
  return port ? [h("code", null, `nc 127.0.0.1 ${port}`), " connects from a terminal. "] : null;
}
