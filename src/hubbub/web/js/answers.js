/**
 * Assembles what the server sends: collects the messages of a batch, and finds the question that they
 * answer, by its label. Pure: independent of sockets.
 *
 * https://ircv3.net/specs/extensions/batch, .../labeled-response, .../multiline
 */

/** @import { Batch, Entry, Message, Question } from "./types.js" */

const ANSWER_WITHIN = 20_000; // milliseconds

/** Types of batches that only the asker needs. */
const ANSWERS = new Set(["chathistory", "draft/chathistory-targets", "soju.im/search", "draft/search"]);

/** The batches that the server has begun and not ended. */
export class Batches {
  constructor() {
    /** @type {Map<string, Batch>} */
    this.open = new Map();
  }

  /**
   * Add a message. Returns the entry that it completes (itself, or the batch that it ends) with its label, or
   * null if it is part of an open batch.
   * @param {Message} message
   * @returns {{ entry: Entry, label: string } | null}
   */
  add(message) {
    return message.command === "BATCH" ? this.mark(message) : this.into(message, message.tags);
  }

  /**
   * Begin or end a batch.
   * @param {Message} message
   */
  mark({ tags, source, params: [reference = "", type = "", ...params] }) {
    const name = reference.slice(1);
    if (reference.startsWith("+")) {
      this.open.set(name, { type, params, tags, source, entries: [] });
      return null;
    }
    const batch = this.open.get(name);
    if (!batch) return null;
    this.open.delete(name);
    return this.into(batch.type === "draft/multiline" ? joinLines(batch) : batch, batch.tags);
  }

  /**
   * @param {Entry} entry
   * @param {Message["tags"]} tags
   */
  into(entry, tags) {
    const outer = this.open.get(tags.batch);
    if (!outer) return { entry, label: tags.label };
    outer.entries.push(entry);
    return null;
  }
}

/** The questions without an answer, by label. */
export class Questions {
  constructor() {
    /** @type {Map<string, Question>} */
    this.waiting = new Map();
  }

  /**
   * Resolves to the answer to `label`, or to null if none comes `within` so many milliseconds (0: while the
   * connection lasts). `matches` recognises the answer of a server without labels.
   * @param {string} label
   * @param {Question["matches"]} matches
   * @returns {Promise<Message[] | null>}
   */
  wait(label, matches, within = ANSWER_WITHIN) {
    return new Promise((resolve) => {
      /** @param {Message[] | null} answer */
      const settle = (answer) => {
        clearTimeout(timer);
        this.waiting.delete(label);
        resolve(answer);
      };
      const timer = within ? setTimeout(() => settle(null), within) : undefined;
      this.waiting.set(label, { settle, matches });
    });
  }

  /**
   * @param {string} label
   * @param {Message[] | null} answer
   */
  settle(label, answer) {
    this.waiting.get(label)?.settle(answer);
  }

  /** Settle all: the connection is lost. */
  lost() {
    for (const question of this.waiting.values()) question.settle(null);
  }

  /**
   * Settle the question that `entry` answers, if there is one. Returns the messages that others need: all of
   * the entry, or none if only the asker needs them.
   * @param {Entry} entry
   * @param {string} label
   */
  answer(entry, label) {
    const messages = flatten(entry);
    const question = this.find(label, entry, messages);
    if (question) question.settle(messages);
    const type = entry.type === "labeled-response" ? entry.entries[0]?.type : entry.type;
    if (question && ANSWERS.has(type ?? "")) return [];
    for (const message of messages) message.answered = Boolean(question);
    return messages;
  }

  /**
   * @param {string} label
   * @param {Entry} entry
   * @param {Message[]} messages
   */
  find(label, entry, messages) {
    if (label) return this.waiting.get(label);
    for (const question of this.waiting.values()) {
      if (question.matches?.(messages, entry)) return question;
    }
  }
}

/** A label that no other tab or reload uses, so that the server recognises a repeated message. */
export function newLabel() {
  const numbers = crypto.getRandomValues(new Uint32Array(4));
  return Array.from(numbers, (n) => n.toString(36).padStart(7, "0"))
    .join("")
    .slice(0, 24);
}

/**
 * The refusal in an answer, as `{ code, text }`: a FAIL or an error numeric. 422 is no refusal: a server
 * without a message of the day sends it.
 * @param {Message[] | null | undefined} answer
 */
export function refusal(answer) {
  for (const { command, params } of answer || []) {
    if (command === "FAIL") return { code: params[1], text: params.at(-1) ?? "" };
    if (/^[45]\d\d$/.test(command) && command !== "422") return { code: command, text: params.at(-1) ?? "" };
  }
  return null;
}

/**
 * Join the lines of a multiline batch to one message.
 * @param {Batch} batch
 */
function joinLines({ tags, source, params, entries }) {
  let text = "";
  const first = entries[0]?.command === "EDIT" ? 2 : 1; // index of the text; EDIT has a msgid before it
  entries.forEach((line, i) => {
    const glue = i === 0 || "draft/multiline-concat" in line.tags ? "" : "\n";
    text += glue + (line.params[first] ?? "");
  });
  const { batch: _, ...kept } = entries[0]?.tags || {};
  return {
    tags: { ...kept, ...tags },
    source: source || entries[0]?.source || null,
    command: entries[0]?.command || "PRIVMSG",
    params: first === 2 ? [params[0], entries[0].params[1], text] : [params[0], text],
  };
}

/** @type {(entry: Entry) => Message[]} */
function flatten(entry) {
  return entry.entries ? entry.entries.flatMap(flatten) : [/** @type {Message} */ (entry)];
}
