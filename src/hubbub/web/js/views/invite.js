/**
 * Draws the dialog that lets others in: a link and its QR code. Where everybody may enter, that is the
 * channel's address; elsewhere an invitation, which ends, counts its uses and can be revoked.
 */

import { ask } from "../api.js";
import { h } from "../dom.js";
import { fullTime, t } from "../i18n.js";
import { icon } from "./icons.js";
/** @import { App, Buffer, DialogOf, DialogView, Fields, Told } from "../types.js" */

const USES = [1, 5, 30, 100, 1000];
const HOURS = [1, 24, 168, 720];

/** @type {DialogView<"invite">} */
export function view(app, open) {
  const { buffer } = app;
  if (!buffer || buffer.kind !== "channel") return null;
  if (!open.asked) load(app, open);
  const mine = (open.invites || []).filter(({ channel }) => channel && app.state.fold(channel) === buffer.key);
  const chosen = mine.find(({ id }) => id === open.chosen);
  // Others cannot use a localhost address; the server knows its own.
  const link = chosen ? (local(location.href) ? chosen.link : location.origin + chosen.path) : app.conversations.linkTo(buffer);
  const closed = buffer.modes.has("i") || buffer.modes.has("k");
  const plainIsEnough = !needsInvitation(open.inviteOnly) && !closed;
  return {
    title: t("inviteTo", { name: buffer.name }),
    body: [
      h("p", {}, t("inviteHint")),
      chosen || plainIsEnough ? way(app, open, buffer, link) : null,
      local(link) ? h("p", { class: "caution" }, icon("alert"), t("inviteLocal")) : null,
      open.error ? h("p", { class: "error", role: "alert" }, open.error) : null,
      open.inviteOnly ? maker(app, open, buffer, !chosen && !plainIsEnough) : null,
      open.inviteOnly && !plainIsEnough && !chosen ? h("p", { class: "remark" }, icon("lock"), t(closed ? "inviteClosed" : "invitePublic")) : null,
      mine.length
        ? [
            h("h3", {}, t("invitations")),
            h(
              "ul",
              { class: "bans" },
              mine.map((each) => row(app, open, each)),
            ),
          ]
        : null,
    ],
  };
}

/**
 * @param {App} app
 * @param {DialogOf<"invite">} open
 * @param {Buffer} buffer
 * @param {string} link
 */
function way(app, open, buffer, link) {
  if (open.drawn !== link) {
    Object.assign(open, { drawn: link, qr: null });
    import("../qr.js")
      .then(({ qrPath }) => {
        if (open.drawn === link) open.qr = qrPath(link);
        app.invalidate();
      })
      .catch(() => {});
  }
  const { qr } = open;
  return [
    qr
      ? h(
          "svg",
          { class: "qr", viewBox: `0 0 ${qr.size} ${qr.size}`, role: "img", "aria-label": t("qrCode"), "shape-rendering": "crispEdges" },
          h("rect", { width: qr.size, height: qr.size, fill: "#fff" }),
          h("path", { d: qr.path, fill: "#000" }),
        )
      : null,
    h(
      "div",
      { class: "inline" },
      h("input", { value: link, readonly: true, dir: "ltr", "aria-label": t("link"), onfocus: (e) => e.target.select() }),
      h("button", { type: "button", class: "button primary", "data-focus": true, onclick: () => app.ui.copy(link) }, icon("link"), t("copyLink")),
    ),
    navigator.share
      ? h("button", { type: "button", class: "button", onclick: () => navigator.share({ title: buffer.name, url: link }).catch(() => {}) }, t("shareLink"))
      : null,
  ];
}

/**
 * @param {App} app
 * @param {DialogOf<"invite">} open
 * @param {Buffer} buffer
 * @param {boolean} needed
 */
function maker(app, open, buffer, needed) {
  /**
   * @param {string} name
   * @param {string} label
   * @param {[number, string, boolean][]} options
   */
  const select = (name, label, options) =>
    h(
      "label",
      { class: "field" },
      h("span", {}, label),
      h(
        "select",
        { name },
        options.map(([value, text, selected]) => h("option", { key: value, value: String(value), selected }, text)),
      ),
    );

  /** @param {Fields} fields */
  const make = async ({ uses, hours }) => {
    const wish = { channel: buffer.name, uses: Number(uses.value), seconds: Number(hours.value) * 3600 };
    await tell(app, open, async () => {
      const made = await ask(app, "POST", "/api/invites", wish);
      open.invites = [...(open.invites ?? []), made];
      open.chosen = made.id;
    });
  };
  return h(
    "form",
    {
      method: "dialog",
      class: "maker",
      onsubmit: (e) => {
        e.preventDefault();
        make(e.target.elements);
      },
    },
    h(
      "div",
      { class: "inline" },
      select(
        "uses",
        t("inviteUses"),
        USES.map((n) => [n, t("invitePeople", { n }), n === 30]),
      ),
      select(
        "hours",
        t("inviteLasts"),
        HOURS.map((n) => [n, n < 24 ? t("inviteHours", { n }) : t("inviteDays", { n: n / 24 }), n === 168]),
      ),
      h("button", { type: "submit", class: `button ${needed ? "primary" : ""}` }, t("inviteMake")),
    ),
  );
}

/**
 * @param {App} app
 * @param {DialogOf<"invite">} open
 * @param {Told} invite
 */
function row(app, open, invite) {
  const left = invite.uses - invite.used;
  const over = !invite.open;
  const revoke = () =>
    tell(app, open, async () => {
      await ask(app, "DELETE", `/api/invites/${invite.id}`);
      open.invites = open.invites?.filter(({ id }) => id !== invite.id);
      if (open.chosen === invite.id) open.chosen = null;
    });
  return h(
    "li",
    { key: invite.id },
    h(
      "span",
      {},
      over ? t("inviteOver") : t("inviteLeft", { n: left, by: invite.by }),
      h("small", {}, ` ${t("inviteUntil", { when: fullTime(Date.parse(invite.until)) })}`),
    ),
    over || open.chosen === invite.id
      ? null
      : h(
          "button",
          {
            type: "button",
            class: "button",
            onclick: () => {
              open.chosen = invite.id;
              app.invalidate();
            },
          },
          t("show"),
        ),
    h("button", { type: "button", class: "button", "aria-label": t("inviteRevokeOne", { n: left, by: invite.by }), onclick: revoke }, t("inviteRevoke")),
  );
}

/**
 * @param {App} app
 * @param {DialogOf<"invite">} open
 */
async function load(app, open) {
  open.asked = true;
  open.inviteOnly = "";
  try {
    const { invite_only: inviteOnly, invites } = await ask(app, "GET", "/api/invites");
    Object.assign(open, { inviteOnly, invites });
    open.chosen = invites.findLast((/** @type {Told} */ each) => each.open && each.channel && app.state.fold(each.channel) === app.buffer?.key)?.id || null;
  } catch {
    open.invites = []; // a server without invitations has its address only
  }
  app.invalidate();
}

/**
 * @param {App} app
 * @param {DialogOf<"invite">} open
 * @param {() => Promise<void>} act
 */
async function tell(app, open, act) {
  open.error = "";
  try {
    await act();
  } catch (error) {
    open.error = /** @type {Error} */ (error).message;
  }
  app.invalidate();
}

/** @param {string} link */
function local(link) {
  return ["localhost", "127.0.0.1", "[::1]"].includes(new URL(link).hostname);
}

/**
 * Do people need an invitation at this address? In "auto" private addresses are open.
 * @param {string | undefined} inviteOnly
 */
function needsInvitation(inviteOnly) {
  if (inviteOnly !== "auto") return inviteOnly === "on";
  const name = location.hostname;
  return !/^(localhost|[^.]+|.*\.(local|lan|home|internal)|127\..*|10\..*|192\.168\..*|172\.(1[6-9]|2\d|3[01])\..*|169\.254\..*|\[(::1|f[cd].*|fe80.*)\])$/.test(
    name,
  );
}
