/** Draws the files on their way above the message box, and the messages that wait for them. */

import { h } from "../dom.js";
import { sizeText } from "../files.js";
import { t } from "../i18n.js";
import { plain } from "../text.js";
import { strip } from "./composer.js";
import { icon, iconButton } from "./icons.js";
/** @import { App, Buffer, Upload, Uploads } from "../types.js" */

/**
 * @param {App} app
 * @param {Uploads} all
 * @param {Buffer} buffer
 */
export function tray(app, all, buffer) {
  const uploads = all.of(buffer);
  if (!uploads.length) return null;
  return [
    h(
      "ul",
      { key: "tray", class: "tray", "aria-label": t("attachments") },
      uploads.map((each) => uploadView(app, all, each)),
    ),
    all.outgoing
      .filter((message) => message.buffer === buffer)
      .map((message) =>
        strip(message.key, "clock", [t("uploadGoesOut"), " ", h("span", { class: "excerpt", dir: "auto" }, plain(message.text).slice(0, 100))], () =>
          all.holdBack(message),
        ),
      ),
  ];
}

/**
 * @param {App} app
 * @param {Uploads} all
 * @param {Upload} upload
 */
function uploadView(app, all, upload) {
  const { state, name, size, sent } = upload;
  const percent = size ? Math.min(100, Math.round((sent / size) * 100)) : 0;
  const words = {
    waiting: t(app.connection.online ? "uploadWaiting" : "uploadOffline"),
    sending: `${percent} %`,
    checking: t("uploadChecking"),
    ready: t(all.isOutgoing(upload) ? "uploadOutgoing" : "uploadReady"),
    failed: upload.reason,
  }[state];
  return h(
    "li",
    { key: upload.key, class: `upload ${state}` },
    upload.preview
      ? h("img", {
          src: upload.preview,
          alt: "",
          onerror: () => {
            upload.preview = null;
            app.invalidate();
          },
        })
      : h("span", { class: "upload-icon" }, icon("clip")),
    h(
      "span",
      { class: "upload-words" },
      h("bdi", { class: "upload-name", title: name }, name),
      h("small", {}, `${sizeText(size)} · `, h("span", { class: "upload-state", role: state === "failed" ? "alert" : null }, words)),
      state === "sending" || state === "checking"
        ? h("progress", { max: "100", value: state === "checking" ? undefined : String(percent), "aria-label": name })
        : null,
    ),
    state === "failed" && upload.again ? h("button", { type: "button", class: "button", onclick: () => all.retry(upload) }, t("retry")) : null,
    iconButton("close", t(state === "sending" || state === "waiting" ? "cancelUpload" : "removeUpload", { name }), () => all.remove(upload)),
  );
}
