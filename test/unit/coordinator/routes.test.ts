import test from 'ava';
import fc from 'fast-check';
import { firstReachable, isReachable, Routes } from '../../../cluster/coordinator/routes.js';
import type { Member, Membership } from '../../../cluster/membership/membership.js';
import type { NodeId } from '../../../cluster/ring/ring.js';
import type { Partition } from '../../../cluster/ring/slots.js';
import { ChangingMembership } from './changing-membership.js';
import { FakePeer } from './fake-peer.js';

function memberOf(digit: string): Member {
  return { id: digit.repeat(40) as NodeId, host: digit, port: 1, peerPort: 2, zone: '', weight: 1 };
}

const MEMBERS = ['a', 'b', 'c'].map(memberOf);
const IDS = MEMBERS.map(({ id }) => id);
const [A, B, C] = IDS as [NodeId, NodeId, NodeId];

function membershipOf(owners: readonly NodeId[] = IDS): ChangingMembership {
  return new ChangingMembership(MEMBERS, owners);
}

function routesOf(membership: Membership) {
  const peers = IDS.slice(1).map((id) => new FakePeer(id));
  return { peers, routes: new Routes(membership, new Map(peers.map((peer) => [peer.id, peer.asPeer()]))) };
}

const FIRST = 0 as Partition;
const SECOND = 1 as Partition;

function idsOf(routes: Routes, partition: Partition, n: number): NodeId[] {
  return routes.placement(partition, n).targets.map(({ id }) => id);
}

test('while nothing moves targets are the preference list with the connections in it', (t) => {
  const membership = membershipOf();
  const { routes, peers } = routesOf(membership);
  t.is(routes.partitionCount, 3);
  for (const n of [1, 2, 3, 5]) {
    for (const partition of [0, 1, 2] as Partition[]) {
      const placement = routes.placement(partition, n);
      const list = [...membership.ring().preferenceList(partition)];
      t.deepEqual(idsOf(routes, partition, n), list);
      for (const { id, peer } of placement.targets)
        t.is(
          peer as unknown,
          peers.find((fake) => fake.id === id),
        );
      const ownPlace = list.indexOf(membership.self.id);
      const isPrimary = ownPlace < n;
      const primaries = Math.min(n, 3);
      t.like(placement, { n: primaries, receivers: 0, retiring: 0, written: primaries, inMotion: false });
      t.like(placement, { ownPlace, isPrimary, isOwn: isPrimary });
    }
  }
  t.throws(() => routes.placement(3 as Partition, 3), { instanceOf: RangeError });
  t.throws(() => routes.placement(Number.NaN as Partition, 3), { instanceOf: RangeError });
});

test('the first reachable target is found among the first, past those that were tried', (t) => {
  const { routes, peers } = routesOf(membershipOf([B, C, A]));
  const list = routes.placement(FIRST, 3).targets;
  t.deepEqual(idsOf(routes, FIRST, 3), [B, C, A]);
  t.is(firstReachable(list, 3), list[0]);
  t.is(firstReachable(list, 3, list.slice(0, 1)), list[1]);
  for (const peer of peers) peer.up = false;
  t.is(firstReachable(list, 3), list[2]);
  t.is(firstReachable(list, 2), undefined);
  t.is(firstReachable(list, 3, list), undefined);
  t.is(firstReachable(list, 9, list), undefined);
  t.deepEqual(list.map(isReachable), [false, false, true]);
});

test('a placement is the same object until the membership changes; one in hand stays as it is', (t) => {
  const membership = membershipOf();
  const { routes } = routesOf(membership);
  const before = routes.placement(FIRST, 3);
  t.is(routes.placement(FIRST, 3), before);
  t.not(routes.placement(FIRST, 2), before);
  membership.change({ owners: [C, B, A] });
  t.is(before.targets[0]?.id, A);
  t.deepEqual(idsOf(routes, FIRST, 3), [C, B, A]);
  t.is(routes.placement(FIRST, 3).ownPlace, 2);
  t.is(routes.placement(FIRST, 3).targets[2], before.targets[0], 'a target is the same while its connection is');
});

test('what the nodes hold decides who is a primary, and for each N by itself', (t) => {
  const membership = membershipOf();
  const { routes } = routesOf(membership);
  membership.change({ holders: (_partition, n) => (n === 1 ? [B] : [B, C]) });
  t.deepEqual(idsOf(routes, FIRST, 1), [B, A, C]);
  t.like(routes.placement(FIRST, 1), { n: 1, receivers: 1, written: 2, ownPlace: 1, isPrimary: false, isOwn: true });
  t.deepEqual(idsOf(routes, FIRST, 2), [B, C, A]);
  t.like(routes.placement(FIRST, 2), { n: 2, receivers: 1, ownPlace: 2, inMotion: true });
  membership.change({ holders: () => [A, B, C] });
  t.like(routes.placement(SECOND, 1), { n: 1, receivers: 0, retiring: 2, written: 3, isOwn: true });
});

test('a node that leaves is behind the ring, and a primary while it is needed', (t) => {
  const membership = membershipOf();
  const { routes } = routesOf(membership);
  const [a, b] = MEMBERS;
  if (a === undefined || b === undefined) throw new Error('no members');
  membership.change({ members: [a, b], owners: [A, B, A], holders: () => [A, C] });
  t.deepEqual(idsOf(routes, FIRST, 2), [A, C, B]);
  t.like(routes.placement(FIRST, 2), { n: 2, receivers: 1 });
  t.like(routes.placement(FIRST, 3), { n: 2, receivers: 1 }, 'no more than there are members');
  membership.change({ members: [a, b], owners: [A, B, A], holders: () => [A, B, C] });
  t.deepEqual(idsOf(routes, FIRST, 2), [A, B, C]);
  t.like(routes.placement(FIRST, 2), { n: 2, receivers: 0, retiring: 1 });
});

test('a node without a connection is passed over, and a new connection makes a new target', (t) => {
  const membership = membershipOf();
  const peers = new Map([B, C].map((id) => [id, new FakePeer(id).asPeer()]));
  const routes = new Routes(membership, peers);
  const before = routes.placement(FIRST, 3).targets;
  peers.delete(C);
  membership.change({});
  t.deepEqual(idsOf(routes, FIRST, 3), [A, B]);
  t.is(routes.placement(FIRST, 3).n, 2);
  peers.set(C, new FakePeer(C).asPeer());
  membership.change({});
  const after = routes.placement(FIRST, 3).targets;
  t.is(after[1], before[1]);
  t.not(after[2], before[2]);
});

test("a node's own partitions are those whose placement says so, whoever comes, goes, holds what or has no link", (t) => {
  const some = fc.subarray([A, B, C]);
  const worlds = fc.record({
    linked: some,
    members: fc.subarray(MEMBERS, { minLength: 1 }),
    holders: fc.array(some, { minLength: 3, maxLength: 3 }),
    n: fc.integer({ min: 1, max: 4 }),
  });
  fc.assert(
    fc.property(worlds, ({ linked, members, holders, n }) => {
      const membership = membershipOf();
      const peers = linked.map((id) => [id, new FakePeer(id).asPeer()] as const);
      const routes = new Routes(membership, new Map(peers));
      const [owner = A] = members.map(({ id }) => id);
      membership.change({ members, owners: [owner, owner, owner], holders: (partition) => holders[partition] ?? [] });
      const marked = ([0, 1, 2] as Partition[]).filter((partition) => routes.isOwn(partition, n));
      t.deepEqual(routes.own(n), marked);
      t.deepEqual(
        ([0, 1, 2] as Partition[]).filter((partition) => routes.placement(partition, n).isOwn),
        marked,
      );
    }),
  );
});
