/** Lists what each menu offers. Loaded on first use. */

import { signOut } from "./accounts.js";
import { askDelete, canDelete, canEdit, react } from "./amending.js";
import { beginEdit, reply } from "./editing.js";
import { allEmoji } from "./emoji.js";
import { t } from "./i18n.js";
import { profile, setAway } from "./people.js";
import { canModerate, isMe, prefixes } from "./state.js";
import { plain } from "./text.js";
import { QUICK } from "./views/toolbar.js";
/** @import { App, Buffer, Item } from "./types.js" */

/**
 * @param {App} app
 * @param {Buffer} buffer
 * @param {HTMLElement} anchor
 */
export function bufferMenu(app, buffer, anchor) {
  const level = app.settings.levelOf(buffer);
  const channel = buffer.kind === "channel";
  const chat = buffer.kind !== "server";

  /** @param {string} name */
  const notify = (name) => ({ label: t(`notify_${name}`), checked: level === name, run: () => app.settings.setLevel(buffer, name) });
  app.ui.openMenu(anchor, [
    chat && { icon: "check", label: t("markRead"), run: () => app.reading.markAllRead(buffer) },
    channel && { icon: "gear", label: t("channelSettings"), run: () => app.ui.open("about", { buffer: buffer.key }) },
    channel && {
      icon: "invite",
      label: t("invite"),
      run: () => {
        app.conversations.show(buffer.name);
        app.ui.open("invite");
      },
    },
    buffer.kind === "private" && { icon: "people", label: t("profile"), run: () => profile(app, buffer.name) },
    chat && {
      icon: "search",
      label: t("search"),
      run: () => {
        app.conversations.show(buffer.name);
        app.ui.togglePanel("search");
      },
    },
    chat &&
      app.can("draft/chathistory") && {
        icon: "calendar",
        label: t("jumpToDate"),
        run: () => {
          app.conversations.show(buffer.name);
          app.ui.open("goto", {});
        },
      },
    chat && { separator: true, label: t("notifications") },
    ...(chat ? [notify("all"), notify("mentions"), notify("none")] : []),
    { separator: true },
    { icon: channel ? "out" : "close", label: t(channel ? "leaveChannel" : "closeConversation"), run: () => app.conversations.close(buffer) },
  ]);
}

/**
 * @param {App} app
 * @param {HTMLElement} anchor
 */
export function selfMenu(app, anchor) {
  const { me } = app.state;
  app.ui.openMenu(anchor, [
    { icon: "pencil", label: t("changeNick"), run: () => app.ui.open("nick") },
    app.can("draft/metadata-2") && { icon: "people", label: t("ownProfile"), run: () => app.ui.open("own") },
    { icon: "clock", label: t(me.away ? "imBack" : "setAway"), run: () => (me.away ? setAway(app, "") : app.ui.open("away")) },
    { separator: true },
    !me.account && app.can("draft/account-registration") && { icon: "lock", label: t("claimNick"), run: () => app.ui.open("account", { mode: "register" }) },
    !me.account && app.can("sasl") && { icon: "lock", label: t("signIn"), run: () => app.ui.open("account", { mode: "login" }) },
    { icon: "qr", label: t("otherDevice"), run: () => app.ui.open("device") },
    me.account && { icon: "lock", label: t("devices"), run: () => app.ui.open("devices") },
    me.account && { icon: "out", label: t("signOut"), run: () => signOut(app) },
    { separator: true },
    me.operator && { icon: "gear", label: t("administration"), run: () => app.ui.open("admin") },
    { icon: "help", label: t("help"), run: () => app.ui.open("help") },
    { icon: "alert", label: t("connection"), run: () => app.ui.open("connection") },
    { icon: "menu", label: t("serverMessages"), run: () => app.conversations.show("*") },
    { icon: "gear", label: t("settings"), run: () => app.ui.open("settings") },
  ]);
}

/**
 * @param {App} app
 * @param {string} nick
 * @param {HTMLElement} anchor
 */
export function personMenu(app, nick, anchor) {
  const { buffer, state } = app;
  const member = buffer?.members.get(state.fold(nick));
  const mine = isMe(state, nick);
  const ignored = state.ignored.has(state.fold(nick));
  const moderate = buffer?.kind === "channel" && canModerate(state, buffer) && !mine;

  /**
   * @param {string} mode
   * @param {string} on
   * @param {string} off
   */
  const role = (mode, on, off) => {
    if (!moderate || !member || !prefixes(state).some(([letter]) => letter === mode)) return null;
    const has = member.modes.includes(mode);
    return { label: t(has ? off : on, { nick }), run: () => app.connection.send("MODE", buffer.name, `${has ? "-" : "+"}${mode}`, nick) };
  };
  app.ui.openMenu(
    anchor,
    [
      { icon: "people", label: t("profile"), run: () => profile(app, nick) },
      !mine && { icon: "at", label: t("sendMessage"), run: () => app.conversations.show(nick) },
      buffer?.kind === "channel" && { icon: "reply", label: t("mention"), run: () => app.composer?.insert(`@${nick} `) },
      !mine && { icon: "alert", label: t("report", { nick }), run: () => app.ui.open("report", { target: nick }) },
      !mine && { icon: "muted", label: t(ignored ? "unignore" : "ignore", { nick }), run: () => app.settings.ignore(nick, !ignored) },
      mine && { icon: "pencil", label: t("changeNick"), run: () => app.ui.open("nick") },
      moderate && { separator: true, label: t("moderation") },
      role("o", "makeOperator", "takeOperator"),
      role("v", "giveVoice", "takeVoice"),
      moderate && member && { icon: "out", label: t("kick", { nick }), danger: true, run: () => app.ui.open("kick", { nick, ban: false }) },
      moderate && { icon: "alert", label: t("ban", { nick }), danger: true, run: () => app.ui.open("kick", { nick, ban: true }) },
    ],
    { title: nick },
  );
}

/**
 * @param {App} app
 * @param {Buffer} buffer
 * @param {Item} item
 * @param {HTMLElement} anchor
 */
export function messageMenu(app, buffer, item, anchor) {
  const answerable = app.can("message-tags") && item.id;
  app.ui.openMenu(
    anchor,
    [
      answerable && { icon: "reply", label: t("reply"), run: () => reply(app, buffer, item) },
      answerable && { icon: "smile", label: t("addReaction"), run: () => reactionMenu(app, buffer, item, anchor) },
      canEdit(app, item) && { icon: "pencil", label: t("edit"), run: () => beginEdit(app, item) },
      { icon: "clip", label: t("copyText"), run: () => app.ui.copy(plain(item.text)) },
      item.id && { icon: "link", label: t("copyLink"), run: () => app.ui.copy(app.conversations.linkTo(buffer, item)) },
      { icon: "bell", label: t("markUnread"), run: () => markUnread(app, buffer, item) },
      !item.mine &&
        item.id && { icon: "alert", label: t("report", { nick: item.nick }), run: () => app.ui.open("report", { target: item.nick, message: item }) },
      canDelete(app, item) && { separator: true },
      canDelete(app, item) && { icon: "trash", label: t("delete"), danger: true, run: () => askDelete(app, buffer, item) },
    ],
    { title: `${item.nick}: ${plain(item.text).slice(0, 60)}` },
  );
}

/**
 * @param {App} app
 * @param {Buffer} buffer
 * @param {Item} item
 * @param {HTMLElement} anchor
 */
export function reactionMenu(app, buffer, item, anchor) {
  const recent = [...new Set([...app.local.get("reactions", []), ...QUICK])].slice(0, 8);
  app.ui.openMenu(anchor, [], { emoji: [recent, allEmoji()], pick: (emoji) => react(app, buffer, item, emoji), title: t("addReaction") });
}

/**
 * @param {App} app
 * @param {HTMLElement} anchor
 * @param {(emoji: string) => unknown} pick
 */
export function emojiMenu(app, anchor, pick) {
  app.ui.openMenu(anchor, [], { emoji: [QUICK, allEmoji()], pick, title: t("emoji") });
}

/**
 * Mark everything from `item` on as unread.
 * @param {App} app
 * @param {Buffer} buffer
 * @param {Item} item
 */
function markUnread(app, buffer, item) {
  const { conversations, state } = app;
  const before = item.time - 1;
  buffer.marker = buffer.unreadAfter = before;
  buffer.unread = buffer.live.items.filter((each) => each.time > before && !each.mine).length;
  state.reading = null;
  const other = conversations.sorted().find((each) => each !== buffer);
  if (other) conversations.show(other.name);
  buffer.unreadAfter = before;
  app.invalidate();
}
