/**
 * What must hold once the faults have ended and the cluster has healed. Pure: it looks at the ledger and at what the
 * nodes hold.
 *
 * The promise: an acknowledged write is among the siblings of its key, or a write that knew of it has taken its place.
 *
 * - **Plain keys.** A write that knew of write w was minted after w was begun, and ended after that. So where w is not
 *   there, something must be there (or have been deleted) that ended after w was begun; one whose outcome is unknown may
 *   have ended at any time. Of a key that one client writes, one write after the other, that leaves the last
 *   acknowledged write and those after it. And since a later write has the later clock (all nodes read the clock of one
 *   machine), the same holds of the newest sibling alone, which is what a plain GET shows.
 * - **Carts.** A client that writes has merged what its token covers. So an item that was in an acknowledged write is in
 *   one of the siblings, unless a write that had seen it took it out; whether that was acknowledged makes no difference.
 * - **No value from nowhere**: each value was written to that key, by a write that was not refused with "nothing was
 *   written".
 */
import { type CartWrite, idIn, itemsIn, type Ledger, type Write } from './ledger.js';

/** The values of a key at the end, newest first. */
export type FinalValues = ReadonlyMap<string, readonly string[]>;

/** Every violation, in a sentence. */
export function violationsOf(ledger: Ledger, final: FinalValues): string[] {
  return [
    ...ledger.plainKeys().flatMap((key) => plainViolations(key, ledger.writesOf(key), final.get(key) ?? [])),
    ...ledger.cartKeys().flatMap((key) => cartViolations(key, ledger.cartWritesOf(key), final.get(key) ?? [])),
  ];
}

function plainViolations(key: string, writes: readonly Write[], values: readonly string[]): string[] {
  const { present, invented } = presentWrites(key, writes, values);
  const deletes = writes.filter(({ isDelete, outcome }) => isDelete && outcome !== 'refused');
  const [newest] = present;
  const lost: Write[] = [];
  const hidden: Write[] = [];
  for (const write of writes) {
    if (write.isDelete || write.outcome !== 'acknowledged' || present.includes(write)) continue;
    if (![...present, ...deletes].some((other) => mayHaveKnown(other, write))) lost.push(write);
  }
  for (const write of writes) {
    if (write.isDelete || write.outcome !== 'acknowledged' || newest === undefined || lost.includes(write)) continue;
    if (!mayHaveKnown(newest, write)) hidden.push(write);
  }
  const shown = values.map(idIn).join(' ') || 'nothing';
  return [
    ...invented,
    ...lost.slice(-1).map((write) => `lost write: ${key} is ${shown}, but ${describe(write)} (${lost.length} such)`),
    ...hidden.slice(-1).map((write) => `an older value is shown: ${key} is ${shown}, but ${describe(write)}`),
  ];
}

/** Whether `other` may have been minted when `write` had been: it is the same, or it ended after `write` was begun. */
function mayHaveKnown(other: Write, write: Write): boolean {
  return other === write || other.endMs >= write.startMs;
}

function cartViolations(key: string, writes: readonly CartWrite[], values: readonly string[]): string[] {
  const { invented } = presentWrites(key, writes, values);
  const present = new Set(values.flatMap(itemsIn));
  const removed = new Set(writes.flatMap((write) => write.removed));
  const lost = new Map<string, CartWrite>();
  for (const write of writes) {
    if (write.outcome !== 'acknowledged') continue;
    for (const item of write.items) if (!present.has(item) && !removed.has(item)) lost.set(item, write);
  }
  const shown = [...present].join(' ') || 'nothing';
  return [
    ...invented,
    ...[...lost].map(([item, write]) => `lost item: ${key} has ${shown}, but ${item} was in ${describe(write)}`),
  ];
}

function presentWrites<W extends Write>(key: string, writes: readonly W[], values: readonly string[]) {
  const byId = new Map(writes.map((write) => [write.id, write]));
  const present: W[] = [];
  const invented: string[] = [];
  for (const value of values) {
    const write = byId.get(idIn(value));
    if (write === undefined) invented.push(`value from nowhere: ${key} has ${JSON.stringify(value.slice(0, 60))}`);
    else if (write.outcome === 'refused') invented.push(`refused write is there: ${key}: ${describe(write)}`);
    if (write !== undefined) present.push(write);
  }
  return { present, invented };
}

function describe({ id, port, outcome, startMs, endMs }: Write): string {
  const times = `${(startMs / 1000).toFixed(3)} s to ${Number.isFinite(endMs) ? (endMs / 1000).toFixed(3) : '?'} s`;
  return `${id}, ${outcome} through port ${port} (${times})`;
}
