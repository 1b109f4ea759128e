// Links to files, and what is shown of them.
import assert from "node:assert/strict";
import test from "node:test";
import { fileOf, shownSize, sizeText, withoutFiles } from "../../src/hubbub/web/js/files.js";
import { formatText } from "../../src/hubbub/web/js/text.js";
import { withLinks } from "../../src/hubbub/web/js/upload.js";

const ID = "0123456789abcdef".repeat(2);
const at = (rest) => `http://chat.example:50000/files/${ID}${rest}`;

test("a link says what it leads to", () => {
  assert.deepEqual(fileOf(at("/1600x1200/my_cat.jpg")), {
    id: ID,
    kind: "picture",
    name: "my_cat.jpg",
    href: at("/1600x1200/my_cat.jpg"),
    path: `/files/${ID}/1600x1200/my_cat.jpg`,
    small: `/thumbnails/${ID}`,
    width: 1600,
    height: 1200,
  });
  assert.equal(fileOf(at("/caf%C3%A9.mp3")).kind, "sound");
  assert.equal(fileOf(at("/caf%C3%A9.mp3")).name, "café.mp3");
  assert.equal(fileOf(at("/x.webm")).kind, "film");
  assert.equal(fileOf(at("/x.pdf")).kind, "file");
  assert.equal(fileOf(at("/x.png")).kind, "file", "no size: it was not made anew, so it is saved");
  assert.equal(fileOf(at("")).kind, "file");
});

test("what only looks like one is a link", () => {
  for (const href of [
    "",
    "x",
    "mailto:a@b",
    `javascript:alert(1)//files/${ID}`,
    at("x"),
    at("/a/b/c"),
    at("/99999999x1/x"),
    `http://x/other/${ID}/x`,
    `http://x/files/${ID.slice(1)}/x`,
    `http://x/files/${ID.toUpperCase()}/x`,
  ]) {
    assert.equal(fileOf(href), null, href);
  }
});

test("a name is not read otherwise than it ends", () => {
  assert.equal(fileOf(at("/photo_%E2%80%AEgpj.exe")).name, "photo_gpj.exe");
  assert.equal(fileOf(at("/%00%0A%1Bx.txt")).name, "x.txt");
  assert.equal(fileOf(at("/%FF.txt")).name, "%FF.txt");
  assert.equal(fileOf(at(`/${"a".repeat(400)}`)).name.length, 150);
});

test("room is kept as large as the picture is shown", () => {
  assert.deepEqual(shownSize({ width: 4000, height: 3000 }), { width: 420, height: 315 });
  assert.deepEqual(shownSize({ width: 100, height: 50 }), { width: 100, height: 50 });
  assert.deepEqual(shownSize({ width: 10, height: 90000 }), { width: 1, height: 320 });
});

test("a message without its links", () => {
  const text = `*look* ${at("/10x10/a.png")} and ${at("/b.pdf")} twice ${at("/10x10/a.png")}`;
  const { tree, files } = withoutFiles(formatText(text));
  assert.deepEqual(
    files.map(({ name }) => name),
    ["a.png"],
    "one file is one file, whatever it is called",
  );
  assert.equal(JSON.stringify(tree).includes("/files/"), false);
  const code = formatText(`\`${at("/a.png")}\``);
  assert.deepEqual(withoutFiles(code), { tree: code, files: [] });
  const none = formatText("no files");
  assert.equal(withoutFiles(none).tree, none);
});

test("nothing is left of the lines that the links stood in", () => {
  const { tree } = withoutFiles(formatText(`look\n${at("/1x1/a.png")}\n${at("/b.pdf").replace("0", "1")}\n`));
  assert.deepEqual(tree, ["look"]);
  assert.deepEqual(withoutFiles(formatText(at("/1x1/a.png"))).tree, []);
});

test("one file stands behind the words, several below them", () => {
  assert.equal(withLinks("look", ["l1"]), "look l1");
  assert.equal(withLinks("", ["l1"]), "l1");
  assert.equal(withLinks("look", ["l1", "l2"]), "look\nl1\nl2");
  assert.equal(withLinks("two\nlines", ["l1"]), "two\nlines\nl1");
  assert.equal(withLinks("", []), "");
});

test("sizes", () => {
  assert.equal(sizeText(0), "0 byte");
  assert.equal(sizeText(1_234_567), "1.2 MB");
});
