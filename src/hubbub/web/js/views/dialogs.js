/** The one dialog that may be open, on the browser's own <dialog>. */

import { ALL_COMMANDS, commands } from "../commands.js";
import { h } from "../dom.js";
import { showTime } from "../history.js";
import { fullTime, LANGUAGES, more, parts, t, use } from "../i18n.js";
import { Notifier } from "../notify.js";
import { canModerate, find } from "../state.js";
import { formatText, plain } from "../text.js";
import { device } from "./device.js";
import { formatted } from "./formatted.js";
import { icon, iconButton } from "./icons.js";
import { avatar, nickname, presence } from "./people.js";
import { picture } from "./lightbox.js";
import { own } from "./own.js";
import { switcher } from "./switcher.js";

const invite = whenOpened(() => import("./invite.js"));
const admin = whenOpened(() => import("../admin/admin.js"));
const DIALOGS = {
  about,
  account,
  admin,
  away,
  channels,
  confirm,
  connection,
  copy,
  device,
  goto,
  help,
  invite,
  kick,
  motd,
  nick,
  own,
  picture,
  profile,
  report,
  settings,
  switcher,
};

/** A dialog with a module and words of its own, fetched when it is opened. */
function whenOpened(load) {
  let view = null;
  return (app, open) => {
    if (view) return view(app, open);
    Promise.all([load(), more()]).then(
      ([module]) => {
        view = module.view;
        app.invalidate();
        requestAnimationFrame(() => requestAnimationFrame(() => document.querySelector(".dialog-head ~ * [data-focus]")?.focus()));
      },
      () => app.toast(t("notConnected"), null, "error"),
    );
    return { title: t("loading"), body: h("p", { class: "note" }, t("loading")) };
  };
}

export function dialog(app) {
  const open = app.ui.dialog;
  if (!open || !DIALOGS[open.name]) return null;
  const drawn = DIALOGS[open.name](app, open);
  if (!drawn) return null;
  const { title, body, wide } = drawn;
  const close = () => app.ui.dialog === open && app.dialog(null);
  return h(
    "dialog",
    {
      key: `dialog ${open.name}`,
      class: `dialog dialog-${open.name} ${wide ? "wide" : ""}`,
      "aria-label": title,
      ref: (element) => show(element),
      unmount: leave,
      onclose: () => app.ui.dialog?.name === open.name && app.dialog(null),
      onclick: (e) => e.target === e.currentTarget && close(),
    },
    h(
      "div",
      { class: "dialog-head" },
      h("h2", {}, title),
      iconButton("close", t("close"), () => app.dialog(null)),
    ),
    h("div", { class: "dialog-body" }, body),
  );
}

let opener = null; // had the focus before the first of the dialogs that followed each other

function show(element) {
  const { activeElement } = document;
  if (activeElement !== document.body && !activeElement.closest("dialog")) opener = activeElement;
  element.showModal();
  (element.querySelector("[data-focus]") || element.querySelector("input, textarea, select, .primary"))?.focus();
}

/**
 * The focus goes back to where it was. Chromium does that by itself when Escape closes a dialog,
 * but if the dialog then leaves the page, no letter arrives there until the focus comes anew.
 */
function leave() {
  queueMicrotask(() => {
    const { activeElement } = document;
    if (!opener?.isConnected || (activeElement !== document.body && activeElement !== opener)) return;
    opener.blur();
    opener.focus();
  });
}

export function form(onsubmit, ...children) {
  return h(
    "form",
    {
      method: "dialog",
      onsubmit: (e) => {
        e.preventDefault();
        onsubmit(e.target.elements, e.target);
      },
    },
    children,
  );
}

export function field(label, props, hint = null) {
  return h("label", { class: "field" }, h("span", {}, label), h("input", { autocomplete: "off", ...props }), hint ? h("small", {}, hint) : null);
}

function check(label, checked, onchange, hint = null, props = {}) {
  return h(
    "label",
    { class: "check" },
    h("input", { type: "checkbox", checked, onchange: (e) => onchange(e.target.checked), ...props }),
    h("span", {}, label, hint ? h("small", {}, hint) : null),
  );
}

function submit(label, props = {}) {
  return h("div", { class: "dialog-actions" }, h("button", { type: "submit", class: "button primary", ...props }, label));
}

// ---- who I am ---------------------------------------------------------------------------------

function nick(app) {
  const now = app.state.me.nick || app.nick;
  const most = Number(app.state.isupport.get("NICKLEN")) || 32;
  return {
    title: t("changeNick"),
    body: form(
      ({ name }) => {
        const wanted = name.value.trim().replace(/\s+/g, "_");
        if (wanted) app.setNick(wanted);
        app.dialog(null);
      },
      field(
        t("nickLabel"),
        { name: "name", value: now, maxlength: most, "data-focus": true, autocapitalize: "off", spellcheck: "false", ref: (box) => box.select() },
        t("nickHint"),
      ),
      submit(t("save")),
    ),
  };
}

function away(app) {
  return {
    title: t("setAway"),
    body: form(
      ({ reason }) => {
        app.setAway(reason.value.trim() || t("away"));
        app.dialog(null);
      },
      field(t("awayReason"), { name: "reason", maxlength: "200", dir: "auto", placeholder: t("away") }),
      submit(t("setAway")),
    ),
  };
}

function account(app, open) {
  const registering = open.mode === "register";
  const value = app.connection.capValue("draft/account-registration");
  const ownName = value.has("custom-account-name");
  const finish = async (elements) => {
    app.ui.dialog = { ...open, busy: true, error: "" };
    app.invalidate();
    const name = elements.account?.value.trim() || "*";
    const keep = elements.keep.checked;
    const error = registering
      ? await app.register(name, elements.email?.value.trim(), elements.password.value, keep)
      : await app.signIn(name, elements.password.value, keep);
    if (!error || app.ui.dialog?.name !== "account") return;
    app.ui.dialog = { ...open, busy: false, error };
    app.invalidate();
  };
  const me = app.state.me.nick || app.nick;
  return {
    title: t(registering ? "claimNick" : "signIn"),
    body: form(
      finish,
      open.uninvited ? h("p", { class: "caution" }, icon("lock"), open.uninvited) : null,
      h("p", {}, t(registering ? "claimHint" : "signInHint")),
      registering && !ownName
        ? h("p", { class: "identity" }, avatar(me), nickname(me))
        : field(t("account"), { name: "account", value: me, required: true, autocomplete: "username", autocapitalize: "off", spellcheck: "false" }),
      registering && value.has("email-required") ? field(t("email"), { name: "email", type: "email", required: true, autocomplete: "email" }) : null,
      field(
        t("passphrase"),
        {
          name: "password",
          type: "password",
          required: true,
          minlength: registering ? "8" : "1",
          maxlength: "300",
          autocomplete: registering ? "new-password" : "current-password",
          "data-focus": true,
        },
        registering ? t("passphraseHint") : null,
      ),
      h("label", { class: "check" }, h("input", { type: "checkbox", name: "keep" }), h("span", {}, t("keepSignedIn"), h("small", {}, t("keepHint")))),
      location.protocol === "https:" || ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname)
        ? null
        : h("p", { class: "caution" }, icon("alert"), t("plainPassword")),
      open.error ? h("p", { class: "error", role: "alert" }, open.error) : null,
      h(
        "div",
        { class: "dialog-actions" },
        app.can("draft/account-registration") || registering
          ? h(
              "button",
              { type: "button", class: "button", onclick: () => app.dialog("account", { mode: registering ? "login" : "register" }) },
              t(registering ? "haveAccount" : "claimNick"),
            )
          : null,
        h("button", { type: "submit", class: "button primary", disabled: Boolean(open.busy) }, t(registering ? "claimNick" : "signIn")),
      ),
    ),
  };
}

// ---- other people -----------------------------------------------------------------------------

function profile(app, { nick: who, facts, gone }) {
  const known = app.state.users.get(app.state.fold(who));
  const line = (label, value) => (value ? h("div", { class: "fact" }, h("dt", {}, label), h("dd", { dir: "auto" }, value)) : null);
  const mine = app.state.fold(who) === app.state.fold(app.state.me.nick);
  const signedIn = facts?.account || known?.account;
  return {
    title: t("profile"),
    body: [
      h(
        "div",
        { class: "identity" },
        avatar(who, "large"),
        h("div", {}, h("h3", {}, nickname(who)), h("small", {}, gone ? t("notHere") : t(presence(app.state, who) === "away" ? "away" : "here"))),
      ),
      h(
        "dl",
        {},
        line(t("displayName"), known?.meta?.get("display-name") && plain(known.meta.get("display-name"))),
        line(t("pronouns"), known?.meta?.get("pronouns") && plain(known.meta.get("pronouns"))),
        line(t("realname"), plain(facts?.realname ?? known?.realname ?? "")),
        line(t("account"), signedIn || (facts ? t("guest") : "")),
        line(t("away"), facts?.away && plain(facts.away)),
        line(t("status"), known?.meta?.get("status") && plain(known.meta.get("status"))),
        line(t("address"), facts?.host || known?.host),
        line(t("channels"), facts?.channels?.join(" ")),
        line(t("since"), facts?.since ? fullTime(facts.since) : ""),
        facts?.secure ? line(t("connection"), t("encrypted")) : null,
        (facts?.other || []).map((text) => line("", plain(text))),
      ),
      facts || gone ? null : h("p", { class: "note" }, t("loading")),
      mine
        ? app.can("draft/metadata-2")
          ? h("div", { class: "dialog-actions" }, h("button", { type: "button", class: "button primary", onclick: () => app.dialog("own") }, t("edit")))
          : null
        : h(
            "div",
            { class: "dialog-actions" },
            h(
              "button",
              { type: "button", class: "button", onclick: () => app.ignore(who, !app.state.ignored.has(app.state.fold(who))) },
              t(app.state.ignored.has(app.state.fold(who)) ? "unignore" : "ignore", { nick: who }),
            ),
            h(
              "button",
              {
                type: "button",
                class: "button primary",
                onclick: () => {
                  app.dialog(null);
                  app.show(who);
                },
              },
              t("sendMessage"),
            ),
          ),
    ],
  };
}

function kick(app, { nick: who, ban }) {
  const { buffer } = app;
  return {
    title: t(ban ? "ban" : "kick", { nick: who }),
    body: form(
      ({ reason }) => {
        if (ban) app.ban(buffer, who);
        if (buffer.members.has(app.state.fold(who))) app.connection.send("KICK", buffer.name, who, ...(reason.value.trim() ? [reason.value.trim()] : []));
        app.dialog(null);
      },
      h("p", {}, t(ban ? "banHint" : "kickHint", { nick: who, channel: buffer.name })),
      field(t("reason"), { name: "reason", maxlength: "200", dir: "auto" }),
      submit(t(ban ? "ban" : "kick", { nick: who }), { class: "button danger" }),
    ),
  };
}

function report(app, { target, message }) {
  return {
    title: t("report", { nick: target }),
    body: form(
      ({ reason }) => {
        app.connection.send("REPORT", target, reason.value.trim(), ...(message?.id ? [message.id] : []));
        app.dialog(null);
      },
      h("p", {}, t("reportHint")),
      message ? h("blockquote", { dir: "auto" }, plain(message.text).slice(0, 300)) : null,
      field(t("reportWhy"), { name: "reason", required: true, maxlength: "200", dir: "auto", "data-focus": true }),
      submit(t("reportSend")),
    ),
  };
}

// ---- channels ---------------------------------------------------------------------------------

function channels(app, open) {
  if (!open.asked && app.connection.online) {
    open.asked = true;
    app.connection.send("LIST");
  }
  const filter = (open.filter || "").toLowerCase().replace(/^#/, "");
  const found = app.state.channels
    .filter(({ name }) => name.toLowerCase().includes(filter))
    .sort((a, b) => b.members - a.members || a.name.localeCompare(b.name));
  const exact = found.some(({ name }) => name.toLowerCase() === `#${filter}`);
  const go = (name) => {
    app.dialog(null);
    app.join(name);
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

function about(app, open) {
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
          app.dialog(null);
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
        ({ limit }) => (limit.value > 0 ? mode("+l", limit.value) : mode("-l")),
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
              app.dialog(null);
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

// ---- finding a day ----------------------------------------------------------------------------

function goto(app, { time }) {
  const { buffer } = app;
  const local = new Date((time || Date.now()) - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
  const go = async (start) => {
    app.dialog(null);
    if (!(await showTime(app, buffer, start))) app.toast(t("nothingThere"));
  };
  const back = (days) => new Date().setHours(0, 0, 0, 0) - days * 86_400_000;
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

// ---- about the page ---------------------------------------------------------------------------

function settings(app) {
  const { settings: now } = app;
  const select = (label, name, options, onchange = (value) => app.set(name, value)) =>
    h(
      "label",
      { class: "field row" },
      h("span", {}, label),
      h(
        "select",
        { value: now[name], onchange: (e) => onchange(e.target.value) },
        options.map(([value, text]) => h("option", { key: value, value, selected: now[name] === value }, text)),
      ),
    );
  const obstacle = Notifier.obstacle();
  return {
    title: t("settings"),
    body: [
      h("h3", {}, t("appearance")),
      select(
        t("theme"),
        "theme",
        ["system", "light", "dark"].map((name) => [name, t(`theme_${name}`)]),
      ),
      select(
        t("density"),
        "density",
        ["cozy", "compact"].map((name) => [name, t(`density_${name}`)]),
      ),
      select(t("language"), "language", [["", t("languageSystem")], ...Object.entries(LANGUAGES)], async (value) => {
        app.set("language", value);
        await use(value || (navigator.language || "en").split("-")[0]).catch(() => use("en"));
        app.settings = { ...app.settings }; // rows drawn in the other language are drawn again
        app.invalidate();
      }),
      select(
        t("joinsAndLeaves"),
        "events",
        ["fold", "show", "hide"].map((name) => [name, t(`events_${name}`)]),
      ),
      h("h3", {}, t("notifications")),
      check(t("desktopNotifications"), now.notify && !obstacle, (on) => app.wantNotifications(on), obstacle ? t(`notifyObstacle_${obstacle}`) : null, {
        disabled: Boolean(obstacle),
      }),
      app.connection.isupport.has("VAPID")
        ? check(t("pushWanted"), now.push, (on) => app.wantPush(on), t(app.state.me.account ? "pushHint" : "pushNeedsAccount"), {
            disabled: !app.state.me.account || Boolean(obstacle),
          })
        : null,
      check(t("sound"), now.sound, (on) => app.set("sound", on)),
      check(t("quietHours"), now.quiet, (on) => app.set("quiet", on), t("quietHint")),
      now.quiet ? h("div", { class: "inline" }, hour(app, "quietFrom"), hour(app, "quietTo")) : null,
      h(
        "label",
        { class: "field" },
        h("span", {}, t("keywords")),
        h("input", { value: now.keywords, dir: "auto", onchange: (e) => app.set("keywords", e.target.value) }),
        h("small", {}, t("keywordsHint")),
      ),
      h("h3", {}, t("accessAndPrivacy")),
      select(
        t("announce"),
        "announce",
        ["all", "mentions", "off"].map((name) => [name, t(`announce_${name}`)]),
      ),
      check(t("sendTyping"), now.typing, (on) => app.set("typing", on)),
      app.state.ignored.size
        ? [
            h("h3", {}, t("ignoredPeople")),
            h(
              "ul",
              { class: "bans" },
              [...app.state.ignored].map((name) =>
                h("li", { key: name }, nickname(name), h("button", { type: "button", class: "button", onclick: () => app.ignore(name, false) }, t("remove"))),
              ),
            ),
          ]
        : null,
    ],
  };
}

function hour(app, name) {
  return field(t(name), { type: "time", value: app.settings[name], onchange: (e) => e.target.value && app.set(name, e.target.value) });
}

function connection(app) {
  const { status, isupport, caps } = app.connection;
  const sorted = [...status.rtts].sort((a, b) => a - b);
  const at = (share) => (sorted.length ? `${sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(1)} ms` : "–");
  const secure = location.protocol === "https:";
  const fact = (label, value) => h("div", { class: "fact" }, h("dt", {}, label), h("dd", {}, value));
  return {
    title: t("connection"),
    body: [
      sparkline(status.rtts),
      h(
        "dl",
        {},
        fact(t("roundTrip"), `${t("median")} ${at(0.5)} · 95 % ${at(0.95)}`),
        fact(t("server"), `${app.state.network || location.host} · ${location.host}`),
        fact(t("protocol"), `IRCv3 · ${app.connection.socket?.protocol || "WebSocket"}`),
        fact(t("encryption"), secure ? t("encrypted") : t("notEncrypted")),
      ),
      secure
        ? null
        : globalThis.isSecureContext
          ? h("p", { class: "remark" }, t("loopbackNote"))
          : h("p", { class: "caution" }, icon("alert"), t("tlsWouldAdd")),
      h(
        "details",
        {},
        h("summary", {}, t("capabilities", { n: caps.size })),
        h("p", { class: "tokens", dir: "ltr" }, [...caps].sort().join(" ")),
        h("p", { class: "tokens", dir: "ltr" }, [...isupport].map(([k, v]) => (v ? `${k}=${v}` : k)).join(" ")),
      ),
      h("div", { class: "dialog-actions" }, h("button", { type: "button", class: "button", onclick: () => app.connection.ping() }, t("measure"))),
    ],
  };
}

function sparkline(values) {
  if (values.length < 2) return null;
  const most = Math.max(...values, 1);
  const points = values.map((value, i) => `${((i / (values.length - 1)) * 300).toFixed(1)},${(46 - (value / most) * 42).toFixed(1)}`);
  return h(
    "svg",
    { class: "sparkline", viewBox: "0 0 300 48", preserveAspectRatio: "none", "aria-hidden": true },
    h("polyline", { points: points.join(" "), fill: "none", stroke: "currentColor", "stroke-width": "2" }),
  );
}

const KEYS = [
  ["Ctrl+K", "switcher"],
  ["Alt+↑ / ↓", "keyStep"],
  ["Alt+Shift+↑ / ↓", "keyUnread"],
  ["Alt+A", "keyNextUnread"],
  ["Alt+U", "keyToUnread"],
  ["Shift+Esc", "markRead"],
  ["↑", "keyEditLast"],
  ["Shift+Enter", "keyNewLine"],
  ["Tab", "keyComplete"],
  ["@ # / :", "keyLists"],
  ["Ctrl+Shift+F", "search"],
  ["↑ ↓ r e + c Del", "keyMessages"],
  ["Esc", "keyEscape"],
  ["? Ctrl+/", "help"],
];

function help(app) {
  const samples = ["*bold*", "_italic_", "`code`", "~~struck~~", "> quote", ":tada: 🎉"];
  const usable = new Set(commands(app));
  return {
    title: t("help"),
    wide: true,
    body: [
      h("h3", {}, t("keys")),
      h(
        "dl",
        { class: "keys" },
        KEYS.map(([keys, name]) =>
          h(
            "div",
            { key: keys, class: "fact" },
            h(
              "dt",
              { dir: "ltr" },
              keys.split(" ").map((key) => (key === "/" && keys !== "@ # / :" ? " / " : [h("kbd", {}, key), " "])),
            ),
            h("dd", {}, t(name)),
          ),
        ),
      ),
      h("h3", {}, t("formatting")),
      h(
        "ul",
        { class: "samples" },
        samples.map((sample) =>
          h(
            "li",
            { key: sample, dir: "ltr" },
            h("code", {}, sample.split(" ")[0] === ">" ? sample : sample.split(" ")[0]),
            h("span", {}, formatted(formatText(sample.replace(/^:tada: /, "")), app)),
          ),
        ),
      ),
      h("h3", {}, t("commandsTitle")),
      h(
        "dl",
        { class: "commands" },
        ALL_COMMANDS.map((command) =>
          h(
            "div",
            { key: command.name, class: `fact ${usable.has(command) ? "" : "unusable"}` },
            h("dt", { dir: "ltr" }, h("code", {}, `/${command.name} ${command.usage}`)),
            h("dd", {}, t(`command_${command.name}`), usable.has(command) ? "" : ` (${t("notOffered")})`),
          ),
        ),
      ),
      h("h3", {}, t("otherWays")),
      h("p", {}, t("otherWaysText")),
      h(
        "pre",
        { dir: "ltr", tabindex: "0" },
        `nc ${location.hostname} ${location.port || (location.protocol === "https:" ? 443 : 80)}\nirc://${location.host}/lobby`,
      ),
    ],
  };
}

function motd(app) {
  return { title: t("motd"), wide: true, body: h("pre", { tabindex: "0" }, app.state.motd.map(plain).join("\n") || t("nothingThere")) };
}

function copy(app, { text }) {
  return { title: t("copy"), body: [h("p", {}, t("copyByHand")), h("input", { value: text, readonly: true, "data-focus": true, ref: (box) => box.select() })] };
}

function confirm(app, { title, text, action, run, gentle }) {
  return {
    title,
    body: form(
      () => {
        app.dialog(null);
        run();
      },
      h("blockquote", { dir: "auto" }, text),
      h(
        "div",
        { class: "dialog-actions" },
        h("button", { type: "button", class: "button", onclick: () => app.dialog(null) }, t("cancel")),
        h("button", { type: "submit", class: `button ${gentle ? "primary" : "danger"}`, "data-focus": true }, action),
      ),
    ),
  };
}
