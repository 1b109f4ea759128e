/** Bans people, opens their profiles, sets oneself away. Loaded on demand. */

import { refusal } from "./answers.js";
/** @import { App, Buffer, Message, Whois } from "./types.js" */

/**
 * Ban a nick (by its host if that is known) or a typed mask.
 * @param {App} app
 * @param {Buffer} buffer
 * @param {string} who
 */
export function ban(app, buffer, who) {
  const known = app.state.users.get(app.state.fold(who));
  const host = known?.host.split("@")[1];
  app.connection.send("MODE", buffer.name, "+b", /[!@*]/.test(who) ? who : host ? `*!*@${host}` : `${who}!*@*`);
}

/**
 * Set oneself away, or back with an empty reason.
 * @param {App} app
 * @param {string} reason
 */
export function setAway(app, reason) {
  app.local.set("away", reason);
  app.state.me.away = Boolean(reason);
  if (app.connection.online) app.connection.send("AWAY", ...(reason ? [reason] : []));
  app.invalidate();
}

/**
 * Open a profile, and complete it with the answer to WHOIS.
 * @param {App} app
 * @param {string} nick
 */
export async function profile(app, nick) {
  app.ui.open("profile", { nick, facts: null });
  const answer = await app.connection.ask({ command: "WHOIS", params: [nick] }, { matches: ([first]) => ["311", "401"].includes(first.command) });
  const { dialog } = app.ui;
  if (dialog?.name !== "profile" || dialog.nick !== nick) return;
  app.ui.change({ ...dialog, facts: whoisFacts(answer || []), gone: Boolean(refusal(answer)) });
}

/**
 * WHOIS numerics as `{ realname, host, account, channels, idle, since, secure, away, oper }`.
 * @param {Message[]} answer
 */
function whoisFacts(answer) {
  /** @type {Whois} */
  const facts = { other: [] };
  for (const { command, params } of answer) {
    if (command === "311") Object.assign(facts, { host: `${params[2]}@${params[3]}`, realname: params[5] });
    else if (command === "319") facts.channels = params[2].split(" ").filter(Boolean);
    else if (command === "330") facts.account = params[2];
    else if (command === "317") Object.assign(facts, { idle: Number(params[2]), since: Number(params[3]) * 1000 });
    else if (command === "301") facts.away = params[2];
    else if (command === "671") facts.secure = true;
    else if (["313", "320", "335", "338", "276"].includes(command)) facts.other.push(params.slice(2).join(" "));
  }
  return facts;
}
