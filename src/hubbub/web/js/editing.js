/** Lets somebody answer a message or edit one of their own in the message box. Loaded with the first of them. */

import { canEdit, edit } from "./amending.js";
/** @import { App, Buffer, Item } from "./types.js" */

/**
 * Answer a message with what is written next.
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
 * Edit the last of one's own messages, if there is one and nothing was typed meanwhile.
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
 * Send `text` as the new text of `item`, if it is another.
 * @param {App} app
 * @param {Buffer} buffer
 * @param {Item} item
 * @param {string} text
 */
export async function finish(app, buffer, item, text) {
  const said = app.can("draft/multiline") ? text : text.replace(/\s*\n\s*/g, " ");
  if (!said || said === item.text || (await edit(app, buffer, item, said))) return;
  // What was refused is in the box again, unless something else is there by now.
  if (!app.composer?.box.value && app.buffer === buffer) beginEdit(app, item, said);
}
