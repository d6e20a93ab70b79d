import { FREE, type Spacing } from './spacing.js';

/** Where zones or hosts are too uneven, faults stay whatever one tries: the search ends after so many trials. */
const TRIALS_MAX = 500_000;
const ROUNDS_MAX = 4;

/**
 * Exchanges tokens in pairs as long as that makes the layout better. Nobody's number of tokens changes.
 *
 * @param before the layout that the moves are counted from; a place that was FREE counts as moved in any case
 * @param extraMovesMax how many tokens beyond those that have moved already may move
 */
export function improve(ring: Int32Array, before: Int32Array, extraMovesMax: number, spacing: Spacing): void {
  const search = new Search(ring, before, extraMovesMax, spacing);
  for (let round = 0; round < ROUNDS_MAX; round++) if (!search.round()) return;
}

interface Exchange {
  readonly other: number;
  readonly gain: number;
  readonly moves: number;
}

class Search {
  readonly #ring: Int32Array;
  readonly #before: Int32Array;
  readonly #spacing: Spacing;
  readonly #all: readonly number[];
  /** Node → its faults at the place that is being looked at, where `#asked` is the number of this look. */
  readonly #faultsOf: Int32Array;
  readonly #asked: Int32Array;
  #look = 0;
  #movesLeft: number;
  #trialsLeft = TRIALS_MAX;

  constructor(ring: Int32Array, before: Int32Array, extraMovesMax: number, spacing: Spacing) {
    this.#ring = ring;
    this.#before = before;
    this.#spacing = spacing;
    this.#all = [...ring.keys()];
    const nodeCount = ring.reduce((most, node) => Math.max(most, node), FREE) + 1;
    this.#faultsOf = new Int32Array(nodeCount);
    this.#asked = new Int32Array(nodeCount);
    this.#movesLeft = extraMovesMax;
  }

  /** @returns whether anything was exchanged */
  round(): boolean {
    let improved = false;
    let moved = this.#all.filter((place) => this.#moved(place) === 1);
    for (let place = 0; place < this.#ring.length && this.#trialsLeft > 0; place++) {
      if (this.#faults(place) === 0) continue;
      // Two tokens that have stayed until now cost two moves.
      const others = this.#movesLeft >= 2 || this.#moved(place) === 1 ? this.#all : moved;
      this.#trialsLeft -= others.length;
      const exchange = this.#bestExchange(place, others);
      if (exchange === undefined) continue;
      swap(this.#ring, place, exchange.other);
      this.#movesLeft -= exchange.moves;
      if (exchange.moves !== 0) moved = this.#all.filter((at) => this.#moved(at) === 1);
      improved = true;
    }
    return improved;
  }

  /** The exchange of the token at `place` with one of `others` that gains most; of those the one with the fewest moves. */
  #bestExchange(place: number, others: readonly number[]): Exchange | undefined {
    const ring = this.#ring;
    const own = ring[place] ?? FREE;
    const faultsHere = this.#faults(place);
    this.#look++;
    let best: Exchange | undefined;
    for (const other of others) {
      const theirs = ring[other] ?? FREE;
      // Of an exchange that gains at the other place only, that place will be the first when its turn comes.
      if (theirs === own || this.#faultsAt(place, theirs) >= faultsHere) continue;
      const movesBefore = this.#moved(place) + this.#moved(other);
      const faultsBefore = faultsHere + this.#faults(other);
      swap(ring, place, other);
      const moves = this.#moved(place) + this.#moved(other) - movesBefore;
      const gain = faultsBefore - this.#faults(place) - this.#faults(other);
      swap(ring, place, other);
      if (gain <= 0 || moves > this.#movesLeft) continue;
      if (best === undefined || gain > best.gain || (gain === best.gain && moves < best.moves))
        best = { other, gain, moves };
    }
    return best;
  }

  /** As the spacing says; asked once for each node in one look at `place`. */
  #faultsAt(place: number, node: number): number {
    if (this.#asked[node] !== this.#look) {
      this.#asked[node] = this.#look;
      this.#faultsOf[node] = this.#spacing.faultsAt(this.#ring, place, node);
    }
    return this.#faultsOf[node] ?? 0;
  }

  #faults(place: number): number {
    return this.#spacing.faultsAt(this.#ring, place, this.#ring[place] ?? FREE);
  }

  #moved(place: number): 0 | 1 {
    return this.#before[place] === FREE || this.#before[place] !== this.#ring[place] ? 1 : 0;
  }
}

function swap(ring: Int32Array, one: number, other: number): void {
  const kept = ring[one] ?? FREE;
  ring[one] = ring[other] ?? FREE;
  ring[other] = kept;
}
