import assert from "node:assert/strict";
import { test } from "node:test";

import { excerpt, pattern, pieces } from "../../src/hubbub/web/js/marking.js";

const marked = (query, text) => pieces(text, pattern(query)).filter((_, i) => i % 2);

test("words are marked whole, without case and accents, as the server finds them", () => {
  assert.deepEqual(marked("tea", "Tea, instead of TEA and teapots"), ["Tea", "TEA"]);
  assert.deepEqual(marked("muller strasse", "Müller wohnt in der Straße"), ["Müller", "Straße"]);
  assert.deepEqual(marked("muller", "Mu\u0308ller"), ["Mu\u0308ller"]);
  assert.deepEqual(marked("sock.recv", "use sock.recv(4), not recv"), ["sock.recv"]);
});

test("beginnings are marked with what they go on with", () => {
  assert.deepEqual(marked("teap*", "teapot, tea"), ["teapot"]);
});

test("phrases are marked as one", () => {
  assert.deepEqual(marked('"cold water" boil', "cold, water and cold tea: boil it"), ["cold, water", "boil"]);
  assert.deepEqual(marked("“cold water”", "cold water"), ["cold water"]);
  assert.deepEqual(marked('"cold', "cold"), ["cold"]);
});

test("writing without spaces and pictures are marked wherever they stand", () => {
  assert.deepEqual(marked("東京", "明日の東京の会議"), ["東京"]);
  assert.deepEqual(marked("python", "Python言語"), ["Python"]);
  assert.deepEqual(marked("🎉", "done🎉!"), ["🎉"]);
  assert.deepEqual(marked("ｶﾞ", "ガス"), ["ガ"]);
});

test("nothing to look for marks nothing, and signs mean nothing", () => {
  for (const query of [undefined, "", "?!", '""', "*"]) assert.deepEqual(pieces("a (b", pattern(query)), ["a (b"]);
  assert.deepEqual(marked("(b[", "a (b"), ["b"]);
  assert.equal(pieces("x tea y", pattern("tea")).join(""), "x tea y");
});

test("of a long text the part with the word is shown", () => {
  const long = `${"many words before it ".repeat(60)}zebra ${"and after ".repeat(60)}`;
  const shown = excerpt(long, pattern("zebra"));
  assert.match(shown, /^… \S.{0,70}zebra and after/);
  assert.match(shown, /…$/);
  assert.ok(shown.length < 420);
  assert.equal(excerpt("short zebra", pattern("zebra")), "short zebra");
  assert.equal(excerpt("😀".repeat(300), null, 401), `${"😀".repeat(200)}…`);
});

test("what the server tells apart is not marked, what it takes for the same is", () => {
  assert.deepEqual(marked("かき", "がき かき"), ["かき"]); // the voiced one is another letter
  assert.deepEqual(marked("ｶﾞｽ", "ｶﾞｽ ガス カス"), ["ｶﾞｽ", "ガス"]);
  assert.deepEqual(marked("한글", "한글 한글"), ["한글", "한글"]);
  assert.deepEqual(marked("οδος", "ΟΔΟΣ, οδός"), ["ΟΔΟΣ", "οδός"]);
  assert.deepEqual(marked("हिन्दी", "यह हिन्दी है"), ["हिन्दी"]);
  assert.deepEqual(marked("दी", "यह हिन्दी है"), []);
  assert.deepEqual(marked('"cold water"', "coldwater, cold 🎉 water, cold_water"), ["cold_water"]);
  assert.deepEqual(marked("strasse", "STRASSE Straße"), ["STRASSE", "Straße"]);
  assert.deepEqual(marked("istanbul", "İstanbul"), ["İstanbul"]);
  assert.deepEqual(marked("tea", "tea_time"), ["tea"]);
});
