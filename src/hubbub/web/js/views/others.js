/** Draws the dialogs about somebody else: the profile, kicking and banning, reporting. */

import { h } from "../dom.js";
import { fullTime, t } from "../i18n.js";
import { ban } from "../people.js";
import { plain } from "../text.js";
import { field, form, submit } from "./form.js";
import { avatar, nickname, presence } from "./people.js";
/** @import { DialogView } from "../types.js" */

/** @type {DialogView<"profile">} */
export function profile(app, { nick: who, facts, gone }) {
  const known = app.state.users.get(app.state.fold(who));

  /**
   * @param {string} label
   * @param {string | undefined} value
   */
  const line = (label, value) => (value ? h("div", { class: "fact" }, h("dt", {}, label), h("dd", { dir: "auto" }, value)) : null);
  const mine = app.state.fold(who) === app.state.fold(app.state.me.nick);
  const signedIn = facts?.account || known?.account;
  return {
    title: t("profile"),
    body: [
      h(
        "div",
        { class: "identity" },
        avatar(who, "large"),
        h("div", {}, h("h3", {}, nickname(who)), h("small", {}, gone ? t("notHere") : t(presence(app.state, who) === "away" ? "away" : "here"))),
      ),
      h(
        "dl",
        {},
        line(t("displayName"), plain(known?.meta.get("display-name") ?? "")),
        line(t("pronouns"), plain(known?.meta.get("pronouns") ?? "")),
        line(t("realname"), plain(facts?.realname ?? known?.realname ?? "")),
        line(t("account"), signedIn || (facts ? t("guest") : "")),
        line(t("away"), facts?.away && plain(facts.away)),
        line(t("status"), plain(known?.meta.get("status") ?? "")),
        line(t("address"), facts?.host || known?.host),
        line(t("channels"), facts?.channels?.join(" ")),
        line(t("since"), facts?.since ? fullTime(facts.since) : ""),
        facts?.secure ? line(t("connection"), t("encrypted")) : null,
        (facts?.other || []).map((text) => line("", plain(text))),
      ),
      facts || gone ? null : h("p", { class: "note" }, t("loading")),
      mine
        ? app.can("draft/metadata-2")
          ? h("div", { class: "dialog-actions" }, h("button", { type: "button", class: "button primary", onclick: () => app.ui.open("own") }, t("edit")))
          : null
        : h(
            "div",
            { class: "dialog-actions" },
            h(
              "button",
              { type: "button", class: "button", onclick: () => app.settings.ignore(who, !app.state.ignored.has(app.state.fold(who))) },
              t(app.state.ignored.has(app.state.fold(who)) ? "unignore" : "ignore", { nick: who }),
            ),
            h(
              "button",
              {
                type: "button",
                class: "button primary",
                onclick: () => {
                  app.ui.closeDialog();
                  app.conversations.show(who);
                },
              },
              t("sendMessage"),
            ),
          ),
    ],
  };
}

/** @type {DialogView<"kick">} */
export function kick(app, { nick: who, ban: banned }) {
  const { buffer } = app;
  if (!buffer) return null;
  return {
    title: t(banned ? "ban" : "kick", { nick: who }),
    body: form(
      ({ reason }) => {
        if (banned) ban(app, buffer, who);
        if (buffer.members.has(app.state.fold(who))) app.connection.send("KICK", buffer.name, who, ...(reason.value.trim() ? [reason.value.trim()] : []));
        app.ui.closeDialog();
      },
      h("p", {}, t(banned ? "banHint" : "kickHint", { nick: who, channel: buffer.name })),
      field(t("reason"), { name: "reason", maxlength: "200", dir: "auto" }),
      submit(t(banned ? "ban" : "kick", { nick: who }), { class: "button danger" }),
    ),
  };
}

/** @type {DialogView<"report">} */
export function report(app, { target, message }) {
  return {
    title: t("report", { nick: target }),
    body: form(
      ({ reason }) => {
        app.connection.send("REPORT", target, reason.value.trim(), ...(message?.id ? [message.id] : []));
        app.ui.closeDialog();
      },
      h("p", {}, t("reportHint")),
      message ? h("blockquote", { dir: "auto" }, plain(message.text).slice(0, 300)) : null,
      field(t("reportWhy"), { name: "reason", required: true, maxlength: "200", dir: "auto", "data-focus": true }),
      submit(t("reportSend")),
    ),
  };
}
