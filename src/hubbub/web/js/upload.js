/**
 * Uploads files that were picked, pasted or dropped, two at a time and with progress. They are shown
 * above the message box (views/tray.js) and linked in the message when that is sent. Interrupted
 * uploads are repeated when the network is back. Loaded with the first file.
 *
 * An upload is `{ key, buffer, name, size, type, sent, state, reason, again, link, preview }`, its
 * state one of waiting, sending, checking (sent, no response yet), ready, failed.
 */

import { newLabel } from "./answers.js";
import { authorization, filesOf } from "./filehost.js";
import { sizeText } from "./files.js";
import { t } from "./i18n.js";
import { say } from "./sending.js";
import { FILES, forget } from "./tokens.js";
/** @import { App, Buffer, Item, Upload, Waiting } from "./types.js" */

const AT_ONCE = 2;
/** @type {Record<string, string>} */
const REASONS = {
  TOO_LARGE: "fileTooLarge",
  TYPE: "fileTypeRefused",
  QUOTA: "fileQuota",
  ACCOUNT_REQUIRED: "fileNeedsAccount",
  EMPTY: "fileEmpty",
  BAD_PICTURE: "fileBadPicture",
};

export class Uploads {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {Upload[]} */
    this.all = [];
    /** @type {Waiting[]} */
    this.outgoing = []; // messages that wait for their files: { key, buffer, text, replyTo, uploads }
    addEventListener("beforeunload", (event) => this.all.length && event.preventDefault());
  }

  /**
   * The uploads above the box of a conversation.
   * @param {Buffer} buffer
   */
  of(buffer) {
    return this.all.filter((upload) => upload.buffer === buffer);
  }

  /**
   * @param {File[]} files
   * @param {Buffer} buffer
   */
  send(files, buffer) {
    for (const file of files) {
      this.all.push({
        key: newLabel(),
        buffer,
        file,
        name: file.name || t("file"),
        size: file.size,
        type: file.type,
        sent: 0,
        state: "waiting",
        reason: "",
        again: true,
        preview: /^image\/(png|jpeg|gif|webp|avif|bmp)$/.test(file.type) ? URL.createObjectURL(file) : null,
      });
    }
    this.app.composer?.box.focus();
    this.next();
  }

  /** Start as many waiting uploads as allowed. */
  next() {
    const busy = this.all.filter(({ state }) => state === "sending" || state === "checking").length;
    const waiting = this.all.filter(({ state }) => state === "waiting");
    if (this.app.connection.online) for (const upload of waiting.slice(0, Math.max(0, AT_ONCE - busy))) this.begin(upload);
    this.app.invalidate();
  }

  /** @param {Upload} upload */
  async begin(upload) {
    Object.assign(upload, { state: "sending", sent: 0, reason: "" });
    const { limit } = await filesOf(this.app).learn();
    if (limit && upload.size > limit) return this.failed(upload, t("fileTooLargeFor", { size: sizeText(limit) }), false);
    const says = await authorization(this.app);
    if (!this.all.includes(upload)) return;
    const place = this.app.attaching.place();
    if (!says || !place) return this.failed(upload, t("notConnected"), true);
    this.transmit(upload, place, says);
  }

  /**
   * @param {Upload} upload
   * @param {URL} place
   * @param {string} says
   */
  transmit(upload, place, says) {
    const request = new XMLHttpRequest();
    upload.request = request;
    request.open("POST", place);
    request.setRequestHeader("Content-Type", upload.type || "application/octet-stream");
    request.setRequestHeader("Content-Disposition", `attachment; filename*=UTF-8''${encodeURIComponent(upload.name)}`);
    request.setRequestHeader("Authorization", says);
    request.upload.onprogress = ({ loaded, total }) => {
      upload.sent = loaded;
      if (loaded >= total) upload.state = "checking";
      this.app.invalidate();
    };
    request.onload = () => this.answered(upload);
    request.onerror = () => this.cut(upload);
    request.send(upload.file);
  }

  /** @param {Upload} upload */
  answered(upload) {
    const { request } = upload;
    if (!request) return;
    const link = request.getResponseHeader("Location");
    if (request.status === 201 && link) {
      Object.assign(upload, { state: "ready", link: new URL(link, location.href).href, file: null });
      this.release();
      return this.next();
    }
    if (request.status === 401) forget(this.app, FILES);
    const { code, text } = errorIn(request.responseText);
    const lasting = [400, 403, 413, 415, 422].includes(request.status);
    this.failed(upload, REASONS[code] ? t(REASONS[code]) : text || `${request.status} ${request.statusText}`, !lasting);
  }

  /**
   * The network failed. The server keeps no part of the upload, so it starts again later.
   * @param {Upload} upload
   */
  cut(upload) {
    if (!this.app.connection.online) upload.state = "waiting";
    else return this.failed(upload, t("uploadCut"), true);
    this.app.invalidate();
  }

  /**
   * @param {Upload} upload
   * @param {string} reason
   * @param {boolean} again
   */
  failed(upload, reason, again) {
    Object.assign(upload, { state: "failed", reason, again });
    this.next();
  }

  /** @param {Upload} upload */
  retry(upload) {
    upload.state = "waiting";
    this.next();
  }

  /**
   * Remove an upload in any state.
   * @param {Upload} upload
   */
  remove(upload) {
    upload.request?.abort();
    this.forget(upload);
    if (upload.state === "ready") this.takeBack(upload);
    this.release();
    this.next();
  }

  /** @param {Upload} upload */
  forget(upload) {
    this.all = this.all.filter((other) => other !== upload);
    for (const message of this.outgoing) message.uploads = message.uploads.filter((other) => other !== upload);
    if (upload.preview) URL.revokeObjectURL(upload.preview);
    upload.request = null;
  }

  /** @param {Upload} upload */
  async takeBack(upload) {
    const says = await authorization(this.app);
    // If this fails, the server removes the file after a day, since no message names it.
    if (says) fetch(new URL(upload.link ?? "", location.href).pathname, { method: "DELETE", headers: { Authorization: says } }).catch(() => {});
  }

  // ---- messages with files ------------------------------------------------------------------

  /**
   * Send `text` with the files above the box, once all are uploaded.
   * @param {Buffer} buffer
   * @param {string} text
   * @param {Item | undefined} replyTo
   */
  post(buffer, text, replyTo) {
    const uploads = this.of(buffer).filter((upload) => !this.outgoing.some((message) => message.uploads.includes(upload)));
    this.outgoing.push({ key: newLabel(), buffer, text, replyTo, uploads });
    this.release();
  }

  /** @param {Upload} upload */
  isOutgoing(upload) {
    return this.outgoing.some((message) => message.uploads.includes(upload));
  }

  release() {
    for (const message of [...this.outgoing]) {
      const { buffer, text, replyTo, uploads } = message;
      if (uploads.some(({ state }) => state !== "ready")) continue;
      this.outgoing = this.outgoing.filter((other) => other !== message);
      const whole = withLinks(
        text,
        uploads.flatMap(({ link }) => link ?? []),
      );
      for (const upload of uploads) this.forget(upload);
      if (whole) say(this.app, buffer, whole, { replyTo });
    }
    this.app.invalidate();
  }

  /**
   * Put the text of a waiting message back into the box.
   * @param {Waiting} message
   */
  holdBack(message) {
    this.outgoing = this.outgoing.filter((other) => other !== message);
    const { composer } = this.app;
    if (message.text) composer?.insert(composer.box.value ? `${message.text}\n` : message.text);
    this.app.invalidate();
  }

  /** The connection is back, and the server has told where to upload. */
  online() {
    for (const upload of this.all) if (upload.state === "failed" && upload.again) upload.state = "waiting";
    this.next();
  }
}

/**
 * Append links to a text: on one line if it stays short, so that every client shows all of it.
 * @param {string} text
 * @param {string[]} links
 */
export function withLinks(text, links) {
  const short = links.length === 1 && text.length < 200 && !text.includes("\n");
  return [text, ...links].filter(Boolean).join(short ? " " : "\n");
}

/** @param {string} text */
function errorIn(text) {
  try {
    return JSON.parse(text).error || {};
  } catch {
    return { text: text.slice(0, 120) };
  }
}
