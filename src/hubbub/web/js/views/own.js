/** Draws the dialog in which one describes oneself (IRCv3 metadata): name, picture, status. */

import { refusal } from "../answers.js";
import { h } from "../dom.js";
import { t } from "../i18n.js";
import { user } from "../state.js";
import { field, form } from "./form.js";
import { avatar, nickname } from "./people.js";
/** @import { App, DialogOf, DialogView, Fields, Props } from "../types.js" */

/** The key, the name of its label, what else its box gets. @type {[string, string, Props][]} */
const KEYS = [
  ["display-name", "displayName", {}],
  ["status", "status", {}],
  ["pronouns", "pronouns", {}],
  ["avatar", "picture", { type: "url", dir: "ltr", placeholder: "https://" }],
];

/** @type {DialogView<"own">} */
export function own(app, open) {
  const nick = app.state.me.nick || app.identity.nick;
  const { meta } = user(app.state, nick);
  if (!open.asked && app.connection.online) {
    open.asked = true;
    app.connection.send("METADATA", "*", "GET", ...KEYS.map(([key]) => key));
  }
  const most = Number(app.connection.capValue("draft/metadata-2").get("max-value-bytes")) || 300;
  return {
    title: t("ownProfile"),
    body: form(
      (elements) => save(app, open, elements),
      h("p", { class: "identity" }, avatar(nick, "large"), nickname(nick)),
      KEYS.map(([key, label, props]) =>
        field(t(label), { name: key, value: meta?.get(key) || "", maxlength: String(most), dir: "auto", ...props }, key === "avatar" ? t("pictureHint") : null),
      ),
      open.error ? h("p", { class: "error", role: "alert" }, open.error) : null,
      h("div", { class: "dialog-actions" }, h("button", { type: "submit", class: "button primary" }, t("save"))),
    ),
  };
}

/**
 * Send what changed, up to the first refusal.
 * @param {App} app
 * @param {DialogOf<"own">} open
 * @param {Fields} elements
 */
async function save(app, open, elements) {
  const { meta } = user(app.state, app.state.me.nick);
  for (const [key] of KEYS) {
    const value = elements[key].value.trim();
    if (value === (meta?.get(key) || "")) continue;
    const answer = await app.connection.ask(
      { command: "METADATA", params: ["*", "SET", key, ...(value ? [value] : [])] },
      { matches: ([first]) => ["761", "766", "FAIL"].includes(first.command) },
    );
    const refused = refusal(answer?.filter(({ command }) => command === "FAIL"));
    open.error = answer === null ? t("notConnected") : refused?.text || "";
    if (open.error) return app.invalidate();
    if (value) meta.set(key, value);
    else meta.delete(key);
    app.state.faces += 1;
  }
  if (app.ui.dialog === open) app.ui.closeDialog();
}
