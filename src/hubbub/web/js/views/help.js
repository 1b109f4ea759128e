/** Draws the help (keys, formatting, commands) and the server's message of the day. */

import { ALL_COMMANDS, commands } from "../commands.js";
import { h } from "../dom.js";
import { t } from "../i18n.js";
import { formatText, plain } from "../text.js";
import { formatted } from "./formatted.js";
/** @import { DialogView } from "../types.js" */

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

/** @type {DialogView<"help">} */
export function help(app) {
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

/** @type {DialogView<"motd">} */
export function motd(app) {
  return { title: t("motd"), wide: true, body: h("pre", { tabindex: "0" }, app.state.motd.map(plain).join("\n") || t("nothingThere")) };
}
