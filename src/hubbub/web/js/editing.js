/** Answers and edits messages in the message box. Loaded on first use. */

import { canEdit, edit } from "./amending.js";
/** @import { App, Buffer, Item } from "./types.js" */

/**
 * The next message answers this one.
 * @param {App} app
 * @param {Buffer} buffer
 * @param {Item} item
 */
export function reply(app, buffer, item) {
  const { composer, ui } = app;
  ui.replying.set(buffer.key, item);
  ui.hover = null;
  composer?.box.focus();
  app.invalidate();
}

/**
 * Edit one's last message, if there is one and the box is still empty.
 * @param {App} app
 */
export function editLast(app) {
  const item = app.buffer?.live.items.findLast((each) => canEdit(app, each));
  if (item && !app.composer?.box.value) beginEdit(app, item);
}

/**
 * @param {App} app
 * @param {Item} item
 */
export function beginEdit(app, item, text = item.text) {
  const { composer, ui } = app;
  if (!composer) return;
  ui.hover = null;
  ui.editing = { buffer: composer.buffer.key, item };
  composer.setText(text);
  composer.box.focus();
  app.invalidate();
}

/**
 * Send `text` as the new text of `item`, if it differs.
 * @param {App} app
 * @param {Buffer} buffer
 * @param {Item} item
 * @param {string} text
 */
export async function finish(app, buffer, item, text) {
  const said = app.can("draft/multiline") ? text : text.replace(/\s*\n\s*/g, " ");
  if (!said || said === item.text || (await edit(app, buffer, item, said))) return;
  // Put a refused text back into the box, unless somebody typed there meanwhile.
  if (!app.composer?.box.value && app.buffer === buffer) beginEdit(app, item, said);
}
