import test from 'ava';
import type { Membership } from '../../../cluster/membership/membership.js';
import type { NodeId } from '../../../cluster/ring/ring.js';
import type { Partition } from '../../../cluster/ring/slots.js';
import { awaitedFor, isToReceive, isWhole, rolesOf, sourcesOf } from '../../../cluster/transfer/roles.js';

const PLACE = { partition: 0 as Partition, n: 3 };

function ids(names: string): NodeId[] {
  return [...names] as NodeId[];
}

/** Nodes are letters: the list of the ring, those that hold the place, those off the ring. */
function told(list: string, holders: string, leaving = '', self = 'A'): Membership {
  const ring = { preferenceList: () => ids(list), firstOf: (_: Partition, n: number) => ids(list).slice(0, n) };
  const member = (id: NodeId) => ({ id, host: id, port: 1, peerPort: 2, zone: '', weight: 1 });
  return {
    self: member(self as NodeId),
    members: () => ids(list).map(member),
    nodes: () => ids(list + leaving).map(member),
    ring: () => ring as unknown as ReturnType<Membership['ring']>,
    holds: (id) => holders.includes(id),
    onChange: () => undefined,
  };
}

function met(names: string): Set<NodeId> {
  return new Set(ids(names));
}

test('the k-th receiver takes from the k-th that is displaced, then from the other primaries', (t) => {
  const roles = rolesOf(told('ADECB', 'ABC'), PLACE);
  t.deepEqual(roles.primaries, ids('ACB'));
  t.deepEqual(roles.receivers, ids('DE'));
  t.deepEqual(sourcesOf(roles, 'D' as NodeId), ids('CAB'));
  t.deepEqual(sourcesOf(roles, 'E' as NodeId), ids('BAC'));
});

test('where nobody is displaced, a receiver takes from the primaries', (t) => {
  const roles = rolesOf(told('ABD', 'AB'), PLACE);
  t.deepEqual(roles.displaced, []);
  t.deepEqual(sourcesOf(roles, 'D' as NodeId), ids('AB'));
});

test('a node that leaves gives what it holds', (t) => {
  const roles = rolesOf(told('ABD', 'ABC', 'C'), PLACE);
  t.deepEqual(roles.primaries, ids('ABC'));
  t.deepEqual(sourcesOf(roles, 'D' as NodeId), ids('CAB'));
});

test('where nobody holds the place there is nobody to take it from', (t) => {
  const roles = rolesOf(told('ABC', ''), PLACE);
  t.true(roles.isLost);
  t.deepEqual(sourcesOf(roles, 'A' as NodeId), []);
});

test('a node receives what it is to hold and does not, and gives up what all others that are to hold it do', (t) => {
  t.true(isToReceive(told('BAC', 'BCD'), PLACE));
  t.false(isToReceive(told('BAC', 'ABC'), PLACE));
  t.false(isToReceive(told('BCDA', 'BCD'), PLACE));
  t.deepEqual(awaitedFor(told('BCDA', 'ABCD'), PLACE), []);
  t.deepEqual(awaitedFor(told('BCDA', 'ABC'), PLACE), ['D' as NodeId], 'one is not ready');
  t.is(awaitedFor(told('ABCD', 'ABCD'), PLACE), undefined, 'it is to hold it');
  t.is(awaitedFor(told('BCDA', 'BCD'), PLACE), undefined, 'it holds nothing');
  t.deepEqual(awaitedFor(told('BCD', 'ABCD', 'A'), PLACE), [], 'it leaves');
});

test('a copy is whole that stands in the place of the one it was taken from, or has met one of any W', (t) => {
  const roles = rolesOf(told('ABDC', 'ABC'), PLACE);
  const whole = (names: string, source: string, w = 2): boolean =>
    isWhole(roles, 'D' as NodeId, { n: 3, w }, source as NodeId | '', met(names));
  t.true(whole('C', 'C'));
  t.false(whole('C', ''), 'what came from several may lack what the displaced one has');
  t.false(whole('A', 'A'));
  t.false(whole('', 'C'), 'it was not compared');
  t.true(whole('AB', 'A'));
  t.true(whole('AC', ''));
  t.false(whole('AB', 'A', 1), 'with W = 1 any of them may have taken a write alone');
  t.true(whole('A', 'A', 3));
});

test('of fewer primaries than N all must have been met', (t) => {
  const roles = rolesOf(told('ABD', 'AB'), PLACE);
  const whole = (names: string): boolean => isWhole(roles, 'D' as NodeId, { n: 3, w: 2 }, '', met(names));
  t.false(whole('A'));
  t.true(whole('AB'));
});
