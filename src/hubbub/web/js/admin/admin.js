/**
 * Draws the administrator's page: lists of people, channels, bans and so on, with the orders of
 * handlers/orders/. The server decides what of it the asker may see. Loaded when it is opened.
 */

import { ask } from "../api.js";
import { h } from "../dom.js";
import { t } from "../i18n.js";
import { icon } from "../views/icons.js";
import { overview, sample } from "./figures.js";
import { ADD, cell, TABLES } from "./tables.js";
/** @import { App, DialogOf, Fields, Form, Order, Told } from "../types.js" */

const TABS = ["overview", "people", "channels", "bans", "invites", "reports", "accounts", "limits", "audit"];
const MOST_ROWS = 300;
const EVERY = 2_000;

/**
 * @param {App} app
 * @param {DialogOf<"admin">} open
 */
export function view(app, open) {
  if (open.claim) return { title: t("administration"), body: claim(app, open) };
  const tab = tabOf(open);
  if (open.loaded !== tab && app.connection.online) load(app, open);

  /** @param {string} other */
  const go = (other) => {
    Object.assign(open, { tab: other, form: null, filter: "", said: "", error: "" });
    app.invalidate();
  };
  return {
    title: t("administration"),
    body: [
      h("link", { rel: "stylesheet", href: "/admin.css" }),
      h(
        "nav",
        { class: "admin-tabs", "aria-label": t("administration") },
        TABS.map((each) =>
          h(
            "button",
            {
              key: each,
              type: "button",
              class: each === tab ? "chosen" : "",
              "aria-current": each === tab ? "page" : null,
              "data-focus": each === tab,
              onclick: () => go(each),
            },
            t(`admin_${each}`),
          ),
        ),
      ),
      open.error ? h("p", { class: "error", role: "alert" }, open.error) : null,
      h("p", { class: open.said ? "remark" : "offscreen", role: "status" }, open.said || ""),
      open.form ? form(app, open, open.form) : null,
      shown(app, open, tab),
    ],
  };
}

/** @param {DialogOf<"admin">} open */
function tabOf(open) {
  return open.tab ?? "overview";
}

/**
 * Draw a tab, once it is loaded.
 * @param {App} app
 * @param {DialogOf<"admin">} open
 * @param {string} tab
 */
function shown(app, open, tab) {
  if (open.loaded === tab && open.overview) return overview(open.overview, open.samples || []);
  if (open.loaded === tab && open.rows) return table(app, open, tab, open.rows);
  return h("p", { class: "note" }, t(open.error ? "admin_nothing" : "loading"));
}

// ---- the first administrator ------------------------------------------------------------------

/**
 * @param {App} app
 * @param {DialogOf<"admin">} open
 */
function claim(app, open) {
  const { account } = app.state.me;
  if (account && app.connection.online && !open.claiming) take(app, open);
  return [
    h("p", {}, t("admin_claimHint")),
    open.error ? h("p", { class: "error", role: "alert" }, open.error) : null,
    account
      ? null
      : h(
          "div",
          { class: "dialog-actions" },
          h("button", { type: "button", class: "button", onclick: () => app.ui.open("account", { mode: "login" }) }, t("haveAccount")),
          h(
            "button",
            { type: "button", class: "button primary", "data-focus": true, onclick: () => app.ui.open("account", { mode: "register" }) },
            t("claimNick"),
          ),
        ),
  ];
}

/**
 * @param {App} app
 * @param {DialogOf<"admin">} open
 */
async function take(app, open) {
  open.claiming = true;
  try {
    await ask(app, "POST", "/api/admin/claim", { word: open.claim });
    open.claim = "";
    open.said = t("admin_claimed");
  } catch (error) {
    open.error = /** @type {Error} */ (error).message;
  }
  app.ui.admin = null;
  app.invalidate();
}

// ---- what there is ----------------------------------------------------------------------------

/**
 * @param {App} app
 * @param {DialogOf<"admin">} open
 */
async function load(app, open) {
  const tab = tabOf(open);
  if (open.loading === tab) return;
  Object.assign(open, { loading: tab, rows: null, overview: null });
  await refresh(app, open, tab);
  Object.assign(open, { loading: "", loaded: tab });
  if (tab === "overview") pollSoon(app, open);
}

/**
 * @param {App} app
 * @param {DialogOf<"admin">} open
 */
function pollSoon(app, open) {
  clearTimeout(open.timer); // of the previous visit
  open.timer = setTimeout(() => poll(app, open), EVERY);
}

/**
 * @param {App} app
 * @param {DialogOf<"admin">} open
 * @param {string} tab
 */
async function refresh(app, open, tab) {
  try {
    const names = tab === "overview" ? ["figures", "storage"] : [tab];
    const told = Object.assign({}, ...(await Promise.all(names.map((name) => ask(app, "GET", `/api/admin/${name}`)))));
    if (tabOf(open) !== tab) return;
    if (tab === "overview") {
      sample(open, told.figures);
      open.error = "";
      open.overview = told;
    } else open.rows = tab === "limits" ? Object.entries(told.limits).map(([name, value]) => ({ name, value })) : told[tab];
  } catch (error) {
    if (tabOf(open) === tab) open.error = /** @type {Error} */ (error).message;
  }
  app.invalidate();
}

/**
 * Refresh the figures while they are shown.
 * @param {App} app
 * @param {DialogOf<"admin">} open
 */
async function poll(app, open) {
  if (app.ui.dialog !== open || tabOf(open) !== "overview") return;
  if (document.visibilityState === "visible" && app.connection.online) await refresh(app, open, "overview");
  pollSoon(app, open);
}

/**
 * @param {App} app
 * @param {DialogOf<"admin">} open
 * @param {string} tab
 * @param {Told[]} all
 */
function table(app, open, tab, all) {
  const { columns, actions = [] } = TABLES[tab];
  const filter = (open.filter || "").toLowerCase();
  const rows = all.filter((row) => !filter || columns.some(([name]) => String(cell(row, name)).toLowerCase().includes(filter)));
  const add = ADD[tab];
  return [
    h(
      "div",
      { class: "admin-bar" },
      h("input", {
        type: "search",
        value: open.filter || "",
        placeholder: t("filter"),
        "aria-label": t("filter"),
        oninput: (e) => {
          open.filter = e.target.value;
          app.invalidate();
        },
      }),
      add ? h("button", { type: "button", class: "button primary", onclick: () => begin(app, open, add, {}) }, icon("plus"), t(`admin_do_${add.order}`)) : null,
    ),
    rows.length
      ? h(
          "table",
          { class: "admin-table" },
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              columns.map(([name]) => h("th", { key: name, scope: "col" }, t(`admin_col_${name}`))),
              actions.length ? h("th", { key: "acts", scope: "col" }, h("span", { class: "offscreen" }, t("admin_acts"))) : null,
            ),
          ),
          h(
            "tbody",
            {},
            rows.slice(0, MOST_ROWS).map((row, i) =>
              h(
                "tr",
                { key: keyOf(row, i) },
                columns.map(([name, kind]) =>
                  h("td", { key: name, class: kind || "", "data-label": t(`admin_col_${name}`) }, h("span", { dir: "auto" }, cell(row, name, kind))),
                ),
                actions.length
                  ? h(
                      "td",
                      { key: "acts", class: "acts" },
                      actions
                        .filter(({ when }) => !when || when(row))
                        .map((action) =>
                          h(
                            "button",
                            {
                              key: action.order,
                              type: "button",
                              class: `button ${action.danger ? "quiet-danger" : ""}`,
                              "aria-label": `${t(`admin_do_${action.order}`)}: ${cell(row, columns[0][0])}`,
                              onclick: () => begin(app, open, action, row),
                            },
                            t(`admin_do_${action.order}`),
                          ),
                        ),
                    )
                  : null,
              ),
            ),
          ),
        )
      : h("p", { class: "note" }, t("admin_nothing")),
    rows.length > MOST_ROWS ? h("p", { class: "note" }, t("others", { n: rows.length - MOST_ROWS })) : null,
  ];
}

/**
 * @param {Told} row
 * @param {number} i
 */
function keyOf(row, i) {
  return String(row.id ?? row.nick ?? row.account ?? row.channel ?? row.mask ?? row.name ?? `${row.time} ${i}`);
}

// ---- what can be done -------------------------------------------------------------------------

/**
 * @param {App} app
 * @param {DialogOf<"admin">} open
 * @param {Order} action
 * @param {Told} row
 */
function begin(app, open, action, row) {
  open.form = { action, words: action.words?.(row) || {} };
  open.said = open.error = "";
  app.invalidate();
}

/**
 * @param {App} app
 * @param {DialogOf<"admin">} open
 * @param {Form} filled
 */
function form(app, open, { action, words }) {
  const about = Object.values(words).map(String).join(" ");
  const close = () => {
    open.form = null;
    app.invalidate();
  };

  /** @param {Fields} elements */
  const act = async (elements) => {
    const typed = Object.fromEntries(action.fields.map((name) => [name, elements[name].value.trim()]).filter(([, value]) => value));
    if (typed.uses) typed.uses = Number(typed.uses);
    open.error = "";
    try {
      const told = await ask(app, "POST", `/api/admin/${action.order}`, { ...words, ...typed });
      const said = told[action.order];
      Object.assign(open, { form: null, said: typeof said === "string" ? said : said.link || t("admin_done") });
      await refresh(app, open, tabOf(open));
    } catch (error) {
      open.error = /** @type {Error} */ (error).message;
      app.invalidate();
    }
  };
  return h(
    "form",
    {
      key: `form ${action.order} ${about}`,
      class: "admin-form",
      method: "dialog",
      ref: (element) => element.querySelector("input, button")?.focus(),
      onsubmit: (e) => {
        e.preventDefault();
        act(e.target.elements);
      },
    },
    h("h3", { dir: "auto" }, `${t(`admin_do_${action.order}`)} ${about}`),
    h(
      "div",
      { class: "admin-fields" },
      action.fields.map((name) =>
        h(
          "label",
          { key: name, class: "field" },
          h("span", {}, t(`admin_field_${name}`)),
          h("input", {
            name,
            autocomplete: "off",
            dir: "auto",
            required: action.required?.includes(name),
            type: name === "uses" ? "number" : "text",
            maxlength: "200",
            placeholder: name === "time" ? "7d" : null,
          }),
        ),
      ),
    ),
    h(
      "div",
      { class: "dialog-actions" },
      h("button", { type: "button", class: "button", onclick: close }, t("cancel")),
      h("button", { type: "submit", class: `button ${action.danger ? "danger" : "primary"}` }, t(`admin_do_${action.order}`)),
    ),
  );
}
