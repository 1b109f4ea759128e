/** Draws the dialog that shows a code for another device's camera. */

import { h } from "../dom.js";
import { GOOD_FOR, offer, withdraw } from "../handover.js";
import { t } from "../i18n.js";
import { icon } from "./icons.js";
/** @import { App, DialogOf, DialogView, Login } from "../types.js" */

/** @type {DialogView<"device">} */
export function device(app, open) {
  const { me } = app.state;
  const local = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);
  const signed = me.account ? app.identity.credentials() : null;
  if (!signed) open.link ||= app.buffer ? app.conversations.linkTo(app.buffer) : location.origin;
  draw(app, open);
  return {
    title: t("otherDevice"),
    body: [
      h("p", {}, signed ? t("deviceAccount", { account: me.account }) : t("deviceGuest")),
      open.link
        ? shown(app, open, open.link, signed)
        : h(
            "div",
            { key: "ask", class: "dialog-actions" },
            h(
              "button",
              { type: "button", class: "button primary", "data-focus": true, disabled: Boolean(open.busy), onclick: () => reveal(app, open) },
              icon("qr"),
              t("deviceShow"),
            ),
          ),
      open.error ? h("p", { class: "error", role: "alert" }, open.error) : null,
      local ? h("p", { class: "caution" }, icon("alert"), t("deviceLocal")) : null,
      !me.account && app.can("draft/account-registration")
        ? h(
            "div",
            { class: "dialog-actions" },
            h("button", { type: "button", class: "button", onclick: () => app.ui.open("account", { mode: "register" }) }, t("claimNick")),
          )
        : null,
    ],
  };
}

/**
 * Show a code, and withdraw a login with its dialog.
 * @param {App} app
 * @param {DialogOf<"device">} open
 * @param {string} link
 * @param {Login | null} signed
 */
function shown(app, open, link, signed) {
  return h(
    "div",
    { key: "code", class: "dialog-part", unmount: () => signed && hide(app, open) },
    picture(open),
    signed ? h("p", { class: "caution" }, icon("lock"), t("deviceCaution", { account: app.state.me.account })) : null,
    h(
      "div",
      { class: "inline" },
      h("input", { value: link, readonly: true, dir: "ltr", "aria-label": t("link"), onfocus: (e) => e.target.select() }),
      h("button", { type: "button", class: "button primary", "data-focus": !signed, onclick: () => app.ui.copy(link) }, icon("link"), t("copyLink")),
    ),
  );
}

/**
 * @param {App} app
 * @param {DialogOf<"device">} open
 */
async function reveal(app, open) {
  Object.assign(open, { busy: true, error: "" });
  app.invalidate();
  const link = await offer(app);
  Object.assign(open, { busy: false, link, error: link ? "" : t("deviceFailed") });
  if (link && app.ui.dialog !== open) withdraw(app);
  open.timer = setTimeout(() => {
    Object.assign(open, { link: "", qr: null });
    app.invalidate();
  }, GOOD_FOR);
  app.invalidate();
}

/**
 * @param {App} app
 * @param {DialogOf<"device">} open
 */
function hide(app, open) {
  clearTimeout(open.timer);
  Object.assign(open, { link: "", qr: null });
  withdraw(app);
}

/**
 * @param {App} app
 * @param {DialogOf<"device">} open
 */
function draw(app, open) {
  if (!open.link || open.drawn === open.link) return;
  open.drawn = open.link;
  import("../qr.js")
    .then(({ qrPath }) => {
      open.qr = open.link ? qrPath(open.link) : null;
      app.invalidate();
    })
    .catch(() => {});
}

/** @param {DialogOf<"device">} open */
function picture({ qr }) {
  return qr
    ? h(
        "svg",
        { class: "qr", viewBox: `0 0 ${qr.size} ${qr.size}`, role: "img", "aria-label": t("qrCode"), "shape-rendering": "crispEdges" },
        h("rect", { width: qr.size, height: qr.size, fill: "#fff" }),
        h("path", { d: qr.path, fill: "#000" }),
      )
    : null;
}
