/** Draws the dialogs about channels: the list of all, the settings of one, the jump to a day. */

import { h } from "../dom.js";
import { showTime } from "../lookback.js";
import { fullTime, parts, t } from "../i18n.js";
import { canModerate, find } from "../state.js";
import { plain } from "../text.js";
import { check, field, form, submit } from "./form.js";
import { icon } from "./icons.js";
import { nickname } from "./people.js";
/** @import { DialogView } from "../types.js" */

/** @type {DialogView<"channels">} */
export function channels(app, open) {
  if (!open.asked && app.connection.online) {
    open.asked = true;
    app.connection.send("LIST");
  }
  const filter = (open.filter || "").toLowerCase().replace(/^#/, "");
  const found = app.state.channels
    .filter(({ name }) => name.toLowerCase().includes(filter))
    .sort((a, b) => b.members - a.members || a.name.localeCompare(b.name));
  const exact = found.some(({ name }) => name.toLowerCase() === `#${filter}`);

  /** @param {string} name */
  const go = (name) => {
    app.ui.closeDialog();
    app.conversations.join(name);
  };
  return {
    title: t("addChannel"),
    body: form(
      ({ name }) => name.value.trim() && go(name.value.trim().replace(/\s+/g, "-")),
      field(t("channelName"), {
        name: "name",
        value: open.filter || "",
        placeholder: "#lobby",
        dir: "auto",
        "data-focus": true,
        oninput: (e) => {
          open.filter = e.target.value;
          app.invalidate();
        },
      }),
      filter && !exact
        ? h(
            "button",
            { type: "submit", class: "channel-row new" },
            icon("plus"),
            h("span", {}, t("createChannel", { name: `#${filter.replace(/\s+/g, "-")}` })),
          )
        : null,
      h(
        "ul",
        { class: "channel-list" },
        found
          .slice(0, 200)
          .map(({ name, members, topic }) =>
            h(
              "li",
              { key: name },
              h(
                "button",
                { type: "button", class: "channel-row", onclick: () => go(name) },
                icon("hash"),
                h(
                  "span",
                  { class: "channel-text" },
                  h("bdi", { class: "label" }, name.replace(/^#/, "")),
                  topic ? h("small", { dir: "auto" }, plain(topic)) : null,
                ),
                h("span", { class: "number" }, icon("people"), String(members)),
                find(app.state, name)?.joined ? icon("check") : null,
              ),
            ),
          ),
      ),
      !found.length ? h("p", { class: "note" }, t(app.state.listing ? "loading" : "noChannels")) : null,
    ),
  };
}

const SWITCHES = [
  ["t", "modeTopic"],
  ["m", "modeModerated"],
  ["i", "modeInvite"],
  ["s", "modeSecret"],
  ["R", "modeRegistered"],
  ["n", "modeOutside"],
];

/** @type {DialogView<"about">} */
export function about(app, open) {
  const buffer = app.state.buffers.get(open.buffer);
  if (!buffer) return null;
  if (!open.asked && app.connection.online) {
    open.asked = true;
    buffer.lists.delete("b");
    app.connection.send("MODE", buffer.name);
    app.connection.send("MODE", buffer.name, "b");
  }
  const may = canModerate(app.state, buffer);
  const mayTopic = may || !buffer.modes.has("t");

  /** @param {...string} change */
  const mode = (...change) => app.connection.send("MODE", buffer.name, ...change);
  const supported = app.state.isupport.get("CHANMODES") ?? "beI,k,l,imnst";
  const bans = buffer.lists.get("b") || [];
  return {
    title: `${t("channelSettings")} · ${buffer.name}`,
    wide: true,
    body: [
      form(
        ({ topic }) => {
          app.connection.send("TOPIC", buffer.name, topic.value.replace(/\s*\n\s*/g, " "));
          app.ui.closeDialog();
        },
        h(
          "label",
          { class: "field" },
          h("span", {}, t("topic")),
          h("textarea", {
            name: "topic",
            rows: "3",
            dir: "auto",
            value: buffer.topic,
            readonly: !mayTopic,
            maxlength: app.state.isupport.get("TOPICLEN") || "390",
          }),
          buffer.topicBy ? h("small", {}, parts("topicSetBy", { nick: nickname(buffer.topicBy), when: buffer.topicAt ? fullTime(buffer.topicAt) : "" })) : null,
        ),
        mayTopic ? submit(t("saveTopic")) : null,
      ),
      h("h3", {}, t("rules")),
      SWITCHES.filter(([letter]) => supported.includes(letter)).map(([letter, name]) =>
        check(t(name), buffer.modes.has(letter), (on) => mode(`${on ? "+" : "-"}${letter}`), null, { disabled: !may }),
      ),
      form(
        ({ key }) => (key.value ? mode("+k", key.value) : mode("-k", buffer.modes.get("k") || "*")),
        h(
          "div",
          { class: "inline" },
          field(t("channelKey"), { name: "key", value: buffer.modes.get("k") || "", disabled: !may, autocapitalize: "off" }),
          may ? h("button", { type: "submit", class: "button" }, t("save")) : null,
        ),
      ),
      form(
        ({ limit }) => (Number(limit.value) > 0 ? mode("+l", limit.value) : mode("-l")),
        h(
          "div",
          { class: "inline" },
          field(t("memberLimit"), { name: "limit", type: "number", min: "0", value: buffer.modes.get("l") || "", disabled: !may }),
          may ? h("button", { type: "submit", class: "button" }, t("save")) : null,
        ),
      ),
      app.can("draft/channel-rename") && may
        ? form(
            ({ name }) => {
              if (name.value && name.value !== buffer.name) app.connection.send("RENAME", buffer.name, name.value);
              app.ui.closeDialog();
            },
            h(
              "div",
              { class: "inline" },
              field(t("channelName"), { name: "name", value: buffer.name, autocapitalize: "off" }),
              h("button", { type: "submit", class: "button" }, t("rename")),
            ),
          )
        : null,
      bans.length
        ? [
            h("h3", {}, t("bans")),
            h(
              "ul",
              { class: "bans" },
              bans.map(({ mask, by }) =>
                h(
                  "li",
                  { key: mask },
                  h("code", {}, mask),
                  by ? h("small", {}, by.split("!")[0]) : null,
                  may ? h("button", { type: "button", class: "button", onclick: () => mode("-b", mask) }, t("remove")) : null,
                ),
              ),
            ),
          ]
        : null,
      may ? null : h("p", { class: "note" }, t("onlyModerators")),
    ],
  };
}

/** @type {DialogView<"goto">} */
export function goto(app, { time }) {
  const { buffer } = app;
  if (!buffer) return null;
  const local = new Date((time || Date.now()) - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 10);

  /** @param {number} start */
  const go = async (start) => {
    app.ui.closeDialog();
    if (!(await showTime(app, buffer, start))) app.ui.toast(t("nothingThere"));
  };

  /** @param {number} days */
  const back = (days) => new Date().setHours(0, 0, 0, 0) - days * 86_400_000;
  /** @type {[string, number][]} */
  const quick = [
    ["dayToday", 0],
    ["dayYesterday", 1],
    ["dayWeek", 7],
    ["dayMonth", 30],
  ];
  return {
    title: t("jumpToDate"),
    body: form(
      ({ day }) => {
        const [y, m, d] = day.value.split("-").map(Number);
        go(new Date(y, m - 1, d).getTime());
      },
      h(
        "div",
        { class: "chips" },
        quick.map(([name, days]) => h("button", { key: name, type: "button", class: "button", onclick: () => go(back(days)) }, t(name))),
        h("button", { type: "button", class: "button", onclick: () => go(0) }, t("beginning")),
      ),
      field(t("day"), { name: "day", type: "date", value: local, required: true, "data-focus": true }),
      submit(t("show")),
    ),
  };
}
