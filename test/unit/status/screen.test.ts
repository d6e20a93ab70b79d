import test from 'ava';
import type { NodeAnswer } from '../../../server/status/cluster-status.js';
import { statusOf } from '../../../server/status/cluster-status.js';
import { screenLines } from '../../../server/status/screen.js';
import { answerFrom, idOf, memberLine, transferRow } from './answers.js';

function screen(view: NodeAnswer, ...others: readonly (readonly [number, NodeAnswer])[]): string {
  const answers = new Map([[idOf(1), view], ...others.map(([k, answer]) => [idOf(k), answer] as const)]);
  return `\n${screenLines(statusOf('10.0.0.1:7001', view, answers, new Date(0))).join('\n')}\n`;
}

test('a quiet cluster is a line a node', (t) => {
  const lines = [memberLine(1), memberLine(2)];
  t.is(
    screen(answerFrom(1, lines), [2, answerFrom(2)]),
    `
cluster as 10.0.0.1:7001 sees it: 2 nodes, 256 partitions, 2,010 keys, nothing moves, history of 4, all agree

  node              share  state   link   keys  hints  get p99.9  put p99.9
  10.0.0.1:7001 *  25.0 %  member  up    1,005      0    1.21 ms          -
  10.0.0.1:7002    25.0 %  member  up    1,005      0    1.21 ms          -
`,
  );
});

test('the asked node is marked by whatever name it was asked', (t) => {
  const view = answerFrom(1, [memberLine(1), memberLine(2)]);
  const status = statusOf('localhost:7101', view, new Map([[idOf(1), view]]), new Date(0));
  t.deepEqual(
    screenLines(status)
      .filter((line) => line.includes('*'))
      .map((line) => line.trim().split('  ')[0]),
    ['10.0.0.1:7001 *'],
  );
});

test('while nodes come and go their transfers have bars', (t) => {
  const lines = [
    memberLine(1, { zone: 'a' }),
    memberLine(2, { zone: 'b', weight: 2, held: 60, toReceive: 36 }),
    memberLine(3, { state: 'leaving', tokens: 0, held: 40, toHandOver: 40 }),
    memberLine(4, { reachable: false }),
  ];
  const view = answerFrom(1, [...lines, 'cluster_state:ok']);
  const receiver = answerFrom(2, [], [transferRow('incoming', 3, 12, 48, 30), transferRow('incoming', 1, 4, 4, null)]);
  t.is(
    screen(view, [2, receiver]),
    `
cluster as 10.0.0.1:7001 sees it: 3 nodes and 1 leaving, 256 partitions, 2,010 keys, 1 transfer under way, history of 4, all agree

  node             zone  weight   share  state             link         keys  hints  get p99.9  put p99.9
  10.0.0.1:7001 *  a          1  25.0 %  member            up          1,005      0    1.21 ms          -
  10.0.0.1:7002    b          2  25.0 %  receiving 36      up          1,005      0    1.21 ms          -
  10.0.0.1:7003    -          1   0.0 %  leaving, 40 left  up, silent      -      -          -          -
  10.0.0.1:7004    -          1  25.0 %  member            DOWN            -      -          -          -

transfers
  10.0.0.1:7003 → 10.0.0.1:7002  █████░░░░░░░░░░░░░░░  25 %  12/48 partitions, 12,000 keys, 3.2 MB, 1.1 MB/s, ready in 30 s
  10.0.0.1:7001 → 10.0.0.1:7002  ████████████████████ 100 %  4/4 partitions, 12,000 keys, 3.2 MB, done
`,
  );
});

test('a node that is down and waited for is named, with what to do about it', (t) => {
  const view = answerFrom(1, [
    memberLine(1, { state: 'leaving', tokens: 0, held: 40, toHandOver: 40 }),
    memberLine(2, { reachable: false }),
  ]);
  const since = '2023-11-14T22:14:20.000Z';
  const waiting = { ...view, transfers: [transferRow('outgoing', 2, 0, 40, null, since)] };
  t.true(
    screen(waiting).includes(`
waiting for nodes that are down
  10.0.0.1:7001 waits for 10.0.0.1:7002 since ${since}: start it again, or give it up: CLUSTER FORGET ${idOf(2)}
`),
  );
});

test('keyspaces that differ and a cluster that can not write are told', (t) => {
  const view = answerFrom(1, [memberLine(1), memberLine(2), 'keyspace_cart:n=3,r=2', 'cartwheel_version:0.2.0']);
  const text = screen(view, [2, answerFrom(2)]);
  t.regex(text, /keyspaces that differ\n {2}cart: n=3,r=2 on 10.0.0.1:7001\n {2}cart: not there on 10.0.0.1:7002\n/);
  t.regex(text, /version\n.* 0\.2\.0\n.* 0\.1\.0\n/);
  const failed = answerFrom(1, [memberLine(1)]);
  const lost = { ...failed, info: new Map([...failed.info, ['cluster_state', 'fail']]) };
  t.regex(screen(lost), /state FAIL: too few nodes to write/);
});
