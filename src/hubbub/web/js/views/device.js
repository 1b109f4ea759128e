/** Going on with another device: its camera takes the way from here. */

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { icon } from "./icons.js";

export function device(app, open) {
  const { me } = app.state;
  const link = app.buffer ? app.linkTo(app.buffer) : location.origin;
  const local = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);
  draw(app, open, link);
  return {
    title: t("otherDevice"),
    body: [
      h("p", {}, t(me.account ? "deviceAccount" : "deviceGuest", { account: me.account })),
      picture(open),
      h("div", { class: "inline" }, h("input", { value: link, readonly: true, dir: "ltr", "aria-label": t("link"), onfocus: (e) => e.target.select() }),
        h("button", { type: "button", class: "button primary", "data-focus": true, onclick: () => app.copy(link) }, icon("link"), t("copyLink"))),
      local ? h("p", { class: "caution" }, icon("alert"), t("inviteLocal")) : null,
      !me.account && app.can("draft/account-registration") ? h("div", { class: "dialog-actions" }, h("button", { type: "button", class: "button", onclick: () => app.dialog("account", { mode: "register" }) }, t("claimNick"))) : null,
    ],
  };
}

function draw(app, open, link) {
  if (open.drawn === link) return;
  open.drawn = link;
  import("../qr.js").then(({ qrPath }) => {
    open.qr = qrPath(link);
    app.invalidate();
  }).catch(() => {});
}

function picture({ qr }) {
  return qr ? h("svg", { class: "qr", viewBox: `0 0 ${qr.size} ${qr.size}`, role: "img", "aria-label": t("qrCode"), "shape-rendering": "crispEdges" },
    h("rect", { width: qr.size, height: qr.size, fill: "#fff" }), h("path", { d: qr.path, fill: "#000" })) : null;
}
