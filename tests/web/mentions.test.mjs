import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { mentions } from "../../src/hubbub/web/js/items.js";
import { formatText } from "../../src/hubbub/web/js/text.js";

// The cases that push notifications share: tests/model/test_mentions.py.
const CASES = JSON.parse(readFileSync(new URL("../mentions.json", import.meta.url)));

for (const [nick, text, mentioned] of CASES) {
  test(`${JSON.stringify(text)} ${mentioned ? "mentions" : "does not mention"} ${nick}`, () => {
    assert.equal(mentions({ me: { nick }, keywords: [] }, text.replace(/^\x01ACTION /, "")), mentioned);
  });
}

const same = (a, b) => a.normalize("NFKC").toLowerCase() === b.normalize("NFKC").toLowerCase();
const people = (nodes) => nodes.flatMap((node) => (typeof node === "string" ? [] : node.type === "nick" ? [node.name] : people(node.children)));

test("who is mentioned is drawn as somebody, and nobody else", () => {
  for (const [nick, text, mentioned] of CASES) {
    const drawn = people(formatText(text, { isNick: (word) => same(word, nick) }));
    if (nick !== "_ann_") assert.equal(drawn.length > 0, mentioned, `${nick} in ${JSON.stringify(text)}`);
  }
});

test("a word that a person has chosen is found where a name is", () => {
  const found = (text) => mentions({ me: { nick: "x" }, keywords: ["tea time"] }, text);
  assert.ok(found("Tea time!"));
  assert.ok(found("\x0304tea time"));
  assert.ok(!found("`tea time`"));
  assert.ok(!found("https://example.org/tea time".replace(" ", "%20")));
});
