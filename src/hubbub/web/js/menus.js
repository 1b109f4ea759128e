/** What stands in the menus. Fetched with the first of them. */

import { allEmoji } from "./emoji.js";
import { t } from "./i18n.js";
import { react } from "./sending.js";
import { canModerate, isMe, prefixes } from "./state.js";
import { plain } from "./text.js";
import { QUICK } from "./views/messages.js";

export function bufferMenu(app, buffer, anchor) {
  const level = app.levelOf(buffer);
  const channel = buffer.kind === "channel";
  const chat = buffer.kind !== "server";
  const notify = (name) => ({ label: t(`notify_${name}`), checked: level === name, run: () => app.setLevel(buffer, name) });
  app.menu(anchor, [
    chat && { icon: "check", label: t("markRead"), run: () => app.markAllRead(buffer) },
    channel && { icon: "gear", label: t("channelSettings"), run: () => app.dialog("about", { buffer: buffer.key }) },
    channel && {
      icon: "invite",
      label: t("invite"),
      run: () => {
        app.show(buffer.name);
        app.dialog("invite");
      },
    },
    buffer.kind === "private" && { icon: "people", label: t("profile"), run: () => app.profile(buffer.name) },
    chat && {
      icon: "search",
      label: t("search"),
      run: () => {
        app.show(buffer.name);
        app.panel("search");
      },
    },
    chat &&
      app.can("draft/chathistory") && {
        icon: "calendar",
        label: t("jumpToDate"),
        run: () => {
          app.show(buffer.name);
          app.dialog("goto", {});
        },
      },
    chat && { separator: true, label: t("notifications") },
    ...(chat ? [notify("all"), notify("mentions"), notify("none")] : []),
    { separator: true },
    { icon: channel ? "out" : "close", label: t(channel ? "leaveChannel" : "closeConversation"), run: () => app.close(buffer) },
  ]);
}

export function selfMenu(app, anchor) {
  const { me } = app.state;
  app.menu(anchor, [
    { icon: "pencil", label: t("changeNick"), run: () => app.dialog("nick") },
    app.can("draft/metadata-2") && { icon: "people", label: t("ownProfile"), run: () => app.dialog("own") },
    { icon: "clock", label: t(me.away ? "imBack" : "setAway"), run: () => (me.away ? app.setAway("") : app.dialog("away")) },
    { separator: true },
    !me.account && app.can("draft/account-registration") && { icon: "lock", label: t("claimNick"), run: () => app.dialog("account", { mode: "register" }) },
    !me.account && app.can("sasl") && { icon: "lock", label: t("signIn"), run: () => app.dialog("account", { mode: "login" }) },
    { icon: "qr", label: t("otherDevice"), run: () => app.dialog("device") },
    me.account && { icon: "out", label: t("signOut"), run: () => app.signOut() },
    { separator: true },
    me.operator && { icon: "gear", label: t("administration"), run: () => app.dialog("admin") },
    { icon: "help", label: t("help"), run: () => app.dialog("help") },
    { icon: "alert", label: t("connection"), run: () => app.dialog("connection") },
    { icon: "menu", label: t("serverMessages"), run: () => app.show("*") },
    { icon: "gear", label: t("settings"), run: () => app.dialog("settings") },
  ]);
}

export function personMenu(app, nick, anchor) {
  const { buffer, state } = app;
  const member = buffer?.members.get(state.fold(nick));
  const mine = isMe(state, nick);
  const ignored = state.ignored.has(state.fold(nick));
  const moderate = buffer?.kind === "channel" && canModerate(state, buffer) && !mine;
  const role = (mode, on, off) => {
    if (!moderate || !member || !prefixes(state).some(([letter]) => letter === mode)) return null;
    const has = member.modes.includes(mode);
    return { label: t(has ? off : on, { nick }), run: () => app.connection.send("MODE", buffer.name, `${has ? "-" : "+"}${mode}`, nick) };
  };
  app.menu(
    anchor,
    [
      { icon: "people", label: t("profile"), run: () => app.profile(nick) },
      !mine && { icon: "at", label: t("sendMessage"), run: () => app.show(nick) },
      buffer?.kind === "channel" && { icon: "reply", label: t("mention"), run: () => app.composer.insert(`@${nick} `) },
      !mine && { icon: "alert", label: t("report", { nick }), run: () => app.dialog("report", { target: nick }) },
      !mine && { icon: "muted", label: t(ignored ? "unignore" : "ignore", { nick }), run: () => app.ignore(nick, !ignored) },
      mine && { icon: "pencil", label: t("changeNick"), run: () => app.dialog("nick") },
      moderate && { separator: true, label: t("moderation") },
      role("o", "makeOperator", "takeOperator"),
      role("v", "giveVoice", "takeVoice"),
      moderate && member && { icon: "out", label: t("kick", { nick }), danger: true, run: () => app.dialog("kick", { nick, ban: false }) },
      moderate && { icon: "alert", label: t("ban", { nick }), danger: true, run: () => app.dialog("kick", { nick, ban: true }) },
    ],
    { title: nick },
  );
}

export function messageMenu(app, buffer, item, anchor) {
  const answerable = app.can("message-tags") && item.id;
  app.menu(
    anchor,
    [
      answerable && { icon: "reply", label: t("reply"), run: () => app.reply(buffer, item) },
      answerable && { icon: "smile", label: t("addReaction"), run: () => app.reactionMenu(buffer, item, anchor) },
      app.canEdit(item) && { icon: "pencil", label: t("edit"), run: () => app.beginEdit(buffer, item) },
      { icon: "clip", label: t("copyText"), run: () => app.copy(plain(item.text)) },
      item.id && { icon: "link", label: t("copyLink"), run: () => app.copy(app.linkTo(buffer, item)) },
      { icon: "bell", label: t("markUnread"), run: () => app.markUnread(buffer, item) },
      !item.mine &&
        item.id && { icon: "alert", label: t("report", { nick: item.nick }), run: () => app.dialog("report", { target: item.nick, message: item }) },
      app.canDelete(item) && { separator: true },
      app.canDelete(item) && { icon: "trash", label: t("delete"), danger: true, run: () => app.askDelete(buffer, item) },
    ],
    { title: `${item.nick}: ${plain(item.text).slice(0, 60)}` },
  );
}

export function reactionMenu(app, buffer, item, anchor) {
  const recent = [...new Set([...app.local.get("reactions", []), ...QUICK])].slice(0, 8);
  app.menu(anchor, [], { emoji: [recent, allEmoji()], pick: (emoji) => react(app, buffer, item, emoji), title: t("addReaction") });
}

export function emojiMenu(app, anchor, pick) {
  app.menu(anchor, [], { emoji: [QUICK, allEmoji()], pick, title: t("emoji") });
}
