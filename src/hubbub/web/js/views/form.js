/** Draws what dialogs are made of: the frame around them, and the parts of a form. */

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { iconButton } from "./icons.js";
/** @import { App, Child, Dialog, DialogName, DialogView, Drawn, Fields, FieldsForm, Node, Props } from "../types.js" */

/**
 * A dialog whose module is loaded when it is opened.
 * @type {<N extends DialogName>(load: () => Promise<{ view: DialogView<N> }>) => DialogView<N>}
 */
export function whenOpened(load) {
  /** @type {Awaited<ReturnType<typeof load>>["view"] | null} */
  let view = null;
  return (app, open) => {
    if (view) return view(app, open);
    load().then(
      (module) => {
        view = module.view;
        app.invalidate();
        requestAnimationFrame(() => requestAnimationFrame(() => document.querySelector(".dialog-head ~ * [data-focus]")?.focus()));
      },
      () => app.ui.toast(t("notConnected"), null, "error"),
    );
    return { title: t("loading"), body: h("p", { class: "note" }, t("loading")) };
  };
}

/**
 * The dialog `open`, as its view has drawn it.
 * @param {App} app
 * @param {Dialog} open
 * @param {Drawn} drawn
 */
export function frame(app, open, { title, body, wide = false }) {
  const close = () => app.ui.dialog === open && app.ui.closeDialog();
  return h(
    "dialog",
    {
      key: `dialog ${open.name}`,
      class: `dialog dialog-${open.name} ${wide ? "wide" : ""}`,
      "aria-label": title,
      ref: show,
      unmount: leave,
      onclose: () => app.ui.dialog?.name === open.name && app.ui.closeDialog(),
      onclick: (e) => e.target === e.currentTarget && close(),
    },
    h(
      "div",
      { class: "dialog-head" },
      h("h2", {}, title),
      iconButton("close", t("close"), () => app.ui.closeDialog()),
    ),
    h("div", { class: "dialog-body" }, body),
  );
}

/** @type {HTMLElement | null} */
let opener = null; // had the focus before the first dialog

/** @param {HTMLDialogElement} element */
function show(element) {
  const { activeElement } = document;
  if (activeElement instanceof HTMLElement && activeElement !== document.body && !activeElement.closest("dialog")) opener = activeElement;
  element.showModal();
  (element.querySelector("[data-focus]") || element.querySelector("input, textarea, select, .primary"))?.focus();
}

/**
 * Return the focus. Chromium does so itself when Escape closes a dialog, but then the element gets no
 * key until it is focused anew.
 */
function leave() {
  queueMicrotask(() => {
    const { activeElement } = document;
    if (!opener?.isConnected || (activeElement !== document.body && activeElement !== opener)) return;
    opener.blur();
    opener.focus();
  });
}

/** @type {(onsubmit: (fields: Fields, form: FieldsForm) => unknown, ...children: Child[]) => Node} */
export function form(onsubmit, ...children) {
  return h(
    "form",
    {
      method: "dialog",
      onsubmit: (e) => {
        e.preventDefault();
        onsubmit(e.target.elements, e.target);
      },
    },
    children,
  );
}

/** @type {(label: string, props: Props<HTMLInputElement>, hint?: Child) => Node} */
export function field(label, props, hint = null) {
  return h("label", { class: "field" }, h("span", {}, label), h("input", { autocomplete: "off", ...props }), hint ? h("small", {}, hint) : null);
}

/** @type {(label: string, checked: boolean, onchange: (checked: boolean) => unknown, hint?: Child, props?: Props<HTMLInputElement>) => Node} */
export function check(label, checked, onchange, hint = null, props = {}) {
  return h(
    "label",
    { class: "check" },
    h("input", { type: "checkbox", checked, onchange: (e) => onchange(e.target.checked), ...props }),
    h("span", {}, label, hint ? h("small", {}, hint) : null),
  );
}

/** @type {(label: string, props?: Props<HTMLButtonElement>) => Node} */
export function submit(label, props = {}) {
  return h("div", { class: "dialog-actions" }, h("button", { type: "submit", class: "button primary", ...props }, label));
}
