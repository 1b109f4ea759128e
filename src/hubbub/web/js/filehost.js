/**
 * Asks the server about its files: limits, names, contents that members alone may read. Loaded with
 * the first message that names a file, or the first file to send.
 *
 * https://git.sr.ht/~emersion/soju/tree/master/item/doc/ext/filehost.md
 */

import { FILES, token } from "./tokens.js";
/** @import { App, SharedFile, Told } from "./types.js" */

const MOST_KEPT = 100; // files in memory

/**
 * The files that this page knows; made on first use.
 * @param {App} app
 */
export function filesOf(app) {
  app.files ||= new ReceivedFiles(app);
  return app.files;
}

/**
 * The Authorization header: a token of this connection, else the account's password.
 * @param {App} app
 */
export async function authorization(app) {
  if (!app.connection.online) return null;
  const { word } = await token(app, FILES);
  if (word) return `Bearer ${word}`;
  const login = app.identity.credentials();
  return login ? `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(`${login.account}:${login.password}`)))}` : null;
}

/**
 * Files that others sent: their addresses, their names, and which are gone. Where only
 * members may read (files.access), an image element cannot authenticate: fetch loads those with a
 * token, and the page shows them from memory.
 */
export class ReceivedFiles {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {Told | null} */
    this.limits = null; // the server's limits, per connection
    this.members = false; // may members alone read?
    this.version = 0; // rows with files depend on it
    this.gone = new Set(); // ids of files that are shown as links
    this.facts = new Map(); // id -> { name, size }, or null while asked
    this.urls = new Map(); // path -> object URL, or null while fetched
  }

  /** Ask for the limits (OPTIONS), once per connection. */
  learn() {
    this.limits ||= fetch(this.app.attaching.place() || "/files", { method: "OPTIONS" })
      .then((answer) => {
        this.members = answer.headers.get("Hubbub-File-Access") === "members";
        return { limit: Number(/max-size=(\d+)/.exec(answer.headers.get("Upload-Limit") || "")?.[1]) || 0 };
      })
      .catch(() => {
        this.limits = null;
        return { limit: 0 };
      });
    return this.limits;
  }

  /**
   * The value for `src`, or null until it is loaded.
   * @param {SharedFile} file
   * @param {string} path
   */
  source(file, path) {
    if (!this.members) return path;
    if (!this.urls.has(path)) this.fetch(file, path);
    return this.urls.get(path);
  }

  /**
   * @param {SharedFile} file
   * @param {string} path
   */
  async fetch(file, path) {
    this.urls.set(path, null);
    const answer = await this.ask(path);
    if (!answer?.ok) {
      this.urls.delete(path);
      return this.lost(file, true);
    }
    this.urls.set(path, URL.createObjectURL(await answer.blob()));
    for (const [oldest, url] of this.urls) {
      if (this.urls.size <= MOST_KEPT) break;
      if (url) URL.revokeObjectURL(url);
      this.urls.delete(oldest);
    }
    this.changed();
  }

  /** @param {string} path */
  async ask(path, method = "GET") {
    const says = this.members ? await authorization(this.app) : null;
    return fetch(path, { method, headers: says ? { Authorization: says } : {} }).catch(/** @returns {null} */ () => null);
  }

  /**
   * A file did not load. It is gone, unless only members may read and the request had no token (`named`).
   * @param {SharedFile} file
   */
  async lost(file, named = false) {
    if (!named) await this.learn();
    if (!named && this.members) return this.changed();
    if (!this.app.connection.online) return;
    this.gone.add(file.id);
    this.changed();
  }

  /**
   * Name and size of a file, once known.
   * @param {SharedFile} file
   */
  about(file) {
    if (!this.facts.has(file.id)) this.look(file);
    return this.facts.get(file.id);
  }

  /** @param {SharedFile} file */
  async look(file) {
    this.facts.set(file.id, null);
    await this.learn();
    const answer = await this.ask(file.path, "HEAD");
    if (!answer) return this.facts.delete(file.id);
    if (!answer.ok) return this.lost(file, true);
    const name = /filename\*=UTF-8''(\S+)/.exec(answer.headers.get("Content-Disposition") || "");
    this.facts.set(file.id, { name: name ? decodeURIComponent(name[1]) : file.name, size: Number(answer.headers.get("Content-Length")) });
    this.changed();
  }

  /**
   * Save a file that only members may read.
   * @param {SharedFile} file
   */
  async save(file) {
    const answer = await this.ask(file.path);
    if (!answer?.ok) return this.lost(file, true);
    const url = URL.createObjectURL(await answer.blob());
    saveAs(url, file.name || "file");
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }

  /** Draw the rows with files again. */
  changed() {
    this.version += 1;
    this.app.invalidate();
  }
}

/**
 * Save an object URL as a download.
 * @param {string} url
 * @param {string} name
 */
function saveAs(url, name) {
  const link = document.createElement("a");
  Object.assign(link, { href: url, download: name });
  link.click();
}
