import { FREE, type Spacing } from './spacing.js';

/** Where zones or hosts are too uneven, faults stay whatever one tries: the search ends after so many exchanges. */
const TRIALS_MAX = 1_000_000;
const ROUNDS_MAX = 4;

/**
 * Exchanges tokens in pairs as long as that makes the layout better. Nobody's number of tokens changes.
 *
 * @param before the layout that the moves are counted from; a place that was FREE counts as moved in any case
 * @param extraMovesMax how many tokens beyond those that have moved already may move
 */
export function improve(ring: Int32Array, before: Int32Array, extraMovesMax: number, spacing: Spacing): void {
  let movesLeft = extraMovesMax;
  let trialsLeft = TRIALS_MAX;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    let improved = false;
    for (let place = 0; place < ring.length && trialsLeft > 0; place++) {
      if (spacing.faultsAt(ring, place, ring[place] ?? FREE) === 0) continue;
      trialsLeft -= ring.length;
      const exchange = bestExchange(ring, before, place, movesLeft, spacing);
      if (exchange === undefined) continue;
      swap(ring, place, exchange.other);
      movesLeft -= exchange.moves;
      improved = true;
    }
    if (!improved) return;
  }
}

interface Exchange {
  readonly other: number;
  readonly gain: number;
  readonly moves: number;
}

/** The exchange of the token at `place` with another that gains most; of those the one with the fewest moves. */
function bestExchange(
  ring: Int32Array,
  before: Int32Array,
  place: number,
  movesMax: number,
  spacing: Spacing,
): Exchange | undefined {
  let best: Exchange | undefined;
  for (let other = 0; other < ring.length; other++) {
    if (ring[other] === ring[place]) continue;
    const movesBefore = moved(ring, before, place) + moved(ring, before, other);
    const faultsBefore = faults(ring, place, spacing) + faults(ring, other, spacing);
    swap(ring, place, other);
    const moves = moved(ring, before, place) + moved(ring, before, other) - movesBefore;
    const gain = faultsBefore - faults(ring, place, spacing) - faults(ring, other, spacing);
    swap(ring, place, other);
    if (gain <= 0 || moves > movesMax) continue;
    if (best === undefined || gain > best.gain || (gain === best.gain && moves < best.moves))
      best = { other, gain, moves };
  }
  return best;
}

function faults(ring: Int32Array, place: number, spacing: Spacing): number {
  return spacing.faultsAt(ring, place, ring[place] ?? FREE);
}

function moved(ring: Int32Array, before: Int32Array, place: number): 0 | 1 {
  return before[place] === FREE || before[place] !== ring[place] ? 1 : 0;
}

function swap(ring: Int32Array, one: number, other: number): void {
  const kept = ring[one] ?? FREE;
  ring[one] = ring[other] ?? FREE;
  ring[other] = kept;
}
