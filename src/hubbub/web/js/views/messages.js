/** Draws one row of a conversation: a message, an event, a date. */

import { h, memo } from "../dom.js";
import { clock, dayName, fullTime, list, parts, shortClock, t } from "../i18n.js";
import { later } from "../later.js";
import { discard, retry } from "../sending.js";
import { formatText, isJumbo, plain } from "../text.js";
import { foldEvents } from "../timeline.js";
import { formatted } from "./formatted.js";
import { icon, iconButton } from "./icons.js";
import { avatar, nickname } from "./people.js";
/** @import { App, Buffer, DayRow, EventsRow, Item, MessageRow, Piece, Queued, Row } from "../types.js" */

/** Toolbar, pointer and keys. */
export const TOOLBAR = later(() => import("./toolbar.js"));
const AMENDING = later(() => import("../amending.js"));

/**
 * @param {App} app
 * @param {Buffer} buffer
 * @param {Row} row
 */
export function rowView(app, buffer, row) {
  if (row.type === "day") return day(app, buffer, row);
  if (row.type === "unread") return h("div", { key: row.key, class: "unread-line", role: "separator" }, h("span", {}, t("newMessages")));
  if (row.type === "events")
    return memo(row.key, [row.items.length, row.items.at(-1), app.ui.unfolded?.has(row.key), app.settings.values], () => events(app, row));
  if (row.type === "event") return memo(row.key, [row.item, app.settings.values], () => h("div", { class: "event" }, eventText(row.item), time(row.item)));
  if (row.type === "info") return memo(row.key, [row.item], () => h("div", { class: "info", dir: "auto" }, formatted(formatText(row.item.text), app)));
  const { item } = row;
  const { ui } = app;
  const active = ui.hover === row.key;
  if (active && !TOOLBAR.now) TOOLBAR.use(() => app.invalidate());
  const found = ui.found === item.id && Boolean(item.id);
  const replied = item.replyTo ? lookup(buffer, item.replyTo) : null;
  const deps = [
    item,
    item.rev,
    row.lead,
    active && TOOLBAR.now,
    found,
    ui.menu?.key === row.key,
    replied,
    replied?.rev,
    app.settings.values,
    app.state.me.nick,
    ui.unfolded?.has(row.key),
    app.connection.caps.size,
    app.scroller?.lastMine === item,
    app.state.faces,
    item.text?.includes("/files/") && app.files?.version,
  ];
  return memo(row.key, deps, () => message(app, buffer, row, active, found, replied));
}

/**
 * @param {Buffer} buffer
 * @param {string} id
 */
function lookup(buffer, id) {
  return buffer.live.byId.get(id) || buffer.past?.byId.get(id) || null;
}

/**
 * @param {App} app
 * @param {Buffer} buffer
 * @param {DayRow} row
 */
function day(app, buffer, row) {
  return h(
    "div",
    { key: row.key, class: "day" },
    h("button", { type: "button", title: t("jumpToDate"), onclick: () => app.ui.open("goto", { time: row.time }) }, dayName(row.time)),
  );
}

/** @param {Item} item */
function time(item, shown = clock) {
  return h("time", { datetime: new Date(item.time).toISOString(), title: fullTime(item.time) }, shown(item.time));
}

// ---- messages -------------------------------------------------------------------------------

/**
 * @param {App} app
 * @param {Buffer} buffer
 * @param {MessageRow} row
 * @param {boolean} active
 * @param {boolean} found
 * @param {Item | null} replied
 */
function message(app, buffer, { item, lead, key }, active, found, replied) {
  const classes = [
    "message",
    lead ? "lead" : "follow",
    item.mention && buffer.kind === "channel" && "mention",
    item.mine && "mine",
    item.kind,
    found && "found",
    item.deleted && "deleted",
    active && "active",
  ];
  return h(
    "article",
    {
      class: classes.filter(Boolean).join(" "),
      "data-key": key,
      "data-id": item.id || null,
      tabindex: "-1",
      "aria-label": `${item.nick}, ${clock(item.time)}`,
    },
    item.replyTo ? quotation(app, buffer, item, replied) : null,
    h("div", { class: "gutter" }, lead && item.kind !== "action" ? avatar(item.nick) : time(item, shortClock)),
    h(
      "div",
      { class: "body" },
      lead && item.kind !== "action"
        ? h(
            "div",
            { class: "byline" },
            author(app, item),
            item.bot ? h("span", { class: "tag" }, t("bot")) : null,
            item.kind === "notice" ? h("span", { class: "tag" }, t("notice")) : null,
            time(item),
          )
        : null,
      content(app, item),
      reactions(app, buffer, item),
    ),
    active && !item.deleted && TOOLBAR.now ? TOOLBAR.now.toolbar(app, buffer, item) : null,
  );
}

/**
 * @param {App} app
 * @param {Item} item
 */
function author(app, item) {
  const name = app.state.users.get(app.state.fold(item.nick))?.meta?.get("display-name");
  return h(
    "button",
    { type: "button", class: "author", onclick: (e) => app.ui.withMenus(e.currentTarget, (menus, anchor) => menus.personMenu(app, item.nick, anchor)) },
    nickname(item.nick),
    name && name !== item.nick ? h("small", {}, ` ${plain(name)}`) : null,
  );
}

/**
 * @param {App} app
 * @param {Item} item
 */
function content(app, item) {
  if (item.deleted) {
    return h(
      "div",
      { class: "text gone" },
      item.deleted.by === item.nick ? t("deleted") : t("deletedBy", { nick: item.deleted.by }),
      item.deleted.reason ? ` (${plain(item.deleted.reason)})` : "",
    );
  }

  /** @param {string} word */
  const isNick = (word) => known(app, word);
  const { tree, files } = split(app, item.text, formatText(item.text, { isNick, channelTypes: app.state.isupport.get("CHANTYPES") || "#" }));
  const long = item.text.length > 3_000 || item.text.split("\n").length > 25;
  const folded = long && !app.ui.unfolded?.has(item.key);
  return [
    h(
      "div",
      { class: `text ${isJumbo(item.text) ? "jumbo" : ""} ${folded ? "folded" : ""}`, dir: "auto" },
      item.kind === "action" ? [nickname(item.nick), " "] : null,
      formatted(tree, app),
      app.scroller?.lastMine === item ? h("span", { class: "tick", role: "img", "aria-label": t("tickStored"), title: t("tickStored") }, icon("check")) : null,
      item.edited ? h("small", { class: "edited", title: item.edited > 1 ? fullTime(item.edited) : null }, ` ${t("edited")}`) : null,
      long ? h("button", { type: "button", class: "unfold", onclick: () => app.ui.unfold(item.key) }, folded ? t("showAll") : t("showLess")) : null,
    ),
    files.length && FILES.now ? FILES.now.attachments(app, files) : null,
  ];
}

/** Loaded with the first message that names a file. */
const FILES = later(() => import("./attachments.js"));

/**
 * Split a text into the tree without links to files of this server, and those files.
 * @param {App} app
 * @param {string} text
 * @param {Piece[]} tree
 */
function split(app, text, tree) {
  if (!text.includes("/files/")) return { tree, files: [] };
  if (!FILES.now) {
    FILES.use(({ begin }) => begin(app));
    return { tree, files: [] };
  }
  const found = FILES.now.withoutFiles(tree);
  return found.files.some(({ id }) => app.files?.gone.has(id)) ? { tree, files: found.files } : found;
}

/**
 * @param {App} app
 * @param {string} word
 */
function known(app, word) {
  const { buffer, state } = app;
  const key = state.fold(word);
  return Boolean(buffer?.members.has(key)) || key === state.fold(state.me.nick) || (buffer?.kind === "private" && buffer.key === key);
}

/**
 * @param {App} app
 * @param {Buffer} buffer
 * @param {Item} item
 * @param {Item | null} replied
 */
function quotation(app, buffer, item, replied) {
  return h(
    "button",
    { type: "button", class: "quotation", onclick: () => app.conversations.jump(buffer, item.replyTo) },
    icon("reply"),
    replied
      ? [nickname(replied.nick), h("span", { dir: "auto" }, replied.deleted ? t("deleted") : plain(replied.text).slice(0, 200))]
      : h("span", {}, t("earlierMessage")),
  );
}

/**
 * @param {App} app
 * @param {Buffer} buffer
 * @param {Item} item
 */
function reactions(app, buffer, item) {
  if (!item.reactions?.size || item.deleted) return null;
  return h(
    "div",
    { class: "reactions" },
    [...item.reactions].map(([reaction, people]) => {
      const mine = people.has(app.state.me.nick);
      const who = list([...people]);
      return h(
        "button",
        {
          key: reaction,
          type: "button",
          class: `reaction ${mine ? "mine" : ""}`,
          "aria-pressed": mine,
          title: `${who}: ${reaction}`,
          "aria-label": t("reactedBy", { reaction, who }),
          onclick: () => AMENDING.use(({ react }) => react(app, buffer, item, reaction)),
        },
        h("span", { class: "emoji" }, plain(reaction).slice(0, 24)),
        String(people.size),
      );
    }),
    iconButton("smile", t("addReaction"), (e) => app.ui.withMenus(e.currentTarget, (menus, anchor) => menus.reactionMenu(app, buffer, item, anchor)), {
      class: "reaction add",
    }),
  );
}

// ---- not there yet ----------------------------------------------------------------------------

/**
 * Draw a message that the server has not confirmed.
 * @param {App} app
 * @param {Queued} entry
 * @param {boolean} lead
 */
export function pendingView(app, entry, lead) {
  const failed = entry.state === "failed";
  const { tree: text, files } = split(app, entry.text, formatText(entry.text));
  return memo(entry.label, [entry.state, entry.reason, entry.text, lead, app.connection.status.phase, app.settings.values, app.files?.version], () =>
    h(
      "article",
      { class: `message mine pending ${lead ? "lead" : "follow"} ${failed ? "failed" : ""}`, tabindex: "-1", "aria-label": app.state.me.nick },
      h("div", { class: "gutter" }, lead ? avatar(app.state.me.nick || app.identity.nick) : null),
      h(
        "div",
        { class: "body" },
        lead ? h("div", { class: "byline" }, nickname(app.state.me.nick || app.identity.nick)) : null,
        h(
          "div",
          { class: "text", dir: "auto" },
          formatted(text, app),
          h("span", { class: "tick", title: t(entry.state === "sent" ? "tickSent" : failed ? "tickFailed" : "tickWaiting") }, icon(failed ? "alert" : "clock")),
        ),
        files.length && FILES.now ? FILES.now.attachments(app, files) : null,
        failed
          ? h(
              "div",
              { class: "failure" },
              h("span", {}, entry.reason === "old" ? t("tooOld") : t("notSent", { text: plain(entry.reason) })),
              h("button", { type: "button", onclick: () => retry(app, entry.label) }, t("retry")),
              h("button", { type: "button", onclick: () => discard(app, entry.label) }, t("discard")),
              h("button", { type: "button", onclick: () => app.ui.copy(entry.text) }, t("copy")),
            )
          : null,
      ),
    ),
  );
}

// ---- events ---------------------------------------------------------------------------------

/**
 * @param {App} app
 * @param {EventsRow} row
 */
function events(app, row) {
  const { came, went, renamed } = foldEvents(row.items);
  const unfolded = app.ui.unfolded?.has(row.key);
  const single = row.items.length === 1;
  const pieces = [];
  if (came.length) pieces.push(parts("joinedMany", { n: came.length, who: names(came) }));
  if (went.length) pieces.push(parts("leftMany", { n: went.length, who: names(went) }));
  for (const [nick, whom] of renamed) pieces.push(parts("event_nick", { nick: h("bdi", {}, nick), whom: h("bdi", {}, whom) }));
  const summary = single
    ? eventText(row.items[0])
    : pieces.length
      ? pieces.map((piece, i) => [i ? " · " : "", piece])
      : t("cameAndWent", { n: new Set(row.items.map((item) => item.nick)).size });
  if (single) return h("div", { class: "event" }, summary, time(row.items[0]));
  return h(
    "div",
    { class: "event folded" },
    h("button", { type: "button", "aria-expanded": unfolded, onclick: () => app.ui.unfold(row.key) }, summary),
    unfolded ? row.items.map((item) => h("div", { class: "event" }, eventText(item), time(item))) : null,
  );
}

/** @param {string[]} nicks */
function names(nicks) {
  return h("bdi", {}, nicks.length > 3 ? list([...nicks.slice(0, 2), t("others", { n: nicks.length - 2 })]) : list(nicks));
}

/** @param {Item} item */
export function eventText(item) {
  const values = { nick: nickname(item.nick), whom: h("bdi", {}, item.whom || ""), text: h("bdi", {}, plain(item.text || "")) };
  const withReason = item.text && ["part", "quit", "kick"].includes(item.event ?? "");
  return [parts(`event_${item.event}`, values), withReason ? h("span", { class: "reason" }, " (", values.text, ")") : null];
}
