import test from 'ava';
import * as fc from 'fast-check';
import { claim } from '../../../cluster/ring/claim.js';
import type { RingNode } from '../../../cluster/ring/ring.js';
import { takeOver } from '../../../cluster/ring/take-over.js';
import { movesBetween, type NodeShape, nodeCounts, nodeNamed, nodesOnOneHost, tokensOf } from './claims.js';

const PARTITIONS = 256;

/** Six nodes in three zones, two on each host. */
function sixInThreeZones(): [RingNode, ...RingNode[]] {
  const inZone = (zone: string): [RingNode, RingNode] => [
    nodeNamed(`${zone} 1`, { zone, host: `host ${zone} 1` }),
    nodeNamed(`${zone} 2`, { zone, host: `host ${zone} 2` }),
  ];
  return [...inZone('a'), ...inZone('b'), ...inZone('c')];
}

function replaceFirst(heirShape: NodeShape) {
  const [old, ...rest] = sixInThreeZones();
  const heir = nodeNamed('heir', heirShape);
  const before = claim(PARTITIONS, [old, ...rest]);
  const nodes = [...rest, heir];
  return { before, old, heir, nodes, after: takeOver(PARTITIONS, nodes, before, old, heir) };
}

test('the heir has the tokens of the node that it replaces, and nothing else moves', (t) => {
  fc.assert(
    fc.property(nodeCounts, fc.nat(), (count, which) => {
      const nodes = nodesOnOneHost(count);
      const old = nodes[which % count];
      if (old === undefined) return;
      const heir = nodeNamed('heir');
      const before = claim(PARTITIONS, nodes);
      const after = takeOver(PARTITIONS, [heir, ...nodes.filter((node) => node !== old)], before, old, heir);
      t.deepEqual(
        after,
        before.map((owner) => (owner === old.id ? heir.id : owner)),
      );
    }),
    { numRuns: 40 },
  );
});

test('a node of another host in the same zone takes the tokens as they are', (t) => {
  const { before, old, heir, after } = replaceFirst({ zone: 'a', host: 'new host' });
  t.is(movesBetween(before, after), tokensOf(before, [old])[0]);
  t.deepEqual(tokensOf(after, [heir]), tokensOf(before, [old]));
});

test('a node of another zone or weight is claimed for as one that joins', (t) => {
  for (const shape of [
    { zone: 'b', host: 'new host' },
    { zone: 'a', host: 'new host', weight: 2 },
  ]) {
    const { before, nodes, after } = replaceFirst(shape);
    t.deepEqual(after, claim(PARTITIONS, nodes, before));
  }
});

test('a node that has tokens, or replaces one without, is claimed for', (t) => {
  const [old, heir, ...rest] = sixInThreeZones();
  if (heir === undefined) return t.fail();
  const before = claim(PARTITIONS, [old, heir, ...rest]);
  const nodes = [heir, ...rest];
  t.deepEqual(takeOver(PARTITIONS, nodes, before, old, heir), claim(PARTITIONS, nodes, before));
  const later = claim(PARTITIONS, nodes, before);
  const newcomer = nodeNamed('newcomer', { zone: 'a', host: 'new host' });
  t.deepEqual(
    takeOver(PARTITIONS, [...nodes, newcomer], later, old, newcomer),
    claim(PARTITIONS, [...nodes, newcomer], later),
  );
});

test('a replacement names a node that is there and one that is not', (t) => {
  const [old, ...rest] = sixInThreeZones();
  const before = claim(PARTITIONS, [old, ...rest]);
  t.throws(() => takeOver(PARTITIONS, rest, before, old, nodeNamed('heir')), { message: /no replacement/ });
  const heir = nodeNamed('heir');
  t.throws(() => takeOver(PARTITIONS, [old, ...rest, heir], before, old, heir), { message: /no replacement/ });
});
