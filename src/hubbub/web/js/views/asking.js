/** Draws the dialogs that ask one question or show one text. */

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { field, form, submit } from "./form.js";
/** @import { DialogView } from "../types.js" */

/** @type {DialogView<"confirm">} */
export function confirm(app, { title, text, action, run, gentle }) {
  return {
    title,
    body: form(
      () => {
        app.ui.closeDialog();
        run?.();
      },
      h("blockquote", { dir: "auto" }, text),
      h(
        "div",
        { class: "dialog-actions" },
        h("button", { type: "button", class: "button", onclick: () => app.ui.closeDialog() }, t("cancel")),
        h("button", { type: "submit", class: `button ${gentle ? "primary" : "danger"}`, "data-focus": true }, action),
      ),
    ),
  };
}

/** @type {DialogView<"serverPassword">} */
export function serverPassword(app, { wrong }) {
  return {
    title: t("serverPassword"),
    body: form(
      ({ password }) => {
        app.tab.set("serverPassword", password.value);
        app.ui.closeDialog();
        app.connection.start();
      },
      h("p", {}, t("serverPasswordHint")),
      field(t("serverPassword"), { name: "password", type: "password", required: true, "data-focus": true }),
      wrong ? h("p", { class: "error", role: "alert" }, t("serverPasswordWrong")) : null,
      submit(t("enter")),
    ),
  };
}

/** @type {DialogView<"copy">} */
export function copy(app, { text }) {
  return { title: t("copy"), body: [h("p", {}, t("copyByHand")), h("input", { value: text, readonly: true, "data-focus": true, ref: (box) => box.select() })] };
}
