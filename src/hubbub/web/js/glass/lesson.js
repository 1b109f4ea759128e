/**
 * A lesson beside the program: eight parts, one at a time. What is chosen here stays in this tab.
 */

import { h } from "../dom.js";
/** @import { Child, Node } from "../types.js" */
/** @import { Block, Chosen, Lesson, Part } from "./types.js" */

/** What the panel does to the page. @typedef {{ act(asked: Record<string, unknown>): void, show(view: string): void, redraw(): void }} Hands */

/** @type {(lesson: Lesson, chosen: Chosen, graded: boolean, hands: Hands, learner: string) => Node} */
export function lessonView(lesson, chosen, graded, hands, learner) {
  const part = lesson.parts[chosen.part];
  /** @param {number} to */
  const go = (to) => enter(lesson, chosen, to, hands);
  return h(
    "section",
    { class: "lesson", "aria-label": "Lesson" },
    h("h2", null, `Lesson ${lesson.number}: ${lesson.title}`),
    h(
      "nav",
      { "aria-label": "Parts of the lesson" },
      lesson.parts.map(({ name }, index) =>
        h(
          "button",
          {
            type: "button",
            key: name,
            class: "part",
            title: name,
            "aria-label": name,
            "aria-current": index === chosen.part ? "step" : null,
            onclick: () => go(index),
          },
          `${index + 1}`,
        ),
      ),
    ),
    learner
      ? h(
          "p",
          { class: "legend" },
          `You are ${learner} in a class. Your teacher sees this name, the lesson, the step, your prediction and how many checks passed.`,
        )
      : null,
    h("h3", null, part.name),
    content(lesson, part, chosen, hands),
    graded ? h("p", { class: "graded" }, "All checks of this lesson have passed.") : null,
    h(
      "p",
      { class: "steps" },
      h("button", { type: "button", disabled: chosen.part === 0, onclick: () => go(chosen.part - 1) }, "Back"),
      h("button", { type: "button", class: "primary", disabled: chosen.part === lesson.parts.length - 1, onclick: () => go(chosen.part + 1) }, "Next"),
    ),
  );
}

/** Go to a part, with what it wants of the lab. @type {(lesson: Lesson, chosen: Chosen, to: number, hands: Hands) => void} */
export function enter(lesson, chosen, to, hands) {
  chosen.part = to;
  const { lab, view } = lesson.parts[to];
  if (lab) hands.act({ do: "set", controls: lab });
  if (view) hands.show(view);
  report(chosen, hands);
  hands.redraw();
}

/** Tell the lab where we are, for a class. @type {(chosen: Chosen, hands: Hands) => void} */
function report(chosen, hands) {
  hands.act({ do: "part", part: chosen.part, predict: chosen.answers.predict ?? "" });
}

/** @type {(lesson: Lesson, part: Part, chosen: Chosen, hands: Hands) => Child} */
function content(lesson, part, chosen, hands) {
  if (part.name === "Predict") return predict(lesson, part, chosen, hands);
  if (part.name === "Questions") return questions(lesson, part, chosen, hands);
  if (part.name === "If you are stuck") return hints(part);
  return [part.blocks.map((block) => drawn(block)), part.name === "Explain" ? verdict(lesson, chosen) : null];
}

/** @param {Block} block */
function drawn({ kind, text }) {
  if (kind === "command") return h("pre", { tabindex: 0, role: "region", "aria-label": "Command" }, text);
  return h("p", null, marked(text));
}

/** Text with code in backquotes. @param {string} text */
function marked(text) {
  return text.split(/(`[^`]+`)/).map((piece) => (piece.startsWith("`") ? h("code", null, piece.slice(1, -1)) : piece));
}

/** @type {(lesson: Lesson, part: Part, chosen: Chosen, hands: Hands) => Child} */
function predict(lesson, part, chosen, hands) {
  return [
    part.blocks.filter(({ kind }) => kind !== "choice" && kind !== "item").map(drawn),
    choices(part.blocks.filter(isChoice), "predict", chosen, hands),
    chosen.answers.predict ? h("p", { class: "legend" }, "Keep it in mind. You will see what happens, and why.") : null,
  ];
}

/** @param {Block} block */
function isChoice({ kind }) {
  return kind === "choice";
}

/** What was predicted, once it is explained. @type {(lesson: Lesson, chosen: Chosen) => Child} */
function verdict(lesson, chosen) {
  const predicted = chosen.answers.predict;
  if (!predicted) return null;
  return h(
    "p",
    { class: "legend" },
    predicted === lesson.predict ? `You predicted ${predicted}, and so it was.` : `You predicted ${predicted}; it was ${lesson.predict}.`,
  );
}

/** @type {(lesson: Lesson, part: Part, chosen: Chosen, hands: Hands) => Child} */
function questions(lesson, part, chosen, hands) {
  /** @type {{ asked: Block, choices: Block[] }[]} */
  const all = [];
  for (const block of part.blocks) {
    if (isChoice(block)) all.at(-1)?.choices.push(block);
    else all.push({ asked: block, choices: [] });
  }
  return all.map(({ asked, choices: offered }, index) => {
    const answer = chosen.answers[index];
    const right = lesson.questions[index];
    return h(
      "div",
      { key: index },
      h("p", null, `${index + 1}. `, marked(asked.text)),
      choices(offered, String(index), chosen, hands),
      answer ? h("p", { class: "legend", role: "status" }, answer === right ? "Right." : "Not quite: look again.") : null,
    );
  });
}

/** @type {(offered: Block[], name: string, chosen: Chosen, hands: Hands) => Node} */
function choices(offered, name, chosen, hands) {
  return h(
    "div",
    { role: "radiogroup", "aria-label": name === "predict" ? "What will happen?" : `Answers to question ${Number(name) + 1}` },
    offered.map(({ text }) => {
      const letter = text[0];
      return h(
        "label",
        { class: "choice", key: letter },
        h("input", {
          type: "radio",
          name,
          checked: chosen.answers[name] === letter,
          onchange: () => ((chosen.answers[name] = letter), report(chosen, hands), hands.redraw()),
        }),
        h("span", null, marked(text.slice(3))),
      );
    }),
  );
}

/** One hint at a time. @param {Part} part */
function hints(part) {
  return part.blocks.map((block, index) => h("details", { key: index }, h("summary", null, `Hint ${index + 1}`), drawn(block)));
}
