/**
 * What really happened to each key: every write that a node minted a dot for, and what that write was entitled to
 * supersede. The version vectors are what is under test, so they are not asked: a write's past is spelt out.
 *
 * - a put with a context: the siblings that its client was shown, and their past;
 * - a put with an empty context: nothing;
 * - a put without one: the siblings that the coordinator held when it minted;
 * - a read-modify-write: whatever its clock covers (it read a quorum that can't be seen from here);
 * - what runs after its client was answered (an attempt of it was late) supersedes nothing that came after the answer.
 */
import type { ClusterNode } from '../../cluster/node.js';
import { decodeObject, type ObjectBytes } from '../../cluster/version/codec.js';
import { highestCounter } from '../../cluster/version/encoded.js';
import { COUNTERS_PER_MS } from '../../cluster/version/hybrid-clock.js';
import { type Dot, hasSeen, isLive, type Sibling, type VersionedObject } from '../../cluster/version/object.js';
import { isCounted } from './counting.js';

export type DotName = string;

const NOTHING: ReadonlySet<DotName> = new Set();

export function dotName({ actor, counter }: Dot): DotName {
  return `${actor}:${counter}`;
}

/** A write that some node minted a dot for. */
export interface Minted {
  readonly name: DotName;
  /** Rises with each write. */
  readonly order: number;
  readonly sibling: Sibling;
  readonly host: string;
  /** True time, ms since 1970. */
  readonly atMs: number;
  /** The writes that it superseded at once; those have a past of their own. */
  readonly past: readonly DotName[];
}

/** What a client asked for. */
export interface Intent {
  readonly id: number;
  readonly key: string;
  readonly kind: 'put' | 'set' | 'delete' | 'expire' | 'increment';
  /** The siblings that the client was shown; `all`: it left it to the coordinator; `none`: an empty context. */
  readonly context: readonly DotName[] | 'all' | 'none';
}

export class Ledger {
  readonly #minted = new Map<string, Map<DotName, Minted>>();
  readonly #intents = new Map<number, Intent>();
  readonly #dotsOf = new Map<number, DotName[]>();
  /** How many writes there were when a request was answered. */
  readonly #answeredAt = new Map<number, number>();
  /** By key: the requests for which a tombstone may be written. */
  readonly #deletes = new Map<string, number[]>();
  #order = 0;
  /** By key: what was reaped, and all that it had superseded. */
  readonly #reaped = new Map<string, Set<DotName>>();
  /** Keys of which a clock was cut: what was superseded may stand beside it again (Dynamo §4.4). */
  readonly #truncated = new Set<string>();
  /** By key: what left a node that could not hand it on in time. */
  readonly #forgotten = new Map<string, Set<DotName>>();
  readonly #violation: (text: string) => void;

  constructor(violation: (text: string) => void) {
    this.#violation = violation;
  }

  /** A client is about to ask for this. */
  intend(intent: Intent): void {
    this.#intents.set(intent.id, intent);
    if (intent.kind !== 'delete' && intent.kind !== 'expire') return;
    this.#deletes.set(intent.key, [...(this.#deletes.get(intent.key) ?? []), intent.id]);
  }

  /** A client was answered. */
  answered(id: number): void {
    this.#answeredAt.set(id, this.#order);
  }

  /**
   * Notes every write that `node` mints from now on, every tombstone that leaves a node which `owns` its key, and what
   * leaves another one that could not hand it on for `forgetsAfterMs`.
   */
  watch(
    host: string,
    node: ClusterNode,
    owns: (key: string) => boolean,
    forgetsAfterMs: number,
    nowMs: () => number,
  ): void {
    const { replica } = node;
    const drop = replica.drop.bind(replica);
    replica.drop = (partition, db, key, fingerprint, waiter) => {
      const record = replica.peek(partition, db, key);
      const dropped = drop(partition, db, key, fingerprint, waiter);
      if (dropped && record) {
        if (owns(key)) this.#reap(key, record, nowMs());
        else if (nowMs() - highestCounter(record) / COUNTERS_PER_MS > forgetsAfterMs) this.#forget(key, record);
      }
      return dropped;
    };
    const store = replica.store.bind(replica);
    replica.store = (partition, db, key, record, durability, waiter) => {
      const before = replica.peek(partition, db, key);
      this.#mint(host, nowMs(), key, before === undefined || before === null ? undefined : before, record);
      return store(partition, db, key, record, durability, waiter);
    };
  }

  /** The dots that were minted for what a client asked. */
  dotsOf(intentId: number): readonly DotName[] {
    return this.#dotsOf.get(intentId) ?? [];
  }

  /** What was minted for a key at `ms` or later. */
  mintedSince(key: string, ms: number): DotName[] {
    const minted = [...(this.#minted.get(key)?.values() ?? [])];
    return minted.filter(({ atMs }) => atMs >= ms).map(({ name }) => name);
  }

  /** What was reaped of a key, with all that it had superseded. */
  reapedOf(key: string): ReadonlySet<DotName> {
    return this.#reaped.get(key) ?? NOTHING;
  }

  /**
   * As `reapedOf`, and what a node that is none of the key's primaries was left with for longer than deletions are
   * remembered: nobody can tell whether the key was deleted meanwhile, so that copy goes.
   */
  excusedOf(key: string): ReadonlySet<DotName> {
    const forgotten = this.#forgotten.get(key);
    return forgotten === undefined ? this.reapedOf(key) : new Set([...this.reapedOf(key), ...forgotten]);
  }

  /** These writes of a key need not be found any more. */
  excuse(key: string, names: ReadonlySet<DotName>): void {
    if (names.size > 0) this.#forgotten.set(key, new Set([...(this.#forgotten.get(key) ?? []), ...names]));
  }

  /** Whether a clock of the key was cut, so that what was superseded may come back. */
  wasTruncated(key: string): boolean {
    return this.#truncated.has(key);
  }

  /** All writes that the writes `names` had superseded, at once or through others. */
  pastOf(key: string, names: readonly DotName[]): ReadonlySet<DotName> {
    return this.#closure(
      key,
      names.flatMap((name) => this.#minted.get(key)?.get(name)?.past ?? []),
    );
  }

  /** All writes of a key. */
  mintedOf(key: string): readonly Minted[] {
    return [...(this.#minted.get(key)?.values() ?? [])];
  }

  isMinted(key: string, name: DotName): boolean {
    return this.#minted.get(key)?.has(name) === true;
  }

  /** All writes that an object stands for: its siblings and what those superseded. */
  historyOf(key: string, object: VersionedObject | undefined): ReadonlySet<DotName> {
    return this.#closure(
      key,
      (object?.siblings ?? []).map(({ dot }) => dotName(dot)),
    );
  }

  #closure(key: string, names: readonly DotName[]): ReadonlySet<DotName> {
    const history = new Set<DotName>();
    const minted = this.#minted.get(key);
    const open = [...names];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (history.has(name)) continue;
      history.add(name);
      open.push(...(minted?.get(name)?.past ?? []));
    }
    return history;
  }

  /** Why a sibling that somebody was shown was never written so; undefined if it was. */
  inventionIn(key: string, sibling: Sibling): string | undefined {
    const minted = this.#minted.get(key)?.get(dotName(sibling.dot));
    if (minted === undefined) return `${dotName(sibling.dot)} was never minted`;
    return sameSibling(minted.sibling, sibling) ? undefined : `${dotName(sibling.dot)} is not what was written`;
  }

  #mint(host: string, atMs: number, key: string, before: ObjectBytes | undefined, record: ObjectBytes): void {
    const after = decodeObject(record);
    let minted = this.#minted.get(key);
    if (minted === undefined) {
      minted = new Map();
      this.#minted.set(key, minted);
    }
    const fresh = after.siblings.filter(({ dot }) => !minted.has(dotName(dot)));
    if (fresh.length === 0) this.#violation(`${host} wrote ${key} without a dot of its own: a dot was minted twice`);
    const pasts = fresh.map((sibling) => this.#inTime(key, sibling, this.#pastOf(key, sibling, before, after)));
    if (this.#isCut(key, before, after, pasts.flat())) this.#truncated.add(key);
    for (const [i, sibling] of fresh.entries()) {
      const name = dotName(sibling.dot);
      const copy = { ...sibling, value: Buffer.from(sibling.value) };
      minted.set(name, { name, order: this.#order++, sibling: copy, host, atMs, past: pasts[i] ?? [] });
      const id = intentIdIn(sibling.value);
      if (id !== undefined) this.#dotsOf.set(id, [...this.dotsOf(id), name]);
    }
  }

  /** Of `past`, what was there when the last request that `sibling` can come from was answered. */
  #inTime(key: string, sibling: Sibling, past: readonly DotName[]): readonly DotName[] {
    if (isCounted(key)) return past;
    const id = intentIdIn(sibling.value);
    const ids = sibling.tombstone
      ? (this.#deletes.get(key) ?? [])
      : [...(id === undefined ? [] : [id]), ...(this.#deletes.get(key) ?? [])];
    const answeredAt = Math.max(...ids.map((each) => this.#answeredAt.get(each) ?? Number.POSITIVE_INFINITY));
    return past.filter((name) => (this.#minted.get(key)?.get(name)?.order ?? 0) < answeredAt);
  }

  #forget(key: string, record: ObjectBytes): void {
    const names = this.historyOf(key, decodeObject(record));
    this.#forgotten.set(key, new Set([...(this.#forgotten.get(key) ?? []), ...names]));
  }

  #reap(key: string, record: ObjectBytes, nowMs: number): void {
    const object = decodeObject(record);
    // What is live has no business to leave an owner: the check for lost writes finds it.
    if (object.siblings.some((sibling) => isLive(sibling, nowMs))) return;
    this.#reaped.set(key, new Set([...this.reapedOf(key), ...this.historyOf(key, object)]));
  }

  /** Whether the clock of `after` has lost what it must have seen. */
  #isCut(key: string, before: ObjectBytes | undefined, after: VersionedObject, past: readonly DotName[]): boolean {
    const actors = before === undefined ? [] : decodeObject(before).clock.keys();
    for (const actor of actors) if (!after.clock.has(actor)) return true;
    return past.some((name) => {
      const write = this.#minted.get(key)?.get(name);
      return write !== undefined && !hasSeen(after.clock, write.sibling.dot);
    });
  }

  #pastOf(key: string, sibling: Sibling, before: ObjectBytes | undefined, after: VersionedObject): readonly DotName[] {
    const held = before === undefined ? undefined : decodeObject(before);
    const intent = this.#intentBehind(key, sibling);
    if (intent !== undefined && Array.isArray(intent.context)) return intent.context;
    if (intent?.context === 'none') return [];
    const kept = new Set(after.siblings.map(({ dot }) => dotName(dot)));
    if (intent?.kind === 'put') {
      return (held?.siblings ?? []).map(({ dot }) => dotName(dot)).filter((name) => !kept.has(name));
    }
    // A clock that was cut says less than what the coordinator had seen.
    const covered = [...(this.#minted.get(key)?.values() ?? [])].filter(
      ({ name, sibling: { dot } }) =>
        !kept.has(name) && (hasSeen(after.clock, dot) || (held !== undefined && hasSeen(held.clock, dot))),
    );
    return covered.map(({ name }) => name);
  }

  /** The request that a new sibling answers; undefined for tombstones, what is checked as a sum, and values that got a new expiry. */
  #intentBehind(key: string, { tombstone, value }: Sibling): Intent | undefined {
    if (isCounted(key)) return undefined;
    if (tombstone) {
      if (!this.#deletes.has(key)) this.#violation(`invention: ${key} was deleted, and nobody had asked for it`);
      return undefined;
    }
    const id = intentIdIn(value);
    const intent = id === undefined ? undefined : this.#intents.get(id);
    if (id === undefined || intent === undefined || intent.key !== key) {
      this.#violation(
        `invention: ${key} was given a value that no client wrote: ${value.toString('latin1').slice(0, 40)}`,
      );
      return undefined;
    }
    return this.dotsOf(id).length === 0 ? intent : undefined;
  }
}

/** The value that the client of request `id` writes: it names the request. */
export function writtenValue(id: number, padding: number): Buffer {
  return Buffer.from(`w${id}.${'x'.repeat(padding)}`);
}

/** The request that a value names. */
function intentIdIn(value: Buffer): number | undefined {
  const match = /^w(\d+)\.x*$/.exec(value.toString('latin1'));
  return match === null ? undefined : Number(match[1]);
}

function sameSibling(a: Sibling, b: Sibling): boolean {
  return a.tombstone === b.tombstone && a.expiryMs === b.expiryMs && a.value.equals(b.value);
}
