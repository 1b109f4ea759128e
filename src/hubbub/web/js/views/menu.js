/** Draws the menu that is open: a list beside what was clicked, a sheet on a phone. */

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { icon } from "./icons.js";
/** @import { App, On } from "../types.js" */

/** @param {App} app */
export function menu(app) {
  const { menu: open } = app.ui;
  if (!open) return null;
  const props = {
    key: "menu",
    ref: /** @param {HTMLElement} element */ (element) => place(element, open.box),
    onkeydown: walk,
    "aria-label": open.title || t("more"),
  };
  if (open.emoji) {
    /** @param {string} emoji */
    const pick = (emoji) => {
      app.ui.closeMenu(true);
      open.pick?.(emoji);
    };
    const [recent, all] = open.emoji;
    return h(
      "div",
      { ...props, class: "menu emoji-menu", role: "dialog" },
      h(
        "div",
        { class: "emoji-row" },
        recent.map((emoji) => button(emoji, emoji, pick)),
      ),
      h(
        "div",
        { class: "emoji-grid" },
        all.map(([name, emoji]) => button(emoji, name, pick)),
      ),
    );
  }
  return h(
    "div",
    { ...props, class: "menu", role: "menu" },
    open.title ? h("div", { class: "menu-title", role: "presentation", dir: "auto" }, open.title) : null,
    open.items.map((item, i) =>
      item.separator
        ? h("div", { key: i, class: "menu-separator", role: "separator" }, item.label || null)
        : h(
            "button",
            {
              key: i,
              type: "button",
              role: item.checked === undefined ? "menuitem" : "menuitemradio",
              "aria-checked": item.checked,
              class: item.danger ? "danger" : "",
              onclick: () => {
                app.ui.closeMenu(true);
                item.run?.();
              },
            },
            item.checked !== undefined ? h("span", { class: "menu-check" }, item.checked ? icon("check") : null) : icon(item.icon || "check"),
            h("span", { dir: "auto" }, item.label),
          ),
    ),
  );
}

/**
 * @param {string} emoji
 * @param {string} name
 * @param {(emoji: string) => unknown} pick
 */
function button(emoji, name, pick) {
  return h("button", { key: name, type: "button", class: "emoji-choice", title: `:${name}:`, "aria-label": name, onclick: () => pick(emoji) }, emoji);
}

/**
 * Place the menu beside its anchor, inside the window.
 * @param {HTMLElement} element
 * @param {{ left: number; top: number; right: number; bottom: number; }} box
 */
function place(element, { left, right, top, bottom }) {
  const { width, height } = element.getBoundingClientRect();
  const rtl = document.documentElement.dir === "rtl";
  const x = rtl ? right - width : left;
  const below = bottom + height + 8 < innerHeight;
  const y = below ? bottom + 4 : top - height - 4;
  element.style.setProperty("--x", `${Math.max(8, Math.min(x, innerWidth - width - 8))}px`);
  element.style.setProperty("--y", `${Math.max(8, Math.min(y, innerHeight - height - 8))}px`);
  element.querySelector("button")?.focus();
}

/** @param {On<KeyboardEvent, HTMLElement>} event */
function walk(event) {
  const all = [...event.currentTarget.querySelectorAll("button")];
  const at = all.findIndex((each) => each === document.activeElement);
  const across = event.currentTarget.classList.contains("emoji-menu") ? 8 : 1;
  /** @type {Record<string, number>} */
  const steps = { ArrowDown: across, ArrowUp: -across, ArrowRight: across > 1 ? 1 : 0, ArrowLeft: across > 1 ? -1 : 0, Tab: event.shiftKey ? -1 : 1 };
  let next = null;
  if (steps[event.key]) next = all[(at + steps[event.key] + all.length) % all.length];
  else if (event.key === "Home") next = all[0];
  else if (event.key === "End") next = all.at(-1);
  if (!next) return;
  next.focus();
  event.preventDefault();
}
