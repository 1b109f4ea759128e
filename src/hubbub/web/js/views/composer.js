/** Draws the message box, and handles what is typed there. */

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { later } from "../later.js";
import { say, typing } from "../sending.js";
import { plain } from "../text.js";
import { icon, iconButton } from "./icons.js";
import { TOOLBAR } from "./messages.js";
import { avatar, nickname } from "./people.js";
/** @import { App, Buffer, Child, Choices, Item, Part } from "../types.js" */

const EDITING = later(() => import("../editing.js"));
const COMMANDS = later(() => import("../commands.js"));
const EMOJI = later(() => import("../emoji.js"));
const COMPLETING = later(() => import("./completing.js"));
const COMPLETABLE = /(^|\s)[@#:/]\S*$/;
const EMOJI_NAME = /:[\w+]{2}/;

/** @param {App} app */
export function composer(app) {
  const { buffer, composer: writing, ui } = app;
  if (!buffer || buffer.kind === "server") return null;
  const editing = ui.editing?.buffer === buffer.key ? ui.editing : null;
  const replying = ui.replying.get(buffer.key);
  const outside = buffer.kind === "channel" && !buffer.joined && app.connection.online && buffer.error;
  if (outside) {
    return h(
      "div",
      { key: "composer", class: "composer outside" },
      h("p", { dir: "auto" }, plain(buffer.error)),
      h("button", { type: "button", class: "button primary", onclick: () => app.conversations.join(buffer.name) }, t("tryAgain")),
    );
  }
  return h(
    "form",
    {
      key: "composer",
      id: "composer",
      class: "composer",
      onsubmit: (e) => {
        e.preventDefault();
        app.composer?.submit();
      },
    },
    writing?.choices && COMPLETING.now ? COMPLETING.now.list(writing, writing.choices) : null,
    editing ? strip("editing", "pencil", t("editing"), () => app.composer?.cancel()) : null,
    replying && !editing
      ? strip("replying", "reply", [t("replyingTo"), " ", nickname(replying.nick), h("span", { class: "excerpt", dir: "auto" }, plain(replying.text))], () =>
          app.composer?.unreply(),
        )
      : null,
    writing?.hint ? h("div", { key: "hint", class: "strip" }, icon("help"), h("code", { dir: "ltr" }, writing.hint)) : null,
    writing?.warning ? h("div", { key: "warning", class: "strip warning", role: "status" }, icon("alert"), h("span", {}, writing.warning)) : null,
    app.attaching.tray(buffer),
    app.identity.chosen || app.state.me.account
      ? null
      : h(
          "div",
          { key: "who", class: "strip" },
          t("writingAs"),
          " ",
          h(
            "button",
            { type: "button", class: "nick-choice", onclick: () => app.ui.open("nick") },
            avatar(app.state.me.nick || app.identity.nick, "tiny"),
            nickname(app.state.me.nick || app.identity.nick),
            icon("pencil"),
          ),
        ),
    h(
      "div",
      { key: "box", class: "box" },
      app.attaching.available() ? iconButton("clip", t("attach"), () => app.attaching.pickFiles(), { key: "attach" }) : null,
      h("input", {
        key: "files",
        id: "file-input",
        type: "file",
        multiple: true,
        hidden: true,
        "aria-label": t("attach"),
        onchange: (e) => app.attaching.attach([...(e.target.files ?? [])]),
      }),
      h("textarea", {
        key: "text",
        ref: (box) => (app.composer = new Composer(app, buffer, box)),
        unmount: () => (app.composer = null),
        rows: "1",
        dir: "auto",
        enterkeyhint: "send",
        autocomplete: "off",
        spellcheck: "true",
        maxlength: "60000",
        placeholder: t("messageTo", { name: buffer.name }),
        "aria-label": t("messageTo", { name: buffer.name }),
        "aria-autocomplete": "list",
        "aria-controls": writing?.choices ? "choices" : null,
        "aria-activedescendant": writing?.choices ? `choice-${writing.choices.at}` : null,
        oninput: () => app.composer?.typed(),
        onkeydown: (e) => app.composer?.key(e),
        onpaste: (e) => app.attaching.pasted(e),
        onblur: () => setTimeout(() => app.composer?.left(), 150),
      }),
      iconButton("smile", t("emoji"), (e) =>
        app.ui.withMenus(e.currentTarget, (menus, anchor) => menus.emojiMenu(app, anchor, (emoji) => app.composer?.insert(emoji))),
      ),
      h(
        "button",
        { type: "submit", class: "icon-button send", "aria-label": t(editing ? "save" : "send"), title: t(editing ? "save" : "send") },
        icon(editing ? "check" : "send"),
      ),
    ),
  );
}

/**
 * @param {string} key
 * @param {string} name
 * @param {Child} content
 * @param {() => void} close
 */
export function strip(key, name, content, close) {
  return h("div", { key, class: "strip" }, icon(name), h("span", { class: "strip-text" }, content), iconButton("close", t("cancel"), close));
}

/** The message box, for as long as it is on the page. */
export class Composer {
  /**
   * @param {App} app
   * @param {Buffer} buffer
   * @param {HTMLTextAreaElement} box
   */
  constructor(app, buffer, box) {
    this.app = app;
    this.buffer = buffer;
    this.box = box;
    /** @type {Choices | null} */
    this.choices = null;
    this.warning = ""; // says that lines are sent one by one
    this.hint = ""; // the usage of the typed command
    this.setText(this.draft);
    if (!matchMedia("(hover: none)").matches || app.firstVisit) box.focus();
  }

  /** The unsent text of this conversation. */
  get draft() {
    return this.app.settings.drafts[this.buffer.key] || "";
  }

  /** Called after each drawing: each conversation has its own draft. */
  update() {
    const { app, box } = this;
    if (!app.buffer || app.buffer === this.buffer) return;
    this.buffer = app.buffer;
    this.setText(this.draft);
    this.choices = null;
    this.warning = this.hint = "";
    if (!matchMedia("(hover: none)").matches && !app.ui.dialog) box.focus();
  }

  // ---- the text ---------------------------------------------------------------------------

  /** @param {string} text */
  setText(text, at = text.length) {
    this.box.value = text;
    this.box.setSelectionRange(at, at);
    this.grow();
  }

  grow() {
    const { box } = this;
    this.app.scroller?.around(() => {
      box.style.setProperty("height", "auto"); // the box must shrink before it is measured
      box.style.setProperty("height", `${Math.min(box.scrollHeight, innerHeight * 0.4)}px`);
    });
    const lines = box.value.split("\n").length;
    const alone = lines > 1 && !this.app.can("draft/multiline") && this.app.connection.online;
    const warning = alone ? t("sentAsMany", { n: box.value.split("\n").filter((line) => line.trim()).length }) : "";
    if (warning !== this.warning) {
      this.warning = warning;
      this.app.invalidate();
    }
  }

  /** @param {string} hint */
  setHint(hint) {
    if (hint === this.hint) return;
    this.hint = hint;
    this.app.invalidate();
  }

  /** @param {string} text */
  insert(text) {
    this.box.focus();
    this.box.setRangeText(text, this.box.selectionStart, this.box.selectionEnd, "end");
    this.typed();
  }

  typed() {
    const { app, box, buffer } = this;
    const { ui } = app;
    this.grow();
    if (box.value.startsWith("/") && !COMMANDS.now) COMMANDS.use(() => this.typed());
    if (EMOJI_NAME.test(box.value) && !EMOJI.now) EMOJI.use(() => this.typed());
    if (!ui.editing) app.settings.draft(buffer.key, box.value);
    this.complete();
    this.setHint(COMMANDS.now?.usageOf(box.value) ?? "");
    const talking = box.value && !box.value.startsWith("/") && !ui.editing;
    typing(app, buffer, talking ? "active" : "done");
    // People who write may edit or react next.
    for (const part of [EDITING, TOOLBAR]) part.use(() => {});
  }

  submit() {
    const { app, box, buffer } = this;
    const { attaching, ui } = app;
    const written = box.value.replace(/\s+$/, "");
    if (EMOJI_NAME.test(written) && !EMOJI.now && app.connection.online && !this.waited) return this.submitLater(EMOJI);
    this.waited = false;
    const text = EMOJI.now ? EMOJI.now.withEmoji(written) : written;
    if (ui.editing) return this.edit(ui.editing.item, text);
    const uploads = attaching.hasNew(buffer) ? attaching.uploads : null;
    if (!text.trim() && !uploads) return;
    const command = /^\/(?!\/|\S*\/)(\S+)\s*([^]*)$/.exec(text);
    if (command) {
      if (!COMMANDS.now) return this.submitLater(COMMANDS);
      if (!COMMANDS.now.runCommand(app, buffer, command[1], command[2])) return; // a toast shows why; the text stays
    } else {
      const words = text.replace(/^\/\//, "/");
      if (uploads) uploads.post(buffer, words, ui.replying.get(buffer.key));
      else say(app, buffer, words, { replyTo: ui.replying.get(buffer.key) });
      ui.replying.delete(buffer.key);
      app.scroller?.toPresent();
      app.identity.claim();
    }
    this.setText("");
    this.setHint("");
    app.settings.draft(buffer.key, "");
    if (buffer.typingSent) buffer.typingSent.state = "done"; // the message ends the notification
    this.choose(null);
    app.invalidate();
  }

  /**
   * Submit again when commands or emoji are loaded. A message is sent without emoji if they do not load.
   * @param {Part<unknown>} part
   */
  submitLater(part) {
    const text = this.box.value;
    const again = () => {
      this.waited = true;
      if (this.box.value === text) this.submit();
    };
    part.fetch().then(again, part === EMOJI ? again : () => this.app.ui.toast(t("notConnected"), null, "error"));
  }

  // ---- about messages that are there (editing.js) --------------------------------------------

  /**
   * Send the text in the box as an edit.
   * @param {Item} item
   * @param {string} text
   */
  edit(item, text) {
    const { app, buffer } = this;
    EDITING.fetch().then(
      ({ finish }) => finish(app, buffer, item, text),
      () => app.ui.toast(t("notConnected"), null, "error"),
    );
    this.cancel();
  }

  /** Stop editing: the draft returns to the box. */
  cancel() {
    const { app } = this;
    app.ui.editing = null;
    this.setText(this.draft);
    this.box.focus();
    app.invalidate();
  }

  unreply() {
    this.app.ui.replying.delete(this.buffer.key);
    this.box.focus();
    this.app.invalidate();
  }

  // ---- keys -------------------------------------------------------------------------------

  /** @param {KeyboardEvent} event */
  key(event) {
    const { app, box, choices } = this;
    if (event.isComposing || event.keyCode === 229) return; // an input method uses this key
    const plainKey = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (choices && plainKey && COMPLETING.now?.chooseByKey(this, event)) return event.preventDefault();
    if (event.key === "Enter" && !event.shiftKey && plainKey) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "ArrowUp" && plainKey && !event.shiftKey && !box.value && !app.ui.editing) {
      EDITING.use(({ editLast }) => editLast(app));
      event.preventDefault();
    } else if (event.key === "Escape" && plainKey) {
      if (app.ui.editing) this.cancel();
      else if (app.ui.replying.has(this.buffer.key)) this.unreply();
      else return;
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === "Tab" && plainKey && !event.shiftKey && box.value && box.selectionStart === box.selectionEnd) {
      if (this.completeWord()) event.preventDefault();
    }
  }

  // ---- completion -------------------------------------------------------------------------

  /** Show the completions of the word before the cursor. */
  complete() {
    const { box } = this;
    if (COMPLETING.now) this.choose(COMPLETING.now.completions(this));
    else if (COMPLETABLE.test(box.value)) COMPLETING.use(() => document.activeElement === box && this.complete());
  }

  /** Tab: complete the word, also a nick without @. Returns false if there is no completion. */
  completeWord() {
    if (!COMPLETING.now) {
      COMPLETING.use(() => this.completeWord());
      return true;
    }
    const found = COMPLETING.now.completions(this, true);
    if (found?.items.length === 1) COMPLETING.now.accept(this, found.items[0], found);
    else if (found) this.choose(found);
    return Boolean(found);
  }

  /** Hide the completions if the focus has not returned; a closing dialog takes it for a moment. */
  left() {
    if (document.activeElement !== this.box) this.choose(null);
  }

  /** @param {Choices | null} choices */
  choose(choices) {
    if (!choices && !this.choices) return;
    this.choices = choices;
    this.app.invalidate();
  }
}
