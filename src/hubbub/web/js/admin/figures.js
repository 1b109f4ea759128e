/** Plots the figures that the server reports every two seconds while the page is open. */

import { h } from "../dom.js";
import { locale, t } from "../i18n.js";
import { sizeText } from "../files.js";
import { duration } from "./tables.js";
/** @import { DialogOf, Told } from "../types.js" */

const MOST_SAMPLES = 150;
const FEWEST_SAMPLES = 15; // the width of the plot at the beginning

/** @param {number} value */
const number = (value) => Math.round(value).toLocaleString(locale());

/** @param {number} value */
const size = (value) => sizeText(value);

/**
 * Name -> how to read a sample and how to write the value.
 * @type {Record<string, [(told: Told) => number | null, (value: number) => string]>}
 */
const PLOTS = {
  people: [({ people }) => people, number],
  connections: [({ connections }) => connections, number],
  browsers: [({ browsers }) => browsers, number],
  happened: [({ happened }) => happened, (value) => value.toLocaleString(locale(), { maximumFractionDigits: 1 })],
  cpu: [({ busy }) => busy, (value) => `${value.toLocaleString(locale(), { maximumFractionDigits: 1 })} %`],
  memory: [({ memory }) => memory, size],
};

/**
 * Add a sample; rates are computed from two samples.
 * @param {DialogOf<"admin">} open
 * @param {Told} told
 */
export function sample(open, told) {
  open.samples ||= [];
  const before = open.samples.at(-1);
  const seconds = before ? (told.time - before.time) / 1000 : 0;

  /** @param {string} name */
  const rate = (name) => (before && seconds > 0 && told[name] >= before[name] ? (told[name] - before[name]) / seconds : null);
  const cpu = rate("cpu");
  open.samples.push({ ...told, happened: rate("position"), busy: cpu === null ? null : cpu * 100 });
  if (open.samples.length > MOST_SAMPLES) open.samples.shift();
}

/**
 * @param {Told} told
 * @param {Told[]} samples
 */
export function overview({ figures, storage }, samples) {
  /**
   * @param {string} name
   * @param {string} value
   */
  const fact = (name, value) => h("div", { key: name, class: "fact" }, h("dt", {}, t(`admin_fig_${name}`)), h("dd", {}, value));
  return [
    h(
      "div",
      { class: "plots" },
      Object.entries(PLOTS).map(([name, [read, write]]) => plot(name, samples.map(read), write)),
    ),
    h(
      "dl",
      {},
      fact("up", duration(figures.up)),
      fact("channels", number(figures.channels)),
      fact("accounts", number(figures.accounts)),
      fact("encrypted", `${number(figures.encrypted)} / ${number(figures.connections)}`),
    ),
    h("h3", {}, t("admin_storage")),
    h(
      "dl",
      {},
      Object.entries(storage.files).map(([name, bytes]) => h("div", { key: name, class: "fact" }, h("dt", {}, h("code", {}, name)), h("dd", {}, size(bytes)))),
      fact("free", `${size(storage.free)} / ${size(storage.total)}`),
    ),
  ];
}

/**
 * @param {string} name
 * @param {(number | null | undefined)[]} values
 * @param {(value: number) => string} write
 */
function plot(name, values, write) {
  const known = values.filter((value) => value !== null && value !== undefined);
  const last = known.at(-1);
  const text = last === undefined ? "–" : write(last);
  const most = Math.max(...known, 0) * 1.1 || 1;
  const width = Math.max(values.length, FEWEST_SAMPLES) - 1;

  /** @param {number} i */
  const x = (i) => (200 - ((values.length - 1 - i) / width) * 200).toFixed(1);
  const points = values.map((value, i) => (value === null || value === undefined ? "" : `${x(i)},${(58 - (value / most) * 54).toFixed(1)}`)).filter(Boolean);
  const label = `${t(`admin_fig_${name}`)}: ${text}${known.length > 1 ? ` (${write(Math.min(...known))} – ${write(Math.max(...known))})` : ""}`;
  return h(
    "figure",
    { key: name, class: "plot" },
    h("figcaption", {}, h("span", {}, t(`admin_fig_${name}`)), h("strong", {}, text)),
    h(
      "svg",
      { viewBox: "0 0 200 60", preserveAspectRatio: "none", role: "img", "aria-label": label },
      points.length ? h("polygon", { points: `${points[0].split(",")[0]},60 ${points.join(" ")} 200,60` }) : null,
      h("polyline", { points: points.join(" ") }),
    ),
  );
}
