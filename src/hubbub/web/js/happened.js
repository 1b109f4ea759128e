/** Reacts to what happened: what `apply` reports, and changes of the connection. */

import { findPeople, loadLatest } from "./history.js";
import { t } from "./i18n.js";
import { flush } from "./sending.js";
import { open } from "./state.js";
/** @import { App, Happened, HappenedOf, Reaction, Status } from "./types.js" */

const METADATA = ["display-name", "avatar", "status", "pronouns"];

/**
 * Reactions by the type of what happened.
 * @type {{ [T in Happened["type"]]?: (app: App, happened: HappenedOf<T>) => unknown }}
 */
const REACTIONS = {
  said: (app, { buffer, item }) => app.notifier.said(buffer, item),
  joined,
  left,
  kicked,
  renamed,
  nick: (app, { nick }) => app.identity.changed(nick),
  read: (app, { buffer }) => app.notifier.clear(buffer),
  invited,
  error: refused,
  introduced,
  handed,
  notice: (app, { text }) => app.ui.toast(text),
};

/**
 * @param {App} app
 * @param {Happened} happened
 */
export function react(app, happened) {
  const reaction = /** @type {Reaction | undefined} */ (REACTIONS[happened.type]);
  reaction?.(app, happened);
}

/**
 * @param {App} app
 * @param {HappenedOf<"joined">} happened
 */
function joined(app, { buffer }) {
  const { connection, conversations, settings } = app;
  conversations.remember();
  if (conversations.isWished(buffer.name)) {
    conversations.wish = "";
    conversations.show(buffer.name);
  }
  if (connection.isupport.has("WHOX")) connection.send("WHO", buffer.name, "%cnfar");
  else connection.send("WHO", buffer.name);
  if (buffer.marker === null && settings.markers[buffer.key]) buffer.marker = settings.markers[buffer.key];
  conversations.load(buffer);
  flush(app);
}

/**
 * @param {App} app
 * @param {HappenedOf<"left">} happened
 */
function left(app, { buffer }) {
  app.conversations.remember();
  if (app.ui.buffer === buffer.key) app.conversations.close(buffer);
}

/**
 * @param {App} app
 * @param {HappenedOf<"kicked">} happened
 */
function kicked(app, { buffer, by, text }) {
  buffer.error = t("kicked", { channel: buffer.name, nick: by, text });
  app.conversations.remember();
}

/**
 * @param {App} app
 * @param {HappenedOf<"renamed">} happened
 */
function renamed(app, { buffer, from }) {
  const { conversations, queue, settings, state, ui } = app;
  if (ui.buffer === from) ui.buffer = buffer.key;
  settings.rename(from, buffer.key);
  queue.rename((target) => state.fold(target) === from, buffer.name);
  app.save();
  conversations.remember();
  conversations.setLocation();
}

/**
 * @param {App} app
 * @param {HappenedOf<"invited">} happened
 */
function invited(app, { channel, by }) {
  app.ui.toast(t("invited", { nick: by, channel }), { label: t("join"), run: () => app.conversations.join(channel) });
}

/**
 * @param {App} app
 * @param {HappenedOf<"error">} happened
 */
function refused(app, { buffer, text, subject, answered }) {
  const { conversations, state, ui } = app;
  if (answered || app.connection.status.needs) return; // a dialog shows it
  if (buffer && !buffer.joined && buffer.kind === "channel") buffer.error = text;
  else if (subject && conversations.isWished(subject)) open(state, conversations.wish).error = text;
  ui.toast(text, null, "error");
}

/**
 * The server has introduced itself (005, MOTD).
 * @param {App} app
 */
function introduced(app) {
  const { settings } = app;
  if (settings.values.push && !app.pushRenewed) import("./push.js").then(({ renew }) => renew(app)).catch(() => {});
  app.pushRenewed = true;
  if (app.identity.credentials()) import("./tokens.js").then(({ replacePassword }) => replacePassword(app)).catch(() => {});
  app.attaching.uploads?.online();
}

/**
 * The other device has taken this login.
 * @param {App} app
 * @param {HappenedOf<"handed">} happened
 */
function handed(app, { text }) {
  if (app.ui.dialog?.name === "device") app.ui.closeDialog();
  app.ui.toast(`${t("deviceDone")} ${text}`);
}

// ---- the connection ---------------------------------------------------------------------------

/**
 * @param {App} app
 * @param {Status} status
 */
export function statusChanged(app, status) {
  const { phase } = status;
  if (phase === "online" && app.phase !== "online") welcomed(app);
  if (phase === "waiting" || phase === "offline") app.queue.unsend();
  if (phase === "registering" && status.signInFailed) {
    app.ui.toast(t("signInFailed", { text: status.signInFailed }), null, "error");
    status.signInFailed = "";
  }
  if (status.uninvited && phase === "offline") {
    app.ui.open("account", { mode: "login", uninvited: status.uninvited });
    status.uninvited = "";
  }
  if (status.needs && app.phase !== "waiting") askFor(app, status.needs);
  app.phase = phase;
  app.invalidate();
}

/**
 * Ask for the password or account that the server requires; again after a wrong one.
 * @param {App} app
 * @param {string} needs
 */
export function askFor({ tab, ui }, needs) {
  const name = needs === "password" ? "serverPassword" : "account";
  if (ui.dialog?.name === name) return;
  if (needs === "password") ui.open(name, { wrong: Boolean(tab.get("serverPassword")) });
  else ui.open(name, { mode: "login", required: true });
}

/**
 * The session is registered. 005 and MOTD follow, but joins can be sent already.
 * @param {App} app
 */
function welcomed(app) {
  const { connection, state, ui } = app;
  state.isupport = connection.isupport;
  state.me.nick = connection.nick;
  state.me.account = connection.account;
  app.identity.welcomed(connection.nick);
  const again = app.connectedBefore;
  app.connectedBefore = true;
  app.conversations.resume(again);
  if (connection.caps.has("draft/metadata-2")) connection.send("METADATA", "*", "SUB", ...METADATA);
  findPeople(app);
  for (const buffer of state.buffers.values()) {
    if (buffer.kind === "private" && buffer.loaded) loadLatest(app, buffer);
  }
  flush(app);
  if (ui.admin && !again) ui.open("admin", ui.admin);
  if (app.files) app.files.limits = null;
}
