/** What the acknowledgements of a put come to so far. */
export const ENOUGH = 0;
export const NOT_YET = 1;
/** W can't be reached any more. */
export const TOO_FEW = 2;

/**
 * HOT PATH. A put ends when W have acknowledged, and one more for each receiver and each holder that retires which could be reached
 * when it was sent (see `placement.ts`), or as soon as that can't be any more.
 *
 * @param w of the keyspace, no larger than there are primaries
 * @param sloppy whether receivers and retiring holders count towards W, as fallbacks do
 * @param acknowledged by primaries, and by those that stand in for them
 * @param beside by receivers and retiring holders
 * @param reachableBeside how many of these could be reached
 * @param outstanding answers that are to come
 */
export function putVerdict(
  w: number,
  sloppy: boolean,
  acknowledged: number,
  beside: number,
  reachableBeside: number,
  outstanding: number,
): typeof ENOUGH | typeof NOT_YET | typeof TOO_FEW {
  const all = acknowledged + beside;
  const counted = sloppy ? all : acknowledged;
  const wanted = w + reachableBeside;
  if (counted >= w && (all >= wanted || all + outstanding < wanted)) return ENOUGH;
  return counted + outstanding < w || outstanding === 0 ? TOO_FEW : NOT_YET;
}
