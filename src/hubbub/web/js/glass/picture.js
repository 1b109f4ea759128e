/**
 * What is true at one moment, made from the events up to it (teaching/lab/trace.py has their kinds).
 *
 * The same events give the same picture, so the page can go back in time: it applies fewer of them.
 * Bytes are strings with one character for each byte, as in the events.
 */

/** @import { Connection, Pass, Picture, Stream, TraceEvent } from "./types.js" */

/** Bytes that are kept of a stream. Older ones are only counted. */
const KEPT = 64 * 1024;
/** Printed lines that are kept. */
const PRINTED = 40;

/**
 * Before anything has happened.
 * @param {boolean} named  the first line that somebody sends is a name, and others hear what they say
 * @returns {Picture}
 */
export function emptyPicture(named = true) {
  return {
    named,
    moment: 0,
    ms: 0,
    program: { state: "starting", command: "", exit: "" },
    paused: false,
    pauseEnded: "",
    controls: { pieces: 0, lines: 0, hold: 500, delay: 0, slow: 0, stopped: false },
    connections: new Map(),
    threads: new Map(),
    printed: [],
    inside: false,
    missed: 0,
    check: "",
    changed: false,
    graded: false,
  };
}

/** @type {(picture: Picture, event: TraceEvent) => void} */
export function apply(picture, event) {
  picture.moment = event.n;
  picture.ms = event.ms;
  if (event.seen === "inside") picture.inside = true;
  ACTS[event.kind]?.(picture, event);
}

/** @type {Record<string, (picture: Picture, event: TraceEvent) => void>} */
const ACTS = {
  program(picture, { command }) {
    picture.program = { state: "starting", command: command ?? "", exit: "" };
    picture.changed = false;
    picture.threads.clear();
    picture.printed = [];
  },
  listening(picture) {
    picture.program.state = "listening";
  },
  printed(picture, event) {
    picture.printed.push(event.text ?? "");
    if (picture.printed.length > PRINTED) picture.printed.shift();
  },
  ended(picture, { code, signal }) {
    picture.program.state = "ended";
    picture.program.exit = signal ?? `exit code ${code}`;
    picture.threads.clear();
  },
  opened(picture, { conn, who, ms }) {
    picture.connections.set(conn ?? 0, newConnection(conn ?? 0, who ?? "", ms, picture.controls));
  },
  joined(picture, event) {
    at(picture, event, (connection) => (connection.who = event.who ?? connection.who));
  },
  refused(picture, event) {
    at(picture, event, (connection) => Object.assign(connection, { open: false, ended: event.why ?? "" }));
  },
  closed(picture, event) {
    at(picture, event, (connection) => Object.assign(connection, { open: false, ended: event.why ?? "", queues: null, waiting: null }));
  },
  finished(picture, event) {
    at(picture, event, (connection) => (stream(connection, event).finished = true));
  },
  arrived(picture, event) {
    at(picture, event, (connection) => append(stream(connection, event), event));
  },
  passed(picture, event) {
    at(picture, event, (connection) => {
      if (event.way === "up") connection.waiting = null;
      const way = stream(connection, event);
      way.passes.push(pass(way.passed, event));
      way.passed += event.size ?? 0;
    });
    listens(picture);
  },
  waiting(picture, event) {
    at(picture, event, (connection) => event.way === "up" && (connection.waiting = event.data ?? ""));
  },
  queues(picture, event) {
    at(picture, event, (connection) => (connection.queues = event.queues ?? null));
  },
  set(picture, event) {
    if (event.conn === undefined) Object.assign(picture.controls, event.controls);
    for (const connection of picture.connections.values()) {
      if (event.conn === undefined || event.conn === connection.number) Object.assign(connection.controls, event.controls);
    }
  },
  paused(picture) {
    picture.paused = true;
    picture.pauseEnded = "";
  },
  resumed(picture, { why }) {
    picture.paused = false;
    picture.pauseEnded = why ?? "";
    for (const connection of picture.connections.values()) connection.waiting = null;
  },
  call(picture, event) {
    stand(picture, event, `waits in ${event.call}`);
  },
  accept(picture, event) {
    listens(picture);
    stand(picture, event, "runs");
  },
  recv(picture, event) {
    stand(picture, event, "runs");
    at(picture, event, ({ up }) => {
      up.reads.push(pass(up.read, event));
      up.read += event.size ?? 0;
    });
  },
  send(picture, event) {
    stand(picture, event, "runs");
    at(picture, event, ({ down }) => {
      down.reads.push(pass(down.read, event));
      down.read += event.size ?? 0;
    });
  },
  close(picture, event) {
    at(picture, event, (connection) => (connection.left = true));
  },
  missed(picture, { count }) {
    picture.missed += count ?? 0;
  },
  changed(picture) {
    picture.changed = true;
  },
  graded(picture) {
    picture.graded = true;
  },
  check(picture, { id, text }) {
    picture.check = `${id}: ${text}`;
  },
};

/** @type {(picture: Picture) => void} */
function listens(picture) {
  if (picture.program.state === "starting") picture.program.state = "listening";
}

/** @type {(number: number, who: string, ms: number, controls: Picture["controls"]) => Connection} */
function newConnection(number, who, ms, controls) {
  return {
    number,
    who,
    since: ms,
    open: true,
    left: false,
    ended: "",
    up: newStream(),
    down: newStream(),
    waiting: null,
    queues: null,
    controls: { ...controls },
  };
}

/** @returns {Stream} */
function newStream() {
  return { data: "", start: 0, times: [], passed: 0, passes: [], read: 0, reads: [], finished: false };
}

/** @type {(connection: Connection, event: TraceEvent) => Stream} */
function stream(connection, event) {
  return event.way === "down" ? connection.down : connection.up;
}

/** @type {(picture: Picture, event: TraceEvent, change: (connection: Connection) => unknown) => void} */
function at(picture, event, change) {
  const connection = picture.connections.get(event.conn ?? 0);
  if (connection) change(connection);
}

/** @type {(way: Stream, event: TraceEvent) => void} */
function append(way, event) {
  const size = event.size ?? 0;
  // Of a large event only the beginning is recorded; the rest is shown as unknown.
  const data = (event.data ?? "").padEnd(size, "\ufffd");
  way.data += data;
  way.times.push({ from: way.start + way.data.length - size, to: way.start + way.data.length, ms: event.ms, n: event.n });
  const over = way.data.length - KEPT;
  if (over > 0) {
    way.data = way.data.slice(over);
    way.start += over;
  }
}

/** @type {(from: number, event: TraceEvent) => Pass} */
function pass(from, event) {
  const { n, ms, size = 0, data = "", asked, file, line, text, via } = event;
  return { n, ms, from, to: from + size, data, asked, file, line, text, via };
}

/** @type {(picture: Picture, event: TraceEvent, doing: string) => void} */
function stand(picture, event, doing) {
  if (!event.thread) return;
  const { thread, file = "", line = 0, text = "", via, conn } = event;
  picture.threads.set(thread, { thread, doing, file, line, text, via, conn });
}

/** The bytes that a stream has had so far, seen or not. @type {(way: Stream) => number} */
export function total(way) {
  return way.start + way.data.length;
}
