/**
 * Table of slash commands; completion and help are derived from it. `run(app, buffer, text)` returns
 * nothing, or an error message (then the typed text stays in the box). `needs` names a capability
 * that the command requires.
 */

import { signOut } from "./accounts.js";
import { redact } from "./amending.js";
import { ban, profile, setAway } from "./people.js";
import { say } from "./sending.js";
import { showTime } from "./lookback.js";
import { t } from "./i18n.js";
import { parseDay } from "./query.js";
import { infoItem } from "./items.js";
/** @import { App, Buffer, Command } from "./types.js" */

/** @param {string} text */
function words(text) {
  return text.split(/\s+/).filter(Boolean);
}

/**
 * The first word of a text, and the rest unchanged.
 * @param {string} text
 */
function headAndRest(text) {
  const [head] = text.split(/\s/, 1);
  return [head, text.slice(head.length).trimStart()];
}

/** @type {(run: Command["run"]) => Command["run"]} */
const inChannel = (run) => (app, buffer, text) => (buffer.kind === "channel" ? run(app, buffer, text) : t("onlyInChannels"));

/**
 * @param {string} sign
 * @param {string} letter
 */
const mode = (sign, letter) =>
  inChannel((app, buffer, text) => {
    const nicks = words(text);
    if (!nicks.length) return t("whoNeeded");
    app.connection.send("MODE", buffer.name, sign + letter.repeat(nicks.length), ...nicks);
  });

/**
 * Open the search, and search if there is a text.
 * @param {App} app
 * @param {string} text
 */
function searchFor(app, text) {
  app.ui.panel = "search";
  if (text)
    import("./searching.js").then(
      ({ search }) => search(app, text),
      () => app.ui.toast(t("notConnected"), null, "error"),
    );
  app.invalidate();
}

/**
 * Send a line of IRC that somebody typed.
 * @param {App} app
 * @param {string} command
 * @param {string} rest
 */
function raw(app, command, rest) {
  const [head, ...trailing] = ` ${rest}`.split(" :");
  const params = head.split(" ").filter(Boolean);
  if (trailing.length) params.push(trailing.join(" :"));
  app.connection.send(command.toUpperCase(), ...params);
}

/** @type {Command[]} */
const TABLE = [
  {
    name: "join",
    usage: "#channel [key]",
    run(app, buffer, text) {
      const [name, key] = words(text);
      if (!name) return t("channelNeeded");
      app.conversations.join(name, key);
    },
  },
  {
    name: "part",
    usage: "[reason]",
    aliases: ["leave"],
    run(app, buffer, text) {
      if (buffer.kind === "channel" && buffer.joined && text) app.connection.send("PART", buffer.name, text);
      else app.conversations.close(buffer);
    },
  },
  {
    name: "msg",
    usage: "nick text",
    aliases: ["query", "dm"],
    run(app, buffer, text) {
      const [to, rest] = headAndRest(text);
      if (!to) return t("whoNeeded");
      const target = app.conversations.show(to);
      if (rest) say(app, target, rest);
    },
  },
  {
    name: "me",
    usage: "text",
    run(app, buffer, text) {
      if (!text) return t("textNeeded");
      say(app, buffer, `\x01ACTION ${text.replace(/\s*\n\s*/g, " ")}\x01`);
    },
  },
  {
    name: "notice",
    usage: "nick|#channel text",
    run(app, buffer, text) {
      const [to, rest] = headAndRest(text);
      if (!rest) return t("textNeeded");
      say(app, app.conversations.show(to), rest, { notice: true });
    },
  },
  {
    name: "nick",
    usage: "name",
    run(app, buffer, text) {
      if (!text) return app.ui.open("nick");
      app.identity.ask(words(text)[0]);
    },
  },
  {
    name: "topic",
    usage: "[text]",
    run: inChannel((app, buffer, text) => {
      if (text) app.connection.send("TOPIC", buffer.name, text);
      else app.ui.open("about", { buffer: buffer.key });
    }),
  },
  {
    name: "invite",
    usage: "[nick]",
    run: inChannel((app, buffer, text) => {
      if (!text) return app.ui.open("invite");
      for (const nick of words(text)) app.connection.send("INVITE", nick, buffer.name);
    }),
  },
  {
    name: "kick",
    usage: "nick [reason]",
    run: inChannel((app, buffer, text) => {
      const [nick, reason] = headAndRest(text);
      if (!nick) return t("whoNeeded");
      app.connection.send("KICK", buffer.name, nick, ...(reason ? [reason] : []));
    }),
  },
  {
    name: "ban",
    usage: "nick|mask",
    run: inChannel((app, buffer, text) => {
      if (!text) return t("whoNeeded");
      ban(app, buffer, words(text)[0]);
    }),
  },
  { name: "unban", usage: "mask", run: mode("-", "b") },
  { name: "op", usage: "nick…", run: mode("+", "o") },
  { name: "deop", usage: "nick…", run: mode("-", "o") },
  { name: "voice", usage: "nick…", run: mode("+", "v") },
  { name: "devoice", usage: "nick…", run: mode("-", "v") },
  {
    name: "mode",
    usage: "[target] modes",
    run(app, buffer, text) {
      const [first, ...rest] = words(text);
      if (!first) return app.ui.open("about", { buffer: buffer.key });
      if (/^[+-]/.test(first)) app.connection.send("MODE", buffer.kind === "channel" ? buffer.name : app.state.me.nick, first, ...rest);
      else app.connection.send("MODE", first, ...rest);
    },
  },
  {
    name: "rename",
    usage: "#new-name [reason]",
    needs: "draft/channel-rename",
    run: inChannel((app, buffer, text) => {
      const [name, reason] = headAndRest(text);
      if (!name) return t("channelNeeded");
      app.connection.send("RENAME", buffer.name, name, ...(reason ? [reason] : []));
    }),
  },
  { name: "away", usage: "[reason]", run: (app, buffer, text) => setAway(app, text || t("away")) },
  { name: "back", usage: "", run: (app) => setAway(app, "") },
  {
    name: "whois",
    usage: "nick",
    run(app, buffer, text) {
      const nick = words(text)[0] || (buffer.kind === "private" ? buffer.name : "");
      if (!nick) return t("whoNeeded");
      profile(app, nick);
    },
  },
  { name: "members", usage: "", aliases: ["names", "who"], run: (app) => app.ui.togglePanel("members") },
  { name: "list", usage: "", aliases: ["channels"], run: (app) => app.ui.open("channels") },
  { name: "search", usage: "words", run: (app, buffer, text) => searchFor(app, text) },
  {
    name: "goto",
    usage: "2026-11-20 | -2d | yesterday",
    run(app, buffer, text) {
      if (!text) return app.ui.open("goto", {});
      const day = parseDay(text);
      if (!day) return t("dayNotUnderstood", { text });
      showTime(app, buffer, day.start);
    },
  },
  {
    name: "delete",
    usage: "",
    needs: "draft/message-redaction",
    run(app, buffer) {
      const item = buffer.live.items.findLast((each) => each.mine && each.id && !each.deleted && each.kind !== "event");
      if (!item) return t("nothingToDelete");
      redact(app, buffer, item);
    },
  },
  { name: "register", usage: "", needs: "draft/account-registration", run: (app) => app.ui.open("account", { mode: "register" }) },
  { name: "login", usage: "", needs: "sasl", run: (app) => app.ui.open("account", { mode: "login" }) },
  { name: "logout", usage: "", run: (app) => signOut(app) },
  {
    name: "report",
    usage: "nick [reason]",
    run(app, buffer, text) {
      const [target, reason] = headAndRest(text);
      if (!target) return t("whoNeeded");
      if (!reason) return app.ui.open("report", { target });
      app.connection.send("REPORT", target, reason);
    },
  },
  {
    name: "ignore",
    usage: "nick",
    run(app, buffer, text) {
      if (!text) return t("whoNeeded");
      words(text).forEach((nick) => app.settings.ignore(nick));
      app.ui.toast(t("ignoring", { nick: text }));
    },
  },
  { name: "unignore", usage: "nick", run: (app, buffer, text) => words(text).forEach((nick) => app.settings.ignore(nick, false)) },
  { name: "mute", usage: "", run: (app, buffer) => app.settings.setLevel(buffer, app.settings.levelOf(buffer) === "none" ? "mentions" : "none") },
  { name: "read", usage: "", run: (app, buffer) => app.reading.markAllRead(buffer) },
  { name: "motd", usage: "", run: (app) => app.ui.open("motd") },
  {
    name: "raw",
    usage: "line",
    aliases: ["quote"],
    run(app, buffer, text) {
      const [command, rest] = headAndRest(text);
      if (!command) return t("textNeeded");
      raw(app, command, rest);
    },
  },
  { name: "settings", usage: "", run: (app) => app.ui.open("settings") },
  {
    name: "help",
    usage: "[command]",
    run(app, buffer, text) {
      const command = commandNamed(text.replace(/^\//, ""));
      if (!command) return app.ui.open("help");
      buffer.live.add(infoItem(app.state, `/${command.name} ${command.usage} — ${t(`command_${command.name}`)}`, Date.now()));
    },
  },
];

const BY_NAME = new Map(TABLE.flatMap((command) => [command.name, ...(command.aliases || [])].map((name) => [name, command])));

/** @param {string} name */
export function commandNamed(name) {
  return BY_NAME.get(name.toLowerCase());
}

/**
 * The usage of the command that somebody types, once its name is complete.
 * @param {string} text
 */
export function usageOf(text) {
  const name = /^\/(\S+)\s/.exec(text)?.[1];
  const command = name && commandNamed(name);
  return command ? `/${command.name} ${command.usage}` : "";
}

/**
 * The commands that this server supports.
 * @param {App} app
 */
export function commands(app) {
  return TABLE.filter(({ needs }) => !needs || app.can(needs));
}

export const ALL_COMMANDS = TABLE;

/**
 * Run a typed command. Returns false, and shows the reason, if that is impossible.
 * @param {App} app
 * @param {Buffer} buffer
 * @param {string} name
 * @param {string} text
 */
export function runCommand(app, buffer, name, text) {
  const command = commandNamed(name);
  if (!command) {
    app.ui.toast(t("unknownCommand", { name }), null, "error");
    return false;
  }
  if (!app.connection.online && !["help", "settings", "search", "mute", "read", "me", "msg", "goto"].includes(command.name)) {
    app.ui.toast(t("notConnected"), null, "error");
    return false;
  }
  const complaint = command.run(app, buffer, text.trim());
  if (typeof complaint === "string") app.ui.toast(complaint, null, "error");
  return typeof complaint !== "string";
}
