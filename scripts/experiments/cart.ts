/** Shopping carts: each value is a set of items, and versions of a cart are merged by their union (Dynamo, section 4.4). */
import assert from 'node:assert';
import type { Redis } from 'ioredis';

export interface SeenCart {
  readonly token: string;
  /** How many versions there are. */
  readonly versions: number;
  readonly items: ReadonlySet<string>;
}

/** Reads a cart with all of its versions. */
export async function readCart(client: Redis, key: string): Promise<SeenCart> {
  const reply: unknown = await client.call('GET', key, 'CONTEXT');
  assert(Array.isArray(reply) && typeof reply[0] === 'string' && Array.isArray(reply[1]), 'no reply with a context');
  return { token: reply[0], versions: reply[1].length, items: mergedItems(reply[1].map(String)) };
}

/** Writes the merged cart with one more item in the place of all versions that were seen. */
export async function addItem(client: Redis, key: string, seen: SeenCart, item: string): Promise<void> {
  await client.call('SET', key, [...seen.items, item].join(','), 'CONTEXT', seen.token);
}

/** The union of the items of all versions. */
export function mergedItems(versions: readonly string[]): Set<string> {
  return new Set(versions.flatMap((version) => version.split(',').filter((item) => item !== '')));
}
