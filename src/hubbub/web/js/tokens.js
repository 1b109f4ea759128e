/**
 * Gets tokens for HTTP over the connection. Each is kept in memory alone, for one connection and one
 * account, a little shorter than the server accepts it.
 */

import { refusal } from "./answers.js";
/** @import { App, Message, Outgoing } from "./types.js" */

/** The questions that the server answers with a token. */
export const API = { command: "TOKEN", params: ["GENERATE", "HUBBUB/API"] };
export const FILES = { command: "FILEHOST", params: ["TOKEN"] };

const FRESH = 8 * 60_000; // a token is good for ten minutes
const kept = new WeakMap(); // socket -> question -> { word, account, until }

/**
 * The token that answers `question`: `{ word }`, or `{ refused }` with what the server said.
 * @param {App} app
 * @param {Outgoing} question
 */
export async function token({ connection, state }, question) {
  const { socket } = connection;
  if (!connection.online || !socket) return { word: "", refused: "" };
  const known = kept.get(socket)?.get(question);
  if (known && known.account === state.me.account && Date.now() < known.until) return { word: known.word, refused: "" };
  const answer = await connection.ask(question, { matches: ([first]) => isAnswer(first, question) });
  const word = answer?.find(({ command }) => command === question.command)?.params.at(-1) || "";
  if (!kept.has(socket)) kept.set(socket, new Map());
  kept.get(socket).set(question, { word, account: state.me.account, until: word ? Date.now() + FRESH : 0 });
  return { word, refused: refusal(answer)?.text || "" };
}

/**
 * The server refused this token (401): the next call asks for a new one.
 * @param {App} app
 * @param {Outgoing} question
 */
export function forget({ connection }, question) {
  if (connection.socket) kept.get(connection.socket)?.delete(question);
}

const DEVICE = { command: "TOKEN", params: ["GENERATE", "HUBBUB/DEVICE"] };
/**
 * What the list of devices calls this browser: "Firefox, Linux". The order counts, since most browsers also name others.
 * @param {string} agent
 */
export function thisDevice(agent) {
  /** @param {string[]} names */
  const named = (names) => names.find((name) => agent.includes(name)) || "";
  const browser = named(["Edg", "OPR", "Firefox", "FxiOS", "CriOS", "Chrome", "Safari"]);
  const shown = { Edg: "Edge", OPR: "Opera", FxiOS: "Firefox", CriOS: "Chrome" }[browser] || browser;
  return [shown, named(["Android", "iPhone", "iPad", "Windows", "Mac OS", "CrOS", "Linux"])].filter(Boolean).join(", ") || "?";
}

/** @param {string} secret */
const isToken = (secret) => secret.startsWith("hubbub-device.");

/**
 * Store a token that can be revoked instead of the password, right after a login with the password.
 * @param {App} app
 */
export async function replacePassword({ connection, identity, state }) {
  const login = identity.credentials();
  if (!login || !state.me.account || isToken(login.password)) return;
  const question = { ...DEVICE, params: [...DEVICE.params, thisDevice(navigator.userAgent)] };
  const answer = await connection.ask(question, { matches: ([first]) => isAnswer(first, DEVICE) });
  const word = answer?.find(({ command }) => command === DEVICE.command)?.params.at(-1);
  if (word && isToken(word)) identity.exchange(login.account, word);
}

/**
 * Revoke this browser's token.
 * @param {App} app
 */
export async function revokeToken({ connection, identity }) {
  const secret = identity.credentials()?.password;
  if (!secret || !isToken(secret) || !connection.online) return;
  const question = { command: "TOKEN", params: ["REVOKE", "HUBBUB/DEVICE", secret] };
  await connection.ask(question, { matches: ([first]) => isAnswer(first, question) });
}

/**
 * @param {Message} message
 * @param {Outgoing} question
 */
function isAnswer({ command, params }, question) {
  return command === question.command || (command === "FAIL" && params[0] === question.command) || command === "421";
}
