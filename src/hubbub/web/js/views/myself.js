/** Draws the dialogs about oneself: the nick, being away, the account. */

import { register, signIn } from "../accounts.js";
import { h } from "../dom.js";
import { t } from "../i18n.js";
import { setAway } from "../people.js";
import { field, form, submit } from "./form.js";
import { icon } from "./icons.js";
import { avatar, nickname } from "./people.js";
/** @import { DialogView, Fields } from "../types.js" */

/** @type {DialogView<"nick">} */
export function nick(app) {
  const now = app.state.me.nick || app.identity.nick;
  const most = Number(app.state.isupport.get("NICKLEN")) || 32;
  return {
    title: t("changeNick"),
    body: form(
      ({ name }) => {
        const wanted = name.value.trim().replace(/\s+/g, "_");
        if (wanted) app.identity.ask(wanted);
        app.ui.closeDialog();
      },
      field(
        t("nickLabel"),
        { name: "name", value: now, maxlength: most, "data-focus": true, autocapitalize: "off", spellcheck: "false", ref: (box) => box.select() },
        t("nickHint"),
      ),
      submit(t("save")),
    ),
  };
}

/** @type {DialogView<"away">} */
export function away(app) {
  return {
    title: t("setAway"),
    body: form(
      ({ reason }) => {
        setAway(app, reason.value.trim() || t("away"));
        app.ui.closeDialog();
      },
      field(t("awayReason"), { name: "reason", maxlength: "200", dir: "auto", placeholder: t("away") }),
      submit(t("setAway")),
    ),
  };
}

/** @type {DialogView<"account">} */
export function account(app, open) {
  const registering = open.mode === "register";
  const value = app.connection.capValue("draft/account-registration");
  const ownName = value.has("custom-account-name");

  /** @param {Fields} elements */
  const finish = async (elements) => {
    app.ui.dialog = { ...open, busy: true, error: "" };
    app.invalidate();
    const name = elements.account?.value.trim() || "*";
    const keep = elements.keep.checked;
    const error = registering
      ? await register(app, name, elements.email?.value.trim(), elements.password.value, keep)
      : await signIn(app, name, elements.password.value, keep);
    if (!error || app.ui.dialog?.name !== "account") return;
    app.ui.dialog = { ...open, busy: false, error };
    app.invalidate();
  };
  const me = app.state.me.nick || app.identity.nick;
  return {
    title: t(registering ? "claimNick" : "signIn"),
    body: form(
      finish,
      open.uninvited || open.required ? h("p", { class: "caution" }, icon("lock"), open.uninvited || t("accountRequired")) : null,
      h("p", {}, t(registering ? "claimHint" : "signInHint")),
      registering && !ownName
        ? h("p", { class: "identity" }, avatar(me), nickname(me))
        : field(t("account"), { name: "account", value: me, required: true, autocomplete: "username", autocapitalize: "off", spellcheck: "false" }),
      registering && value.has("email-required") ? field(t("email"), { name: "email", type: "email", required: true, autocomplete: "email" }) : null,
      field(
        t("passphrase"),
        {
          name: "password",
          type: "password",
          required: true,
          minlength: registering ? "8" : "1",
          maxlength: "300",
          autocomplete: registering ? "new-password" : "current-password",
          "data-focus": true,
        },
        registering ? t("passphraseHint") : null,
      ),
      h("label", { class: "check" }, h("input", { type: "checkbox", name: "keep" }), h("span", {}, t("keepSignedIn"), h("small", {}, t("keepHint")))),
      location.protocol === "https:" || ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname)
        ? null
        : h("p", { class: "caution" }, icon("alert"), t("plainPassword")),
      open.error ? h("p", { class: "error", role: "alert" }, open.error) : null,
      h(
        "div",
        { class: "dialog-actions" },
        app.can("draft/account-registration") || registering
          ? h(
              "button",
              { type: "button", class: "button", onclick: () => app.ui.open("account", { mode: registering ? "login" : "register", required: open.required }) },
              t(registering ? "haveAccount" : "claimNick"),
            )
          : null,
        h("button", { type: "submit", class: "button primary", disabled: Boolean(open.busy) }, t(registering ? "claimNick" : "signIn")),
      ),
    ),
  };
}
