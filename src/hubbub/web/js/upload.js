/**
 * Files: picked, pasted or dropped, sent to the place the server names (the FILEHOST token), with
 * progress. When one is there, its link lands in the message box and goes out like any text.
 *
 * https://git.sr.ht/~emersion/soju/tree/master/item/doc/ext/filehost.md
 */

import { newLabel } from "./connection.js";
import { t } from "./i18n.js";

const TOKENS = ["FILEHOST", "draft/FILEHOST", "soju.im/FILEHOST"];
const IMAGE = /\.(png|jpe?g|gif|webp|avif)$/i;

export class Uploads {
  constructor(app) {
    this.app = app;
    this.running = []; // { key, name, size, sent, request }
  }

  /** Where to, or null. Only this page's own origin: the policy allows no other. */
  place() {
    const { isupport } = this.app.connection;
    const value = TOKENS.map((token) => isupport.get(token)).find(Boolean);
    try {
      const url = new URL(value?.split(" ")[0], location.href);
      return value && url.origin === location.origin ? url : null;
    } catch {
      return null;
    }
  }

  available() {
    return this.app.connection.online && Boolean(this.place());
  }

  /** A picture on this server, to be shown in place; others stay links. */
  isPicture(href) {
    const place = this.place();
    const url = new URL(href);
    return Boolean(place) && url.origin === location.origin && url.pathname.startsWith(place.pathname.replace(/\/?$/, "/")) && IMAGE.test(url.pathname);
  }

  pick() {
    const input = document.querySelector("#file-input");
    input.value = "";
    input.click();
  }

  send(files) {
    for (const file of files) this.one(file);
  }

  one(file) {
    const request = new XMLHttpRequest();
    const upload = { key: newLabel(), name: file.name || t("file"), size: file.size, sent: 0, request };
    this.running.push(upload);
    request.open("POST", this.place());
    request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
    request.setRequestHeader("Content-Disposition", `attachment; filename*=UTF-8''${encodeURIComponent(upload.name)}`);
    const login = this.app.credentials();
    if (login) request.setRequestHeader("Authorization", `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(`${login.account}:${login.password}`)))}`);
    request.upload.onprogress = ({ loaded }) => {
      upload.sent = loaded;
      this.app.invalidate();
    };
    request.onload = () => this.done(upload);
    request.onerror = () => this.failed(upload, t("notConnected"));
    request.onabort = () => this.remove(upload);
    request.send(file);
    this.app.invalidate();
  }

  done(upload) {
    const { request } = upload;
    const location_ = request.getResponseHeader("Location");
    if (request.status !== 201 || !location_) {
      const reason = { 413: t("fileTooLarge"), 401: t("fileNeedsAccount"), 403: t("fileNeedsAccount"), 415: t("fileTypeRefused"), 507: t("fileQuota") }[request.status];
      return this.failed(upload, reason || `${request.status} ${request.responseText.slice(0, 120)}`);
    }
    this.remove(upload);
    const { box } = this.app.composer;
    const before = box?.value && !/\s$/.test(box.value) ? " " : "";
    this.app.composer.insert(`${before}${new URL(location_, location.href).href} `);
  }

  failed(upload, reason) {
    this.remove(upload);
    this.app.toast(t("uploadFailed", { name: upload.name, text: reason }), null, "error");
  }

  remove(upload) {
    this.running = this.running.filter((other) => other !== upload);
    this.app.invalidate();
  }
}

/** 1,234,567 -> "1.2 MB", in the reader's language. */
export function sizeText(bytes, locale) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const step = Math.min(3, bytes > 0 ? Math.floor(Math.log10(bytes) / 3) : 0);
  return new Intl.NumberFormat(locale, { style: "unit", unit: units[step], unitDisplay: "short", maximumFractionDigits: step ? 1 : 0 }).format(bytes / 1000 ** step);
}
