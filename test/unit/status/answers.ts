/** Replies of nodes as `cartwheel status` gets them. */
import { answerOf, type NodeAnswer } from '../../../server/status/cluster-status.js';

/** The id of the node on port 7000 + `k`. */
export function idOf(k: number): string {
  return String(k).repeat(40);
}

/** What the node says of itself; `more` are further lines of INFO. */
export function answerFrom(k: number, more: readonly string[] = [], transfers: unknown = []): NodeAnswer {
  const info = [
    '# Server',
    'cartwheel_version:0.1.0',
    `node_id:${idOf(k)}`,
    'partitions:256',
    'membership_state:member',
    'history_events:4',
    'history_digest:abcd',
    'keyspace_default:n=3,r=2,w=2,sloppy=yes,reconcile=newest,durability=log',
    'hints_pending:0',
    'latency_usec_coordinator_get_last_minute:count=9,mean=1.000,p50=1.000,p99=2.000,p99.9=1210.000,max=3.000',
    'latency_usec_coordinator_put_last_minute:count=0,mean=0.000,p50=0.000,p99=0.000,p99.9=0.000,max=0.000',
    'db0:keys=1000,expires=0,avg_ttl=0',
    'db3:keys=5,expires=0,avg_ttl=0',
    ...more,
  ];
  const answer = answerOf([info.join('\r\n'), transfers, 'cluster_state:ok\r\n']);
  if (typeof answer === 'string') throw new Error(answer);
  return answer;
}

interface MemberText {
  readonly zone?: string;
  readonly weight?: number;
  readonly state?: string;
  readonly reachable?: boolean;
  readonly tokens?: number;
  readonly held?: number;
  readonly toReceive?: number;
  readonly toHandOver?: number;
}

/** The line of INFO about one node. */
export function memberLine(k: number, given: MemberText = {}): string {
  const { zone = '', weight = 1, state = 'member', reachable = true } = given;
  const { tokens = 64, held = 192, toReceive = 0, toHandOver = 0 } = given;
  const where = `id=${idOf(k)},host=10.0.0.1,port=${7000 + k},peer_port=${17_000 + k},zone=${zone},weight=${weight}`;
  const what = `tokens=${tokens},held=${held},to_receive=${toReceive},to_hand_over=${toHandOver}`;
  return `member${k}:${where},state=${state},reachable=${reachable ? 1 : 0},${what}`;
}

/** A row of `DYNAMO TRANSFERS` in RESP2. */
export function transferRow(
  direction: string,
  other: number,
  done: number,
  total: number,
  eta: number | null,
  waitsSince: string | null = null,
): unknown {
  return [
    ...['direction', direction, 'node', idOf(other), 'address', `10.0.0.1:${7000 + other}`],
    ...['partitions-done', done, 'partitions', total, 'keys', 12_000, 'bytes', 3_200_000],
    ...['bytes-a-second', 1_100_000, 'eta-seconds', eta, 'started', '2023-11-14T22:13:20.000Z'],
    ...['waits-since', waitsSince],
  ];
}
