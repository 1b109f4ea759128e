/**
 * Passes the login to another device (HANDOVER, docs/web.md). The code holds a token and a pad. The
 * server keeps the login sealed with the pad, which it never sees, for two minutes and one taker.
 */

import { format, parse } from "./codec.js";
import { refusal } from "./answers.js";
import { more, t } from "./i18n.js";
/** @import { App, Login } from "./types.js" */

export const GOOD_FOR = 110_000; // shorter than the server keeps it
const LONGEST = 400; // characters, sealed
const WITHIN = 10_000;

/**
 * Deposit the login of this page at the server. Resolves to the link, or null.
 * @param {App} app
 */
export async function offer(app) {
  const login = app.identity.credentials();
  if (!login || !app.state.me.account) return null;
  const note = new TextEncoder().encode(JSON.stringify([login.account, login.password]));
  const pad = crypto.getRandomValues(new Uint8Array(note.length));
  const sealed = encode(note.map((byte, i) => byte ^ pad[i]));
  if (sealed.length > LONGEST) return null;
  const answer = await app.connection.ask(
    { command: "HANDOVER", params: ["PUT", sealed] },
    { matches: ([{ command, params }]) => command === "HANDOVER" || params[0] === "HANDOVER" },
  );
  const token = answer?.find(({ command }) => command === "HANDOVER")?.params[1];
  return refusal(answer) || !token ? null : `${location.origin}${location.pathname}#!${token}.${encode(pad)}`;
}

/** @param {App} app */
export function withdraw(app) {
  if (app.connection.online) app.connection.send("HANDOVER", "DROP");
}

/**
 * Take the login that the page's address offers. The link works once, so the address is cleared.
 * @param {App} app
 */
export async function takeOver(app) {
  const { hash } = location;
  history.replaceState(null, "", location.pathname);
  const [login] = await Promise.all([take(app.connection.url, hash).catch(/** @returns {null} */ () => null), more()]);
  if (!login) return app.ui.toast(t("deviceGone"), null, "error");
  app.ui.open("confirm", {
    title: t("deviceTitle"),
    text: t("deviceQuestion", { account: login.account }),
    action: t("signIn"),
    gentle: true,
    run: () => become(app, login),
  });
}

/**
 * Log in with the login of another device.
 * @param {App} app
 * @param {Login} login
 */
function become({ connection, identity }, { account, password }) {
  identity.remember(account, password, true);
  identity.nick = account;
  identity.choose(account);
  connection.drop("");
  connection.hurry();
}

/**
 * The login that a link leads to, or null. It uses its own connection: this page may not be admitted without a login.
 * @param {string} url
 * @param {string} hash
 */
export async function take(url, hash) {
  const match = /^#!([0-9a-f]+\.[\w-]+)\.([\w-]+)$/.exec(hash);
  if (!match) return null;
  const sealed = await fetchNote(url, match[1]);
  const pad = decode(match[2]);
  const note = sealed && decode(sealed);
  if (!note || !pad || note.length !== pad.length) return null;
  try {
    const [account, password] = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(note.map((byte, i) => byte ^ pad[i])));
    return typeof account === "string" && typeof password === "string" ? { account, password } : null;
  } catch {
    return null;
  }
}

/**
 * @param {string} url
 * @param {string} token
 * @returns {Promise<string | null>}
 */
function fetchNote(url, token) {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, ["text.ircv3.net"]);

    /** @param {string | null} note */
    const done = (note) => {
      clearTimeout(timer);
      socket.close();
      resolve(note);
    };
    const timer = setTimeout(() => done(null), WITHIN);
    socket.onopen = () => socket.send(format({ command: "HANDOVER", params: ["TAKE", token] }));
    socket.onclose = () => done(null);
    socket.onmessage = ({ data }) => {
      for (const line of String(data).split(/\r?\n/)) {
        const message = parse(line);
        if (message?.command === "HANDOVER") done(message.params[1]);
        else if (message?.command === "FAIL" || /^4\d\d$/.test(message?.command ?? "")) done(null);
      }
    };
  });
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
function encode(bytes) {
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");
}

/** @param {string} text */
function decode(text) {
  try {
    return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  } catch {
    return null;
  }
}
