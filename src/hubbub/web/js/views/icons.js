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
  send: "M4 12 20 4l-5 16-3.5-6.5zM11.5 13.5 20 4",
  smile: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8.5 14.5a4.3 4.3 0 0 0 7 0M9 9.5v.2M15 9.5v.2",
  reply: "M9 7 4 12l5 5M4 12h10a6 6 0 0 1 6 6v1",
  pencil: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5",
  more: "M5 12v.1M12 12v.1M19 12v.1",
  gear: "M12 15.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4zM12 3v2.5M12 18.5V21M3 12h2.5M18.5 12H21M5.6 5.6l1.8 1.8M16.6 16.6l1.8 1.8M18.4 5.6l-1.8 1.8M7.4 16.6l-1.8 1.8",
  down: "M12 4v15M5.5 12.5 12 19l6.5-6.5",
  up: "M12 20V5M5.5 11.5 12 5l6.5 6.5",
  before: "M15 5l-7 7 7 7",
  after: "M9 5l7 7-7 7",
  close: "M6 6l12 12M18 6 6 18",
  menu: "M4 7h16M4 12h16M4 17h16",
  bell: "M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15zM10 20.5a2.2 2.2 0 0 0 4 0",
  muted: "M6 16V11a6 6 0 0 1 9-5.2M18 11v5l1.5 2h-15M10 20.5a2.2 2.2 0 0 0 4 0M4 4l16 16",
  link: "M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1-1",
  clip: "M19 11.5l-7.5 7.5a4.6 4.6 0 0 1-6.5-6.5l8-8a3 3 0 0 1 4.3 4.3l-8 8a1.5 1.5 0 0 1-2.1-2.1l7-7",
  qr: "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2.5v2.5M20 14v2M14 20h2M18.5 18.5H20V20",
  check: "M5 12.5 10 17.5 19.5 7",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3.5 2",
  alert: "M12 4 2.5 20h19zM12 10v4M12 17v.2",
  invite: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20a6.5 6.5 0 0 1 11-4.7M18 13v7M14.5 16.5h7",
  calendar: "M5 6h14v14H5zM5 10h14M9 3.5V7M15 3.5V7",
  help: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM9.5 9.5a2.5 2.5 0 1 1 3.7 2.2c-.8.5-1.2 1-1.2 1.8M12 16.5v.2",
  out: "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
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
 * A button with an icon; screen readers announce `label`.
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
