/**
 * Finds the words of a text that may be the names of people. Pure.
 *
 * A name stands alone between spaces and punctuation, where `-`, `_` and `|` belong to a name. With @
 * before it, it may be followed by writing without spaces (@李雷你好). Nobody is named in an address,
 * a path, a host name or code. The server decides by the same rules whom to send a push notification:
 * src/hubbub/model/mentions.py; tests/mentions.json has cases for both.
 */

// Characters that no name contains: spaces, signs, punctuation, pictures.
const APART =
  "\\s\\x00-\\x1f!\"#$%&'()*+,./:;<=>?~\\x7f-\\xa9\\xab-\\xb4\\xb6-\\xb9\\xbb-\\xbf\\xd7\\xf7\\u060c\\u061b\\u061f\\u06d4" +
  "\\u0964\\u0965\\u2000-\\u206f\\u20a0-\\u20c0\\u2190-\\u2bff\\u2e00-\\u2e5d\\u3000-\\u3004\\u3008-\\u3020\\u3030\\u30fb" +
  "\\ufe10-\\ufe1f\\ufe30-\\ufe6f\\uff01-\\uff0f\\uff1a-\\uff1f\\uff5e-\\uff65\\u{1f000}-\\u{1faff}";
// Scripts without spaces between words.
const WIDE = "\\u0e00-\\u0eff\\u1000-\\u109f\\u1100-\\u11ff\\u1780-\\u17ff\\u2e80-\\u9fff\\uac00-\\ud7ff\\uf900-\\ufaff\\u{20000}-\\u{3ffff}";
const AT = "@\\uff20";
const IS_NARROW = new RegExp(`^[^${APART}${AT}${WIDE}]$`, "u");
const IS_WIDE = new RegExp(`[${WIDE}]`, "u");
const WORDS = new RegExp(`[${AT}]?[^${APART}${AT}]+`, "gu");

/**
 * The words of a text that may be names. `names` has the possible ones, the likeliest first.
 * @param {string} text
 */
export function* namesIn(text) {
  for (const { 0: word, index } of text.matchAll(WORDS)) {
    if (isElsewhere(text, index)) continue;
    const end = index + word.length;
    const at = /^[@\uff20]/u.test(word) ? 1 : 0;
    const name = word.slice(at);
    const names = goesOn(text, end, at) ? [] : whole(name);
    if (at) names.push(...beginnings(name));
    if (names.length) yield { index, at, name, names };
  }
}

/**
 * Is the word at `index` the rest of an address, a path, a host name or a channel?
 * @param {string} text
 * @param {number} index
 */
function isElsewhere(text, index) {
  const before = text[index - 1] || "";
  if (before === "/" || before === "#") return true;
  if (before === ".") return IS_NARROW.test(text[index - 2] || "");
  return /[@\uff20]/u.test(text[index]) && IS_NARROW.test(before);
}

/**
 * Does an address, a path or a host name continue after `end`?
 * @param {string} text
 * @param {number} end
 * @param {number} at
 */
function goesOn(text, end, at) {
  const next = text[end];
  if (next === "/") return !at;
  return (next === "." || (next === "@" && !IS_WIDE.test(text[end - 1]))) && IS_NARROW.test(text[end + 1] || "");
}

/**
 * The word, with and without brackets around it.
 * @param {string} word
 */
function whole(word) {
  const inside = word.replace(/^[[{]+|[\]}]+$/g, "");
  return inside && inside !== word ? [word, inside] : [word];
}

/**
 * The beginnings of a word with @ that may be names, the longest first: text without spaces may follow.
 * @param {string} word
 */
function beginnings(word) {
  const found = [];
  for (let i = Math.min(word.length - 1, LONGEST); i > 0; i--) if (IS_WIDE.test(word[i])) found.push(word.slice(0, i));
  return found;
}

const LONGEST = 64;
