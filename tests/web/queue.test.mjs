import assert from "node:assert/strict";
import { test } from "node:test";

import { Queue, RESEND_WITHIN } from "../../src/hubbub/web/js/queue.js";
import { storage } from "../../src/hubbub/web/js/storage.js";

function area() {
  const map = {};
  Object.defineProperties(map, {
    getItem: { value: (key) => (key in map ? map[key] : null) },
    setItem: {
      value: (key, value) => {
        map[key] = String(value);
      },
    },
    removeItem: {
      value: (key) => {
        delete map[key];
      },
    },
  });
  return map;
}
const all = () => true;

test("what was not confirmed is there after a reload, with its label, in order", () => {
  const store = storage(area());
  const before = new Queue({ store, tab: "t" });
  before.add({ label: "a", target: "#x", text: "one" });
  before.add({ label: "b", target: "#x", text: "two" });
  before.mark("a", "sent");
  const after = new Queue({ store, tab: "t" });
  assert.deepEqual(
    after.due(all).map(({ label, text }) => [label, text]),
    [
      ["a", "one"],
      ["b", "two"],
    ],
  );
});

test("what is confirmed is gone for good", () => {
  const store = storage(area());
  const queue = new Queue({ store, tab: "t" });
  queue.add({ label: "a", target: "#x", text: "one" });
  queue.remove("a");
  assert.deepEqual(new Queue({ store, tab: "t" }).entries, []);
  assert.deepEqual(store.names(), []);
});

test("an old one asks its writer, and gets a new label if sent again", () => {
  let now = 1_000_000;
  const queue = new Queue({ store: storage(area()), tab: "t", now: () => now });
  queue.add({ label: "a", target: "#x", text: "one" });
  now += RESEND_WITHIN + 1;
  assert.deepEqual(queue.due(all), []);
  assert.equal(queue.get("a").state, "failed");
  queue.retry("a", "fresh");
  assert.deepEqual(
    queue.due(all).map(({ label }) => label),
    ["fresh"],
  );
});

test("a refused one sent again soon keeps its label", () => {
  const queue = new Queue({ store: storage(area()), tab: "t" });
  queue.add({ label: "a", target: "#x", text: "one" });
  queue.mark("a", "failed", "no");
  queue.retry("a", "fresh");
  assert.equal(queue.due(all)[0].label, "a");
});

test("only what can go now is due", () => {
  const queue = new Queue({ store: storage(area()), tab: "t" });
  queue.add({ label: "a", target: "#closed", text: "one" });
  queue.add({ label: "b", target: "#open", text: "two" });
  assert.deepEqual(
    queue.due((target) => target === "#open").map(({ label }) => label),
    ["b"],
  );
});

test("a closed tab's messages are taken over, a living tab's are not", () => {
  let now = 0;
  const store = storage(area());
  const labels = (tab) => new Queue({ store, tab, now: () => now }).entries.map(({ label }) => label);
  new Queue({ store, tab: "gone", now: () => now }).add({ label: "a", target: "#x", text: "one" });
  now += 1_000;
  assert.deepEqual(labels("early"), []);
  now += 60_000;
  assert.deepEqual(labels("late"), ["a"]);
  assert.deepEqual(labels("later"), []);
});

test("what waits follows its conversation to another name, however that was written", () => {
  const store = storage(area());
  const queue = new Queue({ store, tab: "t" });
  queue.add({ label: "a", target: "#Tea", text: "one" });
  queue.add({ label: "b", target: "#pot", text: "two" });
  queue.rename((name) => name.toLowerCase() === "#tea", "#Coffee");
  assert.deepEqual(
    new Queue({ store, tab: "t" }).entries.map(({ target }) => target),
    ["#Coffee", "#pot"],
  );
});
