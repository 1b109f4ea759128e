/**
 * Finds the words of a search in a text by the server's rules: whole words (or beginnings*), without
 * case and accents; scripts without spaces match anywhere. Pure.
 */

const ACCENTS = /[\u0300-\u036f\u05b0-\u05c7\u0640\u064b-\u065f\u3099\u309a]/g;
const LETTERS = { ß: "ss", ł: "l", ø: "o", đ: "d", ħ: "h", æ: "ae", œ: "oe", ı: "i" };
const WIDE = "\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Hangul}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}\\p{Extended_Pictographic}ー";
const WORD = `(?:(?![${WIDE}])[\\p{L}\\p{N}])`;
const RUNS = new RegExp(`[${WIDE}]+|${WORD}+`, "gu");
const IS_WIDE = new RegExp(`[${WIDE}]`, "u");

/** What a text is compared as. */
function fold(text) {
  return text
    .normalize("NFKD")
    .replace(ACCENTS, "")
    .toLowerCase()
    .replace(/[ßłøđħæœı]/g, (letter) => LETTERS[letter]);
}

/** The words and phrases of a query as one pattern for folded texts, or null when there is none. */
export function pattern(text = "") {
  const terms = [...text.replace(/[“”„‟«»＂]/g, '"').matchAll(/"([^"]*)"?|(\S+)/g)]
    .map(([, phrase, word]) => term(phrase ?? word, word?.endsWith("*")))
    .filter(Boolean);
  return terms.length ? new RegExp(terms.join("|"), "gu") : null;
}

function term(text, goesOn) {
  const runs = fold(text).match(RUNS);
  if (!runs) return "";
  const begin = IS_WIDE.test(runs[0]) ? "" : `(?<!${WORD})`;
  const end = IS_WIDE.test(runs.at(-1)) ? "" : goesOn ? `${WORD}*` : `(?!${WORD})`;
  return begin + runs.join("[^\\p{L}\\p{N}]*") + end;
}

/** The text in pieces; every second one, from the second on, is a word that was looked for. */
export function pieces(text, wanted) {
  const found = [];
  let at = 0;
  for (const [start, end] of wanted ? places(text, wanted) : []) {
    found.push(text.slice(at, start), text.slice(start, end));
    at = end;
  }
  return [...found, text.slice(at)];
}

/** Where they begin and end in the text itself. */
function places(text, wanted) {
  const from = []; // where in the text a character of the folded one comes from
  let folded = "";
  let at = 0;
  for (const character of text) {
    const plain = fold(character);
    for (let i = 0; i < plain.length; i++) from.push(at);
    folded += plain;
    at += character.length;
  }
  from.push(at);
  return [...folded.matchAll(wanted)].map(({ 0: hit, index }) => [from[index], from[index + hit.length]]);
}

const BEFORE = 60;

/** So much of a long text as shows the first of the words, with what stands before it. */
export function excerpt(text, wanted, length = 400) {
  const [first] = wanted ? places(text, wanted) : [];
  if (!first || first[0] < 2 * BEFORE) return text.length > length ? `${whole(text.slice(0, length))}…` : text;
  const space = text.indexOf(" ", first[0] - BEFORE);
  const begin = space >= 0 && space < first[0] ? space + 1 : first[0] - BEFORE;
  return `… ${whole(text.slice(begin, begin + length))}${begin + length < text.length ? "…" : ""}`;
}

/** Without halves of characters at the ends. */
function whole(text) {
  return text.replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, "");
}
