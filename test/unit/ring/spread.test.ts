import test from 'ava';
import * as fc from 'fast-check';
import type { RingNode } from '../../../cluster/ring/ring.js';
import { Spread } from '../../../cluster/ring/spread.js';
import { nodeNamed } from './claims.js';

const N_MAX = 5;

/** Up to eight nodes, on hosts that stand in any number of zones. */
const crossedNodes = fc
  .array(fc.record({ zone: fc.constantFrom('a', 'b', 'c', 'd'), host: fc.constantFrom('1', '2', '3', '4') }), {
    minLength: 1,
    maxLength: 8,
  })
  .map((places) => places.map((place, k) => nodeNamed(`node ${k}`, place)));

function orderOf(nodes: readonly RingNode[]): RingNode[] {
  return new Spread(nodes).order([...nodes.keys()]).flatMap((number) => nodes[number] ?? []);
}

function countOf(nodes: readonly RingNode[], kind: 'host' | 'zone'): number {
  return new Set(nodes.map((node) => node[kind])).size;
}

/** All ways to choose `count` of the nodes, the first among them. */
function choices([first, ...rest]: readonly RingNode[], count: number): RingNode[][] {
  const choose = (from: readonly RingNode[], left: number): RingNode[][] => {
    const [head, ...tail] = from;
    if (left === 0) return [[]];
    if (head === undefined) return [];
    return [...choose(tail, left - 1).map((chosen) => [head, ...chosen]), ...choose(tail, left)];
  };
  return first === undefined ? [] : choose(rest, count - 1).map((chosen) => [first, ...chosen]);
}

test('no choice of N nodes is in more zones, nor in as many zones and on more hosts, however hosts and zones cross', (t) => {
  fc.assert(
    fc.property(crossedNodes, (nodes) => {
      const order = orderOf(nodes);
      t.is(order[0], nodes[0]);
      t.is(new Set(order).size, nodes.length);
      for (let n = 1; n <= Math.min(N_MAX, nodes.length); n++) {
        const primaries = order.slice(0, n);
        const all = choices(nodes, n);
        const zones = Math.max(...all.map((chosen) => countOf(chosen, 'zone')));
        t.is(countOf(primaries, 'zone'), zones);
        const alike = all.filter((chosen) => countOf(chosen, 'zone') === zones);
        t.is(countOf(primaries, 'host'), Math.max(...alike.map((chosen) => countOf(chosen, 'host'))));
      }
    }),
    { numRuns: 300 },
  );
});

test('nodes that share nothing stay in the order of the walk', (t) => {
  const nodes = Array.from({ length: 6 }, (_, k) => nodeNamed(`node ${k}`, { zone: `zone ${k}`, host: `host ${k}` }));
  t.deepEqual(orderOf(nodes), nodes);
});

test('a node of a zone that is there already waits until all zones are', (t) => {
  const [a1, a2, b1] = [
    nodeNamed('a1', { zone: 'a', host: '1' }),
    nodeNamed('a2', { zone: 'a', host: '2' }),
    nodeNamed('b1', { zone: 'b', host: '3' }),
  ];
  if (!a1 || !a2 || !b1) return t.fail();
  t.deepEqual(orderOf([a1, a2, b1]), [a1, b1, a2]);
});
