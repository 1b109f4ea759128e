/** A way in for others: a link, a QR code, and the lines for those without a browser. */

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { icon } from "./icons.js";

export function invite(app, open) {
  const { buffer } = app;
  if (!buffer || buffer.kind !== "channel") return null;
  const link = app.linkTo(buffer);
  const local = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);
  if (!open.qr) {
    open.qr = [];
    import("../qr.js").then(({ qrPath }) => {
      open.qr = qrPath(link);
      app.invalidate();
    }).catch(() => {});
  }
  return {
    title: t("inviteTo", { name: buffer.name }),
    body: [
      h("p", {}, t("inviteHint")),
      open.qr.path ? h("svg", { class: "qr", viewBox: `0 0 ${open.qr.size} ${open.qr.size}`, role: "img", "aria-label": t("qrCode"), "shape-rendering": "crispEdges" },
        h("rect", { width: open.qr.size, height: open.qr.size, fill: "#fff" }), h("path", { d: open.qr.path, fill: "#000" })) : null,
      h("div", { class: "inline" }, h("input", { value: link, readonly: true, dir: "ltr", "aria-label": t("link"), onfocus: (e) => e.target.select() }),
        h("button", { type: "button", class: "button primary", "data-focus": true, onclick: () => app.copy(link) }, icon("link"), t("copyLink"))),
      navigator.share ? h("button", { type: "button", class: "button", onclick: () => navigator.share({ title: buffer.name, url: link }).catch(() => {}) }, t("shareLink")) : null,
      local ? h("p", { class: "caution" }, icon("alert"), t("inviteLocal")) : null,
      buffer.modes.has("i") || buffer.modes.has("k") ? h("p", { class: "caution" }, icon("lock"), t("inviteClosed")) : null,
    ],
  };
}
