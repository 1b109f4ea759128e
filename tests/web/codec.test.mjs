import assert from "node:assert/strict";
import { test } from "node:test";

import { bytes, casefolder, format, parse, saslPieces, splitLine } from "../../src/hubbub/web/js/codec.js";

test("a line with everything comes apart", () => {
  assert.deepEqual(parse("@time=2026-11-22T10:00:00.000Z;+draft/reply=a\\sb\\:;flag :ann!u@h PRIVMSG  #lobby :hi there :)\r\n"), {
    tags: { time: "2026-11-22T10:00:00.000Z", "+draft/reply": "a b;", flag: "" },
    source: { nick: "ann", user: "u", host: "h" },
    command: "PRIVMSG",
    params: ["#lobby", "hi there :)"],
  });
});

test("nothing, tags alone and a source alone are no message", () => {
  for (const line of ["", "\r\n", "@a=b", "@a=b ", ":source", ":source  "]) assert.equal(parse(line), null, line);
});

test("an empty last parameter stays", () => {
  assert.deepEqual(parse("TOPIC #a :").params, ["#a", ""]);
  assert.equal(format({ command: "TOPIC", params: ["#a", ""] }), "TOPIC #a :");
});

test("what is written can be read again", () => {
  const message = { tags: { label: "x y;\\", "+typing": "" }, source: null, command: "PRIVMSG", params: ["#a", ":two words "] };
  assert.deepEqual(parse(format(message)), message);
});

test("no text can end the line it is in", () => {
  assert.equal(format({ command: "PRIVMSG", params: ["#a", "one\r\nQUIT\0two"] }), "PRIVMSG #a :one QUIT two");
  assert.equal(format({ tags: { a: "x\r\ny" }, command: "A" }), "@a=x\\r\\ny A");
  assert.throws(() => format({ command: "JOIN", params: ["#a b", "key"] }), RangeError);
});

test("a lone or unknown escape at the end of a tag falls away", () => {
  assert.equal(parse("@a=b\\ X").tags.a, "b");
  assert.equal(parse("@a=b\\q X").tags.a, "bq");
});

test("names fold as the server says", () => {
  assert.equal(casefolder("ascii")("[A]É"), "[a]É");
  assert.equal(casefolder("rfc1459")("[A]^"), "{a}~");
  assert.equal(casefolder("rfc8265")("ÉÀ"), "éà");
});

test("a long line is cut between words and joins again", () => {
  const line = `${"naïve ".repeat(40) + "🎉".repeat(30)} end`;
  const pieces = splitLine(line, 50);
  assert.equal(pieces.join(""), line);
  for (const piece of pieces) assert.ok(bytes(piece) <= 50, piece);
  assert.ok(pieces[0].endsWith(" "));
  assert.deepEqual(splitLine("", 50), [""]);
});

test("SASL goes out in pieces of 400, the last of them short", () => {
  assert.deepEqual(saslPieces("\0ann\0pässword"), ["AGFubgBww6Rzc3dvcmQ="]);
  assert.deepEqual(
    saslPieces("x".repeat(300)).map((piece) => piece.length),
    [400, 1],
  );
});
