import assert from "node:assert/strict";
import { test } from "node:test";

import { matches, parseDay, parseQuery, searchAttributes } from "../../src/hubbub/web/js/query.js";

const NOON = new Date(2026, 10, 22, 12).getTime(); // a Sunday
const iso = (time) => {
  const d = new Date(time);
  return `${d.getFullYear()}-${d.getMonth() + 1}-${d.getDate()} ${d.getHours()}`;
};

test("operators and words come apart", () => {
  const query = parseQuery('from:@ann in:#tea "cold water" boil has:link http://x', NOON);
  assert.deepEqual(query, { has: ["link"], from: "ann", in: "#tea", text: '"cold water" boil http://x' });
});

test("days in the ways people name them", () => {
  assert.equal(iso(parseDay("2026-11-20", NOON).start), "2026-11-20 0");
  assert.equal(iso(parseDay("20.11.", NOON).start), "2026-11-20 0");
  assert.equal(iso(parseDay("-2d", NOON).start), "2026-11-20 0");
  assert.equal(iso(parseDay("yesterday", NOON).start), "2026-11-21 0");
  assert.equal(iso(parseDay("friday", NOON).start), "2026-11-20 0");
  assert.equal(iso(parseDay("sunday", NOON).start), "2026-11-15 0");
  assert.equal(iso(parseDay("2026-02", NOON).end), "2026-2-28 23");
  for (const bad of ["2026-13", "2026-02-30", "2026-13-40", "soon", "", "-d"]) assert.equal(parseDay(bad, NOON), null, bad);
});

test("on: is a whole day", () => {
  const { after, before } = parseQuery("on:2026-11-20", NOON);
  assert.equal(iso(after), "2026-11-20 0");
  assert.equal(iso(before), "2026-11-20 23");
});

test("after: and before: leave the day itself out, as the server does", () => {
  assert.equal(iso(parseQuery("after:2026-11-20", NOON).after), "2026-11-21 0");
  assert.equal(iso(parseQuery("before:2026-11-20", NOON).before), "2026-11-19 23");
});

test("an operator that is not one is a word", () => {
  assert.equal(parseQuery("at:noon before:whenever", NOON).text, "at:noon before:whenever");
  assert.deepEqual(parseQuery("has:legs", NOON), { has: [], text: "has:legs" });
});

test("a day that is none is told", () => {
  assert.deepEqual(parseQuery("tea before:2026-13-40 on:today", NOON).odd, ["2026-13-40"]);
  assert.equal(parseQuery("tea on:today", NOON).odd, undefined);
});

test("the attributes of SEARCH are escaped", () => {
  assert.equal(searchAttributes({ text: "a b;c", from: "ann", in: undefined }, 50), "from=ann;text=a\\sb\\:c;limit=50");
});

test("links are looked for by the server too", () => {
  assert.equal(searchAttributes(parseQuery("has:link", NOON), 50), "limit=50;has=link");
  assert.equal(searchAttributes(parseQuery("has:code x", NOON), 50), "text=x;limit=50");
});

test("matching here does as the server would", () => {
  const item = { nick: "Ann", text: "Cold water, see https://x.example/a.png", time: NOON };
  const hit = (text) => matches(parseQuery(text, NOON), item, "#tea");
  for (const yes of ["cold", '"cold water"', "from:ann", "in:#tea has:image", "on:today water", "wat*"]) assert.ok(hit(yes), yes);
  for (const no of ["hot", '"water cold"', "from:bob", "in:#pot", "has:code", "has:constructor", "before:today"]) assert.ok(!hit(no), no);
});
