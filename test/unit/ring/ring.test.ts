import test from 'ava';
import * as fc from 'fast-check';
import { claim } from '../../../cluster/ring/claim.js';
import { type NodeId, Ring } from '../../../cluster/ring/ring.js';
import type { Partition } from '../../../cluster/ring/slots.js';
import { nodeCounts, nodeNamed, nodesOnOneHost } from './claims.js';

const at = (partition: number) => partition as Partition;

test('a preference list has every node once and begins with the holder of the token', (t) => {
  fc.assert(
    fc.property(nodeCounts, fc.constantFrom(1, 4, 64, 256), (count, partitions) => {
      const nodes = nodesOnOneHost(count);
      const ring = new Ring(claim(partitions, nodes), nodes);
      t.is(ring.partitionCount, partitions);
      for (const [partition, owner] of ring.owners.entries()) {
        const list = ring.preferenceList(at(partition));
        t.is(list[0], owner);
        t.is(list.length, count);
        t.is(new Set(list).size, count);
      }
    }),
    { numRuns: 30 },
  );
});

test('even partitions walk the ring clockwise, odd ones against the clock', (t) => {
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => nodeNamed(name));
  if (!a || !b || !c || !d) return t.fail();
  const ring = new Ring([a.id, b.id, c.id, d.id], [a, b, c, d]);
  t.deepEqual(ring.preferenceList(at(0)), [a.id, b.id, c.id, d.id]);
  t.deepEqual(ring.preferenceList(at(1)), [b.id, a.id, d.id, c.id]);
  t.deepEqual(ring.preferenceList(at(2)), [c.id, d.id, a.id, b.id]);
});

test('a node of another zone comes before one of another host, and that before a further one of the same host', (t) => {
  const first = nodeNamed('first', { zone: 'east', host: 'h1' });
  const sameHost = nodeNamed('same host', { zone: 'east', host: 'h1' });
  const otherHost = nodeNamed('other host', { zone: 'east', host: 'h2' });
  const otherZone = nodeNamed('other zone', { zone: 'west', host: 'h3' });
  const nodes = [first, sameHost, otherHost, otherZone];
  const ring = new Ring(
    nodes.map((node) => node.id),
    nodes,
  );
  t.deepEqual(ring.preferenceList(at(0)), [first.id, otherZone.id, otherHost.id, sameHost.id]);
});

test('nodes without a token take turns as the first fallback', (t) => {
  const nodes = nodesOnOneHost(6);
  const ring = new Ring(claim(4, nodes), nodes);
  const firstFallbacks = [0, 1, 2, 3].map((partition) => ring.preferenceList(at(partition))[4]);
  t.is(new Set(firstFallbacks).size, 2);
});

test('the beginning of a list is the same whether the whole is known or not', (t) => {
  const shapes = fc.record({ hosts: fc.integer({ min: 1, max: 80 }), zones: fc.integer({ min: 1, max: 6 }) });
  fc.assert(
    fc.property(nodeCounts, shapes, fc.nat(), fc.integer({ min: 1, max: 6 }), (count, { hosts, zones }, seed, n) => {
      const drawn = (k: number, bound: number) => (Math.imul(k + 1, seed | 1) >>> 7) % bound;
      const nodes = Array.from({ length: count }, (_, k) =>
        nodeNamed(`node ${k}`, { host: `h${drawn(k, hosts)}`, zone: `z${drawn(k + 500, zones)}` }),
      );
      const owners = Array.from({ length: 256 }, (_, k) => nodes[drawn(k, Math.max(1, count - (seed % 5)))]?.id ?? '');
      const [one, other] = [new Ring(owners as NodeId[], nodes), new Ring(owners as NodeId[], nodes)];
      for (let partition = 0 as Partition; partition < 256; partition++) {
        const whole = one.preferenceList(partition).slice(0, n);
        t.deepEqual(other.firstOf(partition, n), whole);
        t.is(other.firstOf(partition, n), other.firstOf(partition, n));
        t.deepEqual(one.firstOf(partition, n), whole);
      }
    }),
    { numRuns: 60 },
  );
});

test('the same list is answered at each call', (t) => {
  const nodes = nodesOnOneHost(3);
  const ring = new Ring(claim(256, nodes), nodes);
  t.is(ring.preferenceList(at(7)), ring.preferenceList(at(7)));
});

test('tokens of nodes that are not there are refused', (t) => {
  const [a, b] = nodesOnOneHost(2);
  if (!a || !b) return t.fail();
  t.throws(() => new Ring([a.id, b.id], [a]), { message: /not a node/ });
  t.throws(() => new Ring([a.id], [a, a]), { message: /twice/ });
});
