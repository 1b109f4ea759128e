/** Draws the dialog with the devices that log in to one's account without the passphrase, and logs them out. */

import { ask } from "../api.js";
import { h } from "../dom.js";
import { fullTime, t } from "../i18n.js";
/** @import { App, DialogOf, DialogView, Told } from "../types.js" */

/** @type {DialogView<"devices">} */
export function view(app, open) {
  if (!open.asked) load(app, open);
  const devices = open.devices || [];
  const others = devices.filter(({ here }) => !here);
  return {
    title: t("devices"),
    body: [
      h("p", {}, t("devicesHint")),
      open.error ? h("p", { class: "error", role: "alert" }, open.error) : null,
      open.devices && !devices.length ? h("p", { class: "note" }, t("devicesNone")) : null,
      h(
        "ul",
        { class: "bans devices" },
        devices.map((device) => row(app, open, device)),
      ),
      others.length > 1 || (others.length && others.length < devices.length)
        ? h(
            "div",
            { class: "dialog-actions" },
            h(
              "button",
              { type: "button", class: "button danger", disabled: Boolean(open.busy), onclick: () => logOut(app, open, "/api/devices") },
              t("devicesLogOutOthers"),
            ),
          )
        : null,
    ],
  };
}

/**
 * @param {App} app
 * @param {DialogOf<"devices">} open
 * @param {Told} device
 */
function row(app, open, device) {
  const name = device.name || t("devicesUnnamed");
  const used = t("devicesUsed", { when: fullTime(Date.parse(device.used)), address: device.address });
  return h(
    "li",
    { key: device.id },
    h("span", {}, h("bdi", {}, name), h("small", {}, ` ${device.here ? t("devicesHere") : used}`)),
    device.here
      ? null
      : h(
          "button",
          {
            type: "button",
            class: "button",
            disabled: Boolean(open.busy),
            "aria-label": t("devicesLogOutOne", { name }),
            onclick: () => logOut(app, open, `/api/devices/${device.id}`),
          },
          t("devicesLogOut"),
        ),
  );
}

/**
 * @param {App} app
 * @param {DialogOf<"devices">} open
 */
async function load(app, open) {
  open.asked = true;
  try {
    open.devices = (await ask(app, "GET", "/api/devices"))?.devices || [];
  } catch (error) {
    open.error = error instanceof Error ? error.message : "";
  }
  app.invalidate();
}

/**
 * @param {App} app
 * @param {DialogOf<"devices">} open
 * @param {string} path
 */
async function logOut(app, open, path) {
  Object.assign(open, { busy: true, error: "" });
  app.invalidate();
  try {
    await ask(app, "DELETE", path);
  } catch (error) {
    open.error = error instanceof Error ? error.message : "";
  }
  open.busy = false;
  if (open.error) app.invalidate();
  else await load(app, open);
}
