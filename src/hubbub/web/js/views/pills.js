/** Draws the buttons to the present and to the first unread message. Loaded on first use. */

import { h } from "../dom.js";
import { clock, t } from "../i18n.js";
import { icon } from "./icons.js";
/** @import { App, Scroller } from "../types.js" */

/**
 * Draw each button if it leads somewhere.
 * @param {App} app
 * @param {Scroller} scroller
 */
export function pills(app, scroller) {
  const { buffer } = app;
  if (!buffer) return null;
  const line = scroller.element.querySelector(".unread-line");
  const above = line && line.getBoundingClientRect().bottom < scroller.element.getBoundingClientRect().top;
  return h(
    "div",
    { key: "pills", class: "pills" },
    buffer.unreadAfter !== null && buffer.unread && (above || !line)
      ? h(
          "div",
          { class: "pill top" },
          h(
            "button",
            { type: "button", onclick: () => app.reading.toUnread() },
            icon("up"),
            t("newSince", { n: buffer.unread, time: clock(buffer.unreadAfter) }),
          ),
          h("button", { type: "button", class: "ghost", onclick: () => app.reading.markAllRead() }, t("markRead")),
        )
      : null,
    scroller.stuck || !scroller.shown?.timeline.items.length
      ? null
      : h(
          "div",
          { class: "pill bottom" },
          scroller.stamp ? h("span", { class: "stamp" }, scroller.stamp) : null,
          h(
            "button",
            { type: "button", onclick: () => scroller.toPresent() },
            buffer.unread ? t("unreadCount", { n: buffer.unread }) : t("toPresent"),
            icon("down"),
          ),
        ),
  );
}
