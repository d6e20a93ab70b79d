/** Bodies of the peer protocol's requests drawn by a seed: sound ones, so that what is damaged afterwards goes deep. */

import type { StringOperation } from '../../cluster/coordinator/changes/string-change.js';
import { encodeStamp } from '../../cluster/coordinator/forwarding/forward-stamp.js';
import { encodeRequest, type ForwardedRequest } from '../../cluster/coordinator/forwarding/forwarded.js';
import { encodeGossip } from '../../cluster/membership/gossip-message.js';
import type { Partition, Slot } from '../../cluster/ring/slots.js';
import { encodeScanQuestion } from '../../cluster/scan/page.js';
import type { ActorId } from '../../cluster/version/actor.js';
import { encodeObject } from '../../cluster/version/codec.js';
import { encodeCounter } from '../../cluster/version/counter.js';
import type { Sibling } from '../../cluster/version/object.js';
import { QUERY_KIND } from '../../cluster/wire/queries.js';
import type { Prng } from '../simulation/prng.js';

const US_PER_MS = 1000;
const KEYS = 20;
const HUGE = Number.MAX_SAFE_INTEGER;
const SLOTS = 16_384;

/** Any partition but, now and then, one that is none. */
function anyPartition(prng: Prng, count: number): number {
  return prng.chance(0.05) ? prng.pick([count, 65_535]) : prng.below(count);
}

function anyKey(prng: Prng): string {
  return prng.chance(0.05) ? 'k'.repeat(prng.pick([0, 65_536, 65_537, 200_000])) : `peer${prng.below(KEYS)}`;
}

function anyActor(prng: Prng): ActorId {
  return `${prng.pick(['00', '01', '7f', '80', 'ff'])}${'0'.repeat(14)}` as ActorId;
}

/** A time of a dot: past, now, or further ahead than a node believes. */
function anyTime(prng: Prng): number {
  const nowUs = Date.now() * US_PER_MS;
  return prng.pick([0, 1, nowUs - 1_000_000, nowUs, nowUs + 1_000_000, nowUs + 3_600_000_000, HUGE]);
}

function anyCounterValue(prng: Prng): Buffer {
  const unit = (): bigint => prng.pick([0n, 1n, 255n, 2n ** 63n, 10n ** 40n]);
  const actors = Array.from({ length: prng.below(4) }, () => anyActor(prng));
  return encodeCounter({
    epoch: prng.chance(0.5) ? undefined : { actor: anyActor(prng), counter: anyTime(prng) },
    scale: prng.pick([0, 17]),
    base: prng.chance(0.3) ? -unit() : unit(),
    totals: new Map(actors.map((actor) => [actor, { added: unit(), taken: unit() }])),
    expirySetAt: prng.pick([0, HUGE]),
  });
}

/** A well-formed object, with counters and several siblings now and then. */
export function anyObject(prng: Prng): Buffer {
  const clock = new Map<ActorId, number>();
  for (let left = prng.below(4); left >= 0; left--) clock.set(anyActor(prng), anyTime(prng));
  const siblings = [...clock].slice(0, prng.pick([0, 1, 1, 1, 3])).map(([actor, counter]): Sibling => {
    const isCounter = prng.chance(0.3);
    const tombstone = !isCounter && prng.chance(0.2);
    const value = isCounter ? anyCounterValue(prng) : tombstone ? Buffer.alloc(0) : prng.bytes(prng.below(40));
    return {
      dot: { actor, counter },
      tombstone,
      ...(isCounter ? { isCounter } : undefined),
      expiryMs: prng.pick([0, 1, HUGE]),
      value,
    };
  });
  siblings.sort((a, b) => b.dot.counter - a.dot.counter || (a.dot.actor < b.dot.actor ? 1 : -1));
  return encodeObject({ clock, siblings });
}

/** The body of a PUT. */
export function putBody(prng: Prng, partitionCount: number, object = anyObject(prng)): Buffer {
  const key = Buffer.from(anyKey(prng));
  const fields = Buffer.alloc(8);
  fields.writeUInt16LE(anyPartition(prng, partitionCount), 0);
  fields[2] = prng.chance(0.1) ? prng.below(256) : 0;
  fields[3] = prng.chance(0.1) ? prng.below(256) : prng.below(3);
  fields.writeUInt32LE(prng.chance(0.05) ? prng.next() : key.length, 4);
  return Buffer.concat([fields, key, object]);
}

/** The body of a GET. */
export function getBody(prng: Prng, partitionCount: number): Buffer {
  const fields = Buffer.alloc(7);
  fields.writeUInt16LE(anyPartition(prng, partitionCount), 0);
  fields[2] = prng.chance(0.1) ? prng.below(256) : 0;
  fields.writeUInt32LE(prng.next(), 3);
  return Buffer.concat([fields, Buffer.from(anyKey(prng))]);
}

function anyOperation(prng: Prng): StringOperation {
  const value = prng.bytes(prng.below(30));
  switch (prng.below(5)) {
    case 0:
      return { kind: 'append', value, bytesMax: prng.pick([0, 100, 2 ** 32 - 1]) };
    case 1:
      return { kind: 'setrange', offset: prng.pick([0, 1000, 2 ** 29, 2 ** 32 - 1]), value };
    case 2:
      return { kind: 'setbit', offset: prng.pick([0, 2 ** 32, HUGE]), bit: 1 };
    case 3:
      return { kind: 'getdel' };
    default: {
      const step = () => ({
        kind: prng.pick(['get', 'set', 'incrby'] as const),
        signed: prng.chance(0.5),
        bits: prng.between(1, 63),
        offset: prng.pick([0, 7, 1000, 2 ** 32]),
        value: prng.pick([0n, -1n, 2n ** 62n]),
        overflow: prng.pick(['wrap', 'sat', 'fail'] as const),
      });
      return { kind: 'bitfield', steps: Array.from({ length: prng.below(20) }, step) };
    }
  }
}

/** The body of a FORWARD. */
export function forwardBody(prng: Prng): Buffer {
  const slot = prng.below(SLOTS) as Slot;
  const keyed = { db: prng.chance(0.05) ? prng.below(256) : 0, slot, key: anyKey(prng) };
  const context = prng.chance(0.5) ? undefined : new Map([[anyActor(prng), anyTime(prng)]]);
  const value = prng.bytes(prng.below(30));
  const expiryMs = prng.pick([0, 1, HUGE]);
  const again = prng.chance(0.3);
  const asked = prng.pick([0, 1, anyTime(prng)]);
  const requests: ForwardedRequest[] = [
    { ...keyed, kind: 'get' },
    { ...keyed, kind: 'put', context, written: { tombstone: false, expiryMs, value }, asked },
    { ...keyed, kind: 'modify', asked, again, change: { kind: 'delete', context } },
    { ...keyed, kind: 'modify', asked, again, change: { kind: 'expire', condition: prng.below(16), expiryMs } },
    { ...keyed, kind: 'modify', asked, again, change: { kind: 'compute', operation: anyOperation(prng) } },
    {
      ...keyed,
      kind: 'modify',
      asked,
      again,
      change: {
        kind: 'increment',
        by: { units: prng.pick([1n, -(2n ** 63n), 10n ** 60n]), scale: 0 },
        isFloat: prng.chance(0.5),
      },
    },
    {
      ...keyed,
      kind: 'modify',
      asked,
      again,
      change: { kind: 'set', condition: 'absent', keepExpiry: true, expiryMs, value, context, answersPrevious: true },
    },
  ];
  const sentUs = prng.pick([0, HUGE, performance.now() * US_PER_MS]);
  const stamp = encodeStamp({ process: prng.below(3), sentUs, withinMs: prng.pick([0, 1000, 2 ** 32 - 1]) });
  return Buffer.concat([stamp, encodeRequest(prng.pick(requests))]);
}

/** The body of a QUERY. What nodes would take for news of the cluster is never sound. */
export function queryBody(prng: Prng, partitionCount: number): Buffer {
  const kinds = Object.values(QUERY_KIND);
  const kind = prng.chance(0.05) ? prng.below(256) : prng.pick(kinds);
  const partition = Buffer.alloc(2);
  partition.writeUInt16LE(anyPartition(prng, partitionCount));
  const counts = Buffer.alloc(6, 0xff);
  const bodies: Partial<Record<number, () => Buffer>> = {
    [QUERY_KIND.treeNodes]: () => Buffer.concat([Buffer.of(prng.below(4)), counts.subarray(0, 2), prng.bytes(30)]),
    [QUERY_KIND.scan]: () =>
      encodeScanQuestion({
        db: 0,
        rows: prng.pick([0, 1, 100, 65_535]),
        places: Array.from({ length: prng.pick([0, 1, 300]) }, () => ({
          partition: prng.below(partitionCount) as Partition,
          after: prng.pick([0, 2 ** 47, HUGE]),
        })),
      }),
    [QUERY_KIND.pull]: () => Buffer.concat([partition, Buffer.of(prng.below(2), 0), prng.bytes(prng.below(20))]),
    [QUERY_KIND.reap]: () =>
      Buffer.concat([Buffer.of(prng.below(4)), partition, counts.subarray(0, 2), prng.bytes(60)]),
    [QUERY_KIND.leafKeys]: () => Buffer.concat([Buffer.of(prng.below(4)), partition, prng.bytes(200)]),
    [QUERY_KIND.gossip]: () => gossip(prng),
  };
  const body = prng.chance(0.7) ? (bodies[kind]?.() ?? prng.bytes(prng.below(50))) : prng.bytes(prng.below(300));
  return Buffer.concat([Buffer.of(kind), body]);
}

function gossip(prng: Prng): Buffer {
  const introduction = { isFresh: prng.chance(0.5), founders: prng.bytes(20) };
  const junk = Array.from({ length: prng.below(5) }, () => prng.bytes(prng.below(100)));
  return encodeGossip(
    prng.pick([
      {
        step: 'digest' as const,
        ...introduction,
        history: prng.bytes(8),
        events: prng.next(),
        holdings: prng.bytes(8),
      },
      { step: 'give' as const, ...introduction, events: junk, holdings: junk, dots: [], nodes: [] },
      { step: 'parcel' as const, events: junk, holdings: junk },
      { step: 'refused' as const, text: 'x'.repeat(prng.pick([0, 100, 100_000])) },
      { step: 'same' as const },
    ]),
  );
}
