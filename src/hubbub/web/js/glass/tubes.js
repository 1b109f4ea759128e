/**
 * A tube shows bytes in a queue of the kernel. Its scale is the same everywhere and for ever, with
 * marks at 1 kB, 10 kB, 100 kB, 1 MB and 10 MB: a tube that is fuller looks fuller. It never shows a
 * share, because nobody knows how much a queue will take. A dashed tube is one that the system does
 * not tell about.
 */

import { h } from "../dom.js";
import { size } from "./story.js";
/** @import { Node } from "../types.js" */

const LARGEST = 7; // 10 MB, as a power of ten
const SMALLEST = 1; // so that even a few bytes are seen

/** How full, 0 to 1. @type {(bytes: number) => number} */
export function fill(bytes) {
  if (bytes <= 0) return 0;
  return Math.min(1, Math.max(SMALLEST, Math.log10(bytes)) / LARGEST);
}

/** @type {(x: number, y: number, width: number, label: string, bytes: number | null | undefined) => Node} */
export function tube(x, y, width, label, bytes) {
  const unknown = bytes === null || bytes === undefined;
  const marks = [3, 4, 5, 6].map((power) => {
    const at = x + (width * power) / LARGEST;
    return h("path", { class: "mark", d: `M${at} ${y + 14}v6` });
  });
  return h(
    "g",
    { class: unknown ? "tube unknown" : bytes ? "tube holds" : "tube" },
    h("title", null, unknown ? `${label}: not on this system` : `${label}: ${size(bytes)}`),
    h("rect", { class: "wall", x, y, width, height: 20, rx: 10 }),
    unknown ? null : h("rect", { class: "water", x, y, width: width * fill(bytes), height: 20, rx: 10 }),
    unknown ? null : marks,
    h("text", { class: "small", x: x + width / 2, y: y - 6, "text-anchor": "middle" }, label),
    h("text", { class: "small", x: x + width / 2, y: y + 35, "text-anchor": "middle" }, unknown ? "not on this system" : size(bytes)),
  );
}
