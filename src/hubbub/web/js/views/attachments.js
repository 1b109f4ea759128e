/** Draws the files of a message: pictures in place, a player for sound and films, a card for the rest. */

import { h } from "../dom.js";
import { filesOf } from "../filehost.js";
import { shownSize, sizeText } from "../files.js";
import { t } from "../i18n.js";
import { icon, iconButton } from "./icons.js";
/** @import { App, SharedFile } from "../types.js" */

export { withoutFiles } from "../files.js";

const MOST = 12;

/**
 * Draw the rows with files again, now that this module is loaded.
 * @param {App} app
 */
export function begin(app) {
  filesOf(app).changed();
}

/**
 * Draw the files that files.js found in a message.
 * @param {App} app
 * @param {SharedFile[]} files
 */
export function attachments(app, files) {
  const shown = files.slice(0, MOST).filter((file) => !filesOf(app).gone.has(file.id));
  if (!shown.length) return null;
  const pictures = shown.filter(({ kind }) => kind === "picture");
  return h(
    "div",
    { class: "attachments" },
    pictures.length
      ? h(
          "div",
          { class: `pictures ${pictures.length > 1 ? "many" : ""}` },
          pictures.map((file) => picture(app, file, pictures.length > 1)),
        )
      : null,
    shown.filter(({ kind }) => kind !== "picture").map((file) => (file.kind === "file" ? card(app, file) : player(app, file))),
  );
}

/**
 * Reserve the space of a picture, so that nothing moves when it has loaded.
 * @param {App} app
 * @param {SharedFile} file
 * @param {boolean} many
 */
function picture(app, file, many) {
  const { width, height } = shownSize(file, many ? { width: 240, height: 200 } : undefined);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const moves = /\.gif$/i.test(file.name) && !still;
  const source = filesOf(app).source(file, moves ? file.path : file.small);
  return h(
    "button",
    {
      key: file.id,
      type: "button",
      class: "picture",
      style: { width: `${width}px`, "aspect-ratio": `${width} / ${height}` },
      title: file.name,
      "aria-label": t("openPicture", { name: file.name }),
      onclick: () => app.ui.open("picture", { file }),
    },
    source
      ? h("img", {
          src: source,
          alt: file.name,
          width: String(width),
          height: String(height),
          loading: "lazy",
          decoding: "async",
          onerror: () => filesOf(app).lost(file, source.startsWith("blob:")),
        })
      : null,
  );
}

/**
 * @param {App} app
 * @param {SharedFile} file
 */
function player(app, file) {
  const source = filesOf(app).source(file, file.path);
  const tag = file.kind === "film" ? "video" : "audio";
  return h(
    "figure",
    { key: file.id, class: file.kind },
    h(tag, { src: source, controls: true, preload: file.kind === "film" ? "metadata" : "none", "aria-label": file.name }),
    h("figcaption", {}, h("bdi", {}, file.name), save(app, file)),
  );
}

/**
 * @param {App} app
 * @param {SharedFile} file
 */
function card(app, file) {
  const about = filesOf(app).about(file);
  return h(
    "div",
    { key: file.id, class: "file-card" },
    icon("clip"),
    h(
      "span",
      { class: "file-words" },
      h("bdi", { class: "file-name" }, about?.name || file.name || t("file")),
      h("small", {}, about ? sizeText(about.size) : " "),
    ),
    save(app, file),
  );
}

/**
 * @param {App} app
 * @param {SharedFile} file
 */
function save(app, file) {
  if (!filesOf(app).members)
    return h(
      "a",
      { class: "icon-button", href: file.path, download: file.name || true, title: t("download"), "aria-label": t("downloadFile", { name: file.name }) },
      icon("down"),
    );
  return iconButton("down", t("downloadFile", { name: file.name }), () => filesOf(app).save(file), { title: t("download") });
}
