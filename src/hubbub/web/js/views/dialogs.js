/** Lists all dialogs, and draws the one that is open. */

import { confirm, copy, serverPassword } from "./asking.js";
import { about, channels, goto } from "./channels.js";
import { device } from "./device.js";
import { frame, whenOpened } from "./form.js";
import { help, motd } from "./help.js";
import { picture } from "./lightbox.js";
import { account, away, nick } from "./myself.js";
import { kick, profile, report } from "./others.js";
import { own } from "./own.js";
import { connection, settings } from "./settings.js";
import { switcher } from "./switcher.js";
/** @import { App, DialogName, DialogView } from "../types.js" */

const invite = whenOpened(() => import("./invite.js"));
const devices = whenOpened(() => import("./devices.js"));
const admin = whenOpened(() => import("../admin/admin.js"));

/** @type {{ [N in DialogName]: DialogView<N> }} */
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
  devices,
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
  serverPassword,
  settings,
  switcher,
};

/** @param {App} app */
export function dialog(app) {
  const open = app.ui.dialog;
  if (!open) return null;
  const view = /** @type {DialogView<any>} */ (DIALOGS[open.name]);
  const drawn = view(app, open);
  return drawn && frame(app, open, drawn);
}
