/**
 * Keeps one IRC session over a WebSocket: connects, registers (with negotiation.js), answers and measures
 * pings, asks (with answers.js), and reconnects after a loss. It passes messages on and is independent of
 * channels and pages.
 *
 * https://ircv3.net/specs/extensions/websocket
 */

import { Batches, newLabel, Questions } from "./answers.js";
import { format, parse } from "./codec.js";
import { Negotiation } from "./negotiation.js";
/** @import { Introduction, Message, Outgoing, Question, Status } from "./types.js" */

const NICK_REFUSED = new Set(["431", "432", "433", "436", "437"]);

const PING_EVERY = 20_000;
const FIRST_PING = 1_500;
const PING_LOST = 12_000;
const CONNECT_WITHIN = 20_000;
const BACKOFF = [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

export class Connection {
  /**
   * `identity` is called at every attempt and returns
   * `{ nick, realname, account, password, away, invite, guest }`. `nextNick(refused, attempt)` returns the nick
   * to try after a refusal, or a promise of it.
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
    this.pingSent = 0;
    /** @type {WebSocket | null} */
    this.socket = null;
    /** @type {number | undefined} */
    this.pongTimer = undefined;
    this.negotiation = this.newNegotiation();
    this.batches = new Batches();
    this.questions = new Questions();
    /** @type {Map<string, string>} */
    this.isupport = new Map();
    this.nick = "";
    /** @type {string | null} */
    this.account = null;
  }

  newNegotiation() {
    return new Negotiation({
      send: (command, ...params) => this.send(command, ...params),
      identity: this.identity,
      status: this.status,
      change: (what) => this.change(what),
    });
  }

  /** Forget what belonged to the connection before. */
  reset() {
    this.negotiation = this.newNegotiation();
    this.batches = new Batches();
    this.questions = new Questions();
    this.isupport = new Map();
    this.nick = "";
    this.account = null;
  }

  /** The capabilities in use. */
  get caps() {
    return this.negotiation.caps;
  }

  get online() {
    return this.status.phase === "online";
  }

  /**
   * The value of an offered capability, as a map.
   * @param {string} name
   */
  capValue(name) {
    return this.negotiation.value(name);
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

  /** Try now instead of after the pause: the network is back, or somebody looks at the page. */
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
    this.connectTimer = setTimeout(() => this.drop("timeout"), CONNECT_WITHIN);
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
   * Abandon this socket without waiting for the peer.
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
    this.questions.lost();
    this.negotiation.lost();
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
   * Send `messages` (one, or the lines of a client batch). Resolves to the answer to the first:
   * a list of messages, empty for a bare ACK; null if none came in time.
   * On a server without labels, `matches` recognises the answer; without `matches` the answer
   * is empty at once. `within` 0 waits while the connection lasts.
   * @param {Outgoing | Outgoing[]} messages
   * @param {{ label?: string, matches?: Question["matches"], within?: number }} [options]
   * @returns {Promise<Message[] | null>}
   */
  ask(messages, { label = newLabel(), matches = null, within } = {}) {
    const [first, ...rest] = [messages].flat();
    const labelled = this.caps.has("labeled-response");
    const answer = this.questions.wait(label, labelled ? null : matches, within);
    const tags = labelled ? { ...first.tags, label } : first.tags;
    if (!this.write({ ...first, tags })) this.questions.settle(label, null);
    for (const message of rest) this.write(message);
    if (!labelled && !matches) this.questions.settle(label, []);
    return answer;
  }

  // ---- receiving --------------------------------------------------------------------------

  /** @param {string | ArrayBuffer} data */
  receive(data) {
    if (this.pongTimer) this.expectPong(); // anything received shows that the connection is alive
    const text = typeof data === "string" ? data : new TextDecoder().decode(data);
    for (const line of text.split(/\r?\n/)) {
      const message = parse(line);
      if (message) this.take(message);
    }
  }

  /** @param {Message} message */
  take(message) {
    this.handle(message);
    const whole = this.batches.add(message);
    for (const each of whole ? this.questions.answer(whole.entry, whole.label) : []) {
      if (each.command !== "ACK") this.onMessage(each);
    }
  }

  /**
   * Handle what concerns the session itself.
   * @param {Message} message
   */
  handle(message) {
    const { command, params, tags } = message;
    if (this.negotiation.take(message)) return;
    if (command === "PING") this.send("PONG", params.at(-1) ?? "");
    else if (command === "PONG") this.ponged(params.at(-1) ?? "");
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
   * Stop trying: somebody has to sign in or to open an invitation first.
   * @param {string} uninvited
   */
  uninvited(uninvited) {
    this.wanted = false;
    this.change({ uninvited });
  }

  /**
   * The server requires its password (and then closes this connection) or an account.
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
    setTimeout(() => this.online && this.ping(), FIRST_PING); // after the page has been drawn
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
}

/** @param {string} value */
function unescapeIsupport(value) {
  return value.replace(/\\x([0-9A-Fa-f]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
}
