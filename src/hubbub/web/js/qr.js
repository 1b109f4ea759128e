/**
 * Encodes a text as a QR code (ISO/IEC 18004): byte mode, error correction level M, versions 1 to 10
 * (213 bytes). Enough for any link, and small. Pure.
 */

/** @import { SetModule } from "./types.js" */

// Per version: code words in all, blocks, correction words per block (level M).
const VERSIONS = [
  [26, 1, 10],
  [44, 1, 16],
  [70, 1, 26],
  [100, 2, 18],
  [134, 2, 24],
  [172, 4, 16],
  [196, 4, 18],
  [242, 4, 22],
  [292, 5, 22],
  [346, 5, 26],
];
const ALIGNMENT = [[], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34], [6, 22, 38], [6, 24, 42], [6, 26, 46], [6, 28, 50]];

/**
 * `{ size, path }`: an SVG path of the dark squares, with the quiet zone around them.
 * @param {string} text
 */
export function qrPath(text) {
  const { size, dark } = qrCode(text);
  let path = "";
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) if (dark[y][x]) path += `M${x + 4} ${y + 4}h1v1h-1z`;
  }
  return { size: size + 8, path };
}

/**
 * `{ size, dark }`: dark[y][x] for every square. `mask` (0-7) is chosen if it is not given.
 * @param {string} text
 * @param {number | null} [mask]
 */
export function qrCode(text, mask = null) {
  const data = [...new TextEncoder().encode(text)];
  const version = 1 + VERSIONS.findIndex((_, i) => data.length + (i < 9 ? 2 : 3) <= capacity(i + 1));
  if (!version) throw new RangeError("too long for a QR code");
  const words = interleave(version, encode(version, data));
  if (mask !== null) return draw(version, words, mask);
  const codes = Array.from({ length: 8 }, (_, each) => draw(version, words, each));
  return codes.reduce((best, code) => (penalty(code) < penalty(best) ? code : best));
}

/** @param {number} version */
function capacity(version) {
  const [total, blocks, correction] = VERSIONS[version - 1];
  return total - blocks * correction;
}

/**
 * Mode, length, data, terminator and padding as code words.
 * @param {number} version
 * @param {number[]} data
 */
function encode(version, data) {
  let bits = `0100${data.length.toString(2).padStart(version < 10 ? 8 : 16, "0")}`;
  for (const byte of data) bits += byte.toString(2).padStart(8, "0");
  const room = capacity(version) * 8;
  bits += "0".repeat(Math.min(4, room - bits.length));
  bits += "0".repeat((8 - (bits.length % 8)) % 8);
  const words = (bits.match(/.{8}/g) || []).map((each) => parseInt(each, 2));
  for (let i = 0; words.length < capacity(version); i++) words.push(i % 2 ? 0x11 : 0xec);
  return words;
}

// ---- Reed-Solomon over GF(256), x^8 + x^4 + x^3 + x^2 + 1 --------------------------------------

const EXP = new Uint8Array(512);
const LOG = new Uint8Array(256);
for (let i = 0, x = 1; i < 255; i++) {
  EXP[i] = EXP[i + 255] = x;
  LOG[x] = i;
  x = (x << 1) ^ (x & 0x80 ? 0x11d : 0);
}

/**
 * @param {number} a
 * @param {number} b
 */
function times(a, b) {
  return a && b ? EXP[LOG[a] + LOG[b]] : 0;
}

/**
 * @param {number[]} data
 * @param {number} count
 */
function correctionWords(data, count) {
  let generator = [1];
  for (let i = 0; i < count; i++) {
    generator = [...generator, 0].map((value, j) => value ^ times(generator[j - 1] || 0, EXP[i]));
  }
  const rest = [...data, ...new Array(count).fill(0)];
  data.forEach((_, i) => {
    const factor = rest[i];
    generator.forEach((value, j) => {
      rest[i + j] ^= times(value, factor);
    });
  });
  return rest.slice(data.length);
}

/**
 * The data in blocks (short ones first), each with its correction, woven together.
 * @param {number} version
 * @param {number[]} words
 */
function interleave(version, words) {
  const [, blocks, correction] = VERSIONS[version - 1];
  const short = Math.floor(words.length / blocks);
  const shortBlocks = blocks - (words.length % blocks);
  const parts = [];
  for (let i = 0, at = 0; i < blocks; i++) {
    const length = short + (i < shortBlocks ? 0 : 1);
    parts.push(words.slice(at, at + length));
    at += length;
  }
  const corrections = parts.map((part) => correctionWords(part, correction));
  const woven = [];
  for (let i = 0; i <= short; i++) for (const part of parts) if (i < part.length) woven.push(part[i]);
  for (let i = 0; i < correction; i++) for (const part of corrections) woven.push(part[i]);
  return woven;
}

// ---- drawing ----------------------------------------------------------------------------------

/** @type {((x: number, y: number) => boolean)[]} */
const MASKS = [
  (x, y) => (x + y) % 2 === 0,
  (x, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(y / 2) + Math.floor(x / 3)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

/**
 * @param {number} version
 * @param {number[]} words
 * @param {number} mask
 */
function draw(version, words, mask) {
  const size = 17 + 4 * version;
  const dark = Array.from({ length: size }, () => new Array(size).fill(null));

  /** @type {SetModule} */
  const set = (x, y, value) => {
    if (dark[y]?.[x] !== undefined) dark[y][x] = Boolean(value);
  };
  for (const [cx, cy] of [
    [3, 3],
    [size - 4, 3],
    [3, size - 4],
  ]) {
    for (let dy = -4; dy <= 4; dy++) for (let dx = -4; dx <= 4; dx++) set(cx + dx, cy + dy, ![2, 4].includes(Math.max(Math.abs(dx), Math.abs(dy))));
  }
  const centres = ALIGNMENT[version - 1];
  for (const cy of centres) {
    for (const cx of centres) {
      const corner = (cx === 6 && cy === 6) || (cx === 6 && cy === size - 7) || (cx === size - 7 && cy === 6);
      if (corner) continue;
      for (let dy = -2; dy <= 2; dy++) for (let dx = -2; dx <= 2; dx++) set(cx + dx, cy + dy, Math.max(Math.abs(dx), Math.abs(dy)) !== 1);
    }
  }
  for (let i = 8; i < size - 8; i++) {
    set(i, 6, i % 2 === 0);
    set(6, i, i % 2 === 0);
  }
  set(8, size - 8, true);
  drawFormat(set, size, mask);
  if (version >= 7) drawVersion(set, size, version);
  drawWords(dark, size, words, mask);
  return { size, dark };
}

/**
 * Level M and the mask, twice around the corners, with their own correction (BCH 15,5).
 * @param {SetModule} set
 * @param {number} size
 * @param {number} mask
 */
function drawFormat(set, size, mask) {
  let rest = mask;
  for (let i = 0; i < 10; i++) rest = (rest << 1) ^ ((rest >> 9) * 0x537);
  const bits = ((mask << 10) | rest) ^ 0x5412;

  /** @param {number} i */
  const bit = (i) => (bits >> i) & 1;
  for (let i = 0; i < 6; i++) set(8, i, bit(i));
  set(8, 7, bit(6));
  set(8, 8, bit(7));
  set(7, 8, bit(8));
  for (let i = 9; i < 15; i++) set(14 - i, 8, bit(i));
  for (let i = 0; i < 8; i++) set(size - 1 - i, 8, bit(i));
  for (let i = 8; i < 15; i++) set(8, size - 15 + i, bit(i));
}

/**
 * @param {SetModule} set
 * @param {number} size
 * @param {number} version
 */
function drawVersion(set, size, version) {
  let rest = version;
  for (let i = 0; i < 12; i++) rest = (rest << 1) ^ ((rest >> 11) * 0x1f25);
  const bits = (version << 12) | rest;
  for (let i = 0; i < 18; i++) {
    const [a, b] = [size - 11 + (i % 3), Math.floor(i / 3)];
    set(a, b, (bits >> i) & 1);
    set(b, a, (bits >> i) & 1);
  }
}

/**
 * Two columns at a time, from the lower right, up and down, around what is already there.
 * @param {(boolean | null)[][]} dark
 * @param {number} size
 * @param {number[]} words
 * @param {number} mask
 */
function drawWords(dark, size, words, mask) {
  let at = 0;
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step++) {
      const upward = ((right + 1) & 2) === 0;
      const y = upward ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (dark[y][x] !== null) continue;
        const bit = at < words.length * 8 ? (words[at >> 3] >> (7 - (at & 7))) & 1 : 0;
        dark[y][x] = Boolean(bit) !== MASKS[mask](x, y);
        at += 1;
      }
    }
  }
}

/**
 * How badly a scanner would fare: long runs, blocks, false corners, too much of one colour.
 * @param {{ size: number, dark: (boolean | null)[][] }} code
 */
function penalty({ size, dark }) {
  let score = 0;
  let count = 0;

  /** @param {number} x */
  const column = (x) => dark.map((row) => row[x]);
  for (let i = 0; i < size; i++) {
    for (const line of [dark[i], column(i)]) {
      const text = line.map(Number).join("");
      for (const run of text.match(/0{5,}|1{5,}/g) || []) score += run.length - 2;
      score += 40 * [...text.matchAll(/(?=10111010000|00001011101)/g)].length;
    }
  }
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      count += Number(dark[y][x]);
      if (x && y && dark[y][x] === dark[y][x - 1] && dark[y][x] === dark[y - 1][x] && dark[y][x] === dark[y - 1][x - 1]) score += 3;
    }
  }
  return score + Math.floor(Math.abs((count * 20) / (size * size) - 10)) * 10;
}
