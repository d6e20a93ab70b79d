/** Makes two nodes hold the same of some keys, by ordinary PUTs and GETs: whatever they carry is merged. */
import { getFrom, putTo } from '../background/peer-calls.js';
import { refusesDrift } from '../coordinator/drift.js';
import { readHeld } from '../handoff/handoff-node.js';
import { LOG, STORED } from '../replica/replica.js';
import type { Partition } from '../ring/slots.js';
import { highestCounter, versionFingerprint } from '../version/encoded.js';
import { COUNTERS_PER_MS } from '../version/hybrid-clock.js';
import type { Peer } from '../wire/peer.js';
import type { ExchangeNode } from './exchange-node.js';
import { compareMarks, type KeyMark, type LeafRow } from './leaf-page.js';
import { RECENT_MS } from './limits.js';

/** A key that two nodes hold in different versions, and the way in which it is repaired. */
export interface Difference extends KeyMark {
  /** `push`: ours goes there. `pull`: theirs comes here, and the merged one goes there if it is yet another. */
  readonly way: 'push' | 'pull';
  /** Length of the object that moves. */
  readonly bytes: number;
}

/**
 * What differs between the rows of the two nodes for the same range of keys, both in their order. The newer version moves,
 * so that values do not travel in vain. What this node got within the last `recentMs` is left out: it is on its way.
 */
export function differences(
  ours: readonly LeafRow[],
  theirs: readonly LeafRow[],
  nowMs: number,
  recentMs: number = RECENT_MS,
): Difference[] {
  const found: Difference[] = [];
  let i = 0;
  let j = 0;
  for (;;) {
    const own = ours[i];
    const their = theirs[j];
    if (own === undefined && their === undefined) return found;
    const order = own === undefined ? 1 : their === undefined ? -1 : compareMarks(own, their);
    if (order <= 0) i++;
    if (order >= 0) j++;
    const difference = differenceOf(order <= 0 ? own : undefined, order >= 0 ? their : undefined, nowMs, recentMs);
    if (difference !== undefined) found.push(difference);
  }
}

function differenceOf(
  own: LeafRow | undefined,
  their: LeafRow | undefined,
  nowMs: number,
  recentMs: number,
): Difference | undefined {
  if (own === undefined) return their && { db: their.db, key: their.key, way: 'pull', bytes: their.bytes };
  const { db, key } = own;
  if (own.fingerprint === their?.fingerprint || isRecent(own.counter, nowMs, recentMs)) return undefined;
  if (their === undefined || own.counter > their.counter) return { db, key, way: 'push', bytes: own.bytes };
  return { db, key, way: 'pull', bytes: their.bytes };
}

/** Counters may be ahead of the clock for long, where another clock is: those count as old, or they would never be repaired. */
function isRecent(counter: number, nowMs: number, recentMs: number): boolean {
  return Math.abs(nowMs - counter / COUNTERS_PER_MS) < recentMs;
}

/** What became of a repair. */
export type Repaired = 'pushed' | 'pulled' | 'nothing to do' | 'failed';

/** Repairs one key of a partition. Never rejects. */
export async function repair(
  node: ExchangeNode,
  peer: Peer,
  partition: Partition,
  { way, db, key }: Difference,
): Promise<Repaired> {
  return way === 'push' ? push(node, peer, partition, db, key) : pull(node, peer, partition, db, key);
}

async function push(
  { replica }: ExchangeNode,
  peer: Peer,
  partition: Partition,
  db: number,
  key: string,
): Promise<Repaired> {
  const held = await readHeld(replica, { partition, db, key });
  if (held === 'unreadable') return 'failed';
  if (held === null) return 'nothing to do';
  return (await putTo(peer, partition, db, key, held, LOG)) ? 'pushed' : 'failed';
}

async function pull(node: ExchangeNode, peer: Peer, partition: Partition, db: number, key: string): Promise<Repaired> {
  const { replica, hybridClock } = node;
  const place = { partition, db, key };
  const held = await readHeld(replica, place);
  if (held === 'unreadable') return 'failed';
  const object = await getFrom(peer, partition, db, key, held === null ? 0 : versionFingerprint(held));
  if (object === 'same' || object === 'nothing') return 'nothing to do';
  if (typeof object === 'string') return 'failed';
  const counter = highestCounter(object);
  if (refusesDrift(node, counter, peer.id)) return 'failed';
  hybridClock.observe(counter);
  const merged = await new Promise<boolean>((resolve) => {
    const waiter = { stored: (failure: unknown) => resolve(failure === undefined) };
    if (replica.merge(partition, db, key, object, LOG, waiter) === STORED) resolve(true);
  });
  if (!merged) return 'failed';
  const now = await readHeld(replica, place);
  if (now === null || now === 'unreadable' || versionFingerprint(now) === versionFingerprint(object)) return 'pulled';
  return (await putTo(peer, partition, db, key, now, LOG)) ? 'pulled' : 'failed';
}
