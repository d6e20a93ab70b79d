/**
 * How many replicas hold what a session wrote last: `WAIT`. The versions that its keys have now are read as a get reads
 * them, and then all primaries are asked, again and again, whether they hold those.
 */
import { getFrom } from '../background/peer-calls.js';
import type { Failure } from '../failure.js';
import { type Partition, partitionOf, slotOf } from '../ring/slots.js';
import { decodeObject } from '../version/codec.js';
import { versionFingerprint } from '../version/encoded.js';
import { covers, type VersionVector } from '../version/object.js';
import type { Coordination } from './coordination.js';
import type { WrittenKey } from './last-writes.js';
import { HELD_PAUSE_MS } from './limits.js';
import { isReachable, type Target } from './routes.js';
import type { Session } from './session.js';

/** Until when to wait. */
export interface HeldWait {
  /** How many replicas beside one that coordinates are enough. */
  readonly replicas: number;
  /** 0: as long as it takes. */
  readonly timeoutMs: number;
  /** Nobody waits any more. */
  readonly isOver: () => boolean;
}

/** A version of a key, and who has been found to hold it. */
interface Watched extends WrittenKey {
  readonly clock: VersionVector;
  readonly fingerprint: number;
  readonly holders: Set<Target>;
}

/**
 * How many primaries of each of the keys that the session wrote last hold what it wrote there, less the one that coordinated: the
 * fewest of all keys. Where it has written nothing: how many other primaries the default keyspace has that can be reached. Waits as `wait` says.
 */
export async function heldWrites(node: Coordination, session: Session, wait: HeldWait): Promise<number | Failure> {
  const { clock, timers } = node.world;
  const startedUs = clock.monotonicUs();
  const written = session.lastWrites();
  const versions = await Promise.all(written.map((one) => versionOf(session, one)));
  const watched: Watched[] = [];
  for (const [index, version] of versions.entries()) {
    const one = written[index];
    if (version !== undefined && 'code' in version) return version;
    if (version !== undefined && one !== undefined) watched.push({ ...one, ...version, holders: new Set() });
  }
  for (;;) {
    await Promise.all(watched.map((one) => askAll(node, one)));
    const held =
      watched.length === 0 ? othersInReach(node) : Math.min(...watched.map(({ holders }) => holders.size - 1));
    const leftMs = wait.timeoutMs - (clock.monotonicUs() - startedUs) / 1000;
    const isLate = wait.timeoutMs > 0 && leftMs <= 0;
    if (held >= wait.replicas || isLate || wait.isOver()) return Math.max(0, held);
    const pauseMs = wait.timeoutMs > 0 ? Math.min(HELD_PAUSE_MS, Math.ceil(leftMs)) : HELD_PAUSE_MS;
    await new Promise<void>((resolve) => timers.after(pauseMs, resolve));
  }
}

/** What a get finds of the key now; undefined: nothing is left of it. */
function versionOf(
  session: Session,
  { db, key }: WrittenKey,
): Promise<Failure | Pick<Watched, 'clock' | 'fingerprint'> | undefined> {
  return new Promise((resolve) => {
    session.get(db, slotOf(Buffer.from(key, 'latin1')), key, undefined, (_state, failure, object) => {
      if (failure !== undefined) resolve(failure);
      else if (object === undefined) resolve(undefined);
      else resolve({ clock: decodeObject(object).clock, fingerprint: versionFingerprint(object) });
    });
  });
}

async function askAll(node: Coordination, watched: Watched): Promise<void> {
  const slot = slotOf(Buffer.from(watched.key, 'latin1'));
  const partition = partitionOf(slot, node.routes.partitionCount);
  const { targets, n } = node.routes.placement(partition, node.keyspaces.of(watched.key).n);
  const primaries = targets.slice(0, n);
  const holders = new Set<Target>();
  await Promise.all(
    primaries.map(async (target) => {
      if (watched.holders.has(target) || (await holds(node, target, partition, watched))) holders.add(target);
    }),
  );
  // Those that are primaries no longer do not count.
  watched.holders.clear();
  for (const target of holders) watched.holders.add(target);
}

async function holds(
  node: Coordination,
  target: Target,
  partition: Partition,
  { db, key, clock, fingerprint }: Watched,
): Promise<boolean> {
  if (!isReachable(target)) return false;
  if (target.peer !== undefined) {
    const answer = await getFrom(target.peer, partition, db, key, fingerprint);
    return answer === 'same' || (typeof answer !== 'string' && covers(decodeObject(answer).clock, clock));
  }
  return new Promise((resolve) => {
    node.replica.glance(partition, db, key, {
      loaded: (_failure, object) => resolve(object !== undefined && covers(decodeObject(object).clock, clock)),
    });
  });
}

function othersInReach({ routes, keyspaces }: Coordination): number {
  const { targets, n } = routes.placement(0 as Partition, keyspaces.of('').n);
  return targets.slice(0, n).filter(isReachable).length - 1;
}
