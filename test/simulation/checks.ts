/** What must hold of a run. Each check is pure: it looks at what was recorded and calls `violation`. */
import { decodeObject } from '../../cluster/version/codec.js';
import { isLive, type VersionedObject } from '../../cluster/version/object.js';
import type { History, Request } from './history.js';
import { type DotName, dotName, type Ledger } from './ledger.js';

type Violation = (text: string) => void;

/**
 * A write that was acknowledged is among the siblings at the end, or superseded by something that knew of it, or reaped
 * (see `Ledger.excusedOf`).
 */
export function checkNoLostWrite(
  history: History,
  ledger: Ledger,
  finalObject: (key: string) => VersionedObject | undefined,
  violation: Violation,
): void {
  const histories = new Map<string, ReadonlySet<DotName>>();
  for (const request of history.requests) {
    // What was added is checked as a sum (`Counting`).
    if (request.outcome !== 'acknowledged' || request.kind === 'get' || request.kind === 'increment') continue;
    let final = histories.get(request.key);
    if (final === undefined) {
      final = new Set([...ledger.historyOf(request.key, finalObject(request.key)), ...ledger.excusedOf(request.key)]);
      histories.set(request.key, final);
    }
    if (!isIn(final, request, ledger)) violation(`lost write: ${describe(request)} was acknowledged`);
  }
}

/** Nobody was shown a value that no client wrote to that key. */
export function checkNoInvention(
  history: History,
  ledger: Ledger,
  finalObject: (key: string) => VersionedObject | undefined,
  violation: Violation,
): void {
  const check = (request: Request | undefined, key: string, object: VersionedObject | undefined): void => {
    for (const sibling of object?.siblings ?? []) {
      const reason = ledger.inventionIn(key, sibling);
      if (reason === undefined) continue;
      violation(`invention: ${request === undefined ? `${key} at the end` : describe(request)}: ${reason}`);
    }
  };
  const keys = new Set<string>();
  for (const request of history.requests) {
    keys.add(request.key);
    check(request, request.key, request.object);
  }
  for (const key of keys) check(undefined, key, finalObject(key));
}

/** What was deleted (or superseded by what was) stays away, also when its tombstone is gone. */
export function checkNoResurrection(
  history: History,
  ledger: Ledger,
  finalObject: (key: string) => VersionedObject | undefined,
  nowMs: number,
  violation: Violation,
): void {
  const deletes = new Map<string, DotName[]>();
  for (const { kind, key, dot, outcome } of history.requests) {
    const of = deletes.get(key) ?? [];
    deletes.set(key, of);
    if (kind === 'delete' && outcome === 'acknowledged' && dot !== undefined) of.push(dot);
  }
  for (const [key, dots] of deletes) {
    if (ledger.wasTruncated(key)) continue;
    const gone = new Set([...ledger.pastOf(key, dots), ...ledger.reapedOf(key)]);
    for (const sibling of finalObject(key)?.siblings ?? []) {
      const name = dotName(sibling.dot);
      if (gone.has(name) && isLive(sibling, nowMs)) violation(`resurrection: ${key} holds ${name}, which was deleted`);
    }
  }
}

/** All replicas of a key hold the same bytes. `copies`: by key, what each primary holds. */
export function checkConvergence(
  copies: ReadonlyMap<string, ReadonlyMap<string, Buffer | undefined>>,
  violation: Violation,
): void {
  for (const [key, byHost] of copies) {
    const [first, ...others] = [...byHost.values()];
    const same = others.every((other) =>
      first === undefined || other === undefined ? first === other : first.equals(other),
    );
    if (same) continue;
    violation(`no convergence: ${key}: ${[...byHost].map(([host, bytes]) => `${host} ${inShort(bytes)}`).join('; ')}`);
  }
}

/** A copy as its clock and its siblings, without the values. */
function inShort(bytes: Buffer | undefined): string {
  if (bytes === undefined) return 'nothing';
  const { clock, siblings } = decodeObject(bytes);
  const seen = [...clock].map(([actor, counter]) => dotName({ actor, counter })).join(' ');
  return `has seen ${seen}, holds ${siblings.map(({ dot, tombstone }) => `${dotName(dot)}${tombstone ? '†' : ''}`).join(' ')}`;
}

/**
 * A get finds every write that had been acknowledged before it began, or what superseded it; and every write that its own
 * session asked for before it. Holds where R + W > N (`overlaps` says for which keys) and no fault has taken what was
 * acknowledged.
 */
export function checkReads(
  history: History,
  ledger: Ledger,
  overlaps: (key: string) => boolean,
  violation: Violation,
): void {
  const writes = new Map<string, Request[]>();
  for (const request of history.requests) {
    if (request.kind === 'get' || request.kind === 'increment' || request.outcome !== 'acknowledged') continue;
    const ofKey = writes.get(request.key) ?? [];
    ofKey.push(request);
    writes.set(request.key, ofKey);
  }
  /** By key and what was found there: many reads find the same. */
  const histories = new Map<string, ReadonlySet<DotName>>();
  for (const get of history.requests) {
    if (get.kind !== 'get' || get.outcome !== 'acknowledged' || !overlaps(get.key)) continue;
    const found = (get.object?.siblings ?? []).map(({ dot }) => dotName(dot)).join(' ');
    const version = `${get.key} ${found}`;
    const seen = histories.get(version) ?? seenIn(get, ledger);
    histories.set(version, seen);
    for (const write of writes.get(get.key) ?? []) {
      const before = (write.endedAt ?? Number.POSITIVE_INFINITY) < get.startedAt;
      const sameSession = write.session === get.session && write.startedAt < get.startedAt;
      if ((before || sameSession) && !isIn(seen, write, ledger)) {
        violation(`stale read: ${describe(get)} did not see ${describe(write)}`);
      }
    }
  }
}

function seenIn(get: Request, ledger: Ledger): ReadonlySet<DotName> {
  return new Set([...ledger.historyOf(get.key, get.object), ...ledger.excusedOf(get.key)]);
}

function isIn(history: ReadonlySet<DotName>, request: Request, ledger: Ledger): boolean {
  const dots = request.dot === undefined ? ledger.dotsOf(request.id) : [request.dot];
  return dots.some((name) => history.has(name));
}

function describe({ id, kind, key, host, session, object }: Request): string {
  const siblings = (object?.siblings ?? []).map(({ dot }) => dotName(dot)).join(' ');
  return `${kind} ${id} of ${key} at ${host}, session ${session}${siblings && `, which left ${siblings},`}`;
}
