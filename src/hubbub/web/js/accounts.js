/** Signs in and out, and registers accounts. Loaded by the dialogs, menus and commands that offer it. */

import { refusal } from "./answers.js";
import { t } from "./i18n.js";
import { switchPush } from "./push.js";
import { replacePassword, revokeToken } from "./tokens.js";
/** @import { App } from "./types.js" */

/**
 * Sign in with what somebody typed. Resolves to the server's objection, or "".
 * @param {App} app
 * @param {string} account
 * @param {string} password
 * @param {boolean} keep
 */
export async function signIn(app, account, password, keep) {
  const { connection, identity } = app;
  if (!connection.online) {
    // the server admits nobody without an account
    identity.remember(account, password, keep);
    identity.nick = account;
    app.ui.closeDialog();
    connection.start();
    if (connection.status.needs) reconnect(app);
    return "";
  }
  const { ok, reason } = await connection.negotiation.signIn(account, password);
  if (!ok) return reason || t("signInFailed", { text: "" });
  identity.remember(account, password, keep);
  identity.nick = account; // another device may use it: only a session that begins signed in shares it
  signedIn(app, account);
  reconnect(app);
  return "";
}

/**
 * Register an account. Resolves to the server's objection, or "".
 * @param {App} app
 * @param {string} account
 * @param {string} email
 * @param {string} password
 * @param {boolean} keep
 */
export async function register(app, account, email, password, keep) {
  const answer = await app.connection.ask(
    { command: "REGISTER", params: [account, email || "*", password] },
    { matches: ([first]) => first.command === "REGISTER" || first.command === "FAIL", within: 30_000 },
  );
  const refused = refusal(answer);
  if (answer === null) return t("notConnected");
  if (refused) return refused.text;
  app.identity.remember(account === "*" ? app.state.me.nick : account, password, keep);
  signedIn(app, account);
  await replacePassword(app);
  return "";
}

/** @param {App} app */
export async function signOut(app) {
  await revokeToken(app);
  if (app.settings.values.push) await switchPush(app, false).catch(() => {}); // a guest gets no pushes
  app.identity.forgetLogin();
  reconnect(app);
  app.ui.toast(t("signedOut"));
}

/**
 * @param {App} app
 * @param {string} account
 */
function signedIn(app, account) {
  const { identity, ui } = app;
  identity.choose(identity.nick);
  ui.toast(t("welcomeBack", { account: account === "*" ? identity.nick : account }));
  if (ui.admin) ui.open("admin", ui.admin);
  else ui.closeDialog();
}

/** @param {App} app */
function reconnect({ connection }) {
  connection.drop("");
  connection.hurry();
}
