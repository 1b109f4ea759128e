/**
 * Creates the parts of the page and connects them. The connection passes messages to the state, the
 * state returns events, happened.js handles them, and the page is redrawn. The user's actions are in
 * sending.js, history.js, conversations.js and ui.js; views/ draws.
 */

import { Attaching } from "./attaching.js";
import { apply } from "./apply.js";
import { newLabel } from "./answers.js";
import { Connection } from "./connection.js";
import { Conversations, Reading } from "./conversations.js";
import { react, statusChanged } from "./happened.js";
import { Identity } from "./identity.js";
import { pressed, Ui } from "./ui.js";
import { Notifier } from "./notify.js";
import { Queue } from "./queue.js";
import { Settings } from "./settings.js";
import { createState } from "./state.js";
import { showPictures } from "./views/people.js";
/** @import { Composer, Message, ReceivedFiles, Scroller, Store } from "./types.js" */

const KEEP_ITEMS = 20_000;
const ALIVE_EVERY = 8_000;

export class App {
  /** @param {{ local: Store, tab: Store, url: string, draw: (app: App) => void }} parts */
  constructor({ local, tab, url, draw }) {
    this.local = local;
    this.tab = tab;
    this.draw = draw;
    this.state = createState();
    this.settings = new Settings(this);
    this.identity = new Identity(this);
    this.queue = new Queue({ store: local, tab: tabId(tab) });
    this.notifier = new Notifier(this);
    this.ui = new Ui(this);
    this.conversations = new Conversations(this);
    this.reading = new Reading(this);
    this.attaching = new Attaching(this);
    /** @type {ReceivedFiles | null} */
    this.files = null; // filehost.js sets it
    this.connection = new Connection({
      url,
      identity: () => this.identity.introduction(),
      nextNick: (nick, attempt) => this.identity.next(nick, attempt),
      onMessage: (message) => this.take(message),
      onStatus: (status) => statusChanged(this, status),
    });
    this.state.isupport = this.connection.isupport;
    /** @type {Scroller | null} */
    this.scroller = null; // while the log is drawn
    /** @type {Composer | null} */
    this.composer = null; // while the message box is drawn
    this.phase = "";
    this.connectedBefore = false;
    this.pushRenewed = false;
    this.frame = false;
    this.saved = 0;
    this.firstVisit = !local.get("seen");
    local.set("seen", true);
    showPictures(this.state);
  }

  start() {
    this.takeAddress();
    this.conversations.goToLocation();
    addEventListener("keydown", (event) => pressed(this, event));
    addEventListener("hashchange", () => this.conversations.goToLocation());
    addEventListener("online", () => this.connection.hurry());
    addEventListener("focus", () => this.invalidate());
    addEventListener("blur", () => this.invalidate());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.connection.hurry();
      this.invalidate();
    });
    addEventListener("pagehide", () => this.save());
    setInterval(() => this.tick(), 1_000);
    this.connection.start();
    this.invalidate();
  }

  /** Remove the secret of `/invite/<word>#tea` or `/admin/<word>` from the address, which others may see. */
  takeAddress() {
    const [, place, word] = location.pathname.split("/");
    if (place !== "invite" && place !== "admin") return;
    history.replaceState(null, "", `/${location.hash}`);
    // With this key a second visit uses up no second place (handlers/sessions/invite_links.py).
    if (place === "invite") this.local.set("invite", { word, key: this.local.get("invite")?.key || newLabel() });
    else this.ui.admin = { claim: word || "" };
  }

  /** The conversation in front, or null. */
  get buffer() {
    return this.state.buffers.get(this.ui.buffer) || null;
  }

  /** @param {string} capability */
  can(capability) {
    return this.connection.caps.has(capability);
  }

  /** @param {Message} message */
  take(message) {
    for (const happened of apply(this.state, message, Date.now())) react(this, happened);
    this.invalidate();
  }

  /** Once a second: update what depends on the clock, and trim what grows. */
  tick() {
    const now = Date.now();
    for (const buffer of this.state.buffers.values()) {
      buffer.live.trim(KEEP_ITEMS); // joins and parts count too
      for (const [nick, until] of buffer.typing) {
        if (until < now) {
          buffer.typing.delete(nick);
          this.invalidate();
        }
      }
    }
    if (this.connection.status.phase === "waiting") this.invalidate();
    if (now - this.saved > ALIVE_EVERY) {
      this.saved = now;
      this.queue.save();
    }
  }

  /** Store what would be lost with the page. */
  save() {
    this.settings.save();
    this.queue.save();
  }

  /** Draw at the next frame, once for all changes until then. */
  invalidate() {
    if (this.frame) return;
    this.frame = true;
    const draw = () => {
      this.frame = false;
      this.draw(this);
    };
    // A hidden page gets no frames, and its title must stay current.
    if (document.visibilityState === "visible") requestAnimationFrame(draw);
    else setTimeout(draw, 250);
  }
}

/** @param {Store} tab */
function tabId(tab) {
  const id = tab.get("tab") || newLabel();
  tab.set("tab", id);
  return id;
}
