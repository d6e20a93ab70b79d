/** What came of many runs, for people: a bar while they run, a summary at the end. */
import { replayCommand } from '../../test/simulation/replay.js';
import type { SimulationOptions, SimulationResult } from '../../test/simulation/simulation.js';

const BAR_CELLS = 30;
const SEEDS_NAMED_MAX = 10;
const MS_A_SECOND = 1_000;

export class Tally {
  readonly #count: number;
  readonly #options: Omit<SimulationOptions, 'seed'>;
  readonly #startedMs = performance.now();
  /** By what was violated (the words before the first colon): the seeds. */
  readonly #seedsOf = new Map<string, number[]>();
  #done = 0;
  #violated = 0;
  #events = 0;
  #simulatedMs = 0;

  constructor(count: number, options: Omit<SimulationOptions, 'seed'>) {
    this.#count = count;
    this.#options = options;
  }

  get violated(): number {
    return this.#violated;
  }

  take({ seed, violations, events, simulatedMs }: SimulationResult): void {
    this.#done++;
    this.#events += events;
    this.#simulatedMs += simulatedMs;
    if (violations.length > 0) this.#violated++;
    for (const kind of new Set(violations.map((violation) => violation.split(':')[0] ?? ''))) {
      this.#seedsOf.set(kind, [...(this.#seedsOf.get(kind) ?? []), seed]);
    }
  }

  /** One line, as long as any before it. */
  bar(): string {
    const share = this.#done / this.#count;
    const full = Math.round(share * BAR_CELLS);
    const leftSeconds = Math.round(((performance.now() - this.#startedMs) / MS_A_SECOND) * (1 / share - 1));
    const counts = `${this.#done} of ${this.#count} seeds, ${this.#violated} with violations, ${leftSeconds} s left`;
    return `[${'='.repeat(full)}${' '.repeat(BAR_CELLS - full)}] ${counts}   `;
  }

  summary(): string[] {
    const seconds = (performance.now() - this.#startedMs) / MS_A_SECOND;
    const hours = this.#simulatedMs / MS_A_SECOND / 3600;
    const lines = [
      `${this.#done} seeds in ${Math.round(seconds)} s: ${hours.toFixed(1)} simulated hours, ${this.#events} events`,
    ];
    if (this.#violated === 0) return [...lines, 'no violation'];
    lines.push(`${this.#violated} seeds with violations`);
    for (const [kind, seeds] of this.#seedsOf) {
      const [first = 0] = seeds.sort((a, b) => a - b);
      const more = seeds.length > SEEDS_NAMED_MAX ? ' …' : '';
      lines.push(`  ${kind}: ${seeds.length} (${seeds.slice(0, SEEDS_NAMED_MAX).join(', ')}${more})`);
      lines.push(`    replay: ${replayCommand({ ...this.#options, seed: first })}`);
    }
    return lines;
  }
}
