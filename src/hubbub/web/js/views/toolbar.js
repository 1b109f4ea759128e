/** Draws the toolbar of a message, and handles pointer, touch and keys in the log. Loaded on first use. */

import { askDelete, canDelete, canEdit, react } from "../amending.js";
import { h, targetOf } from "../dom.js";
import { beginEdit, reply } from "../editing.js";
import { t } from "../i18n.js";
import { plain } from "../text.js";
import { iconButton } from "./icons.js";
/** @import { App, Buffer, Item } from "../types.js" */

export const QUICK = ["👍", "❤️", "😄", "🎉", "👀", "🙏"];

/**
 * @param {App} app
 * @param {Buffer} buffer
 * @param {Item} item
 */
export function toolbar(app, buffer, item) {
  const tags = app.can("message-tags") && item.id && (buffer.joined || buffer.kind === "private");
  return h(
    "div",
    { class: "actions", role: "toolbar", "aria-label": t("messageActions") },
    tags
      ? QUICK.slice(0, 3).map((emoji) =>
          h(
            "button",
            {
              key: emoji,
              type: "button",
              class: "icon-button quick",
              "aria-label": t("reactWith", { reaction: emoji }),
              title: t("reactWith", { reaction: emoji }),
              onclick: () => react(app, buffer, item, emoji),
            },
            emoji,
          ),
        )
      : null,
    tags
      ? iconButton("smile", t("addReaction"), (e) => app.ui.withMenus(e.currentTarget, (menus, anchor) => menus.reactionMenu(app, buffer, item, anchor)))
      : null,
    tags ? iconButton("reply", t("reply"), () => reply(app, buffer, item)) : null,
    canEdit(app, item) ? iconButton("pencil", t("edit"), () => beginEdit(app, item)) : null,
    iconButton("more", t("more"), (e) => app.ui.withMenus(e.currentTarget, (menus, anchor) => menus.messageMenu(app, buffer, item, anchor))),
  );
}

// ---- by pointer, touch and key -----------------------------------------------------------------

/**
 * The message that an event happened to.
 * @param {Event} event
 */
function messageOf(event) {
  return targetOf(event)?.closest(".message");
}

/**
 * @param {App} app
 * @param {Event} event
 */
export function hover(app, event) {
  if (!matchMedia("(hover: none)").matches) setHover(app, messageOf(event)?.dataset.key ?? null);
}

/**
 * @param {App} app
 * @param {string | null} key
 */
export function setHover(app, key) {
  if (app.ui.hover === key || app.ui.menu) return;
  app.ui.hover = key;
  app.invalidate();
}

/**
 * @param {App} app
 * @param {Event} event
 */
export function tapped(app, event) {
  if (!matchMedia("(hover: none)").matches || targetOf(event)?.closest("a, button, pre")) return;
  if (String(getSelection())) return;
  const key = messageOf(event)?.dataset.key ?? null;
  app.ui.hover = app.ui.hover === key ? null : key;
  app.invalidate();
}

/**
 * @param {App} app
 * @param {Event} event
 */
export function focused(app, event) {
  const row = messageOf(event);
  if (row && row === event.target && row.matches(":focus-visible")) setHover(app, row.dataset.key ?? null);
}

/**
 * Handle a key in the log: arrows move the focus, letters act on a message.
 * @param {App} app
 * @param {HTMLElement} log
 * @param {KeyboardEvent} event
 */
export function pressed(app, log, event) {
  const { key } = event;
  const target = targetOf(event);
  if (target !== log && !target?.classList.contains("message")) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const all = [...log.querySelectorAll(".message")];
  const at = all.findIndex((row) => row === target);
  if (key === "ArrowUp" || key === "ArrowDown") {
    const next = at < 0 ? all.at(-1) : all[at + (key === "ArrowUp" ? -1 : 1)];
    next?.focus();
    event.preventDefault();
    return;
  }
  if (at >= 0 && act(app, all[at], key)) event.preventDefault();
}

/**
 * Act on the focused message. Returns true if the key has a meaning.
 * @param {App} app
 * @param {HTMLElement} row
 * @param {string} name
 */
function act(app, row, name) {
  const { buffer, ui } = app;
  const item = buffer && itemOf(buffer, row);
  if (!item || item.deleted) return false;
  if (name === "Enter" || name === " ") ui.withMenus(row, (menus) => menus.messageMenu(app, buffer, item, row));
  else if (name === "r") reply(app, buffer, item);
  else if (name === "e" && canEdit(app, item)) beginEdit(app, item);
  else if (name === "+" || name === "l") ui.withMenus(row, (menus) => menus.reactionMenu(app, buffer, item, row));
  else if (name === "c") ui.copy(plain(item.text));
  else if (name === "Delete" && canDelete(app, item)) askDelete(app, buffer, item);
  else return false;
  return true;
}

/**
 * @param {Buffer} buffer
 * @param {HTMLElement} row
 */
function itemOf(buffer, row) {
  const timeline = buffer.past || buffer.live;
  return timeline.items.find(({ key: itemKey }) => itemKey === row.dataset.key) || null;
}
