/**
 * What IRC does not do, by HTTP: invitations, administration. A token got over the connection
 * says who asks; nothing of it is kept by the browser.
 */

import { refusal } from "./connection.js";
import { t } from "./i18n.js";

const FRESH = 8 * 60_000; // a token is good for ten minutes
const tokens = new WeakMap(); // socket -> { token, time }

/** The answer as an object; what is refused is thrown as an Error with words for people. */
export async function ask(app, method, path, body) {
  const response = await send(method, path, body, await token(app));
  // The account may have changed since: once more with a new one.
  const answer = response.status === 401 ? await send(method, path, body, await token(app, true)) : response;
  const told = await answer.json().catch(() => null);
  if (answer.ok) return told;
  throw new Error(told?.error?.text || `${answer.status}`);
}

async function send(method, path, body, word) {
  const headers = { Authorization: `Bearer ${word}` };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    return await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), credentials: "omit", cache: "no-store" });
  } catch {
    throw new Error(t("notConnected"));
  }
}

async function token(app, anew = false) {
  const { connection } = app;
  const known = connection.socket && tokens.get(connection.socket);
  if (known && !anew && known.account === app.state.me.account && Date.now() - known.time < FRESH) return known.token;
  const matches = ([first]) => first.command === "TOKEN" || first.command === "FAIL" || first.command === "421";
  const answer = connection.online ? await connection.ask({ command: "TOKEN", params: ["GENERATE", "HUBBUB/API"] }, { matches }) : null;
  const said = answer?.find(({ command }) => command === "TOKEN");
  if (!said) throw new Error(refusal(answer)?.text || t("notConnected"));
  tokens.set(connection.socket, { token: said.params.at(-1), account: app.state.me.account, time: Date.now() });
  return said.params.at(-1);
}
