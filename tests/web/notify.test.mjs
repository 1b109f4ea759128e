import assert from "node:assert/strict";
import { test } from "node:test";

import { isQuiet } from "../../src/hubbub/web/js/alerts.js";

const at = (time) => new Date(`2026-11-22T${time}:00`);
const night = { quiet: true, quietFrom: "22:00", quietTo: "07:00" };

test("quiet hours over midnight", () => {
  assert.deepEqual(
    ["21:59", "22:00", "23:30", "00:00", "06:59", "07:00", "12:00"].map((time) => isQuiet(night, at(time))),
    [false, true, true, true, true, false, false],
  );
});

test("quiet hours within a day, none, and switched off", () => {
  const noon = { quiet: true, quietFrom: "12:00", quietTo: "13:30" };
  assert.deepEqual(
    ["11:59", "12:00", "13:29", "13:30"].map((time) => isQuiet(noon, at(time))),
    [false, true, true, false],
  );
  assert.equal(isQuiet({ ...noon, quietTo: "12:00" }, at("12:00")), false);
  assert.equal(isQuiet({ ...night, quiet: false }, at("23:00")), false);
});
