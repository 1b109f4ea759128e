import assert from "node:assert/strict";
import { test } from "node:test";

import { qrCode, qrPath } from "../../src/hubbub/web/js/qr.js";

test("grows with its text and says when that is too long", () => {
  assert.deepEqual(
    ["a", "a".repeat(14), "a".repeat(15), "a".repeat(213)].map((text) => qrCode(text).size),
    [21, 21, 25, 57],
  );
  assert.throws(() => qrCode("a".repeat(214)), RangeError);
});

test("the path draws the dark squares inside a quiet zone", () => {
  const { size, dark } = qrCode("http://127.0.0.1:50000/#lobby");
  const { size: outer, path } = qrPath("http://127.0.0.1:50000/#lobby");
  assert.equal(outer, size + 8);
  assert.equal(path.split("M").length - 1, dark.flat().filter(Boolean).length);
  assert.ok(path.startsWith("M4 4h1v1h-1z"));
});
