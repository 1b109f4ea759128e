// Parts that are fetched when they are first asked for.
import assert from "node:assert/strict";
import test from "node:test";
import { later } from "../../src/hubbub/web/js/later.js";

/** A load that fails so many times, and a count of what was asked. */
function failing(times) {
  const load = async () => {
    load.asked += 1;
    if (load.asked <= times) throw new TypeError("Failed to fetch");
    return { name: "module" };
  };
  load.asked = 0;
  return load;
}

test("a part is asked for once", async () => {
  const load = failing(0);
  const part = later(load);
  assert.deepEqual(await part.fetch(), { name: "module" });
  assert.deepEqual(part.now, { name: "module" });
  await part.fetch();
  assert.equal(load.asked, 1);
});

test("without a network that is told, and the next time may go better", async () => {
  const part = later(failing(1));
  await assert.rejects(part.fetch());
  assert.equal(part.now, null);
  assert.deepEqual(await part.fetch(), { name: "module" });
});
