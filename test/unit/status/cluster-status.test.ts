import test from 'ava';
import { answerOf, type NodeAnswer, statusOf } from '../../../server/status/cluster-status.js';
import { answerFrom, idOf, memberLine, transferRow } from './answers.js';

const AT = new Date(1_700_000_000_000);
const LINES = [memberLine(1), memberLine(2, { zone: 'b', weight: 2 }), memberLine(3, { reachable: false })];

function statusFrom(view: NodeAnswer, ...others: readonly (readonly [number, NodeAnswer])[]) {
  const answers = new Map([[idOf(1), view], ...others.map(([k, answer]) => [idOf(k), answer] as const)]);
  return statusOf('10.0.0.1:7001', view, answers, AT);
}

test('the asked node tells who is there, each node how it is', (t) => {
  const status = statusFrom(answerFrom(1, LINES), [2, answerFrom(2, ['hints_pending:7'])]);
  t.is(status.keys, 2010);
  t.deepEqual([status.partitions, status.events, status.agreed, status.state], [256, 4, true, 'ok']);
  t.is(status.at, '2023-11-14T22:13:20.000Z');
  const [first, second, third] = status.nodes;
  t.is(first?.getP999Us, 1210);
  t.is(first?.putP999Us, null, 'nothing was put');
  t.like(second, { zone: 'b', weight: 2, hints: 7, keys: 1005, share: 0.25, reachable: true, answered: true });
  t.like(third, { reachable: false, answered: false, keys: null, hints: null, program: null });
});

test('a transfer that both sides tell of is there once, as the receiver has it', (t) => {
  const giver = answerFrom(1, LINES, [transferRow('outgoing', 2, 9, 48, null), transferRow('outgoing', 3, 0, 5, null)]);
  const receiver = answerFrom(2, [], [transferRow('incoming', 1, 12, 48, 30)]);
  const { transfers } = statusFrom(giver, [2, receiver]);
  t.deepEqual(
    transfers.map(({ from, to, partitionsDone, partitions, etaSeconds }) => [
      from,
      to,
      partitionsDone,
      partitions,
      etaSeconds,
    ]),
    [
      [idOf(1), idOf(2), 12, 48, 30],
      [idOf(1), idOf(3), 0, 5, null],
    ],
  );
});

test('nodes whose keyspaces or histories are not the same are told', (t) => {
  const cart = 'keyspace_cart%3A:n=3,r=2,w=2';
  const view = answerFrom(1, [...LINES, cart, 'keyspace_hits:7']);
  const other = answerFrom(2, ['keyspace_cart%3A:n=2,r=2,w=2', 'history_digest:ffff']);
  const status = statusFrom(view, [2, other], [3, answerFrom(3)]);
  t.false(status.agreed);
  t.deepEqual(status.differingKeyspaces, [
    {
      name: 'cart:',
      variants: [
        { settings: 'n=3,r=2,w=2', nodes: [idOf(1)] },
        { settings: 'n=2,r=2,w=2', nodes: [idOf(2)] },
        { settings: null, nodes: [idOf(3)] },
      ],
    },
  ]);
});

test('a node that does not know of transfers has none', (t) => {
  t.deepEqual(statusFrom(answerFrom(1, LINES, new Error('ERR unknown subcommand'))).transfers, []);
});

test('what is no cartwheel node is said to be none', (t) => {
  t.is(answerOf(['redis_version:7.0.15\r\n', [], '']), 'it is no cartwheel node');
  t.is(answerOf([new Error('NOAUTH Authentication required.'), [], '']), 'NOAUTH Authentication required.');
});
