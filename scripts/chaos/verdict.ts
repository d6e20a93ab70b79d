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
 *   machine), the same holds of what a plain GET shows, through whichever node: nothing older than an acknowledged write,
 *   and after an acknowledged delete, or a value that has expired, nothing older than that: what was deleted does not come back.
 * - **Carts.** A client that writes has merged what its token covers. So an item that was in an acknowledged write is in
 *   one of the siblings, unless a write that had seen it took it out; whether that was acknowledged makes no difference.
 * - **Numbers.** What clients add adds up: a number stands at the sum of what was acknowledged, and of some of what has an
 *   unknown outcome, through every node alike.
 * - **No value from nowhere**: each value was written to that key, by a write that was not refused with "nothing was
 *   written".
 */
import { type Addition, type CartWrite, idIn, itemsIn, type Ledger, type Write } from './ledger.js';

/** What became of a key. */
export interface FinalState {
  /** Values of all siblings that are neither deleted nor expired, newest first. */
  readonly siblings: readonly string[];
  /** What a plain GET shows through each node, by port. */
  readonly shown: ReadonlyMap<number, string | null>;
}

const NOTHING: FinalState = { siblings: [], shown: new Map() };

/** Every violation, in a sentence. `final`: by key. */
export function violationsOf(ledger: Ledger, final: ReadonlyMap<string, FinalState>): string[] {
  return [
    ...ledger.plainKeys().flatMap((key) => plainViolations(key, ledger.writesOf(key), final.get(key) ?? NOTHING)),
    ...ledger
      .cartKeys()
      .flatMap((key) => cartViolations(key, ledger.cartWritesOf(key), (final.get(key) ?? NOTHING).siblings)),
    ...ledger
      .countedKeys()
      .flatMap((key) => sumViolations(key, ledger.additionsTo(key), (final.get(key) ?? NOTHING).shown)),
  ];
}

function plainViolations(key: string, writes: readonly Write[], { siblings, shown }: FinalState): string[] {
  const { present, invented } = presentWrites(key, writes, siblings);
  const emptying = writes.filter(({ kind, outcome }) => kind !== 'set' && outcome !== 'refused');
  const lost = writes.filter(
    (write) =>
      write.kind === 'set' &&
      write.outcome === 'acknowledged' &&
      ![...present, ...emptying].some((other) => mayHaveKnown(other, write)),
  );
  const text = siblings.map(idIn).join(' ') || 'nothing';
  const reported = lost
    .slice(-1)
    .map((write) => `lost write: ${key} is ${text}, but ${describe(write)} (${lost.length} such)`);
  if (lost.length > 0) return [...invented, ...reported];
  return [...invented, ...[...shown].flatMap(([port, value]) => shownViolations(key, writes, port, value))];
}

/** What is wrong with a value, or with its absence, that a plain GET shows through `port`. */
function shownViolations(key: string, writes: readonly Write[], port: number, value: string | null): string[] {
  const acknowledged = writes.filter(({ outcome }) => outcome === 'acknowledged');
  if (value === null) {
    const emptying = writes.filter(({ kind, outcome }) => kind !== 'set' && outcome !== 'refused');
    const missed = acknowledged.filter(
      (write) => write.kind === 'set' && !emptying.some((other) => mayHaveKnown(other, write)),
    );
    return missed.slice(-1).map((write) => `nothing is shown: ${key} through port ${port}, but ${describe(write)}`);
  }
  const source = writes.find(({ id }) => id === idIn(value));
  if (source === undefined) return [`value from nowhere: ${key} shows ${quote(value)} through port ${port}`];
  if (source.kind === 'fleeting' && source.outcome === 'acknowledged') {
    return [`an expired value is shown: ${key} is ${source.id} through port ${port}: ${describe(source)}`];
  }
  const newest = acknowledged.filter((write) => !mayHaveKnown(source, write)).at(-1);
  if (newest === undefined) return [];
  const what = newest.kind === 'set' ? 'an older value is shown' : 'a deleted value came back';
  return [`${what}: ${key} is ${describe(source)} when asked through port ${port}, but ${describe(newest)}`];
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

function sumViolations(
  key: string,
  additions: readonly Addition[],
  shown: ReadonlyMap<number, string | null>,
): string[] {
  const sumOf = (...outcomes: Addition['outcome'][]): number =>
    additions.reduce((sum, { outcome, amount }) => (outcomes.includes(outcome) ? sum + amount : sum), 0);
  const least = sumOf('acknowledged');
  const most = least + sumOf('unknown', 'under way');
  const values = new Set(shown.values());
  if (values.size > 1) return [`numbers differ: ${key} is ${[...values].join(' and ')} through different nodes`];
  return [...values]
    .filter((value) => Number(value) < least || Number(value) > most)
    .map((value) => `wrong sum: ${key} is ${value}; ${least} were acknowledged, ${most - least} more may be in it`);
}

function presentWrites<W extends Write>(key: string, writes: readonly W[], values: readonly string[]) {
  const byId = new Map(writes.map((write) => [write.id, write]));
  const present: W[] = [];
  const invented: string[] = [];
  for (const value of values) {
    const write = byId.get(idIn(value));
    if (write === undefined) invented.push(`value from nowhere: ${key} has ${quote(value)}`);
    else if (write.outcome === 'refused') invented.push(`refused write is there: ${key}: ${describe(write)}`);
    if (write !== undefined) present.push(write);
  }
  return { present, invented };
}

function quote(value: string): string {
  return JSON.stringify(value.slice(0, 60));
}

function describe({ id, kind, port, outcome, startMs, endMs }: Write): string {
  const times = `${(startMs / 1000).toFixed(3)} s to ${Number.isFinite(endMs) ? (endMs / 1000).toFixed(3) : '?'} s`;
  return `${kind} ${id}, ${outcome} through port ${port} (${times})`;
}
