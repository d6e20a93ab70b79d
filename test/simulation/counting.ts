/**
 * What clients have added to the numbers of a run. At the end each stands at the sum of what was acknowledged; what was asked
 * and not acknowledged may be in it or not.
 */
import { foldSiblings } from '../../cluster/version/counter-fold.js';
import type { VersionedObject } from '../../cluster/version/object.js';
import type { DotName } from './ledger.js';

const COUNTER_KEYS = ['count:0', 'cart:count:1', 'other:count:2'];

/** Whether clients only add to the key. */
export function isCounted(key: string): boolean {
  return COUNTER_KEYS.includes(key);
}

export class Counting {
  readonly keys: readonly string[] = COUNTER_KEYS;
  readonly #acknowledged = new Map<string, number>();
  readonly #asked = new Map<string, number>();

  /** A client asks to add `by`, which is positive. */
  asked(key: string, by: number): void {
    this.#asked.set(key, (this.#asked.get(key) ?? 0) + by);
  }

  acknowledged(key: string, by: number): void {
    this.#acknowledged.set(key, (this.#acknowledged.get(key) ?? 0) + by);
  }

  /** `excused`: of which writes nobody can expect that they are kept. */
  check(
    finalObject: (key: string) => VersionedObject | undefined,
    excused: (key: string) => ReadonlySet<DotName>,
    nowMs: number,
    violation: (text: string) => void,
  ): void {
    for (const key of this.keys) {
      const least = excused(key).size > 0 ? 0 : (this.#acknowledged.get(key) ?? 0);
      const most = this.#asked.get(key) ?? 0;
      const [value] = foldSiblings(finalObject(key)?.siblings ?? [], nowMs);
      const stands = Number(value?.value.toString() ?? 0);
      if (stands >= least && stands <= most) continue;
      violation(`wrong sum: ${key} stands at ${stands}; ${least} were acknowledged, ${most} asked for`);
    }
  }
}
