/** Copies texts to the clipboard. Loaded on first use. */

import { t } from "./i18n.js";
/** @import { Ui } from "./ui.js" */

/**
 * The clipboard API needs a secure context; the old command does not.
 * @param {Ui} ui
 * @param {string} text
 */
export async function copy(ui, text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const box = document.createElement("textarea");
    box.value = text;
    box.className = "offscreen";
    (document.querySelector("dialog[open]") || document.body).append(box);
    box.select();
    const copied = document.execCommand("copy");
    box.remove();
    if (!copied) return ui.open("copy", { text });
  }
  ui.toast(t("copied"));
}
