import assert from "node:assert/strict";
import { test } from "node:test";

import { apply, emptyPicture } from "../../src/hubbub/web/js/glass/picture.js";
import { inShort, lines, newestLine, sentence, size, story } from "../../src/hubbub/web/js/glass/story.js";
import { fill } from "../../src/hubbub/web/js/glass/tubes.js";

/** A picture after events, which are numbered and timed as they come. */
function after(events, until = Infinity) {
  const picture = emptyPicture();
  events.forEach((event, index) => {
    if (index < until) apply(picture, { n: index + 1, ms: index, seen: "outside", ...event });
  });
  return picture;
}

const START = [{ kind: "program", command: "start.py" }, { kind: "listening" }];
const come = (conn, who) => [
  { kind: "opened", conn, who: `person ${conn}` },
  { kind: "joined", conn, who },
];
const arrived = (conn, data, way = "up") => ({ kind: "arrived", conn, way, data, size: data.length });
const passed = (conn, data, way = "up") => ({ kind: "passed", conn, way, data, size: data.length });
const read = (conn, data) => ({ kind: "recv", seen: "inside", conn, asked: 4096, data, size: data.length, file: "start.py", line: 17, text: "recv(4096)" });
const wrote = (conn, data) => ({
  kind: "send",
  seen: "inside",
  conn,
  asked: data.length,
  data,
  size: data.length,
  file: "start.py",
  line: 20,
  text: "sendall(line)",
});

const HALF = [...START, ...come(1, "alice"), ...come(2, "bob"), arrived(1, "hello\n"), passed(1, "hel"), read(1, "hel")];
const WHOLE = [
  ...HALF,
  passed(1, "lo\n"),
  read(1, "lo\n"),
  wrote(2, "alice: hello\n"),
  arrived(2, "alice: hello\n", "down"),
  passed(2, "alice: hello\n", "down"),
];

test("a line is what ends in a line end", () => {
  const picture = after([...START, ...come(1, "alice"), arrived(1, "one\r\ntw"), arrived(1, "o\nth")]);
  assert.deepEqual(
    lines(picture.connections.get(1)).map(({ from, to, text }) => [from, to, text]),
    [
      [0, 5, "one"],
      [5, 9, "two"],
      [9, null, "th"],
    ],
  );
});

test("the sentence tells how much of a line was read", () => {
  const half = after(HALF);
  assert.equal(sentence(half, newestLine(half)).says, "The program has read only the first 3 bytes of “hello”");
  const whole = after(WHOLE);
  assert.equal(sentence(whole, newestLine(whole)).says, "The program read “hello” in 2 reads, and 1 person has it");
});

test("the sentence tells of a program that ended, with its last words", () => {
  const picture = after([...START, { kind: "printed", text: "IndexError: list index out of range" }, { kind: "ended", code: 1 }]);
  assert.deepEqual(sentence(picture, null), { says: "The program ended (exit code 1)", more: "Its last words: IndexError: list index out of range" });
});

test("a story has every step from the keyboard to every screen", () => {
  const whole = after(WHOLE);
  const steps = story(whole, newestLine(whole), Infinity);
  assert.deepEqual(
    steps.map(({ what, state }) => [what, state]),
    [
      ["alice sent 6 bytes", "done"],
      ["the lab passed on 3 bytes", "done"],
      ["the program read 3 bytes", "done"],
      ["the lab passed on 3 bytes", "done"],
      ["the program read 3 bytes", "done"],
      ["the program wrote to bob", "done"],
      ["bob has it", "now"],
    ],
  );
  assert.equal(steps[2].more, "it asked for up to 4096; “hel”, no line end yet");
  assert.equal(steps[2].place, "start.py:17  recv(4096)");
});

test("what comes after the chosen moment is told as later", () => {
  const whole = after(WHOLE);
  const steps = story(whole, newestLine(whole), HALF.length);
  assert.deepEqual(
    steps.map((step) => step.state),
    ["done", "done", "now", "later", "later", "later", "later"],
  );
});

test("while the lab holds a piece, the next step is known", () => {
  const picture = after([...HALF, { kind: "paused" }, { kind: "waiting", conn: 1, way: "up", data: "lo\n", size: 3 }]);
  const steps = story(picture, newestLine(picture), Infinity);
  assert.deepEqual(
    steps.slice(-2).map(({ what, more }) => [what, more]),
    [
      ["the lab passes on the next piece", "“lo⏎”"],
      ["the program reads it", ""],
    ],
  );
  assert.match(sentence(picture, newestLine(picture)).more, /^Paused/);
});

test("map, bytes and story show one moment: each picture of the past is what was true then", () => {
  for (let moment = 0; moment <= WHOLE.length; moment++) {
    const picture = after(WHOLE, moment);
    const told = newestLine(picture);
    if (!told) continue;
    const { up } = picture.connections.get(1);
    const done = story(after(WHOLE), newestLine(after(WHOLE)), moment).filter((step) => step.state !== "later");
    assert.equal(done.filter((step) => step.what.startsWith("the program read")).length, up.reads.length);
    assert.equal(done.filter((step) => step.what.startsWith("the lab passed")).length, up.passes.length);
    assert.ok(up.read <= up.passed && up.passed <= up.data.length);
  }
});

test("without the inside view nothing is said about reads", () => {
  const picture = after(WHOLE.filter((event) => event.seen !== "inside"));
  assert.equal(sentence(picture, newestLine(picture)).says, "“hello” was sent to the program, and 1 person has it");
  assert.ok(!story(picture, newestLine(picture), Infinity).some(({ what }) => what.includes("read")));
});

test("bytes beyond what is recorded are shown as unknown", () => {
  const picture = after([...START, ...come(1, "alice"), { kind: "arrived", conn: 1, way: "up", data: "abc", size: 10 }]);
  assert.equal(picture.connections.get(1).up.data, "abc\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd");
});

test("a stream that goes on for long is kept in part, and counted whole", () => {
  const events = [...START, ...come(1, "alice")];
  for (let i = 0; i < 100; i++) events.push(arrived(1, "x".repeat(999).concat("\n")));
  const { up } = after(events).connections.get(1);
  assert.equal(up.start + up.data.length, 100_000);
  assert.ok(up.data.length <= 65_536);
});

test("somebody who stopped reading is named, with what waits", () => {
  const events = [...START, ...come(1, "alice"), ...come(2, "carol"), arrived(1, "x\n"), { kind: "set", conn: 2, controls: { stopped: true } }];
  const known = after([...events, { kind: "queues", conn: 2, queues: { program_to_lab: 3_800_000, lab_unread: 85_000 } }]);
  assert.match(sentence(known, newestLine(known)).more, /carol is not reading: 3.9 MB wait in the kernel\./);
  const unknown = after([...events, { kind: "queues", conn: 2, queues: { program_to_lab: null, lab_unread: null } }]);
  assert.match(sentence(unknown, newestLine(unknown)).more, /this system does not say how much/);
});

test("numbers are for people, and text is text", () => {
  assert.deepEqual([1, 14, 85_300, 3_900_000, 12_000_000].map(size), ["1 byte", "14 bytes", "85 kB", "3.9 MB", "12 MB"]);
  assert.equal(inShort("caf\xc3\xa9\r\n"), "café⏎");
});

test("a fuller tube looks fuller, and an empty one empty", () => {
  const fills = [0, 1, 1000, 10_000, 1_000_000, 10_000_000, 1e9].map(fill);
  assert.equal(fills[0], 0);
  assert.deepEqual(
    [...fills].sort((a, b) => a - b),
    fills,
  );
  assert.equal(fills.at(-1), 1);
});

test("a program that only answers is told so", () => {
  const picture = emptyPicture(false);
  const events = [
    ...START,
    { kind: "opened", conn: 1, who: "alice" },
    arrived(1, "hello\n"),
    passed(1, "hel"),
    read(1, "hel"),
    wrote(1, "you said: hel\n"),
    passed(1, "you said: hel\n", "down"),
    passed(1, "lo\n"),
    read(1, "lo\n"),
    wrote(1, "you said: lo\n"),
    passed(1, "you said: lo\n", "down"),
  ];
  events.forEach((event, index) => apply(picture, { n: index + 1, ms: index, seen: "outside", ...event }));
  const told = newestLine(picture);
  assert.equal(sentence(picture, told).says, "The program read “hello” in 2 reads, and answered 2 times");
  assert.equal(story(picture, told, Infinity).filter(({ what }) => what === "alice has it").length, 2);
});
