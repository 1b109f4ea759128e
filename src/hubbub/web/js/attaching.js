/**
 * Receives files that somebody picks, pastes or drops, and knows where to upload them.
 * upload.js sends them, views/tray.js shows them above the box; both are loaded with the first file.
 */

import { need } from "./dom.js";
import { t } from "./i18n.js";
import { later } from "./later.js";
/** @import { App, Buffer, Uploads } from "./types.js" */

const MANY_LINES = 15;
const TOKENS = ["draft/FILEHOST", "soju.im/FILEHOST", "FILEHOST"];
const UPLOAD = later(() => import("./upload.js"));
const TRAY = later(() => import("./views/tray.js"));

export class Attaching {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {Uploads | null} */
    this.uploads = null; // until the first file
    addEventListener("dragover", (event) => this.dragged(event));
    addEventListener("drop", (event) => this.dragged(event));
    addEventListener("dragleave", (event) => event.relatedTarget || this.dropping(false));
  }

  /** The address for uploads, or null. The policy allows this page's own origin only. */
  place() {
    const { isupport } = this.app.connection;
    const value = TOKENS.map((token) => isupport.get(token)).find(Boolean);
    try {
      const url = new URL(value ?? "");
      // The server may know itself by another name than this page does.
      return url.origin === location.origin || url.pathname === "/files" ? new URL(url.pathname, location.href) : null;
    } catch {
      return null;
    }
  }

  /**
   * Has a conversation files above its box that belong to no message yet?
   * @param {Buffer} buffer
   */
  hasNew(buffer) {
    const { uploads } = this;
    return Boolean(uploads?.of(buffer).some((upload) => !uploads.isOutgoing(upload)));
  }

  /**
   * The files above the box of a conversation.
   * @param {Buffer} buffer
   */
  tray(buffer) {
    return this.uploads && TRAY.now ? TRAY.now.tray(this.app, this.uploads, buffer) : null;
  }

  available() {
    return this.app.connection.online && Boolean(this.place());
  }

  /**
   * Accept files anywhere on the page. Where none are accepted, the browser must not open them instead.
   * @param {DragEvent} event
   */
  dragged(event) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    const { buffer } = this.app;
    const taken = this.available() && buffer && buffer.kind !== "server";
    event.dataTransfer.dropEffect = taken ? "copy" : "none";
    this.dropping(Boolean(taken) && event.type !== "drop");
    if (event.type === "drop" && taken) this.attach([...event.dataTransfer.files]);
  }

  /** @param {boolean} on */
  dropping(on) {
    const { app } = this;
    if (app.ui.dropping === Boolean(on)) return;
    app.ui.dropping = Boolean(on);
    app.invalidate();
  }

  /** @param {ClipboardEvent} event */
  pasted(event) {
    const files = [...(event.clipboardData?.files || [])];
    // A spreadsheet copies its cells as text and as a picture; people mean the text.
    const written = event.clipboardData?.types.includes("text/html") && event.clipboardData.getData("text").trim();
    if (files.length && !written && this.available()) {
      event.preventDefault();
      this.attach(files);
    }
    // Pasted lines stay in the box until their writer sends them. A long text is easier to read as
    // a file.
    const text = event.clipboardData?.getData("text") || "";
    if (text.split("\n").length > MANY_LINES && this.available()) {
      this.app.ui.toast(t("pastedMuch"), { label: t("asFile"), run: () => this.asFile() });
    }
  }

  /** Send the text in the box as a file. */
  asFile() {
    const { composer, settings } = this.app;
    if (!composer) return;
    this.attach([new File([composer.box.value], "text.txt", { type: "text/plain" })]);
    composer.setText("");
    settings.draft(composer.buffer.key, "");
  }

  pickFiles() {
    const input = need("#file-input", HTMLInputElement);
    input.value = "";
    input.click();
  }

  /**
   * Upload files to the conversation in front.
   * @param {File[]} files
   */
  async attach(files) {
    const { buffer } = this.app;
    if (!buffer || buffer.kind === "server") return;
    const uploads = this.uploads || (await this.fetchUploads());
    uploads?.send(files, buffer);
  }

  async fetchUploads() {
    try {
      const [{ Uploads }] = await Promise.all([UPLOAD.fetch(), TRAY.fetch()]);
      this.uploads ||= new Uploads(this.app);
    } catch {
      this.app.ui.toast(t("notConnected"), null, "error");
    }
    return this.uploads;
  }
}
