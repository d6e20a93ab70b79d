/** Where growth breaks: the step at which a cluster falls behind redis-server all at once. */

/** A ratio that falls to less than this share of the step before is a cliff. */
const CLIFF_SHARE = 0.5;

/** What became of each step of an axis, in order: its ratio to redis-server, undefined where it could not be measured. */
export type Mark = 'cliff' | 'failed' | '';

/**
 * Marks each step: `failed` where nothing was measured, `cliff` where the ratio is less than half of that of the last step before
 * that was measured.
 */
export function marksOf(ratios: readonly (number | undefined)[]): Mark[] {
  let before: number | undefined;
  return ratios.map((ratio) => {
    if (ratio === undefined) return 'failed';
    const isCliff = before !== undefined && ratio < before * CLIFF_SHARE;
    before = ratio;
    return isCliff ? 'cliff' : '';
  });
}
