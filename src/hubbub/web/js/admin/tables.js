/** Tables: which columns each list of the administrator's page shows, and which orders a row offers. */

import { list, locale, t } from "../i18n.js";
import { plain } from "../text.js";
/** @import { Order, Told } from "../types.js" */

/** @type {Record<string, { columns: string[][], actions?: Order[] }>} */
export const TABLES = {
  people: {
    columns: [["nick"], ["account"], ["address", "code"], ["since", "time"], ["idle", "duration"], ["channels"], ["operator"]],
    actions: [
      { order: "kill", danger: true, fields: ["reason"], words: ({ nick }) => ({ nick }) },
      { order: "ban", danger: true, fields: ["time", "reason"], words: ({ address }) => ({ target: address }) },
    ],
  },
  channels: {
    columns: [["channel"], ["members", "number"], ["topic"], ["modes", "code"], ["founder"], ["made", "time"]],
    actions: [{ order: "close", danger: true, fields: ["reason"], words: ({ channel }) => ({ channel }) }],
  },
  bans: {
    columns: [["mask", "code"], ["kind"], ["reason"], ["by"], ["made", "time"], ["until", "time"]],
    actions: [{ order: "unban", fields: [], words: ({ kind, mask }) => ({ kind, mask }) }],
  },
  invites: {
    columns: [["channel"], ["by"], ["used", "number"], ["uses", "number"], ["made", "time"], ["until", "time"], ["open"]],
    actions: [{ order: "revoke", danger: true, fields: [], words: ({ id }) => ({ id }) }],
  },
  reports: {
    columns: [["target"], ["text"], ["by"], ["time", "time"], ["closed_by"], ["note"]],
    actions: [{ order: "close-report", fields: ["note"], words: ({ id }) => ({ id }), when: ({ closed_by: closed }) => !closed }],
  },
  accounts: {
    columns: [["account"], ["registered", "time"], ["email"], ["connections", "number"], ["suspended"], ["administrator"]],
    actions: [
      { order: "suspend", danger: true, fields: ["time", "reason"], words: ({ account }) => ({ account }), when: ({ suspended }) => !suspended },
      { order: "unsuspend", fields: [], words: ({ account }) => ({ account }), when: ({ suspended }) => suspended },
      { order: "promote", fields: [], words: ({ account }) => ({ account }), when: ({ administrator }) => !administrator },
      { order: "demote", danger: true, fields: [], words: ({ account }) => ({ account }), when: ({ administrator }) => administrator },
    ],
  },
  limits: {
    columns: [
      ["name", "code"],
      ["value", "code"],
    ],
  },
  audit: { columns: [["time", "time"], ["by"], ["action", "code"], ["target"], ["detail"], ["address", "code"]] },
};

/**
 * The orders that add to a list.
 * @type {Record<string, Order>}
 */
export const ADD = {
  bans: { order: "ban", danger: true, fields: ["target", "time", "reason"], required: ["target"] },
  invites: { order: "invite", fields: ["channel", "uses", "time"] },
  limits: { order: "rehash", fields: [] },
};

/**
 * A value as people read it.
 * @param {Told} row
 * @param {string} name
 */
export function cell(row, name, kind = "") {
  const value = row[name];
  if (value === null || value === undefined || value === "") return name === "until" ? t("admin_forever") : "–";
  if (value === true || value === false) return value ? t("admin_yes") : t("admin_no");
  if (kind === "time") return new Date(value).toLocaleString(locale(), { dateStyle: "medium", timeStyle: "short" });
  if (kind === "duration") return duration(value);
  if (Array.isArray(value)) return value.length ? list(value.map(String)) : "–";
  return plain(String(value));
}

/** @param {number} seconds */
export function duration(seconds) {
  const [n, unit] =
    seconds < 90
      ? [seconds, "seconds"]
      : seconds < 5400
        ? [seconds / 60, "minutes"]
        : seconds < 129_600
          ? [seconds / 3600, "hours"]
          : [seconds / 86_400, "days"];
  return t(`admin_${unit}`, { n: Math.round(n) });
}
