/** Draws the whole page: list, conversation, side panel, dialogs, toasts. */

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { later } from "../later.js";
import { composer } from "./composer.js";
import { banner, header, typingLine } from "./header.js";
import { icon, iconButton } from "./icons.js";
import { Scroller } from "./scroller.js";
import { sidebar } from "./sidebar.js";
/** @import { App, Node, Part, Toast } from "../types.js" */

/** @param {App} app */
export function shell(app) {
  const { ui, buffer } = app;
  return [
    h(
      "a",
      {
        key: "skip",
        class: "skip",
        href: "#composer",
        onclick: (e) => {
          e.preventDefault();
          app.composer?.box.focus();
        },
      },
      t("skipToComposer"),
    ),
    h(
      "div",
      { key: "frame", class: `frame ${ui.panel && buffer ? "with-panel" : ""} ${ui.drawer ? "with-drawer" : ""}` },
      sidebar(app),
      ui.drawer
        ? h("div", {
            key: "shade",
            class: "shade",
            onclick: () => {
              ui.drawer = false;
              app.invalidate();
            },
          })
        : null,
      h(
        "main",
        { key: "main", class: "main" },
        header(app),
        banner(app),
        h(
          "div",
          { key: "stage", class: "stage" },
          h("div", {
            key: "log",
            class: "log",
            tabindex: "0",
            role: "region",
            "aria-label": buffer ? t("messagesIn", { name: buffer.name }) : t("messages"),
            ref: (element) => (app.scroller = new Scroller(app, element)),
          }),
          waysBack(app),
        ),
        ui.dropping ? h("div", { key: "drop", class: "drop-here" }, h("p", {}, icon("clip"), t("dropHere", { name: buffer?.name || "" }))) : null,
        typingLine(app),
        composer(app),
        drawn(app, MENU, "menu"),
      ),
      drawn(app, PANEL, "panel"),
    ),
    drawn(app, DIALOG, "dialog"),
    h(
      "div",
      { key: "toasts", class: "toasts", role: "status", "aria-live": "polite" },
      ui.toasts.map((toast) => toastView(app, toast)),
    ),
    announcer(app),
  ];
}

// Loaded when first opened.
const MENU = later(() => import("./menu.js"));
const PANEL = later(() => import("./panels.js"));
const DIALOG = later(() => import("./dialogs.js"));
const PILLS = later(() => import("./pills.js"));

/**
 * Draw what `ui[name]` holds with the function of that name in `part`.
 * @param {App} app
 * @param {Part<Record<string, (app: App) => Node | null>>} part
 * @param {"menu" | "panel" | "dialog"} name
 */
function drawn(app, part, name) {
  if (!app.ui[name]) return null;
  if (part.now) return part.now[name](app);
  part.fetch().then(
    () => app.invalidate(),
    () => {
      app.ui[name] = null;
      app.ui.toast(t("notConnected"), null, "error");
    },
  );
  return null;
}

/**
 * Draw the buttons to the present and to the first unread message, if there may be one.
 * @param {App} app
 */
function waysBack(app) {
  const { buffer, scroller } = app;
  if (!buffer || !scroller || (scroller.stuck && !buffer.unread)) return null;
  if (PILLS.now) return PILLS.now.pills(app, scroller);
  PILLS.use(() => app.invalidate());
  return null;
}

/**
 * @param {App} app
 * @param {Toast} toast
 */
function toastView(app, toast) {
  const { action } = toast;
  return h(
    "div",
    { key: toast.key, class: `toast ${toast.kind}` },
    toast.kind === "error" ? icon("alert") : null,
    h("span", { dir: "auto" }, toast.text),
    action
      ? h(
          "button",
          {
            type: "button",
            class: "button",
            onclick: () => {
              app.ui.dismiss(toast);
              action.run();
            },
          },
          action.label,
        )
      : null,
    iconButton("close", t("close"), () => app.ui.dismiss(toast)),
  );
}

/**
 * Draw the log for screen readers, which announces each new message once. The visible list must not be
 * a live region, since scrolling redraws it.
 * @param {App} app
 */
function announcer(app) {
  const { heard } = app.notifier;
  if (heard.length > 30) heard.splice(0, heard.length - 10);
  return h(
    "div",
    { key: "announcer", class: "offscreen", role: "log", "aria-live": "polite", "aria-relevant": "additions", "aria-label": t("newMessages") },
    heard.map(({ key, text }) => h("p", { key }, text)),
  );
}
