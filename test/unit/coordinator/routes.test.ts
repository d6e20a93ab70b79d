import test from 'ava';
import { isReachable, Routes } from '../../../cluster/coordinator/routes.js';
import type { Member, Membership } from '../../../cluster/membership/membership.js';
import { isPresumedToHold } from '../../../cluster/membership/presumed.js';
import { type NodeId, Ring } from '../../../cluster/ring/ring.js';
import type { Partition } from '../../../cluster/ring/slots.js';
import { FakePeer } from './fake-peer.js';

const MEMBERS = ['a', 'b', 'c'].map(
  (digit): Member => ({
    id: digit.repeat(40) as NodeId,
    host: digit,
    port: 1,
    peerPort: 2,
    zone: '',
    weight: 1,
  }),
);
const IDS = MEMBERS.map(({ id }) => id);

/** A membership whose ring the test changes; the first member is self. */
class ChangingMembership implements Membership {
  readonly self: Member;
  #ring: Ring;
  readonly #callbacks: (() => void)[] = [];

  constructor(owners: readonly (NodeId | undefined)[]) {
    const [self] = MEMBERS;
    if (self === undefined) throw new Error('no members');
    this.self = self;
    this.#ring = ringOf(owners);
  }

  members(): readonly Member[] {
    return MEMBERS;
  }

  nodes(): readonly Member[] {
    return MEMBERS;
  }

  ring(): Ring {
    return this.#ring;
  }

  holds(id: NodeId, partition: Partition, n: number): boolean {
    return isPresumedToHold(this.#ring, id, partition, n);
  }

  onChange(callback: () => void): void {
    this.#callbacks.push(callback);
  }

  change(owners: readonly (NodeId | undefined)[]): void {
    this.#ring = ringOf(owners);
    for (const callback of this.#callbacks) callback();
  }
}

function ringOf(owners: readonly (NodeId | undefined)[]): Ring {
  return new Ring(
    owners.filter((id) => id !== undefined),
    MEMBERS,
  );
}

function routesOf(membership: Membership) {
  const peers = IDS.slice(1).map((id) => new FakePeer(id));
  return { peers, routes: new Routes(membership, new Map(peers.map((peer) => [peer.id, peer.asPeer()]))) };
}

const FIRST = 0 as Partition;
const SECOND = 1 as Partition;

test('targets are the preference list with the connections in it', (t) => {
  const membership = new ChangingMembership(IDS);
  const { routes, peers } = routesOf(membership);
  t.is(routes.partitionCount, 3);
  for (const partition of [0, 1, 2] as Partition[]) {
    const targets = routes.targets(partition);
    t.deepEqual(
      targets.map(({ id }) => id),
      [...membership.ring().preferenceList(partition)],
    );
    for (const { id, peer } of targets)
      t.is(
        peer as unknown,
        peers.find((fake) => fake.id === id),
      );
    t.is(routes.ownPlace(partition), membership.ring().preferenceList(partition).indexOf(membership.self.id));
  }
  t.throws(() => routes.targets(3 as Partition), { instanceOf: RangeError });
  t.is(routes.ownPlace(3 as Partition), -1);
});

test('the first reachable target is found among the first n, past those that were tried', (t) => {
  const membership = new ChangingMembership([IDS[1], IDS[2], IDS[0]]);
  const { routes, peers } = routesOf(membership);
  const list = routes.targets(FIRST);
  t.deepEqual(
    list.map(({ id }) => id),
    [IDS[1], IDS[2], IDS[0]],
  );
  t.is(routes.firstReachable(FIRST, 3), list[0]);
  t.is(routes.firstReachable(FIRST, 3, list.slice(0, 1)), list[1]);
  for (const peer of peers) peer.up = false;
  t.is(routes.firstReachable(FIRST, 3), list[2]);
  t.is(routes.firstReachable(FIRST, 2), undefined);
  t.is(routes.firstReachable(FIRST, 3, list), undefined);
  t.is(routes.firstReachable(FIRST, 9, list), undefined);
  t.deepEqual(list.map(isReachable), [false, false, true]);
});

test('a change of the ring makes new lists; those in hand stay as they are', (t) => {
  const membership = new ChangingMembership(IDS);
  const { routes } = routesOf(membership);
  const before = routes.targets(FIRST);
  membership.change([IDS[2], IDS[1]]);
  t.is(routes.partitionCount, 2);
  t.is(before[0]?.id, IDS[0]);
  t.is(routes.targets(FIRST)[0]?.id, IDS[2]);
  t.not(routes.targets(FIRST), before);
  t.is(routes.ownPlace(SECOND), 2);
});
