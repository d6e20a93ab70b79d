/** What membership costs as nodes become many: bytes that each node keeps, bytes of gossip, time for the ring. */
import assert from 'node:assert';
import { type MembershipEvent, makeEvent } from '../../cluster/membership/event.js';
import { foundingEvents } from '../../cluster/membership/founding.js';
import { answerDigest, digestOf, type Side } from '../../cluster/membership/gossip-exchange.js';
import { decodeGossip } from '../../cluster/membership/gossip-message.js';
import { encodeHolding } from '../../cluster/membership/holding.js';
import { Knowledge } from '../../cluster/membership/knowledge.js';
import { GOSSIP_PERIOD_MS } from '../../cluster/membership/limits.js';
import type { Member } from '../../cluster/membership/membership.js';
import { nodeIdOf } from '../../cluster/membership/node-id.js';
import type { Partition } from '../../cluster/ring/slots.js';
import { FRAME_HEADER_BYTES } from '../../cluster/wire/frames.js';
import { median } from '../bench/median.js';
import { textTable } from '../bench/text-table.js';

export const NODE_COUNTS = [10, 100, 1_000] as const;
const FOUNDERS = 3;
const ZONES = 3;
const PRIMARIES = 3;
const LIFE = '000000000001';
const QUESTION_KIND_BYTES = 1;

export interface ScaleRow {
  readonly nodes: number;
  /** Of the history: one event for each node. */
  readonly historyBytes: number;
  /** Of what all nodes hold: a bit for each partition and node, for one N. */
  readonly holdingsBytes: number;
  /** Sent by each node, with the frames' headers, while nothing changes; it hears as many. */
  readonly gossipBytesASecond: number;
  /** From the events to the ring: time of the processor, which other programs on the machine hardly change. */
  readonly foldMs: number;
  /** One more event, on top of a history that is folded already. */
  readonly eventMs: number;
}

/** @param repeat times are medians of so many measurements */
export function measureScale(nodeCount: number, partitionCount: number, repeat: number): ScaleRow {
  const members = Array.from({ length: nodeCount }, (_, k) => memberOf(k));
  const events = historyOf(members);
  const joins = memberOf(nodeCount);
  const oneMore = makeEvent({ counter: nodeCount + 1, life: LIFE }, joins.id, {
    kind: 'join',
    node: joins.id,
    member: joins,
  });
  const foldMs: number[] = [];
  const eventMs: number[] = [];
  for (let round = 0; round < repeat; round++) {
    const startMs = cpuMs();
    const knowledge = new Knowledge(partitionCount, events);
    const foldedMs = cpuMs();
    knowledge.take([oneMore]);
    eventMs.push(cpuMs() - foldedMs);
    foldMs.push(foldedMs - startMs);
  }
  const knowledge = new Knowledge(partitionCount, events);
  const holdingsBytes = holdAll(knowledge, members);
  return {
    nodes: nodeCount,
    historyBytes: events.reduce((sum, { bytes }) => sum + bytes.length, 0),
    holdingsBytes,
    gossipBytesASecond: (restingExchangeBytes(knowledge, members) * 1_000) / GOSSIP_PERIOD_MS,
    foldMs: median(foldMs),
    eventMs: median(eventMs),
  };
}

export function scaleTable(rows: readonly ScaleRow[]): string {
  const cells = rows.map((row) => [
    row.nodes.toLocaleString('en'),
    row.historyBytes.toLocaleString('en'),
    row.holdingsBytes.toLocaleString('en'),
    row.gossipBytesASecond.toFixed(0),
    row.foldMs.toFixed(0),
    row.eventMs.toFixed(1),
  ]);
  return textTable(
    ['nodes', 'history bytes', 'holdings bytes', 'gossip bytes/s', 'fold ms', 'one more event ms'],
    cells,
  );
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** The nodes stand in three zones, each on its own host. */
function memberOf(k: number): Member {
  const host = `10.0.${k >>> 8}.${k & 0xff}`;
  return { id: nodeIdOf(host, 17_000), host, port: 7_000, peerPort: 17_000, zone: `zone ${k % ZONES}`, weight: 1 };
}

/** Three nodes found the cluster, the others join one by one. */
function historyOf(members: readonly Member[]): MembershipEvent[] {
  const joins = members
    .slice(FOUNDERS)
    .map((member, k) =>
      makeEvent({ counter: k + 1, life: LIFE }, member.id, { kind: 'join', node: member.id, member }),
    );
  return [...foundingEvents(members.slice(0, FOUNDERS)), ...joins];
}

/** All nodes hold what the ring makes them primaries of, and say so. Gives the bytes of that. */
function holdAll(knowledge: Knowledge, members: readonly Member[]): number {
  const { partitionCount } = knowledge;
  const bits = new Map(members.map(({ id }) => [id, Buffer.alloc(Math.ceil(partitionCount / 8))]));
  for (let partition = 0; partition < partitionCount; partition++) {
    for (const id of knowledge
      .ring()
      .preferenceList(partition as Partition)
      .slice(0, PRIMARIES)) {
      const held = bits.get(id);
      if (held !== undefined) held[partition >>> 3] = (held[partition >>> 3] ?? 0) | (1 << (partition & 7));
    }
  }
  let bytes = 0;
  for (const [node, held] of bits) {
    const classes = new Map([[PRIMARIES, held]]);
    const holding = { node, kind: 'declared', version: members.length + 1, classes } as const;
    knowledge.holdings.merge(holding);
    bytes += encodeHolding(holding, partitionCount).length;
  }
  return bytes;
}

/**
 * What a node sends in one period in which nothing happens: a digest to one node, and on average one answer to the digest
 * of another.
 */
function restingExchangeBytes(knowledge: Knowledge, [self]: readonly Member[]): number {
  assert(self !== undefined, 'a cluster needs a node');
  const side: Side = { id: self.id, isFresh: false, knowledge };
  const question = digestOf(side);
  const digest = decodeGossip(question);
  assert(typeof digest !== 'string' && digest.step === 'digest', 'a digest is a gossip message');
  const answer = answerDigest(side, digest);
  return 2 * FRAME_HEADER_BYTES + QUESTION_KIND_BYTES + question.length + answer.length;
}
