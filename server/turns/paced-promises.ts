import { areFew, PacedParts } from './paced-parts.js';
import type { TurnQueue } from './turn-queue.js';

/**
 * Does `job`, which does not reject, with each of the items: with a few at once, with many a bit in each turn. Gives the results in
 * the order of the items; once one of them `ends` it, only those of the items that were begun. `bytesOf`: how long a value each was
 * about, of which the first ones are taken to have `bytesEach` bytes.
 */
export function pacedAll<S, T>(
  turns: TurnQueue,
  items: readonly S[],
  job: (item: S) => Promise<T>,
  ends: (result: T) => boolean = () => false,
  bytesOf: (result: T) => number = () => 0,
  bytesEach = 0,
): Promise<T[]> {
  if (areFew(items.length, bytesEach)) return Promise.all(items.map(job));
  return new Promise((resolve) => {
    const results: T[] = [];
    const next = items.values();
    let isEnded = false;
    let missing = items.length;
    const ask = (index: number): void => {
      const { value, done } = next.next();
      if (done === true) return;
      void job(value).then((result) => {
        results[index] = result;
        missing--;
        parts.arrived(bytesOf(result));
        isEnded ||= ends(result);
        if (isEnded) {
          parts.stop();
          missing = parts.underWay;
        }
        if (missing === 0) resolve(results);
      });
    };
    const parts = new PacedParts(turns, items.length, ask, () => true, bytesEach);
  });
}
