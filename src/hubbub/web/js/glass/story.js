/**
 * The words: which lines a person sent, the story of one of them, and one sentence for the moment.
 *
 * A story is told from the whole trace. The moment only decides what of it has happened already:
 * what comes later is there too, in grey.
 */

import { total } from "./picture.js";
/** @import { Connection, Line, Pass, Picture, Step } from "./types.js" */

const SHOWN = 40; // characters of a line in a sentence
const decoder = new TextDecoder();

/** Bytes, one character each, as text. @type {(bytes: string) => string} */
export function asText(bytes) {
  return decoder.decode(Uint8Array.from(bytes, (c) => c.charCodeAt(0) & 255));
}

/** The same on one line, with the line end shown, and not too long. @type {(bytes: string) => string} */
export function inShort(bytes) {
  const text = asText(bytes).replace(/\r?\n/g, "⏎");
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

/** 1 byte, 14 bytes, 85 kB, 3.9 MB. @type {(count: number) => string} */
export function size(count) {
  if (count < 1000) return count === 1 ? "1 byte" : `${count} bytes`;
  if (count < 1_000_000) return `${round(count / 1000)} kB`;
  return `${round(count / 1_000_000)} MB`;
}

/** @param {number} value */
function round(value) {
  return value < 10 ? Math.round(value * 10) / 10 : Math.round(value);
}

/** The lines that a person sent, the last one perhaps without an end. @type {(connection: Connection) => Line[]} */
export function lines(connection) {
  const { data, start } = connection.up;
  const found = [];
  let from = 0;
  for (let end = data.indexOf("\n"); end >= 0; end = data.indexOf("\n", from)) {
    found.push(line(connection, start + from, start + end + 1, data.slice(from, end)));
    from = end + 1;
  }
  if (from < data.length) found.push(line(connection, start + from, null, data.slice(from)));
  return found;
}

/** @type {(connection: Connection, from: number, to: number | null, bytes: string) => Line} */
function line(connection, from, to, bytes) {
  return { conn: connection.number, from, to, text: asText(bytes.replace(/\r$/, "")) };
}

/** The line that was sent last, by anybody. @type {(picture: Picture) => Line | null} */
export function newestLine(picture) {
  let newest = null;
  let latest = -1;
  for (const connection of picture.connections.values()) {
    const last = connection.up.times.at(-1);
    if (last && last.n > latest) {
      latest = last.n;
      newest = lines(connection).at(-1) ?? null;
    }
  }
  return newest;
}

// ---- the story of one line ---------------------------------------------------------------------

/**
 * Every step of a line, from the keyboard to every screen.
 * @type {(whole: Picture, told: Line, moment: number) => Step[]}
 */
export function story(whole, told, moment) {
  const connection = whole.connections.get(told.conn);
  if (!connection) return [];
  const to = told.to ?? total(connection.up);
  const sent = connection.up.times.find((each) => each.to > told.from);
  const began = sent?.ms ?? 0;
  /** @type {(Step & { n: number })[]} */
  const steps = [];
  /** @type {(n: number, ms: number, what: string, more: string, where?: string) => void} */
  const add = (n, ms, what, more, where = "") => steps.push({ n, ms: ms - began, what, more, place: where, state: "done" });

  if (sent) add(sent.n, sent.ms, `${connection.who} sent ${size(to - told.from)}`, quoted(connection, told.from, to));
  const passes = connection.up.passes.filter((each) => each.to > told.from && each.from < to);
  if (passes.length > 1 || !whole.inside) {
    for (const each of passes) add(each.n, each.ms, `the lab passed on ${size(each.to - each.from)}`, quoted(connection, each.from, each.to));
  }
  for (const each of readsOf(connection, told.from, to)) add(each.n, each.ms, ...reading(connection, each, told, to), place(each));
  for (const { who, write } of writesOf(whole, connection, told)) {
    add(write.n, write.ms, `the program wrote to ${who}`, `${size(write.to - write.from)}: ${inShort(write.data)}`, place(write));
  }
  for (const { who, arrival } of arrivalsOf(whole, connection, told)) add(arrival.n, arrival.ms, `${who} has it`, size(arrival.to - arrival.from));
  steps.sort((a, b) => a.n - b.n);
  for (const step of steps) if (step.n > moment) step.state = "later";
  const now = steps.filter((step) => step.state === "done").at(-1);
  if (now) now.state = "now";
  return [...steps, ...expected(whole, connection, told)];
}

/** @type {(connection: Connection, from: number, to: number) => string} */
function quoted({ up }, from, to) {
  return `“${inShort(up.data.slice(Math.max(0, from - up.start), to - up.start))}”`;
}

/** @type {(connection: Connection, from: number, to: number) => Pass[]} */
function readsOf({ up }, from, to) {
  return up.reads.filter((each) => each.to > from && each.from < to);
}

/** @type {(connection: Connection, read: Pass, told: Line, to: number) => [string, string]} */
function reading(connection, read, told, to) {
  const what = `the program read ${size(read.to - read.from)}`;
  const asked = read.asked === undefined ? "" : `it asked for up to ${read.asked}; `;
  const bytes = quoted(connection, read.from, read.to);
  if (told.to === null || read.to < to) return [what, `${asked}${bytes}, no line end yet`];
  if (read.to > to) return [what, `${asked}${bytes}, more than this line`];
  return [what, `${asked}${bytes}`];
}

/** @param {Pass} pass */
function place({ file, line: number, text, via }) {
  if (!file) return "";
  return `${via ? `inside ${via}, from ` : ""}${file}:${number}  ${text}`;
}

/**
 * The writes of the program that follow from a line: those that contain its text, to each connection
 * the first one after the line was passed on. A program that only answers writes to its author.
 * @type {(whole: Picture, author: Connection, told: Line) => { who: string, write: Pass }[]}
 */
function writesOf(whole, author, told) {
  return tracked(whole, author, told, (connection) => connection.down.reads).map(({ who, found }) => ({ who, write: found }));
}

/** What the lab delivered of it. @type {(whole: Picture, author: Connection, told: Line) => { who: string, arrival: Pass }[]} */
function arrivalsOf(whole, author, told) {
  return tracked(whole, author, told, (connection) => connection.down.passes).map(({ who, found }) => ({ who, arrival: found }));
}

/** @type {(whole: Picture, author: Connection, told: Line, passes: (connection: Connection) => Pass[]) => { who: string, found: Pass }[]} */
function tracked(whole, author, told, passes) {
  const text = author.up.data.slice(told.from - author.up.start, (told.to ?? told.from) - author.up.start).trimEnd();
  const after = author.up.passes.find((each) => each.to > told.from)?.n ?? Infinity;
  if (!whole.named) return answers(author, told, after, passes(author));
  if (!text) return [];
  const all = [];
  for (const connection of whole.connections.values()) {
    const found = passes(connection).find((each) => each.n > after && each.data.includes(text));
    if (found) all.push({ who: connection.who, found });
  }
  return all;
}

/** What was written to the author between this line and the next. @type {(author: Connection, told: Line, after: number, passes: Pass[]) => { who: string, found: Pass }[]} */
function answers(author, told, after, passes) {
  const { to } = told;
  const next = to === null ? undefined : author.up.passes.find((each) => each.from >= to);
  return passes.filter((each) => each.n > after && each.n < (next?.n ?? Infinity)).map((found) => ({ who: author.who, found }));
}

/** What is known to come. @type {(whole: Picture, connection: Connection, told: Line) => Step[]} */
function expected(whole, connection, told) {
  if (!connection.open || whole.program.state === "ended") return [];
  /** @type {(what: string, more: string) => Step} */
  const later = (what, more) => ({ what, more, ms: null, place: "", state: "later" });
  if (connection.waiting !== null) return [later("the lab passes on the next piece", `“${inShort(connection.waiting)}”`), later("the program reads it", "")];
  const to = told.to ?? total(connection.up);
  if (connection.up.passed < to) return [later("the lab passes on the rest", size(to - connection.up.passed))];
  if (whole.inside && connection.up.read < to) return [later("the program reads it", `${size(to - connection.up.read)} wait in the kernel`)];
  if (told.to === null) return [later("the line end comes", "only then it is a whole line")];
  return [];
}

// ---- one sentence ------------------------------------------------------------------------------

/**
 * The moment in one sentence, and what else matters.
 * @type {(picture: Picture, told: Line | null) => { says: string, more: string }}
 */
export function sentence(picture, told) {
  const { program } = picture;
  if (program.state === "ended") return { says: `The program ended (${program.exit})`, more: lastWords(picture) };
  if (program.state === "starting") return { says: "The program is starting", more: "It does not accept connections yet." };
  const connection = told && picture.connections.get(told.conn);
  if (!connection || !told) return { says: "The program waits for somebody", more: "Say something, or connect from a terminal." };
  return { says: ofLine(picture, connection, told), more: [pausedIn(picture), ...notReading(picture)].filter(Boolean).join(" ") };
}

/** @param {Picture} picture */
function lastWords(picture) {
  const last = picture.printed.findLast((each) => each.trim());
  return last ? `Its last words: ${last}` : "Start it again with the button above.";
}

/** @type {(picture: Picture, connection: Connection, told: Line) => string} */
function ofLine(picture, connection, told) {
  const to = told.to ?? total(connection.up);
  const text = `“${inShort(told.text)}”`;
  const had = picture.inside ? connection.up.read : connection.up.passed;
  const verb = picture.inside ? "read" : "been sent";
  if (had <= told.from) return `${text} is on its way: the program has not ${verb} anything of it`;
  if (told.to === null) return `The program has ${verb} ${size(had - told.from)} of a line that has no end yet: ${text}`;
  if (had < to) return `The program has ${verb} only the first ${size(had - told.from)} of ${text}`;
  const reads = readsOf(connection, told.from, to).length;
  const howMany = arrivalsOf(picture, connection, told).length;
  const got = picture.named ? received(howMany) : answered(howMany);
  return picture.inside ? `The program read ${text} in ${reads === 1 ? "one read" : `${reads} reads`}, ${got}` : `${text} was sent to the program, ${got}`;
}

/** @param {number} people */
function received(people) {
  if (!people) return "and nobody has it yet";
  return people === 1 ? "and 1 person has it" : `and ${people} people have it`;
}

/** @param {number} times */
function answered(times) {
  if (!times) return "and has not answered";
  return times === 1 ? "and answered once" : `and answered ${times} times`;
}

/** @param {Picture} picture */
function pausedIn(picture) {
  if (picture.paused) return "Paused: the lab passes nothing on until the next step.";
  return picture.pauseEnded.startsWith("a pause") ? `${picture.pauseEnded[0].toUpperCase()}${picture.pauseEnded.slice(1)}.` : "";
}

/** @param {Picture} picture */
function notReading(picture) {
  return [...picture.connections.values()]
    .filter((connection) => connection.open && connection.controls.stopped)
    .map((connection) => `${connection.who} is not reading: ${waitingFor(connection)}.`);
}

/** @param {Connection} connection */
function waitingFor({ queues }) {
  const known = ["program_to_lab", "lab_unread"].map((name) => queues?.[name]).filter((count) => typeof count === "number");
  if (!known.length) return "what is meant for them waits, this system does not say how much";
  const sum = known.reduce((a, b) => a + b, 0);
  return sum ? `${size(sum)} wait in the kernel` : "nothing waits yet";
}
