/**
 * Keeps the nick and the account's login. Makes up nicks for people who have not chosen one: friendly,
 * easy to say, and rarely taken.
 */

import { newLabel } from "./answers.js";
/** @import { App } from "./types.js" */

export class Identity {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.nick = app.local.get("nick", "");
    this.chosen = Boolean(this.nick); // not made up
    this.wanted = ""; // requested, and not confirmed yet
    this.nick ||= freshNick();
    /** The server recognises a guest by this key (handlers/sessions/guests.py). */
    this.guest = app.local.get("guest") || { key: newLabel(), nick: "" };
  }

  /** What a connection tells the server at its start. */
  introduction() {
    const { local } = this.app;
    const login = this.credentials();
    return {
      nick: this.nick,
      realname: this.nick,
      account: login?.account,
      password: login?.password,
      away: local.get("away", ""),
      invite: local.get("invite"),
      guest: this.guest,
      serverPassword: this.app.tab.get("serverPassword", ""),
    };
  }

  credentials() {
    return this.app.tab.get("login") || this.app.local.get("login");
  }

  /**
   * @param {string} account
   * @param {string} password
   * @param {boolean} keep
   */
  remember(account, password, keep) {
    const { local, tab } = this.app;
    (keep ? local : tab).set("login", { account, password });
    (keep ? tab : local).remove("login");
  }

  /**
   * Replace the password by a token of this browser.
   * @param {string} account
   * @param {string} token
   */
  exchange(account, token) {
    this.remember(account, token, !this.app.tab.get("login"));
  }

  forgetLogin() {
    this.app.local.remove("login");
    this.app.tab.remove("login");
  }

  /**
   * The previous connection may still hold the nick: ask again twice, then vary it.
   * @param {string} nick
   * @param {number} attempt
   */
  async next(nick, attempt) {
    if (attempt <= 2 && (this.app.connectedBefore || this.app.tab.get("nick") === this.nick)) {
      await new Promise((resolve) => setTimeout(resolve, 700 * attempt));
      return this.nick;
    }
    return this.chosen ? variant(this.nick, attempt) : freshNick();
  }

  /**
   * Request a nick. It is stored when the server confirms it.
   * @param {string} nick
   */
  ask(nick) {
    const { connection } = this.app;
    this.wanted = nick;
    if (connection.online) connection.send("NICK", nick);
    else this.changed(nick);
  }

  /** @param {string} nick */
  changed(nick) {
    this.nick = nick;
    this.app.tab.set("nick", nick);
    this.chosen ||= nick === this.wanted;
    if (this.chosen || this.app.state.me.account) this.app.local.set("nick", nick);
  }

  /**
   * The session has begun with this nick.
   * @param {string} nick
   */
  welcomed(nick) {
    this.nick = nick;
    this.app.tab.set("nick", nick);
    if (this.guest.nick || this.app.state.me.account) return;
    this.guest.nick = nick;
    this.app.local.set("guest", this.guest);
  }

  /** Keep a made-up nick, because its owner has written under it. */
  claim() {
    if (this.chosen) return;
    this.choose(this.app.state.me.nick || this.nick);
  }

  /**
   * Store a nick as the chosen one.
   * @param {string} nick
   */
  choose(nick) {
    this.chosen = true;
    this.app.local.set("nick", nick);
  }
}

const FIRST =
  "Amber Brave Bright Calm Clever Coral Dapper Eager Early Fair Fleet Gentle Glad Golden Happy Hazel Honest Indigo Jolly Keen Kind Lively Lucky Lunar Mellow Merry Misty Noble Olive Plucky Proud Quick Quiet Rapid Rosy Ruby Sage Silver Smart Snowy Solar Spry Still Sunny Swift Tidy Vivid Warm Wise Witty Zesty".split(
    " ",
  );
const SECOND =
  "Badger Bear Beaver Bison Crane Crow Deer Dove Duck Eagle Falcon Finch Fox Frog Gecko Goose Hare Hawk Heron Ibis Jay Kiwi Koala Lark Lemur Lion Lynx Magpie Marten Mole Moose Newt Otter Owl Panda Puffin Quail Raven Robin Seal Stork Swan Swift Tapir Tern Tiger Toad Trout Vole Whale Wolf Wren Yak Zebra".split(
    " ",
  );

/** @param {string[]} list */
function pick(list) {
  return list[crypto.getRandomValues(new Uint32Array(1))[0] % list.length];
}

/** One of about 27,000. */
function freshNick() {
  return pick(FIRST) + pick(SECOND) + pick("23456789".split(""));
}

/**
 * A nick that is taken, with a number appended.
 * @param {string} nick
 * @param {number} attempt
 */
function variant(nick, attempt) {
  const end = String(attempt + 1);
  return nick.slice(0, 20 - end.length) + end;
}
