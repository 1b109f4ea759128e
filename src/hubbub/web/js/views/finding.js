/** Draws the search panel: the box, the hits, the way to older ones. */

import { h, memo } from "../dom.js";
import { showMessage } from "../lookback.js";
import { clock, fullTime, shortDay, t } from "../i18n.js";
import { excerpt, pieces } from "../marking.js";
import { search, searchOlder } from "../searching.js";
import { find, isChannel } from "../state.js";
import { formatText } from "../text.js";
import { nickname } from "./people.js";
/** @import { App, Buffer, FieldsForm, Finding, Hit, Item, On, Piece } from "../types.js" */

const NEAR = 300; // pixels from the end at which older hits are asked for
const EXAMPLES = {
  from: "from:anna",
  in: "in:#lobby",
  on: "on:2026-11-20",
  before: "before:-7d",
  after: "after:monday",
  has: "has:link",
  quotes: '"…"',
  star: "begin*",
};

/**
 * @param {App} app
 * @param {Buffer} buffer
 */
export function finding(app, buffer) {
  const { search: found, searchHere: here } = app.ui;
  return h(
    "div",
    { class: "panel-body search", ref: (element) => enter(app, element), onscroll: (e) => scrolled(app, e.currentTarget), onkeydown: (e) => walk(e) },
    h(
      "form",
      {
        role: "search",
        onsubmit: (e) => {
          e.preventDefault();
          run(app, buffer, e.target);
        },
      },
      h("input", {
        type: "search",
        name: "text",
        value: found?.text || "",
        placeholder: t("searchPlaceholder"),
        "aria-label": t("search"),
        enterkeyhint: "search",
        dir: "auto",
      }),
      buffer.kind === "server"
        ? null
        : h(
            "label",
            { class: "check" },
            h("input", { type: "checkbox", name: "here", checked: Boolean(here), onchange: (e) => e.target.form?.requestSubmit() }),
            h("span", {}, t("onlyIn", { channel: here || buffer.name })),
          ),
    ),
    found ? outcome(app, found) : operators(),
  );
}

/**
 * Restore the position, and focus the opened hit or the box.
 * @param {App} app
 * @param {HTMLElement} element
 */
function enter(app, element) {
  element.scrollTop = app.ui.search?.scroll ?? 0;
  (element.querySelector("[aria-current]") || element.querySelector("input"))?.focus();
}

/**
 * @param {App} app
 * @param {HTMLElement} element
 */
function scrolled(app, element) {
  const found = app.ui.search;
  if (found) found.scroll = element.scrollTop;
  if (!found?.problem && element.scrollHeight - element.scrollTop - element.clientHeight < NEAR) searchOlder(app);
}

/**
 * Move the focus with the arrows, between the box and the hits.
 * @param {On<KeyboardEvent, HTMLElement>} event
 */
function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || event.target.matches("[type=checkbox]")) return;
  const stops = [...event.currentTarget.querySelectorAll("input[type=search], .result, .older")];
  stops[stops.indexOf(event.target) + step]?.focus();
  event.preventDefault();
}

function operators() {
  return h(
    "dl",
    { class: "operators" },
    Object.entries(EXAMPLES).flatMap(([name, example]) => [h("dt", {}, h("code", { dir: "ltr" }, example)), h("dd", {}, t(`operator_${name}`))]),
  );
}

/**
 * @param {App} app
 * @param {Finding} found
 */
function outcome(app, found) {
  const { results, busy, more, problem, query, partial, wanted } = found;
  return [
    h(
      "p",
      { key: "status", class: "note", role: "status" },
      results.length ? t(more ? "foundNewest" : "foundCount", { n: results.length }) : busy ? t("searching") : problem ? "" : t("foundNothing"),
      partial ? ` ${t("searchedHere")}` : "",
    ),
    (query.odd || []).map((text) => h("p", { key: `odd ${text}`, class: "remark" }, t("dayNotUnderstood", { text }))),
    h(
      "ol",
      { key: "results", class: "results" },
      results.map((hit) => memo(hit.item.key, [hit.item.rev, found.opened === hit.item, wanted, app.settings.values], () => row(app, found, hit))),
    ),
    problem ? h("p", { key: "problem", class: "error", role: "alert" }, problem) : null,
    more && (results.length || problem || !busy)
      ? h(
          "p",
          { key: "more", class: "note" },
          h(
            "button",
            { type: "button", class: "button older", "aria-disabled": Boolean(busy), onclick: (e) => older(app, e.currentTarget) },
            t(busy ? "searching" : problem ? "tryNow" : "olderHits"),
          ),
        )
      : null,
    results.length && !more ? h("p", { key: "end", class: "note" }, t("noOlderHits")) : null,
    !results.length && !more && !busy && !problem ? beginnings(app, found) : null,
  ];
}

/**
 * Offer to search for beginnings of words, since the server finds whole words.
 * @param {App} app
 * @param {Finding} found
 */
function beginnings(app, found) {
  const { text: wanted = "" } = found.query;
  if (!/\p{L}/u.test(wanted) || /["*]/.test(wanted)) return null;
  const text = `${found.text.trim()} `.replace(/(?<=^|\s)([^\s:]*[\p{L}\p{N}])(?=\s)/gu, "$1*").trim();
  return text.includes("*")
    ? h(
        "p",
        { key: "star", class: "note" },
        h("button", { type: "button", class: "button", onclick: () => search(app, text, found.here) }, t("searchBeginnings", { text })),
      )
    : null;
}

/**
 * @param {App} app
 * @param {Finding} found
 * @param {Hit} hit
 */
function row(app, { opened, wanted }, { item, channel }) {
  const text = item.deleted ? t("deleted") : plainText(item.text);
  return h(
    "li",
    {},
    h(
      "button",
      { type: "button", class: "result", "aria-current": opened === item ? "true" : null, onclick: () => open(app, channel, item) },
      h(
        "span",
        { class: "byline" },
        nickname(item.nick),
        h("bdi", { class: "where" }, channel),
        h("time", { datetime: new Date(item.time).toISOString(), title: fullTime(item.time) }, `${shortDay(item.time)}, ${clock(item.time)}`),
      ),
      h(
        "span",
        { class: `text ${item.deleted ? "gone" : ""}`, dir: "auto" },
        pieces(excerpt(text, wanted), wanted).map((piece, i) => (i % 2 ? h("mark", {}, piece) : piece)),
      ),
    ),
  );
}

/**
 * The text without buttons, since the hit is a button itself.
 * @param {string} text
 */
function plainText(text) {
  return formatText(text).map(wordsOf).join("");
}

/** @type {(node: Piece) => string} */
function wordsOf(node) {
  if (typeof node === "string") return node;
  const inner = node.children.map(wordsOf).join("");
  return node.type === "pre" || node.type === "quote" ? `\n${inner}\n` : inner;
}

/**
 * @param {App} app
 * @param {Buffer} buffer
 * @param {FieldsForm} form
 */
function run(app, buffer, form) {
  const text = form.elements.text.value.trim();
  const here = form.elements.here?.checked ? app.ui.searchHere || buffer.name : "";
  if (text) return search(app, text, here);
  Object.assign(app.ui, { search: null, searchHere: here });
  app.invalidate();
}

/**
 * Load older hits for the button, and focus the first of them.
 * @param {App} app
 * @param {HTMLElement} button
 */
async function older(app, button) {
  const shown = app.ui.search?.results.length ?? 0;
  const list = button.closest(".search");
  await searchOlder(app);
  requestAnimationFrame(() => list?.querySelectorAll(".result")[shown]?.focus());
}

/**
 * @param {App} app
 * @param {string} channel
 * @param {Item} item
 */
async function open(app, channel, item) {
  if (item.deleted) return app.ui.toast(t("messageGone"));
  if (isChannel(app.state, channel) && !find(app.state, channel)?.joined) return app.ui.toast(t("searchNoPlace", { name: channel }));
  if (app.ui.search) app.ui.search.opened = item;
  const buffer = app.conversations.show(channel);
  if (matchMedia("(max-width: 700px)").matches) app.ui.panel = null;
  if (item.id && (await showMessage(app, buffer, item.id))) return;
  app.ui.toast(t("messageGone"));
}
