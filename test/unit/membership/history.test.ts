import test from 'ava';
import * as fc from 'fast-check';
import type { EventContent } from '../../../cluster/membership/event.js';
import { Fold } from '../../../cluster/membership/fold.js';
import {
  agreementOf,
  eventsOf,
  forgets,
  founded,
  histories,
  idAt,
  inOrder,
  isGone,
  joins,
  knowing,
  leaves,
  memberAt,
  PARTITIONS,
  replaces,
} from './histories.js';

test('the union of histories is commutative, associative and idempotent', (t) => {
  fc.assert(
    fc.property(histories, fc.array(fc.nat(2), { minLength: 23, maxLength: 23 }), (events, parts) => {
      const [a, b, c] = [0, 1, 2].map((part) => events.filter((_, at) => at < 3 || parts[at] === part)) as [
        typeof events,
        typeof events,
        typeof events,
      ];
      const all = agreementOf(knowing(a, b, c));
      t.deepEqual(agreementOf(knowing(c, b, a)), all);
      t.deepEqual(agreementOf(knowing(b, knowing(c, a).history.events)), all);
      t.deepEqual(agreementOf(knowing(a, a, b, c, b, a)), all);
    }),
    { numRuns: 60 },
  );
});

test('in whatever order events come, the ring is that of the whole history folded at once', (t) => {
  const shuffled = histories.chain((events) =>
    fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })),
  );
  fc.assert(
    fc.property(shuffled, ([events, others]) => {
      const knowledge = knowing();
      for (const event of others) knowledge.take([event]);
      const { owners, standings } = new Fold(PARTITIONS).after(inOrder(events), 0);
      t.deepEqual(knowledge.ring().owners, owners);
      for (const [id, { state }] of standings) t.is(knowledge.stateOf(id), state);
    }),
    { numRuns: 100 },
  );
});

test('a long history folds to the same when its last events come late', (t) => {
  const contents: EventContent[] = [];
  for (let round = 0; round < 50; round++) contents.push(joins(4 + (round % 5)), leaves(4 + (round % 5)), isGone(9));
  const events = [...founded(3), ...eventsOf(contents)];
  const late = events.filter((_, at) => at % 7 === 3);
  const knowledge = knowing(events.filter((event) => !late.includes(event)));
  for (const event of late) knowledge.take([event]);
  t.deepEqual(agreementOf(knowledge), agreementOf(knowing(events)));
});

test('of several events about a node the last one counts', (t) => {
  const stories: [EventContent[], string][] = [
    [[joins(4)], 'member'],
    [[joins(4), leaves(4)], 'leaving'],
    [[joins(4), leaves(4), isGone(4)], 'gone'],
    [[joins(4), forgets(4)], 'forgotten'],
    [[forgets(4), joins(4)], 'member'],
    [[joins(4), leaves(4), isGone(4), joins(4)], 'member'],
    [[joins(4), leaves(4), forgets(4)], 'forgotten'],
    [[joins(4), replaces(5, 4)], 'forgotten'],
    [[joins(4), replaces(5, 4), joins(4)], 'member'],
  ];
  for (const [contents, state] of stories) {
    const knowledge = knowing(founded(3), eventsOf(contents));
    t.is<string, string>(knowledge.stateOf(idAt(4)), state);
    t.is(knowledge.ring().owners.includes(idAt(4)), state === 'member');
    t.is(knowledge.nodes().includes(knowledge.find(idAt(4)) ?? memberAt(0)), state === 'member' || state === 'leaving');
  }
});

test('of two events with the same counter the life decides, on every node', (t) => {
  const leaving = eventsOf([leaves(3)], '000000000001');
  const forgotten = eventsOf([forgets(3)], '000000000002');
  for (const knowledge of [knowing(founded(3), leaving, forgotten), knowing(founded(3), forgotten, leaving)]) {
    t.is(knowledge.stateOf(idAt(3)), 'forgotten');
  }
});

test('a node that replaces another gets exactly its tokens', (t) => {
  const before = knowing(founded(4)).ring().owners;
  const after = knowing(founded(4), eventsOf([replaces(5, 2)])).ring().owners;
  t.deepEqual(
    after,
    before.map((id) => (id === idAt(2) ? idAt(5) : id)),
  );
});

test('of two nodes that replace the same one the first gets its tokens, and the other is as one that joins', (t) => {
  const once = [...founded(4), ...eventsOf([replaces(5, 2)])];
  const twice = knowing(founded(4), eventsOf([replaces(5, 2), replaces(6, 2)]));
  const joined = knowing(founded(4), eventsOf([replaces(5, 2), joins(6)]));
  t.is(knowing(once).stateOf(idAt(5)), 'member');
  t.deepEqual(twice.ring().owners, joined.ring().owners);
  t.is(twice.stateOf(idAt(2)), 'forgotten');
});

test('the last member can neither leave nor be forgotten', (t) => {
  const knowledge = knowing(founded(2), eventsOf([leaves(1), leaves(2), forgets(2)]));
  t.is(knowledge.stateOf(idAt(1)), 'leaving');
  t.is(knowledge.stateOf(idAt(2)), 'member');
  t.deepEqual(new Set(knowledge.ring().owners), new Set([idAt(2)]));
});

test('a new address for clients changes the member and not the ring', (t) => {
  const member = { ...memberAt(2), port: 7777 };
  const knowledge = knowing(founded(3), eventsOf([{ kind: 'update', node: member.id, member }]));
  t.deepEqual(knowledge.find(member.id), member);
  t.deepEqual(knowledge.ring().owners, knowing(founded(3)).ring().owners);
});

test('a change of weight moves tokens', (t) => {
  const member = { ...memberAt(2), weight: 3 };
  const { owners } = knowing(founded(3), eventsOf([{ kind: 'update', node: member.id, member }])).ring();
  t.true(owners.filter((id) => id === member.id).length > PARTITIONS / 2);
});

test('clusters that other nodes have founded have other founders, whatever happened since', (t) => {
  const three = knowing(founded(3)).history.foundersId;
  t.deepEqual(knowing(founded(3), eventsOf([joins(4), forgets(1)])).history.foundersId, three);
  t.notDeepEqual(knowing(founded(4)).history.foundersId, three);
});
