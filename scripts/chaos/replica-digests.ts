/** Whether replicas are equal, byte for byte: each node is asked for the digests of what it itself holds. */
import calculateSlot from 'cluster-key-slot';
import { ask } from '../processes/ask.js';

const KEYS_A_QUESTION = 200;
const NOTHING = /^0+$/;

/** A key whose replicas differ, and what each primary holds, by port. */
export interface Difference {
  readonly key: string;
  readonly digests: ReadonlyMap<number, string>;
}

/** Which nodes are the primaries of each slot, by the ports of their clients. */
export class Primaries {
  readonly #ofSlot: readonly (readonly number[])[];

  /** All of it, for comparison. */
  readonly text: string;
  /** Of the slot that has the fewest, how many. */
  readonly least: number;

  private constructor(ofSlot: readonly (readonly number[])[], text: string) {
    this.#ofSlot = ofSlot;
    this.text = text;
    this.least = Math.min(...ofSlot.map((ports) => ports.length));
  }

  /** Asks the node at `port`, which must reach all others: else it names fallbacks too. */
  static async of(port: number): Promise<Primaries> {
    const reply = await ask(port, 'CLUSTER', 'SLOTS');
    if (!Array.isArray(reply)) throw new Error(`port ${port} answers CLUSTER SLOTS with ${String(reply)}`);
    const ofSlot: (readonly number[])[] = [];
    for (const [first, last, ...nodes] of reply) {
      const ports = nodes.map((node: readonly unknown[]) => Number(node[1]));
      for (let slot = Number(first); slot <= Number(last); slot++) ofSlot[slot] = ports;
    }
    return new Primaries(ofSlot, JSON.stringify(ofSlot));
  }

  of(key: string): readonly number[] {
    return this.#ofSlot[calculateSlot(key)] ?? [];
  }
}

/** The keys among `keys` whose primaries do not all hold the same. Rejects where a node does not answer. */
export async function differences(primaries: Primaries, keys: readonly string[]): Promise<Difference[]> {
  const keysOf = new Map<number, string[]>();
  for (const key of keys) {
    for (const port of primaries.of(key)) {
      const own = keysOf.get(port);
      if (own === undefined) keysOf.set(port, [key]);
      else own.push(key);
    }
  }
  const found = new Map<string, Map<number, string>>(keys.map((key) => [key, new Map()]));
  await Promise.all(
    [...keysOf].map(async ([port, own]) => {
      for (let at = 0; at < own.length; at += KEYS_A_QUESTION) {
        const some = own.slice(at, at + KEYS_A_QUESTION);
        const digests = await digestsAt(port, some);
        for (const [index, key] of some.entries()) found.get(key)?.set(port, digests[index] ?? '');
      }
    }),
  );
  return [...found].flatMap(([key, digests]) => (new Set(digests.values()).size > 1 ? [{ key, digests }] : []));
}

async function digestsAt(port: number, keys: readonly string[]): Promise<string[]> {
  const reply = await ask(port, 'DEBUG', 'DIGEST-VALUE', ...keys);
  if (!Array.isArray(reply)) throw new Error(`port ${port} answers DEBUG DIGEST-VALUE with ${String(reply)}`);
  return reply.map(String);
}

/** A difference in a sentence. */
export function differenceText({ key, digests }: Difference): string {
  const held = [...digests].map(([port, digest]) => `${port} ${NOTHING.test(digest) ? 'nothing' : digest.slice(0, 8)}`);
  return `replicas differ: ${key}: ${held.join(', ')}`;
}
