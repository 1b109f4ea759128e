/**
 * Negotiates the capabilities of a session, and logs in by SASL, during the registration or later.
 *
 * https://ircv3.net/specs/extensions/capability-negotiation, .../sasl-3.2
 */

import { saslPieces } from "./codec.js";
/** @import { Introduction, Login, Message, SignIn, Status } from "./types.js" */

/** The capabilities that this client uses, as far as the server offers them. */
const WANTED = [
  "account-notify",
  "account-tag",
  "away-notify",
  "batch",
  "cap-notify",
  "chghost",
  "echo-message",
  "extended-join",
  "extended-monitor",
  "invite-notify",
  "labeled-response",
  "message-tags",
  "msgid",
  "multi-prefix",
  "sasl",
  "server-time",
  "setname",
  "standard-replies",
  "userhost-in-names",
  "draft/account-registration",
  "draft/channel-rename",
  "draft/chathistory",
  "draft/event-playback",
  "draft/message-edit",
  "draft/message-redaction",
  "draft/metadata-2",
  "draft/multiline",
  "draft/persistence",
  "draft/pre-away",
  "draft/read-marker",
  "draft/search",
  "draft/webpush",
  "soju.im/search",
];

const AT_ONCE = 12; // names in a CAP REQ
const SASL_DONE = new Set(["903", "907"]);
const SASL_FAILED = new Set(["902", "904", "905", "906", "908"]);

export class Negotiation {
  /**
   * @param {{
   *   send: (command: string, ...params: string[]) => void, identity: () => Introduction,
   *   status: Status, change: (what: Partial<Status>) => void,
   * }} session
   */
  constructor({ send, identity, status, change }) {
    this.send = send;
    this.identity = identity;
    this.status = status;
    this.change = change;
    this.requested = 0; // CAP REQ without an answer
    /** @type {Map<string, string>} */
    this.available = new Map(); // capability -> value, as the server offers them
    /** @type {Set<string>} */
    this.caps = new Set(); // acknowledged
    /** @type {Login & { resolve: (answer: SignIn) => void } | null} */
    this.sasl = null;
  }

  /**
   * The value of an offered capability, as a map: `max-bytes=4,foo` -> 4 and "".
   * @param {string} name
   */
  value(name) {
    const tokens = (this.available.get(name) || "").split(",").filter(Boolean);
    return new Map(tokens.map((token) => /** @type {const} */ ([token.split("=")[0], token.split("=").slice(1).join("=")])));
  }

  /**
   * Handle a message. Returns false if it concerns neither capabilities nor the login.
   * @param {Message} message
   */
  take({ command, params }) {
    if (command === "CAP") this.cap(params[1], params.slice(2));
    else if (command === "AUTHENTICATE" && params[0] === "+") this.proveIdentity();
    else if (SASL_DONE.has(command)) this.signedIn(true, params.at(-1) ?? "");
    else if (SASL_FAILED.has(command)) this.signedIn(false, params.at(-1) ?? "");
    else return false;
    return true;
  }

  /**
   * @param {string} subcommand
   * @param {string[]} params
   */
  cap(subcommand, params) {
    const more = params.length > 1 && params[0] === "*";
    const words = (params.at(-1) || "").split(" ").filter(Boolean);
    if (subcommand === "LS" || subcommand === "NEW") {
      for (const word of words) {
        const [name, ...value] = word.split("=");
        this.available.set(name, value.join("="));
      }
      if (!more) this.requestCaps(subcommand === "LS");
    } else if (subcommand === "ACK") {
      for (const word of words) {
        if (word.startsWith("-")) this.caps.delete(word.slice(1));
        else this.caps.add(word);
      }
      this.requested -= 1;
      this.capsSettled();
    } else if (subcommand === "NAK") {
      this.requested -= 1;
      this.capsSettled();
    } else if (subcommand === "DEL") {
      for (const name of words) {
        this.available.delete(name);
        this.caps.delete(name);
      }
      this.change({});
    }
  }

  /** @param {boolean} first */
  requestCaps(first) {
    const names = WANTED.filter((name) => this.available.has(name) && !this.caps.has(name));
    const groups = [];
    for (let i = 0; i < names.length; i += AT_ONCE) groups.push(names.slice(i, i + AT_ONCE));
    this.requested = groups.length;
    for (const group of groups) this.send("CAP", "REQ", group.join(" "));
    if (first && !groups.length) this.endCaps();
  }

  capsSettled() {
    if (this.requested > 0) return;
    if (this.status.phase !== "registering") return this.change({});
    const { account, password } = this.identity();
    if (account && password && this.caps.has("sasl")) this.signIn(account, password);
    else this.endCaps();
  }

  endCaps() {
    const { away } = this.identity();
    if (away && this.caps.has("draft/pre-away")) this.send("AWAY", away);
    this.send("CAP", "END");
  }

  /**
   * SASL PLAIN, during registration or at any time after it. Resolves to `{ ok, reason }`.
   * @param {string} account
   * @param {string} password
   */
  signIn(account, password) {
    return new Promise((resolve) => {
      this.sasl = { account, password, resolve };
      this.send("AUTHENTICATE", "PLAIN");
    });
  }

  proveIdentity() {
    if (!this.sasl) return;
    const { account, password } = this.sasl;
    for (const piece of saslPieces(`\0${account}\0${password}`)) this.send("AUTHENTICATE", piece);
  }

  /**
   * @param {boolean} ok
   * @param {string} reason
   */
  signedIn(ok, reason) {
    this.sasl?.resolve({ ok, reason });
    this.sasl = null;
    if (this.status.phase === "registering") {
      this.change({ signInFailed: ok ? "" : reason });
      this.endCaps();
    }
  }

  /** The connection is lost, and with it a login that has not ended. */
  lost() {
    this.sasl?.resolve({ ok: false, reason: "" });
    this.sasl = null;
  }
}
