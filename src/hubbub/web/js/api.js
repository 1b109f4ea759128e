/** Sends the HTTP requests under /api/, for invitations and administration, with a token (tokens.js) that says who asks. */

import { t } from "./i18n.js";
import { API, forget, token } from "./tokens.js";
/** @import { App, Told } from "./types.js" */

/**
 * Returns the answer as an object. Throws an Error with the server's sentence if it refuses.
 * @param {App} app
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 */
export async function ask(app, method, path, body) {
  let answer = await send(method, path, body, await word(app));
  if (answer.status === 401) {
    forget(app, API); // the account may have changed: ask once more with a new token
    answer = await send(method, path, body, await word(app));
  }
  const told = await answer.json().catch(/** @returns {Told | null} */ () => null);
  if (answer.ok) return told;
  throw new Error(told?.error?.text || `${answer.status}`);
}

/** @type {(method: string, path: string, body: object | undefined, bearer: string) => Promise<Response>} */
async function send(method, path, body, bearer) {
  /** @type {Record<string, string>} */
  const headers = { Authorization: `Bearer ${bearer}` };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    return await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), credentials: "omit", cache: "no-store" });
  } catch {
    throw new Error(t("notConnected"));
  }
}

/** @param {App} app */
async function word(app) {
  const said = await token(app, API);
  if (!said.word) throw new Error(said.refused || t("notConnected"));
  return said.word;
}
