/**
 * The place for files: where it is, what it takes, what says who we are there; and what it gives.
 *
 * https://git.sr.ht/~emersion/soju/tree/master/item/doc/ext/filehost.md
 */

import { refusal } from "./connection.js";

const TOKENS = ["draft/FILEHOST", "soju.im/FILEHOST", "FILEHOST"];
const TOKEN_KEPT = 8 * 60_000;
const MOST_KEPT = 100; // files in memory

export class FileHost {
  constructor(app) {
    this.app = app;
    this.facts = null; // what the server said of its limits
    this.members = false; // may members alone read?
  }

  /** Where to upload, or null: only this page's own address, the policy allows no other. */
  place() {
    const { isupport } = this.app.connection;
    const value = TOKENS.map((token) => isupport.get(token)).find(Boolean);
    try {
      const url = new URL(value);
      // The server may know itself by another name than this page does.
      return url.origin === location.origin || url.pathname === "/files" ? new URL(url.pathname, location.href) : null;
    } catch {
      return null;
    }
  }

  available() {
    return this.app.connection.online && Boolean(this.place());
  }

  /** Its limits (OPTIONS), asked once for each connection. */
  learn() {
    this.facts ||= fetch(this.place() || "/files", { method: "OPTIONS" })
      .then((answer) => {
        this.members = answer.headers.get("Hubbub-File-Access") === "members";
        return { limit: Number(/max-size=(\d+)/.exec(answer.headers.get("Upload-Limit") || "")?.[1]) || 0 };
      })
      .catch(() => {
        this.facts = null;
        return { limit: 0 };
      });
    return this.facts;
  }

  /** What says who we are: a token of this connection, else the account's password. */
  async authorization() {
    const { connection } = this.app;
    const { socket } = connection;
    if (!connection.online) return null;
    if (this.token?.socket === socket && Date.now() < this.token.until) return `Bearer ${this.token.word}`;
    const answer = await connection.ask(
      { command: "FILEHOST", params: ["TOKEN"] },
      { matches: ([first]) => first?.command === "FILEHOST" || refusal([first])?.code === "421" },
    );
    const word = (answer || []).find(({ command }) => command === "FILEHOST")?.params[1];
    if (word) {
      this.token = { word, socket, until: Date.now() + TOKEN_KEPT };
      return `Bearer ${word}`;
    }
    const login = this.app.credentials();
    return login ? `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(`${login.account}:${login.password}`)))}` : null;
  }
}

/**
 * Files that others sent: where to load them from, what they are called, which are gone. Where only
 * members may read (files.access), an image element cannot say who asks: those are fetched with a
 * token and shown from memory.
 */
export class ReceivedFiles {
  constructor(app) {
    this.app = app;
    this.gone = new Set(); // ids: shown as links again
    this.facts = new Map(); // id -> { name, size }, or null while asked
    this.urls = new Map(); // path -> object URL, or null while fetched
  }

  get members() {
    return Boolean(this.app.host.members);
  }

  /** What may stand in `src`, or null: not there yet. */
  source(file, path) {
    if (!this.members) return path;
    if (!this.urls.has(path)) this.fetch(file, path);
    return this.urls.get(path);
  }

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

  async ask(path, method = "GET") {
    const authorization = this.members ? await this.app.host.authorization() : null;
    return fetch(path, { method, headers: authorization ? { Authorization: authorization } : {} }).catch(() => null);
  }

  /** It does not load. Is it gone, or did we not say who we are (`named`) and only members may? */
  async lost(file, named = false) {
    if (!named) await this.app.host.learn();
    if (!named && this.members) return this.changed();
    if (!this.app.connection.online) return;
    this.gone.add(file.id);
    this.changed();
  }

  /** Name and size of a file, once the server has said them. */
  about(file) {
    if (!this.facts.has(file.id)) this.learn(file);
    return this.facts.get(file.id);
  }

  async learn(file) {
    this.facts.set(file.id, null);
    await this.app.host.learn();
    const answer = await this.ask(file.path, "HEAD");
    if (!answer) return this.facts.delete(file.id);
    if (!answer.ok) return this.lost(file, true);
    const name = /filename\*=UTF-8''(\S+)/.exec(answer.headers.get("Content-Disposition") || "");
    this.facts.set(file.id, { name: name ? decodeURIComponent(name[1]) : file.name, size: Number(answer.headers.get("Content-Length")) });
    this.changed();
  }

  /** Save one that only members may read. */
  async save(file) {
    const answer = await this.ask(file.path);
    if (!answer?.ok) return this.lost(file, true);
    const url = URL.createObjectURL(await answer.blob());
    this.app.saveAs(url, file.name || "file");
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }

  /** Rows are drawn again only when one of the values that they depend on is another. */
  changed() {
    this.version = (this.version || 0) + 1;
    this.app.invalidate();
  }
}
