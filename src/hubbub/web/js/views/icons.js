/** Small drawings, 24 by 24, in the colour of the text around them. */

import { h } from "../dom.js";
/** @import { Child, Pointed, Props } from "../types.js" */

/** @type {Record<string, string>} */
const PATHS = {
  hash: "M9 4 7 20M17 4l-2 16M4 9h16M3.5 15h16",
  at: "M16 12a4 4 0 1 0-8 0 4 4 0 0 0 8 0zm0 0v1.5a2.5 2.5 0 0 0 5 0V12a9 9 0 1 0-3.5 7.1",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5 20 20",
  people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20a6.5 6.5 0 0 1 13 0M16 4.3a3.5 3.5 0 0 1 0 6.4M18 14.2a6.5 6.5 0 0 1 3.5 5.8",
  plus: "M12 5v14M5 12h14",
  send: "M4 12 20 4l-5 16-3.5-6.5zM11.500 13.500 20 4",
  smile: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8.500 14.500a4.300 4.300 0 0 0 7 0M9 9.500v.2M15 9.500v.2",
  reply: "M9 7 4 12l5 5M4 12h10a6 6 0 0 1 6 6v1",
  pencil: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5",
  more: "M5 12v.1M12 12v.1M19 12v.1",
  gear: "M12 15.200a3.200 3.200 0 1 0 0-6.400 3.200 3.200 0 0 0 0 6.400zM12 3v2.500M12 18.500V21M3 12h2.500M18.500 12H21M5.600 5.600l1.800 1.800M16.600 16.600l1.800 1.800M18.400 5.600l-1.800 1.800M7.400 16.600l-1.800 1.800",
  down: "M12 4v15M5.500 12.500 12 19l6.500-6.500",
  up: "M12 20V5M5.500 11.500 12 5l6.500 6.500",
  before: "M15 5l-7 7 7 7",
  after: "M9 5l7 7-7 7",
  close: "M6 6l12 12M18 6 6 18",
  menu: "M4 7h16M4 12h16M4 17h16",
  bell: "M6 16V11a6 6 0 0 1 12 0v5l1.500 2h-15zM10 20.500a2.200 2.200 0 0 0 4 0",
  muted: "M6 16V11a6 6 0 0 1 9-5.200M18 11v5l1.500 2h-15M10 20.500a2.200 2.200 0 0 0 4 0M4 4l16 16",
  link: "M10 14a4 4 0 0 0 5.700 0l3-3A4 4 0 0 0 13 5.300l-1 1M14 10a4 4 0 0 0-5.700 0l-3 3a4 4 0 0 0 5.700 5.700l1-1",
  clip: "M19 11.500l-7.500 7.500a4.600 4.600 0 0 1-6.500-6.500l8-8a3 3 0 0 1 4.300 4.300l-8 8a1.500 1.500 0 0 1-2.100-2.100l7-7",
  qr: "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2.500v2.500M20 14v2M14 20h2M18.500 18.500H20V20",
  check: "M5 12.500 10 17.500 19.500 7",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3.500 2",
  alert: "M12 4 2.500 20h19zM12 10v4M12 17v.2",
  invite: "M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM2.500 20a6.500 6.500 0 0 1 11-4.700M18 13v7M14.500 16.500h7",
  calendar: "M5 6h14v14H5zM5 10h14M9 3.500V7M15 3.500V7",
  help: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM9.500 9.500a2.500 2.500 0 1 1 3.700 2.200c-.8.5-1.200 1-1.200 1.800M12 16.500v.2",
  out: "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
  lock: "M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3",
  image: "M4 5h16v14H4zM4 16l4.500-4.500L13 16l3-3 4 4M15.500 9.500v.1",
};

/** @param {string} name */
export function icon(name) {
  return h(
    "svg",
    {
      class: `icon ${["reply", "send", "before", "after"].includes(name) ? "flips" : ""}`,
      viewBox: "0 0 24 24",
      fill: "none",
      stroke: "currentColor",
      "stroke-width": name === "more" ? "3" : "1.8",
      "stroke-linecap": "round",
      "stroke-linejoin": "round",
      "aria-hidden": true,
    },
    h("path", { d: PATHS[name] || "" }),
  );
}

/**
 * A button that is only an icon; `label` is what it says to those who do not see it.
 * @param {string} name
 * @param {string} label
 * @param {(event: Pointed) => unknown} onclick
 * @param {Props & { title?: string, badge?: Child }} [props]
 */
export function iconButton(name, label, onclick, props = {}) {
  return h(
    "button",
    { type: "button", ...props, class: `icon-button ${props.class || ""}`, title: props.title ?? label, "aria-label": label, onclick },
    icon(name),
    props.badge,
  );
}
