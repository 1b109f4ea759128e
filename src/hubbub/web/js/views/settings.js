/** Draws the dialogs for this browser's settings and for the connection. */

import { askPermission, obstacle } from "../alerts.js";
import { h } from "../dom.js";
import { LANGUAGES, t, use } from "../i18n.js";
import { switchPush } from "../push.js";
import { check, field } from "./form.js";
import { icon } from "./icons.js";
import { nickname } from "./people.js";
/** @import { App, DialogView, Node, Preferences } from "../types.js" */

/** @type {DialogView<"settings">} */
export function settings(app) {
  const now = app.settings.values;

  /** @type {(label: string, name: keyof Preferences, options: string[][], onchange?: (value: string) => unknown) => Node} */
  const select = (label, name, options, onchange = (value) => app.settings.set(name, value)) =>
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
  const missing = obstacle();
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
        app.settings.set("language", value);
        await use(value || (navigator.language || "en").split("-")[0]).catch(() => use("en"));
        app.settings.redraw(); // the language has changed
      }),
      select(
        t("joinsAndLeaves"),
        "events",
        ["fold", "show", "hide"].map((name) => [name, t(`events_${name}`)]),
      ),
      h("h3", {}, t("notifications")),
      check(t("desktopNotifications"), now.notify && !missing, (on) => wantNotifications(app, on), missing ? t(`notifyObstacle_${missing}`) : null, {
        disabled: Boolean(missing),
      }),
      app.connection.isupport.has("VAPID")
        ? check(t("pushWanted"), now.push, (on) => switchPush(app, on), t(app.state.me.account ? "pushHint" : "pushNeedsAccount"), {
            disabled: !app.state.me.account || Boolean(missing),
          })
        : null,
      check(t("sound"), now.sound, (on) => app.settings.set("sound", on)),
      check(t("quietHours"), now.quiet, (on) => app.settings.set("quiet", on), t("quietHint")),
      now.quiet ? h("div", { class: "inline" }, hour(app, "quietFrom"), hour(app, "quietTo")) : null,
      h(
        "label",
        { class: "field" },
        h("span", {}, t("keywords")),
        h("input", { value: now.keywords, dir: "auto", onchange: (e) => app.settings.set("keywords", e.target.value) }),
        h("small", {}, t("keywordsHint")),
      ),
      h("h3", {}, t("accessAndPrivacy")),
      select(
        t("announce"),
        "announce",
        ["all", "mentions", "off"].map((name) => [name, t(`announce_${name}`)]),
      ),
      check(t("sendTyping"), now.typing, (on) => app.settings.set("typing", on)),
      app.state.ignored.size
        ? [
            h("h3", {}, t("ignoredPeople")),
            h(
              "ul",
              { class: "bans" },
              [...app.state.ignored].map((name) =>
                h(
                  "li",
                  { key: name },
                  nickname(name),
                  h("button", { type: "button", class: "button", onclick: () => app.settings.ignore(name, false) }, t("remove")),
                ),
              ),
            ),
          ]
        : null,
    ],
  };
}

/**
 * @param {App} app
 * @param {"quietFrom" | "quietTo"} name
 */
function hour(app, name) {
  return field(t(name), { type: "time", value: app.settings.values[name], onchange: (e) => e.target.value && app.settings.set(name, e.target.value) });
}

/** @type {DialogView<"connection">} */
export function connection(app) {
  const { status, isupport, caps } = app.connection;
  const sorted = [...status.rtts].sort((a, b) => a - b);

  /** @param {number} share */
  const at = (share) => (sorted.length ? `${sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(1)} ms` : "–");
  const secure = location.protocol === "https:";

  /**
   * @param {string} label
   * @param {string} value
   */
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

/** @param {number[]} values */
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

/**
 * @param {App} app
 * @param {boolean} on
 */
async function wantNotifications(app, on) {
  if (on && !(await askPermission())) {
    app.ui.toast(t(`notifyObstacle_${obstacle() || "denied"}`));
    return app.invalidate();
  }
  app.settings.set("notify", on);
}
