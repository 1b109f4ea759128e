/**
 * The teacher's page of a class: a card for each member, first predictions as bars, and one step for
 * everybody. It asks for the grid every two seconds.
 */

import { h, render } from "../dom.js";
/** @import { Node } from "../types.js" */

/** @typedef {{ name: string, lesson: number, part: number, passed: number, of: number, minutes: number, stuck: boolean, away: boolean }} Row */
/** @typedef {{ rows: Row[], predictions: Record<string, Record<string, number>>, step: number | null, word: string }} Grid */

const PARTS = ["Goal", "Predict", "Do", "Watch", "Explain", "Your turn", "Questions", "If you are stuck"];
const EVERY = 2000;
const place = /** @type {HTMLElement} */ (document.getElementById("class"));

/** @type {Grid} */
let grid = { rows: [], predictions: {}, step: null, word: "" };
let error = "";
let large = false;

async function load() {
  try {
    grid = await (await fetch("grid")).json();
    error = "";
  } catch {
    error = "The class has ended.";
  }
  draw();
  setTimeout(load, EVERY);
}

/** @param {Record<string, unknown>} asked */
async function order(asked) {
  await fetch("do", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(asked) });
  grid = await (await fetch("grid")).json();
  draw();
}

function draw() {
  document.documentElement.classList.toggle("large", large);
  render(place, header(), h("main", null, summary(), steps(), cards(), bars()));
}

function header() {
  return h(
    "header",
    null,
    h("b", null, "Class"),
    h("span", { class: "grow" }),
    h("a", { class: "chip", href: "table", download: "class.csv" }, "Save as a table"),
    h("button", { type: "button", "aria-pressed": String(large), title: "Larger, for a projector", onclick: () => ((large = !large), draw()) }, "Aa"),
  );
}

function summary() {
  const here = grid.rows.filter((row) => !row.away).length;
  const stuck = grid.rows.filter((row) => row.stuck && !row.away).map((row) => row.name);
  const says = grid.rows.length ? `${here} of ${grid.rows.length} are here` : "Nobody has joined yet";
  return h(
    "div",
    { class: "sentence" },
    h("h1", { "aria-live": "polite" }, says),
    h("p", null, error || (stuck.length ? `Six minutes at one step: ${stuck.join(", ")}` : `The word of this class is ${grid.word}.`)),
  );
}

function steps() {
  return h(
    "div",
    { class: "passing", role: "group", "aria-label": "Everybody to a step" },
    "Everybody to ",
    PARTS.map((name, index) =>
      h(
        "button",
        {
          type: "button",
          key: name,
          class: grid.step === index ? "chip on" : "chip",
          "aria-pressed": String(grid.step === index),
          onclick: () => order({ step: grid.step === index ? null : index }),
        },
        `${index + 1} ${name}`,
      ),
    ),
  );
}

function cards() {
  return h("ul", { class: "cards" }, grid.rows.map(card));
}

/** @param {Row} row */
function card({ name, lesson, part, passed, of, minutes, stuck, away }) {
  const state = away ? "away" : stuck ? "stuck" : "";
  return h(
    "li",
    { key: name, class: `card ${state}` },
    h("b", null, name),
    h("span", null, `lesson ${lesson}, step ${part + 1}: ${PARTS[part]}`),
    h("span", { class: "checks", role: "img", "aria-label": `${passed} of ${of} checks passed` }, "●".repeat(passed), "○".repeat(Math.max(0, of - passed))),
    h("small", null, away ? "away" : `${minutes} min at this step`),
    away ? h("button", { type: "button", class: "small", onclick: () => order({ leave: name }) }, "Remove") : null,
  );
}

function bars() {
  const lessons = Object.entries(grid.predictions).filter(([, counts]) => Object.values(counts).some(Boolean));
  return lessons.map(([lesson, counts]) =>
    h(
      "section",
      { key: lesson, "aria-label": `First predictions, lesson ${lesson}` },
      h("h2", null, `First predictions, lesson ${lesson}`),
      Object.entries(counts).map(([letter, count]) => bar(letter, count, Math.max(...Object.values(counts)))),
    ),
  );
}

/** @type {(letter: string, count: number, most: number) => Node} */
function bar(letter, count, most) {
  return h(
    "div",
    { class: "bar" },
    h("span", null, letter),
    h("span", { class: "length", style: { width: `${(count / most) * 60}%` } }),
    h("span", null, `${count}`),
  );
}

void load();
