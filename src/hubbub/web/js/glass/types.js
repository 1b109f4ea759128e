/**
 * The shapes of the glass page's data, for readers and for tsc. Nothing imports this file when the
 * page runs.
 */

/**
 * An event of the trace (teaching/lab/trace.py). Which keys it has depends on its kind.
 * @typedef {{
 *   n: number, ms: number, kind: string, seen: string, conn?: number, way?: "up" | "down", data?: string, size?: number,
 *   who?: string, why?: string, asked?: number, file?: string, line?: number, text?: string, via?: string | null, thread?: string,
 *   call?: string, command?: string, code?: number, signal?: string, left?: number, count?: number, id?: string, part?: number,
 *   controls?: Partial<Controls>, queues?: Queues,
 * }} TraceEvent
 */

/** @typedef {{ pieces: number, lines: number, hold: number, delay: number, slow: number, stopped: boolean }} Controls */

/** Bytes in the kernel's queues; null where the system does not tell. @typedef {Record<string, number | null>} Queues */

/**
 * A read, a write or a piece: its place in the stream in bytes, and the line of the program that did it.
 * @typedef {{
 *   n: number, ms: number, from: number, to: number, data: string, asked?: number, file?: string, line?: number, text?: string,
 *   via?: string | null,
 * }} Pass
 */

/**
 * One direction of a connection. `passes`: what the lab wrote; `reads`: what the program itself read (up) or wrote (down).
 * @typedef {{
 *   data: string, start: number, times: { from: number, to: number, ms: number, n: number }[], passed: number, passes: Pass[],
 *   read: number, reads: Pass[], finished: boolean,
 * }} Stream
 */

/**
 * @typedef {{
 *   number: number, who: string, since: number, open: boolean, left: boolean, ended: string, up: Stream, down: Stream,
 *   waiting: string | null, queues: Queues | null, controls: Controls,
 * }} Connection
 */

/** @typedef {{ thread: string, doing: string, file: string, line: number, text: string, via?: string | null, conn?: number }} Thread */

/**
 * What is true at one moment.
 * @typedef {{
 *   named: boolean, moment: number, ms: number, program: { state: "starting" | "listening" | "ended", command: string, exit: string },
 *   paused: boolean, pauseEnded: string, controls: Controls, connections: Map<number, Connection>, threads: Map<string, Thread>,
 *   printed: string[], inside: boolean, missed: number, check: string, changed: boolean, graded: boolean,
 * }} Picture
 */

/**
 * A line that somebody sends: its connection and its place in the stream; `to` is null while it has no end.
 * @typedef {{ conn: number, from: number, to: number | null, text: string }} Line
 */

/** A step of a message's story. @typedef {{ what: string, more: string, ms: number | null, place: string, state: "done" | "now" | "later" }} Step */

/** What the server tells of itself. @typedef {{ command: string, port?: number, named: boolean, queues: boolean, hostile: string[], live: boolean, lesson?: Lesson | null, class?: string }} Facts */

/** A paragraph, command, list item or choice (teaching/lessons.py). @typedef {{ kind: string, text: string }} Block */
/** `lab` and `view`: what this part wants of the lab and of the page. @typedef {{ name: string, blocks: Block[], lab?: Partial<Controls>, view?: string }} Part */
/** @typedef {{ number: number, title: string, parts: Part[], predict: string, questions: string[] }} Lesson */
/** What was chosen in a lesson: the part, and letters by question. @typedef {{ part: number, answers: Record<string, string> }} Chosen */

export {};
