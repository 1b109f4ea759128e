/** Draws formatted text: the tree of text.js as nodes. */

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { nickname } from "./people.js";
/** @import { App, Child, Piece } from "../types.js" */

/** @type {Record<string, string>} */
const TAGS = { strong: "strong", em: "em", u: "u", s: "s", code: "code", pre: "pre", quote: "blockquote" };

/** @type {(tree: Piece[], app: App) => Child[]} */
export function formatted(tree, app) {
  return tree.map((node) => element(node, app));
}

/** @type {(node: Piece, app: App) => Child} */
function element(node, app) {
  if (typeof node === "string") return node;
  const children = () => formatted(node.children, app);
  if (node.type === "link") {
    return h("a", { href: node.href, target: "_blank", rel: "noopener noreferrer nofollow", dir: "ltr" }, children());
  }
  if (node.type === "channel") {
    return h("button", { type: "button", class: "reference", onclick: () => app.conversations.show(node.name) }, children());
  }
  if (node.type === "nick") {
    const me = app.state.fold(node.name) === app.state.fold(app.state.me.nick);
    return h(
      "button",
      {
        type: "button",
        class: `reference person ${me ? "me" : ""}`,
        onclick: (e) => app.ui.withMenus(e.currentTarget, (menus, anchor) => menus.personMenu(app, node.name, anchor)),
      },
      nickname(String(node.children[0])),
    );
  }
  if (node.type === "colour") return h("span", { class: `fg${node.fg}` }, children());
  if (node.type === "pre") return h("pre", { dir: "ltr", tabindex: "0", "aria-label": node.language || t("code") }, h("code", {}, children()));
  if (node.type === "code") return h("code", { dir: "ltr" }, children());
  return h(TAGS[node.type] || "span", node.type === "quote" ? { dir: "auto" } : {}, children());
}
