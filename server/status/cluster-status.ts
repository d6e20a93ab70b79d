/**
 * What `cartwheel status` tells, made of the replies of the nodes. These are the fields of `--json`: they are only ever added
 * to.
 */
import { type InfoFields, numberOf, readInfo, readPairs } from './info-text.js';

export interface ClusterStatus {
  /** Of this shape. */
  readonly version: 1;
  /** The node whose view this is: `host:port`. */
  readonly asked: string;
  /** Its id: it can be asked by another name, or on its port for TLS. */
  readonly askedId: string;
  /** What that node is to the cluster: `joining`, `member`, `leaving`, `gone`, `forgotten`. */
  readonly askedState: string;
  /** ISO 8601. */
  readonly at: string;
  /** `fail`: that node reaches too few others to write to some slot. */
  readonly state: string;
  readonly partitions: number;
  /** Of all nodes that answered; each key once. */
  readonly keys: number;
  /** Events in the history of the members. */
  readonly events: number;
  /** Whether all nodes that answered have heard the same history. */
  readonly agreed: boolean;
  readonly nodes: readonly NodeStatus[];
  /** Under way, or done since the members last changed. */
  readonly transfers: readonly TransferStatus[];
  /** Keyspaces that are not configured alike on all nodes that answered. */
  readonly differingKeyspaces: readonly DifferingKeyspace[];
}

export interface NodeStatus {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly peerPort: number;
  /** For clients over TLS; 0: none that the asked node knows of. */
  readonly tlsPort: number;
  readonly zone: string;
  readonly weight: number;
  /** `member` or `leaving`. */
  readonly state: string;
  /** From the asked node. */
  readonly reachable: boolean;
  /** Whether it answered this program. What follows from its answer is null where it did not. */
  readonly answered: boolean;
  /** The part of the ring that is its own, 0 to 1. */
  readonly share: number;
  /** Partitions of which it has a copy, is to get one, is to have none any more. */
  readonly held: number;
  readonly toReceive: number;
  readonly toHandOver: number;
  /** Of the partitions that it serves first. */
  readonly keys: number | null;
  /** Writes that it keeps for nodes that missed them. */
  readonly hints: number | null;
  /** p99.9 in µs of what it coordinated in the last minute; null: nothing, or not measured. */
  readonly getP999Us: number | null;
  readonly putP999Us: number | null;
  /** Of the program. */
  readonly program: string | null;
}

export interface TransferStatus {
  /** Ids of nodes. */
  readonly from: string;
  readonly to: string;
  readonly partitionsDone: number;
  readonly partitions: number;
  readonly keys: number;
  readonly bytes: number;
  readonly bytesPerSecond: number;
  /** null: not known yet. */
  readonly etaSeconds: number | null;
  /** ISO 8601: since when `from` waits for `to`, which is down; null: it does not. */
  readonly waitsSince: string | null;
}

export interface DifferingKeyspace {
  /** The prefix of its keys; `default`: all others. */
  readonly name: string;
  readonly variants: readonly {
    /** `n=3,r=2,…`; null: these nodes do not have the keyspace. */
    readonly settings: string | null;
    /** Ids of nodes. */
    readonly nodes: readonly string[];
  }[];
}

/** What one node replied. */
export interface NodeAnswer {
  readonly info: InfoFields;
  /** The reply to `DYNAMO TRANSFERS`; an older node does not know it. */
  readonly transfers: unknown;
}

/** The commands whose replies make an answer; `sections` of INFO beside those that every node is asked for. */
export function questions(...sections: readonly string[]): readonly (readonly string[])[] {
  return [
    ['INFO', 'server', 'membership', 'dynamo', 'healing', 'latency', 'keyspace', ...sections],
    ['DYNAMO', 'TRANSFERS'],
    ['CLUSTER', 'INFO'],
  ];
}

/** The answer in the replies to `questions`, or the reason why this is no node of a cluster. */
export function answerOf([info, transfers, cluster]: readonly unknown[]): NodeAnswer | string {
  if (typeof info !== 'string') return info instanceof Error ? info.message : 'it does not answer INFO';
  const fields = readInfo(`${info}\r\n${typeof cluster === 'string' ? cluster : ''}`);
  if (!fields.has('node_id')) return 'it is no cartwheel node';
  return { info: fields, transfers };
}

/** The nodes as the asked one knows them, without what only they can tell. */
export function nodesIn({ info }: NodeAnswer): NodeStatus[] {
  const partitions = Number(info.get('partitions') ?? 0);
  return [...info].flatMap(([name, value]): NodeStatus[] => {
    if (!/^member\d+$/.test(name)) return [];
    const pairs = readPairs(value);
    const count = (pair: string): number => numberOf(pairs.get(pair)) ?? 0;
    return [
      {
        id: pairs.get('id') ?? '',
        host: pairs.get('host') ?? '',
        port: count('port'),
        peerPort: count('peer_port'),
        tlsPort: count('tls_port'),
        zone: pairs.get('zone') ?? '',
        weight: count('weight'),
        state: pairs.get('state') ?? '',
        reachable: pairs.get('reachable') === '1',
        answered: false,
        share: partitions === 0 ? 0 : count('tokens') / partitions,
        held: count('held'),
        toReceive: count('to_receive'),
        toHandOver: count('to_hand_over'),
        keys: null,
        hints: null,
        getP999Us: null,
        putP999Us: null,
        program: null,
      },
    ];
  });
}

/** `answers` by the ids of the nodes, that of the asked one among them. */
export function statusOf(
  asked: string,
  view: NodeAnswer,
  answers: ReadonlyMap<string, NodeAnswer>,
  at: Date,
): ClusterStatus {
  const { info } = view;
  const nodes = nodesIn(view)
    .map((node) => withAnswer(node, answers.get(node.id)))
    .sort((a, b) => (a.host === b.host ? a.port - b.port : a.host < b.host ? -1 : 1));
  const histories = new Set([...answers.values()].map((answer) => answer.info.get('history_digest')));
  return {
    version: 1,
    asked,
    askedId: info.get('node_id') ?? '',
    askedState: info.get('membership_state') ?? 'member',
    at: at.toISOString(),
    state: info.get('cluster_state') ?? 'ok',
    partitions: numberOf(info.get('partitions')) ?? 0,
    keys: nodes.reduce((sum, { keys }) => sum + (keys ?? 0), 0),
    events: numberOf(info.get('history_events')) ?? 0,
    agreed: histories.size <= 1,
    nodes,
    transfers: transfersIn(answers),
    differingKeyspaces: differingKeyspaces(answers),
  };
}

function withAnswer(node: NodeStatus, answer: NodeAnswer | undefined): NodeStatus {
  if (answer === undefined) return node;
  const { info } = answer;
  return {
    ...node,
    answered: true,
    keys: [...info].reduce((sum, [name, value]) => (/^db\d+$/.test(name) ? sum + keysIn(value) : sum), 0),
    hints: numberOf(info.get('hints_pending')) ?? null,
    getP999Us: p999Of(info.get('latency_usec_coordinator_get_last_minute')),
    putP999Us: p999Of(info.get('latency_usec_coordinator_put_last_minute')),
    program: info.get('cartwheel_version') ?? null,
  };
}

function keysIn(database: string): number {
  return numberOf(readPairs(database).get('keys')) ?? 0;
}

function p999Of(summary: string | undefined): number | null {
  if (summary === undefined) return null;
  const pairs = readPairs(summary);
  return pairs.get('count') === '0' ? null : (numberOf(pairs.get('p99.9')) ?? null);
}

/** Both sides tell of a transfer: it is shown once, by the receiver's account where there is one. */
function transfersIn(answers: ReadonlyMap<string, NodeAnswer>): TransferStatus[] {
  const byRoute = new Map<string, TransferStatus>();
  for (const direction of ['incoming', 'outgoing']) {
    for (const [id, { transfers }] of answers) {
      for (const row of rowsOf(transfers)) {
        if (row.get('direction') !== direction) continue;
        const other = String(row.get('node'));
        const [from, to] = direction === 'incoming' ? [other, id] : [id, other];
        const route = `${from} ${to}`;
        if (!byRoute.has(route)) byRoute.set(route, transferOf(from, to, row));
      }
    }
  }
  return [...byRoute.values()];
}

function transferOf(from: string, to: string, row: ReadonlyMap<unknown, unknown>): TransferStatus {
  const count = (name: string): number => Number(row.get(name) ?? 0);
  const eta = row.get('eta-seconds');
  const waitsSince = row.get('waits-since');
  return {
    from,
    to,
    partitionsDone: count('partitions-done'),
    partitions: count('partitions'),
    keys: count('keys'),
    bytes: count('bytes'),
    bytesPerSecond: count('bytes-a-second'),
    etaSeconds: typeof eta === 'number' ? eta : null,
    waitsSince: typeof waitsSince === 'string' ? waitsSince : null,
  };
}

/** Names and values in turn, as RESP2 writes a map. */
function rowsOf(reply: unknown): ReadonlyMap<unknown, unknown>[] {
  if (!Array.isArray(reply)) return [];
  return reply.filter(Array.isArray).map((row: readonly unknown[]) => {
    const pairs = new Map<unknown, unknown>();
    for (let at = 0; at + 1 < row.length; at += 2) pairs.set(row[at], row[at + 1]);
    return pairs;
  });
}

function differingKeyspaces(answers: ReadonlyMap<string, NodeAnswer>): DifferingKeyspace[] {
  const names = new Set<string>();
  for (const { info } of answers.values()) {
    for (const [name, value] of info) if (name.startsWith('keyspace_') && value.startsWith('n=')) names.add(name);
  }
  return [...names].flatMap((name): DifferingKeyspace[] => {
    const bySettings = new Map<string | null, string[]>();
    for (const [id, { info }] of answers) {
      const settings = info.get(name) ?? null;
      bySettings.set(settings, [...(bySettings.get(settings) ?? []), id]);
    }
    if (bySettings.size < 2) return [];
    const variants = [...bySettings].map(([settings, nodes]) => ({ settings, nodes }));
    return [{ name: prefixOf(name.slice('keyspace_'.length)), variants }];
  });
}

/** The prefix as it was configured; where that can't be shown, as the field names it. */
function prefixOf(fieldName: string): string {
  const bytes = fieldName.replaceAll(/%([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const prefix = Buffer.from(bytes, 'latin1').toString('utf8');
  return /\p{C}|\ufffd/u.test(prefix) ? fieldName : prefix;
}
