import assert from "node:assert/strict";
import { test } from "node:test";

import { foldEvents, rows, Timeline } from "../../src/hubbub/web/js/timeline.js";

const say = (id, time, facts = {}) => ({ id: String(id), key: String(id), time, kind: "message", nick: "ann", text: "", rev: 0, ...facts });
const ids = (timeline) => timeline.items.map(({ id }) => id).join("");

test("pages that overlap leave each message once, in order", () => {
  const timeline = new Timeline();
  timeline.add(say(5, 50));
  timeline.append([say(3, 30), say(4, 40), say(5, 50)]);
  timeline.prepend([say(1, 10), say(2, 20), say(3, 30)]);
  timeline.append([say(5, 50), say(6, 60)]);
  assert.equal(ids(timeline), "123456");
});

test("a late message takes its place", () => {
  const timeline = new Timeline();
  [say(1, 10), say(3, 30), say(2, 20), say(4, 30)].forEach((item) => timeline.add(item));
  assert.equal(ids(timeline), "1234");
});

test("trimming forgets the oldest, which can then be loaded again", () => {
  const timeline = new Timeline();
  timeline.atStart = true;
  for (let i = 0; i < 10; i++) timeline.add(say(i, i));
  timeline.trim(4);
  assert.deepEqual([ids(timeline), timeline.atStart, timeline.byId.has("0")], ["6789", false, false]);
  assert.equal(timeline.prepend([say(5, 5)]), 1);
});

test("rows: a date, one name for messages in a row, the unread line, folded joins", () => {
  const at = new Date(2026, 10, 22, 12).getTime();
  const items = [
    say(1, at),
    say(2, at + 1000),
    say(3, at + 2000, { nick: "bob" }),
    { ...say(4, at + 3000), kind: "event", event: "join", folds: true },
    { ...say(5, at + 4000), kind: "event", event: "quit", folds: true },
    say(6, at + 5000, { nick: "bob" }),
    say(7, at + 600_000, { nick: "bob" }),
    say(8, at + 601_000, { nick: "bob", replyTo: "1" }),
  ];
  const shown = rows(items, { unreadAfter: at + 1500 });
  assert.deepEqual(
    shown.map(({ type, lead }) => (type === "message" ? (lead ? "lead" : "follow") : type)),
    ["day", "lead", "follow", "unread", "lead", "events", "lead", "lead", "lead"],
  );
  assert.equal(rows(items, { showEvents: "hide" }).filter(({ type }) => type === "events").length, 0);
  assert.equal(rows(items, { from: 5, unreadAfter: at }).filter(({ type }) => type === "unread").length, 0);
});

test("who came and went again changed nothing; who came under another name came", () => {
  const event = (nick, name, whom) => ({ nick, event: name, whom });
  const fold = (...items) => foldEvents(items);
  assert.deepEqual(fold(event("a", "join"), event("b", "join"), event("a", "quit"), event("c", "part"), event("c", "join"), event("d", "quit")), {
    came: ["b"],
    went: ["d"],
    renamed: [],
  });
  assert.deepEqual(fold(event("Guest1", "join"), event("Guest1", "nick", "ann"), event("bob", "nick", "rob"), event("rob", "nick", "bert")), {
    came: ["ann"],
    went: [],
    renamed: [["bob", "bert"]],
  });
  assert.deepEqual(fold(event("bob", "nick", "rob"), event("rob", "nick", "bob")), { came: [], went: [], renamed: [] });
});
