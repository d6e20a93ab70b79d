import test from 'ava';
import fc from 'fast-check';
import {
  type CommonPiece,
  commonLength,
  commonPieces,
} from '../../../../server/commands/strings/common-subsequence.js';
import { wholly } from '../../../../server/turns/wholly.js';

/** Few letters, so that much is in common; up to lengths that take several words of a row. */
const texts = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 100, size: 'max' }),
  fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 40, size: 'max' }),
  fc.string({ maxLength: 20 }),
);

/** `table[i][j]`: how long the subsequence of the first i of `a` and the first j of `b` is. */
function tableOf(a: string, b: string): number[][] {
  const table = [new Array<number>(b.length + 1).fill(0)];
  for (let i = 1; i <= a.length; i++) {
    const above = table[i - 1] ?? [];
    const row = [0];
    for (let j = 1; j <= b.length; j++) {
      const longest = Math.max(above[j] ?? 0, row[j - 1] ?? 0);
      row.push(a[i - 1] === b[j - 1] ? (above[j - 1] ?? 0) + 1 : longest);
    }
    table.push(row);
  }
  return table;
}

/** The way back through the table that Redis takes: up where that is longer, else to the left. */
function pathOf(a: string, b: string): (readonly [number, number])[] {
  const table = tableOf(a, b);
  const path: (readonly [number, number])[] = [];
  let [i, j] = [a.length, b.length];
  while (i > 0 && j > 0) {
    if (a[i - 1] === b[j - 1]) path.push([--i, --j]);
    else if ((table[i - 1]?.[j] ?? 0) > (table[i]?.[j - 1] ?? 0)) i--;
    else j--;
  }
  return path;
}

function placesOf(pieces: readonly CommonPiece[]): (readonly [number, number])[] {
  return pieces.flatMap(({ aStart, bStart, length }) =>
    Array.from({ length }, (_, index) => [aStart + length - 1 - index, bStart + length - 1 - index] as const),
  );
}

test('the length and the pieces are those of the table of all pairs', (t) => {
  fc.assert(
    fc.property(texts, texts, (a, b) => {
      const [left, right] = [Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1')];
      const path = pathOf(a, b);
      t.is(wholly(commonLength(left, right)), path.length);
      t.deepEqual(placesOf(wholly(commonPieces(left, right))), path);
    }),
    { numRuns: 500 },
  );
});

test('pieces that touch in both strings are one', (t) => {
  const pieces = wholly(commonPieces(Buffer.from('ohmytext'), Buffer.from('mynewtext')));
  t.deepEqual(pieces, [
    { aStart: 4, bStart: 5, length: 4 },
    { aStart: 2, bStart: 0, length: 2 },
  ]);
});

test('an empty string has nothing in common with any', (t) => {
  t.deepEqual(wholly(commonPieces(Buffer.alloc(0), Buffer.from('a'))), []);
  t.is(wholly(commonLength(Buffer.from('a'), Buffer.alloc(0))), 0);
});

test('no step of it looks at much: of strings as long as may be, there are many', (t) => {
  const text = (bytes: number, by: number): Buffer =>
    Buffer.from(Array.from({ length: bytes }, (_, at) => (at * by) % 7));
  for (const [a, b] of [
    [11_000, 11_000],
    [100, 1_000_000],
  ] as const) {
    const works = [commonLength(text(a, 3), text(b, 5)), commonPieces(text(a, 3), text(b, 5))];
    for (const work of works) {
      let steps = 1;
      while (work.next().done !== true) steps++;
      // Each takes 64 Ki words, of 32 pairs of bytes each.
      t.true(steps >= (a * b) / 32 / 65_536, `${steps} steps`);
    }
  }
});
