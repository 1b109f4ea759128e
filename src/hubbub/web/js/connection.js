/**
 * Keeps one IRC session over a WebSocket: connects, negotiates capabilities, logs in, answers and
 * measures pings, collects batches, matches replies to labels, and reconnects after a loss. It passes
 * messages on and is independent of channels and pages.
 *
 * https://ircv3.net/specs/extensions/websocket, .../capability-negotiation, .../labeled-response
 */

import { format, parse, saslPieces } from "./codec.js";
/** @import { Batch, Entry, Introduction, Login, Message, Outgoing, Question, SignIn, Status } from "./types.js" */

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

/** Batches that are an answer to a question and nothing else. */
const ANSWERS = new Set(["chathistory", "draft/chathistory-targets", "soju.im/search", "draft/search"]);

const NICK_REFUSED = new Set(["431", "432", "433", "436", "437"]);
const SASL_DONE = new Set(["903", "907"]);
const SASL_FAILED = new Set(["902", "904", "905", "906", "908"]);

const PING_EVERY = 20_000;
const FIRST_PING = 1_500;
const PING_LOST = 12_000;
const ANSWER_WITHIN = 20_000;
const BACKOFF = [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

export class Connection {
  /**
   * `identity` is asked anew at every attempt and gives
   * `{ nick, realname, account, password, away, invite, guest }`; `nextNick(refused, attempt)` the name to try
   * after one was refused (a string or a promise of one).
   * @param {{
   *   url: string, identity: () => Introduction, nextNick: (nick: string, attempt: number) => string | Promise<string>,
   *   onMessage: (message: Message) => void, onStatus: (status: Status) => void, Socket?: typeof WebSocket,
   * }} wiring
   */
  constructor({ url, identity, nextNick, onMessage, onStatus, Socket = globalThis.WebSocket }) {
    this.url = url;
    this.identity = identity;
    this.nextNick = nextNick;
    this.onMessage = onMessage;
    this.onStatus = onStatus;
    this.Socket = Socket;
    /** @type {Status} */
    this.status = { phase: "offline", attempt: 0, retryAt: 0, rtt: null, rtts: [], reason: "", needs: "" };
    this.wanted = false;
    this.tries = 0; // nicks that were refused
    this.requested = 0; // CAP REQ without an answer
    this.pingSent = 0;
    /** @type {WebSocket | null} */
    this.socket = null;
    /** @type {number | undefined} */
    this.pongTimer = undefined;
    /** @type {Map<string, string>} */
    this.available = new Map(); // capability -> value, as the server offers them
    /** @type {Set<string>} */
    this.caps = new Set(); // as acknowledged
    /** @type {Map<string, string>} */
    this.isupport = new Map();
    /** @type {Map<string, Batch>} */
    this.batches = new Map();
    /** @type {Map<string, Question>} */
    this.waiting = new Map(); // label -> a question that waits for its answer
    this.nick = "";
    /** @type {string | null} */
    this.account = null;
    /** @type {Login & { resolve: (answer: SignIn) => void } | null} */
    this.sasl = null;
  }

  reset() {
    this.available = new Map();
    this.caps = new Set();
    this.isupport = new Map();
    this.batches = new Map();
    this.waiting = new Map();
    this.nick = "";
    this.account = null;
    this.sasl = null;
  }

  get online() {
    return this.status.phase === "online";
  }

  /**
   * The value a capability was offered with, as a map: `max-bytes=4,foo` -> 4 and "".
   * @param {string} name
   */
  capValue(name) {
    const tokens = (this.available.get(name) || "").split(",").filter(Boolean);
    return new Map(tokens.map((token) => /** @type {const} */ ([token.split("=")[0], token.split("=").slice(1).join("=")])));
  }

  // ---- connecting -------------------------------------------------------------------------

  start() {
    this.wanted = true;
    if (!this.socket) this.connect();
  }

  stop(reason = "") {
    this.wanted = false;
    clearTimeout(this.retryTimer);
    if (this.online) this.send("QUIT", reason);
    this.socket?.close();
  }

  /** Try now instead of at the end of the pause (the network is back, the page was opened). */
  hurry() {
    if (this.wanted && !this.socket) this.connect();
    else if (this.online) this.ping();
  }

  connect() {
    clearTimeout(this.retryTimer);
    this.reset();
    this.change({ phase: "connecting", attempt: this.status.attempt + 1 });
    const socket = new this.Socket(this.url, ["text.ircv3.net", "binary.ircv3.net"]);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.connectTimer = setTimeout(() => this.drop("timeout"), ANSWER_WITHIN);
    socket.onopen = () => socket === this.socket && this.register();
    socket.onmessage = ({ data }) => socket === this.socket && this.receive(data);
    socket.onclose = () => socket === this.socket && this.lost();
  }

  register() {
    const { nick, realname, invite, guest, serverPassword } = this.identity();
    this.nick = nick;
    this.tries = 0;
    this.change({ phase: "registering" });
    if (invite) this.send("PASS", invite.word, invite.key);
    if (serverPassword) this.send("PASS", serverPassword);
    this.send("CAP", "LS", "302");
    if (guest) this.send("GUEST", guest.key, ...(guest.nick ? [guest.nick] : []));
    this.send("NICK", nick);
    this.send("USER", "web", "0", "*", realname || nick);
  }

  /**
   * Give up this socket at once, without waiting for the peer to agree.
   * @param {string} reason
   */
  drop(reason) {
    this.change({ reason });
    const socket = this.socket;
    if (!socket) return;
    this.lost();
    socket.close();
  }

  lost() {
    this.socket = null;
    clearTimeout(this.connectTimer);
    clearInterval(this.pingTimer);
    clearTimeout(this.pongTimer);
    this.pongTimer = undefined;
    for (const question of this.waiting.values()) question.settle(null);
    this.waiting.clear();
    this.sasl?.resolve({ ok: false, reason: "" });
    this.sasl = null;
    this.batches.clear();
    if (!this.wanted) return this.change({ phase: "offline" });
    const pause = BACKOFF[Math.min(this.status.attempt, BACKOFF.length) - 1] || BACKOFF[0];
    const wait = pause * (0.75 + Math.random() / 2);
    this.change({ phase: "waiting", retryAt: Date.now() + wait, rtt: null });
    this.retryTimer = setTimeout(() => this.connect(), wait);
  }

  /** @param {Partial<Status>} what */
  change(what) {
    Object.assign(this.status, what);
    this.onStatus(this.status);
  }

  // ---- sending ----------------------------------------------------------------------------

  /**
   * @param {string} command
   * @param {...string} params
   */
  send(command, ...params) {
    this.write({ command, params });
  }

  /** @param {Outgoing} message */
  write(message) {
    if (this.socket?.readyState !== 1) return false;
    const line = format(message);
    const binary = this.socket.protocol === "binary.ircv3.net";
    this.socket.send(binary ? new TextEncoder().encode(line) : line);
    return true;
  }

  /**
   * Send `messages` (one, or the lines of a client batch) and wait for the answer to the first:
   * a list of messages; empty for a bare ACK; null if the connection was lost or stayed silent.
   * Without labels a question with `matches` takes the first answer that fits, one without it
   * is over as soon as it is sent. `within` 0 waits as long as the connection lasts.
   * @param {Outgoing | Outgoing[]} messages
   * @param {{ label?: string, matches?: ((messages: Message[], entry: Entry) => unknown) | null, within?: number }} [options]
   * @returns {Promise<Message[] | null>}
   */
  ask(messages, { label = newLabel(), matches = null, within = ANSWER_WITHIN } = {}) {
    const [first, ...rest] = [messages].flat();
    const labelled = this.caps.has("labeled-response");
    return new Promise((resolve) => {
      /** @param {Message[] | null} answer */
      const settle = (answer) => {
        clearTimeout(timer);
        this.waiting.delete(label);
        resolve(answer);
      };
      const timer = within ? setTimeout(() => settle(null), within) : undefined;
      this.waiting.set(label, { settle, matches: labelled ? null : matches });
      const tags = labelled ? { ...first.tags, label } : first.tags;
      if (!this.write({ ...first, tags })) return settle(null);
      for (const message of rest) this.write(message);
      if (!labelled && !matches) settle([]);
    });
  }

  // ---- receiving --------------------------------------------------------------------------

  /** @param {string | ArrayBuffer} data */
  receive(data) {
    if (this.pongTimer) this.expectPong(); // whatever comes, the connection is alive
    const text = typeof data === "string" ? data : new TextDecoder().decode(data);
    for (const line of text.split(/\r?\n/)) {
      const message = parse(line);
      if (message) this.take(message);
    }
  }

  /** @param {Message} message */
  take(message) {
    this.handle(message);
    if (message.command === "BATCH") return this.batch(message);
    const inside = this.batches.get(message.tags.batch);
    if (inside) inside.entries.push(message);
    else this.route(message, message.tags.label);
  }

  /** @param {Message} message */
  batch({ tags, source, params: [reference = "", type = "", ...params] }) {
    const name = reference.slice(1);
    if (reference.startsWith("+")) {
      this.batches.set(name, { type, params, tags, source, entries: [] });
      return;
    }
    const batch = this.batches.get(name);
    if (!batch) return;
    this.batches.delete(name);
    const entry = batch.type === "draft/multiline" ? joinLines(batch) : batch;
    const outer = this.batches.get(batch.tags.batch);
    if (outer) outer.entries.push(entry);
    else this.route(entry, batch.tags.label);
  }

  /**
   * A whole answer or a message of its own: to who asked, and to everybody.
   * @param {Entry} entry
   * @param {string} label
   */
  route(entry, label) {
    const messages = flatten(entry);
    const question = this.question(label, entry, messages);
    if (question) question.settle(messages);
    const type = entry.type === "labeled-response" ? entry.entries[0]?.type : entry.type;
    if (question && ANSWERS.has(type ?? "")) return;
    for (const message of messages) {
      message.answered = Boolean(question);
      if (message.command !== "ACK") this.onMessage(message);
    }
  }

  /**
   * @param {string} label
   * @param {Entry} entry
   * @param {Message[]} messages
   */
  question(label, entry, messages) {
    if (label) return this.waiting.get(label);
    for (const question of this.waiting.values()) {
      if (question.matches?.(messages, entry)) return question;
    }
  }

  /**
   * What concerns the session itself.
   * @param {Message} message
   */
  handle(message) {
    const { command, params, tags } = message;
    if (command === "PING") this.send("PONG", params.at(-1) ?? "");
    else if (command === "PONG") this.ponged(params.at(-1) ?? "");
    else if (command === "CAP") this.cap(params[1], params.slice(2));
    else if (command === "AUTHENTICATE" && params[0] === "+") this.proveIdentity();
    else if (SASL_DONE.has(command)) this.signedIn(true, params.at(-1) ?? "");
    else if (SASL_FAILED.has(command)) this.signedIn(false, params.at(-1) ?? "");
    else if (command === "900") this.account = params[2];
    else if (command === "901") this.account = null;
    else if (command === "001") this.welcome(params[0]);
    else if (command === "005") this.supported(params.slice(1, -1));
    else if (command === "ERROR") this.change({ reason: params[0] || "" });
    else if (command === "FAIL" && params[1] === "INVITE_REQUIRED") this.uninvited(params.at(-1) ?? "");
    else if (this.status.phase === "registering" && command === "464") this.needs("password");
    else if (this.status.phase === "registering" && command === "FAIL" && params[1] === "ACCOUNT_REQUIRED") this.needs("account");
    else if (command === "NICK" && message.source?.nick === this.nick && !tags.batch) this.nick = params[0];
    else if (NICK_REFUSED.has(command) && this.status.phase === "registering") this.refused(params[1]);
  }

  /** @param {string} nick */
  async refused(nick) {
    const socket = this.socket;
    const next = await this.nextNick(nick, ++this.tries);
    if (socket !== this.socket || this.status.phase !== "registering") return;
    this.nick = next;
    this.send("NICK", next);
  }

  /**
   * Trying again would not help: somebody has to sign in, or to open an invitation.
   * @param {string} uninvited
   */
  uninvited(uninvited) {
    this.wanted = false;
    this.change({ uninvited });
  }

  /**
   * The server lets nobody in without its password, which ends this connection, or an account.
   * @param {string} needs
   */
  needs(needs) {
    clearTimeout(this.connectTimer);
    if (needs === "password") this.wanted = false;
    this.change({ needs });
  }

  /** @param {string} nick */
  welcome(nick) {
    this.nick = nick;
    clearTimeout(this.connectTimer);
    this.change({ phase: "online", attempt: 0, retryAt: 0, reason: "", needs: "" });
    setTimeout(() => this.online && this.ping(), FIRST_PING); // when the page has settled
    this.pingTimer = setInterval(() => this.ping(), PING_EVERY);
  }

  /** @param {string[]} tokens */
  supported(tokens) {
    for (const token of tokens) {
      const [name, ...value] = token.split("=");
      if (name.startsWith("-")) this.isupport.delete(name.slice(1));
      else this.isupport.set(name, unescapeIsupport(value.join("=")));
    }
  }

  ping() {
    if (this.pongTimer) return;
    this.pingSent = performance.now();
    this.pingToken = newLabel();
    this.expectPong();
    this.send("PING", this.pingToken);
  }

  expectPong() {
    clearTimeout(this.pongTimer);
    this.pongTimer = setTimeout(() => this.drop("silent"), PING_LOST);
  }

  /** @param {string} token */
  ponged(token) {
    if (token !== this.pingToken) return;
    clearTimeout(this.pongTimer);
    this.pongTimer = undefined;
    const rtt = performance.now() - this.pingSent;
    this.change({ rtt, rtts: [...this.status.rtts.slice(-59), rtt] });
  }

  // ---- capabilities and signing in --------------------------------------------------------

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
    for (let i = 0; i < names.length; i += 12) groups.push(names.slice(i, i + 12));
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
}

/** A label for a question: unique over tabs and reloads, so that a repeated send is recognised. */
export function newLabel() {
  const numbers = crypto.getRandomValues(new Uint32Array(4));
  return Array.from(numbers, (n) => n.toString(36).padStart(7, "0"))
    .join("")
    .slice(0, 24);
}

/**
 * The refusal in an answer, as `{ code, text }`: a FAIL or an error numeric. That there is no message of
 * the day (422) belongs to a welcome.
 * @param {Message[] | null | undefined} answer
 */
export function refusal(answer) {
  for (const { command, params } of answer || []) {
    if (command === "FAIL") return { code: params[1], text: params.at(-1) };
    if (/^[45]\d\d$/.test(command) && command !== "422") return { code: command, text: params.at(-1) };
  }
  return null;
}

/**
 * The lines of a multiline batch as the one message that they are.
 * @param {Batch} batch
 */
function joinLines({ tags, source, params, entries }) {
  let text = "";
  const first = entries[0]?.command === "EDIT" ? 2 : 1; // where the text stands: EDIT names the message before it
  entries.forEach((line, i) => {
    const glue = i === 0 || "draft/multiline-concat" in line.tags ? "" : "\n";
    text += glue + (line.params[first] ?? "");
  });
  const { batch: _, ...kept } = entries[0]?.tags || {};
  return {
    tags: { ...kept, ...tags },
    source: source || entries[0]?.source || null,
    command: entries[0]?.command || "PRIVMSG",
    params: first === 2 ? [params[0], entries[0].params[1], text] : [params[0], text],
  };
}

/** @type {(entry: Entry) => Message[]} */
function flatten(entry) {
  return entry.entries ? entry.entries.flatMap(flatten) : [/** @type {Message} */ (entry)];
}

/** @param {string} value */
function unescapeIsupport(value) {
  return value.replace(/\\x([0-9A-Fa-f]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
}
