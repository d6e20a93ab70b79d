/**
 * The longest common subsequence of two strings, by the row algorithm with 32 columns at a time (H. Hyyrö, "Bit-parallel
 * LCS-length computation revisited", AWOCA 2004). Row i says of each column j whether the subsequence of the first i bytes
 * of `a` and the first j bytes of `b` is longer than that of i and j - 1. A row as bits:
 *
 * ```
 *   V[0] = all ones;   u = V[i-1] & M[a[i]];   V[i] = (V[i-1] + u) | (V[i-1] - u)      a 0 in V[i]: one longer
 *   M[byte]: the columns whose byte of b that is
 * ```
 *
 * Pure functions, in steps, since all of it takes some fifty milliseconds at the most. The rows together take `a.length * b.length / 8` bytes, the length alone takes one row.
 */

const WORD_BITS = 32;
/** Words, and columns one by one, that one step looks at. */
const STEP_WORDS = 64 * 1024;
const STEP_COLUMNS = 64 * 1024;

/** A piece that both strings have: where it begins in each, and its length. */
export interface CommonPiece {
  readonly aStart: number;
  readonly bStart: number;
  readonly length: number;
}

/** How long the longest common subsequence is. Works on between one `yield` and the next. */
export function* commonLength(a: Buffer, b: Buffer): Generator<void, number> {
  const columns = new Columns(b);
  const row = columns.rows(1);
  for (let at = 0; at < a.length; at += columns.rowsAStep) {
    if (at > 0) yield;
    const end = Math.min(a.length, at + columns.rowsAStep);
    for (let index = at; index < end; index++) columns.advance(row, 0, 0, a[index] ?? 0);
  }
  let length = 0;
  for (let column = 1; column <= b.length; column++) {
    if (column % STEP_COLUMNS === 0) yield;
    if (columns.isLonger(row, 0, column)) length++;
  }
  return length;
}

/**
 * The longest common subsequence as pieces, the last one first. Of several equally long ones that which Redis finds. Works on
 * between one `yield` and the next.
 */
export function* commonPieces(a: Buffer, b: Buffer): Generator<void, CommonPiece[]> {
  const columns = new Columns(b);
  const rows = columns.rows(a.length + 1);
  for (let at = 0; at < a.length; at += columns.rowsAStep) {
    if (at > 0) yield;
    const end = Math.min(a.length, at + columns.rowsAStep);
    for (let index = at; index < end; index++) columns.advance(rows, index, index + 1, a[index] ?? 0);
  }
  const pieces: CommonPiece[] = [];
  let length = 0;
  let [i, j] = [a.length, b.length];
  const end = (): void => {
    if (length > 0) pieces.push({ aStart: i, bStart: j, length });
    length = 0;
  };
  while (i > 0 && j > 0) {
    if ((i + j) % STEP_COLUMNS === 0) yield;
    if (a[i - 1] === b[j - 1]) {
      length++;
      i--;
      j--;
      continue;
    }
    end();
    // Without a match, column j of row i is longer than the one before it only if the row above is.
    if (columns.isLonger(rows, i, j)) i--;
    else j--;
  }
  end();
  return pieces;
}

/** What is known of `b`: its columns, and where which byte stands. Rows stand one behind the other in one array. */
class Columns {
  readonly #b: Buffer;
  readonly #words: number;
  readonly #matches = new Map<number, Uint32Array>();

  constructor(b: Buffer) {
    this.#b = b;
    this.#words = Math.ceil(b.length / WORD_BITS);
  }

  /** Rows that may be made in one step. */
  get rowsAStep(): number {
    return Math.max(1, Math.floor(STEP_WORDS / Math.max(1, this.#words)));
  }

  /** Room for so many rows, of which the first one is there. */
  rows(count: number): Uint32Array {
    return new Uint32Array(this.#words * count).fill(0xffffffff, 0, this.#words);
  }

  /** Makes row `to` the one that follows row `from` (the same perhaps) for one more byte of `a`. */
  advance(rows: Uint32Array, from: number, to: number, byte: number): void {
    const matches = this.#matchesOf(byte);
    const words = this.#words;
    let carry = 0;
    for (let at = 0; at < words; at++) {
      const word = rows[from * words + at] ?? 0;
      const both = (word & (matches[at] ?? 0)) >>> 0;
      const sum = word + both + carry;
      carry = sum > 0xffffffff ? 1 : 0;
      rows[to * words + at] = sum | (word & ~both);
    }
  }

  /** Whether one more column, the `column`-th from 1 on, makes the subsequence longer. */
  isLonger(rows: Uint32Array, row: number, column: number): boolean {
    const word = rows[row * this.#words + ((column - 1) >>> 5)] ?? 0;
    return ((word >>> ((column - 1) & 31)) & 1) === 0;
  }

  #matchesOf(byte: number): Uint32Array {
    let matches = this.#matches.get(byte);
    if (matches === undefined) {
      matches = new Uint32Array(this.#words);
      const b = this.#b;
      for (let at = 0; at < b.length; at++) {
        if (b[at] === byte) matches[at >>> 5] = (matches[at >>> 5] ?? 0) | (1 << (at & 31));
      }
      this.#matches.set(byte, matches);
    }
    return matches;
  }
}
