/**
 * Finds the words of a search in a text by the server's rules: whole words (or beginnings*), without
 * case and accents; scripts without spaces match anywhere. Pure.
 */

// The same as in src/hubbub/log/search.py.
const ACCENTS = /[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]/g;
/** @type {Record<string, string>} */
const LETTERS = { ς: "σ", ł: "l", ø: "o", đ: "d", ħ: "h", æ: "ae", œ: "oe", ı: "i" };
const WIDE =
  "\\u0e01-\\u0e5b\\u0e81-\\u0eff\\u1000-\\u109f\\u1100-\\u11ff\\u1780-\\u17dd\\u2600-\\u27bf\\u2e80-\\u2fdf" +
  "\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3041-\\u3096\\u309d-\\u309f\\u30a1-\\u30fa\\u30fc-\\u30ff" +
  "\\u3105-\\u312f\\u3131-\\u318e\\u31a0-\\u31bf\\u31f0-\\u31ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\ua960-\\ua97f" +
  "\\uac00-\\ud7ff\\uf900-\\ufaff\\u{1f000}-\\u{1faff}\\u{20000}-\\u{3ffff}";
const WORD = `(?:(?![${WIDE}])[\\p{L}\\p{N}\\u0900-\\u0963\\u0966-\\u0dff\\u0f18-\\u0fbc])`;
const RUNS = new RegExp(`[${WIDE}]+|${WORD}+`, "gu");
const IS_WIDE = new RegExp(`[${WIDE}]`, "u");
const BETWEEN = `(?:(?!${WORD})[^${WIDE}])`;
// A character with its combining marks: accents, half-width kana marks, parts of Hangul.
const COMPOSED = /[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?|[^][\p{M}\uff9e\uff9f]*/gu;

/**
 * Fold a text for comparing.
 * @param {string} text
 */
function fold(text) {
  return text
    .toUpperCase()
    .toLowerCase()
    .normalize("NFKD")
    .replace(ACCENTS, "")
    .normalize("NFC")
    .toLowerCase()
    .replace(/[ςłøđħæœı]/g, (letter) => LETTERS[letter]);
}

/** The words and phrases of a query as one pattern for folded texts, or null when there is none. */
export function pattern(text = "") {
  const terms = [...text.replace(/[“”„‟«»＂]/g, '"').matchAll(/"([^"]*)"?|(\S+)/g)]
    .map(([, phrase, word]) => term(phrase ?? word, word?.endsWith("*")))
    .filter(Boolean);
  return terms.length ? new RegExp(terms.join("|"), "gu") : null;
}

/**
 * @param {string} text
 * @param {boolean} goesOn
 */
function term(text, goesOn) {
  const runs = fold(text).match(RUNS);
  if (!runs) return "";
  const begin = IS_WIDE.test(runs[0]) ? "" : `(?<!${WORD})`;
  const end = IS_WIDE.test(runs.at(-1) ?? "") ? "" : goesOn ? `${WORD}*` : `(?!${WORD})`;
  return begin + runs.map((run, i) => (i ? gap(runs[i - 1], run) : "") + run).join("") + end;
}

/**
 * The pattern for what separates two runs of a phrase.
 * @param {string} before
 * @param {string} run
 */
function gap(before, run) {
  return IS_WIDE.test(before) || IS_WIDE.test(run) ? `${BETWEEN}*` : `${BETWEEN}+`;
}

/**
 * Split a text: the pieces with odd indexes are words that were searched for.
 * @param {string} text
 * @param {RegExp | null} wanted
 */
export function pieces(text, wanted) {
  const found = [];
  let at = 0;
  for (const [start, end] of wanted ? places(text, wanted) : []) {
    found.push(text.slice(at, start), text.slice(start, end));
    at = end;
  }
  return [...found, text.slice(at)];
}

/**
 * Start and end of each searched word in the text.
 * @param {string} text
 * @param {RegExp} wanted
 */
function places(text, wanted) {
  /** @type {number[]} */
  const from = []; // index in the text of each character of the folded text
  let folded = "";
  let at = 0;
  for (const [character] of text.matchAll(COMPOSED)) {
    const plain = fold(character);
    for (let i = 0; i < plain.length; i++) from.push(at);
    folded += plain;
    at += character.length;
  }
  from.push(at);
  return [...folded.matchAll(wanted)].map(({ 0: hit, index }) => [from[index], from[index + hit.length]]);
}

const BEFORE = 60;

/**
 * An excerpt of a long text around the first searched word.
 * @param {string} text
 * @param {RegExp | null} wanted
 */
export function excerpt(text, wanted, length = 400) {
  const [first] = wanted ? places(text, wanted) : [];
  if (!first || first[0] < 2 * BEFORE) return text.length > length ? `${whole(text.slice(0, length))}…` : text;
  const space = text.indexOf(" ", first[0] - BEFORE);
  const begin = space >= 0 && space < first[0] ? space + 1 : first[0] - BEFORE;
  return `… ${whole(text.slice(begin, begin + length))}${begin + length < text.length ? "…" : ""}`;
}

/**
 * Remove halves of surrogate pairs at the ends.
 * @param {string} text
 */
function whole(text) {
  return text.replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, "");
}
