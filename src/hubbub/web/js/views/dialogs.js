/** The one dialog that may be open, and the table of all there are. */

import { confirm, copy } from "./asking.js";
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

export function dialog(app) {
  const open = app.ui.dialog;
  const drawn = open && DIALOGS[open.name]?.(app, open);
  return drawn ? frame(app, open, drawn) : null;
}
