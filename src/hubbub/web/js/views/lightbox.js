/** Draws one picture as large as fits; arrows lead to the others of the conversation. */

import { h } from "../dom.js";
import { filesOf } from "../filehost.js";
import { withoutFiles } from "../files.js";
import { t } from "../i18n.js";
import { formatText } from "../text.js";
import { icon, iconButton } from "./icons.js";
/** @import { Buffer, DialogView } from "../types.js" */

/** @type {DialogView<"picture">} */
export function picture(app, { file }) {
  if (!file) return null;
  const all = picturesOf(app.buffer);
  const at = all.findIndex(({ id }) => id === file.id);

  /** @param {number} by */
  const go = (by) => at >= 0 && all[at + by] && app.ui.open("picture", { file: all[at + by] });
  const source = filesOf(app).source(file, file.path);
  return {
    title: file.name || t("picture"),
    body: h(
      "div",
      { class: "lightbox", tabindex: "-1", "data-focus": true, onkeydown: (e) => step(e, go) },
      source
        ? h("img", {
            key: file.id,
            src: source,
            alt: file.name,
            width: String(file.width),
            height: String(file.height),
            onerror: () => filesOf(app).lost(file, source.startsWith("blob:")),
          })
        : h("p", { class: "note" }, t("loading")),
      h(
        "div",
        { class: "lightbox-bar" },
        iconButton("before", t("previousPicture"), () => go(-1), { disabled: !(all[at - 1] && at > 0) }),
        h("small", {}, t("pictureOf", { n: at + 1, all: all.length, size: `${file.width} × ${file.height}` })),
        iconButton("after", t("nextPicture"), () => go(1), { disabled: !all[at + 1] }),
        filesOf(app).members
          ? iconButton("down", t("download"), () => filesOf(app).save(file))
          : h(
              "a",
              {
                class: "icon-button",
                href: file.path,
                download: file.name || true,
                title: t("download"),
                "aria-label": t("downloadFile", { name: file.name }),
              },
              icon("down"),
            ),
        filesOf(app).members
          ? null
          : h(
              "a",
              { class: "icon-button", href: file.path, target: "_blank", rel: "noopener", title: t("openOriginal"), "aria-label": t("openOriginal") },
              icon("out"),
            ),
      ),
    ),
  };
}

/**
 * @param {KeyboardEvent} event
 * @param {(by: number) => unknown} go
 */
function step(event, go) {
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!by || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  go(document.documentElement.dir === "rtl" ? -by : by);
}

/** @param {Buffer | null} buffer */
function picturesOf(buffer) {
  const items = (buffer?.past || buffer?.live)?.items || [];
  return items
    .filter((item) => item.text?.includes("/files/") && !item.deleted)
    .flatMap((item) => withoutFiles(formatText(item.text)).files.filter(({ kind }) => kind === "picture"));
}
