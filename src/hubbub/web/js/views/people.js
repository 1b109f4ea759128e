/** Draws people the same way everywhere: their picture, their name and its colour. */

import { h } from "../dom.js";
/** @import { Props, State } from "../types.js" */

/**
 * A hue of 0 to 359 that is always the same for a name.
 * @param {string} name
 */
export function hue(name) {
  let hash = 2166136261;
  for (const char of name.toLowerCase()) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 16777619);
  return ((hash >>> 0) * 137) % 360;
}

/** @param {string} name */
function initials(name) {
  const letters = [...name.replace(/^[^\p{L}\p{N}]+/u, "")];
  if (!letters.length) return "?";
  const second = letters.slice(1).find((letter, i) => /\p{Lu}/u.test(letter) || /[-_ ]/.test(letters[i]));
  return (letters[0] + (second && /[\p{L}\p{N}]/u.test(second) ? second : "")).toUpperCase();
}

/** @type {State | null} */
let page = null; // the state of the page

/**
 * Take people's pictures from this state.
 * @param {State} state
 */
export function showPictures(state) {
  page = state;
}

/**
 * The address of somebody's picture. Only pictures on this server are loaded.
 * @param {string} name
 */
export function pictureOf(name) {
  const wanted = page?.users.get(page.fold(name))?.meta.get("avatar");
  if (!wanted) return "";
  try {
    const url = new URL(wanted.replace("{size}", "96"), location.href);
    return url.origin === location.origin && url.pathname.startsWith("/files/") ? url.href : "";
  } catch {
    return "";
  }
}

/** @param {string} name */
export function avatar(name, size = "") {
  const src = pictureOf(name);
  return h(
    "span",
    { class: `avatar ${size}`, style: { "--hue": hue(name) }, "aria-hidden": true },
    src ? h("img", { src, alt: "", loading: "lazy", draggable: "false" }) : initials(name),
  );
}

/**
 * A nick, isolated so that a right-to-left one does not reorder the text around it.
 * @param {string} name
 * @param {Props} [props]
 */
export function nickname(name, props = {}) {
  return h("bdi", { ...props, class: `nick ${props.class || ""}`, style: { "--hue": hue(name) } }, name);
}

/**
 * Is somebody away, here, or unknown?
 * @param {State} state
 * @param {string} nick
 */
export function presence(state, nick) {
  const known = state.users.get(state.fold(nick));
  const here = known && [...state.buffers.values()].some((b) => b.members.has(state.fold(nick)));
  if (known?.away !== null && known?.away !== undefined) return "away";
  return here ? "here" : "unknown";
}
