import test from 'ava';
import fc from 'fast-check';
import { LOG } from '../../../cluster/replica/replica.js';
import { decodeObject, type ObjectBytes } from '../../../cluster/version/codec.js';
import { joinBytes, sameObject, versionFingerprint } from '../../../cluster/version/encoded.js';
import { valuesOf } from './fake-peer.js';
import {
  actorNamed,
  counterAt,
  DRIFT_MAX_MS,
  HEDGE_DELAY_MS,
  objectWith,
  partitionOfSlot,
  ScriptedNode,
  SLOT_OF_OTHERS,
  SLOT_OF_OWN,
} from './scripted-node.js';

const A = actorNamed('a');
const B = actorNamed('b');
const OLD = objectWith({ actor: A, counter: 5, value: 'old' });
const NEW = objectWith({ actor: A, counter: 9, value: 'new' });
const BESIDE = objectWith({ actor: B, counter: 7, value: 'beside' });

test('a get asks R - 1 others, those with the fewest requests in flight, and answers what is the same', async (t) => {
  const scripted = await ScriptedNode.open();
  scripted.hold('k', OLD);
  scripted.peer(0).busyWith = 3;
  const client = scripted.openClient();
  client.get('k');
  t.deepEqual(
    scripted.peers.map(({ gets }) => gets.length),
    [0, 1],
  );
  t.is(scripted.peer(1).gets[0]?.fingerprint, versionFingerprint(OLD));
  t.deepEqual(client.ended(), []);
  scripted.peer(1).gets[0]?.replySame();
  t.deepEqual(client.last().values, ['old']);
  t.is(scripted.node.counters.reads_one_version, 1);
  t.is(scripted.node.counters.read_repairs, 0);
});

test('a key that nobody holds is answered as nothing', async (t) => {
  const scripted = await ScriptedNode.open();
  const client = scripted.openClient();
  client.get('k');
  t.is(scripted.peer(0).gets[0]?.fingerprint, 0);
  scripted.peer(0).gets[0]?.replySame();
  t.like(client.last(), { failure: undefined, object: undefined });
  t.is(scripted.node.counters.reads_no_version, 1);
});

test('a copy that was started over is no answer: R others are asked, and what it holds is joined all the same', async (t) => {
  const scripted = await ScriptedNode.open();
  scripted.hold('k', BESIDE);
  scripted.node.replica.setServes(partitionOfSlot(SLOT_OF_OWN), false);
  const client = scripted.openClient();
  client.get('k');
  scripted.peer(0).gets[0]?.reply(OLD);
  t.deepEqual(client.ended(), []);
  scripted.peer(1).gets[0]?.reply(OLD);
  t.deepEqual(client.last().values, ['beside', 'old']);
  scripted.peer(1).up = false;
  client.get('k');
  scripted.peer(0).gets[1]?.reply(OLD);
  t.is(client.last().failure?.code, 'ReadQuorumNotMet');
});

test('with R = 1 nobody is asked', async (t) => {
  const scripted = await ScriptedNode.open({ keyspace: { r: 1 } });
  scripted.hold('k', OLD);
  const client = scripted.openClient();
  client.get('k');
  t.deepEqual(client.last().values, ['old']);
  t.deepEqual(
    scripted.peers.map(({ order }) => order),
    [[], []],
  );
});

const HELD = [undefined, OLD, NEW, BESIDE] as const;

test('whatever two replicas hold: the join is answered, and exactly the stale are sent it', async (t) => {
  for (const own of HELD) {
    for (const first of HELD) {
      for (const second of HELD) {
        const scripted = await ScriptedNode.open({ keyspace: { r: 3 } });
        if (own !== undefined) scripted.hold('k', own);
        const client = scripted.openClient();
        client.get('k');
        const best = [own, first, second].reduce(joined, undefined);
        [first, second].forEach((theirs, i) => {
          const asked = scripted.peer(i).gets[0];
          const fingerprint = theirs === undefined ? 0 : versionFingerprint(theirs);
          if (asked?.fingerprint === fingerprint) asked.replySame();
          else asked?.reply(theirs);
        });
        const label = [own, first, second].map((each) => valuesOf(each)[0] ?? 'nothing').join(', ');
        t.deepEqual(client.last().values, valuesOf(best), label);
        t.deepEqual(scripted.heldValues('k'), valuesOf(best), label);
        [first, second].forEach((theirs, i) => {
          const stale = best !== undefined && (theirs === undefined || !sameObject(theirs, best));
          t.deepEqual(
            scripted.peer(i).puts.map((put) => put.values()),
            stale ? [valuesOf(best)] : [],
            label,
          );
        });
        const stale = [own, first, second].filter((each) => best !== undefined && !isSame(each, best)).length;
        t.is(scripted.node.counters.read_repairs, stale, label);
        t.is(client.outcomes.length, 1);
      }
    }
  }
});

function joined(a: ObjectBytes | undefined, b: ObjectBytes | undefined): ObjectBytes | undefined {
  return a === undefined || b === undefined ? (a ?? b) : joinBytes(a, b);
}

function isSame(a: ObjectBytes | undefined, b: ObjectBytes): boolean {
  return a !== undefined && sameObject(a, b);
}

test('the answer does not wait for the repair, and a repair that fails changes nothing', async (t) => {
  const scripted = await ScriptedNode.open({ keyspace: { durability: 'log' } });
  const client = scripted.openClient();
  scripted.hold('k', NEW);
  client.get('k');
  scripted.peer(0).gets[0]?.reply(OLD);
  t.deepEqual(client.last().values, ['new']);
  const [repair] = scripted.peer(0).puts;
  t.is(repair?.durability, LOG);
  repair?.fail('timeout');
  t.is(client.outcomes.length, 1);
});

test('what was answered is held by the coordinator before the client hears of it', async (t) => {
  const scripted = await ScriptedNode.open({ keyspace: { n: 4 }, nodes: 4 });
  scripted.hold('k', OLD);
  const client = scripted.openClient();
  client.get('k');
  await scripted.advance(2 * HEDGE_DELAY_MS + 10);
  t.deepEqual(
    scripted.peers.map(({ gets }) => gets.length),
    [1, 1, 1],
  );
  scripted.peer(0).gets[0]?.reply(NEW);
  t.deepEqual(client.last().values, ['new']);
  // Others have yet to answer; a plain SET that comes now must supersede what the client has read.
  client.put('k', 'written after');
  t.deepEqual(scripted.heldValues('k'), ['written after']);
  t.true((decodeObject(scripted.held('k') ?? OLD).clock.get(A) ?? 0) >= 9);
});

test('answers after the reply still count for the repair', async (t) => {
  const scripted = await ScriptedNode.open();
  scripted.hold('k', OLD);
  const client = scripted.openClient();
  client.get('k');
  await scripted.advance(HEDGE_DELAY_MS + 10);
  const [first, second] = scripted.peers;
  second?.gets[0]?.replySame();
  t.deepEqual(client.last().values, ['old']);
  t.deepEqual(
    scripted.peers.map(({ puts }) => puts.length),
    [0, 0],
  );
  first?.gets[0]?.reply(NEW);
  t.deepEqual(scripted.heldValues('k'), ['new']);
  t.deepEqual(
    second?.puts.map((put) => put.values()),
    [['new']],
  );
  t.deepEqual(first?.puts, []);
  t.is(client.outcomes.length, 1);
});

test('a replica that is late is not waited for alone: one more is asked, and one more when that is late too', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4, keyspace: { n: 4 } });
  const client = scripted.openClient();
  client.get('k');
  t.deepEqual(
    scripted.peers.map(({ gets }) => gets.length),
    [1, 0, 0],
  );
  await scripted.advance(HEDGE_DELAY_MS - 1);
  t.deepEqual(
    scripted.peers.map(({ gets }) => gets.length),
    [1, 0, 0],
  );
  await scripted.advance(6);
  t.deepEqual(
    scripted.peers.map(({ gets }) => gets.length),
    [1, 1, 0],
  );
  t.is(scripted.node.counters.hedged_reads, 1);
  await scripted.advance(HEDGE_DELAY_MS);
  t.deepEqual(
    scripted.peers.map(({ gets }) => gets.length),
    [1, 1, 1],
  );
  t.is(scripted.node.counters.hedged_reads, 2);
  scripted.peer(2).gets[0]?.replySame();
  t.deepEqual(client.ended(), ['get k']);
  for (const peer of scripted.peers.slice(0, 2)) peer.gets[0]?.fail('timeout');
  await scripted.advance(500);
  t.deepEqual(
    scripted.peers.map(({ gets }) => gets.length),
    [1, 1, 1],
  );
  t.is(client.outcomes.length, 1);
});

test('a get that has been answered asks nobody else', async (t) => {
  const scripted = await ScriptedNode.open();
  const client = scripted.openClient();
  client.get('k');
  scripted.peer(0).gets[0]?.replySame();
  await scripted.advance(500);
  t.deepEqual(
    scripted.peers.map(({ gets }) => gets.length),
    [1, 0],
  );
  t.is(scripted.node.counters.hedged_reads, 0);
});

test('peers that refuse the further requests within the call do not end a get that still waits', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4, keyspace: { n: 4 } });
  const client = scripted.openClient();
  client.get('k');
  for (const peer of scripted.peers.slice(1)) peer.refusals = 1;
  await scripted.advance(HEDGE_DELAY_MS + 10);
  t.deepEqual(client.ended(), []);
  scripted.peer(0).gets[0]?.replySame();
  t.is(client.last().failure, undefined);
  t.is(client.outcomes.length, 1);
});

test('a peer that fails is replaced', async (t) => {
  const scripted = await ScriptedNode.open();
  const client = scripted.openClient();
  client.get('k');
  scripted.peer(0).gets[0]?.fail('unreachable');
  t.is(scripted.peer(1).gets.length, 1);
  scripted.peer(1).gets[0]?.replySame();
  t.is(client.last().failure, undefined);
});

test('a peer that refuses within the call is replaced', async (t) => {
  const scripted = await ScriptedNode.open();
  scripted.peer(0).refusals = 1;
  const client = scripted.openClient();
  client.get('k');
  t.deepEqual(client.ended(), []);
  t.is(scripted.peer(1).gets.length, 1);
  scripted.peer(1).gets[0]?.replySame();
  t.is(client.last().failure, undefined);
  t.is(client.outcomes.length, 1);
});

test('too few replicas: the get fails once, and says how many answered', async (t) => {
  const down = await ScriptedNode.open();
  for (const peer of down.peers) peer.up = false;
  const client = down.openClient();
  client.get('k');
  t.deepEqual(client.last().failure, { code: 'ReadQuorumNotMet', answered: 1, needed: 2 });

  for (const asPeers of ['refuse', 'fail'] as const) {
    const scripted = await ScriptedNode.open({ keyspace: { r: 3 } });
    if (asPeers === 'refuse') for (const peer of scripted.peers) peer.refusals = 9;
    const other = scripted.openClient();
    other.get('k');
    for (const peer of scripted.peers) peer.gets[0]?.fail('timeout');
    await scripted.advance(100);
    t.is(other.outcomes.length, 1);
    t.deepEqual(other.last().failure, { code: 'ReadQuorumNotMet', answered: 1, needed: 3 });
    t.is(other.last().object, undefined);
    t.is(scripted.node.counters.read_quorum_failures, 1);
  }
});

test('an own store that can not read is one missing answer', async (t) => {
  const scripted = await ScriptedNode.open({ cold: true });
  scripted.opened.store.failReads = 'bad block';
  const client = scripted.openClient();
  client.get('k');
  await scripted.advance(5);
  t.deepEqual(client.ended(), []);
  t.deepEqual(
    scripted.peers.map(({ gets }) => gets.length),
    [1, 1],
  );
  scripted.peer(0).gets[0]?.reply(NEW);
  t.deepEqual(client.ended(), []);
  scripted.peer(1).gets[0]?.reply(OLD);
  t.deepEqual(client.last().values, ['new']);
  t.deepEqual(
    scripted.peer(1).puts.map((put) => put.values()),
    [['new']],
  );
  await scripted.advance(50);
  t.is(client.outcomes.length, 1);
});

test('an own store that can not read is named where the others are too few', async (t) => {
  for (const nodes of [1, 3]) {
    const scripted = await ScriptedNode.open({ cold: true, nodes });
    scripted.opened.store.failReads = 'bad block';
    const client = scripted.openClient();
    client.get('k');
    await scripted.advance(5);
    for (const peer of scripted.peers) peer.gets[0]?.fail('timeout');
    t.deepEqual(client.last().failure, { code: 'StoreFailed', reason: 'bad block' });
    t.is(client.outcomes.length, 1);
  }
});

test('an object from too far in the future is not answered, not kept, and the replica is replaced', async (t) => {
  const scripted = await ScriptedNode.open();
  scripted.hold('k', OLD);
  const client = scripted.openClient();
  client.get('k');
  const future = counterAt(scripted.world, DRIFT_MAX_MS + 5_000);
  scripted.peer(0).gets[0]?.reply(objectWith({ actor: B, counter: future, value: 'from 2999' }));
  t.deepEqual(client.ended(), []);
  scripted.peer(1).gets[0]?.replySame();
  t.deepEqual(client.last().values, ['old']);
  t.deepEqual(scripted.heldValues('k'), ['old']);
  t.is(scripted.node.counters.clock_drift_refusals, 1);
});

test('the time that loading the key took does not count as the lateness of others', async (t) => {
  const latencyMs = 4 * HEDGE_DELAY_MS;
  const scripted = await ScriptedNode.open({ cold: true, storeLatencyMs: latencyMs });
  const client = scripted.openClient();
  client.get('k');
  await scripted.advance(latencyMs + HEDGE_DELAY_MS / 2);
  t.deepEqual(
    scripted.peers.map(({ gets }) => gets.length),
    [1, 0],
  );
  await scripted.advance(HEDGE_DELAY_MS);
  t.deepEqual(
    scripted.peers.map(({ gets }) => gets.length),
    [1, 1],
  );
  t.deepEqual(client.ended(), []);
});

test('gets are counted by the number of siblings that they find', async (t) => {
  const scripted = await ScriptedNode.open({ keyspace: { r: 1, n: 1 } });
  const client = scripted.openClient();
  const entries = ['a', 'b', 'c', 'd', 'e'].map((digit, i) => ({
    actor: actorNamed(digit),
    counter: 9 - i,
    value: digit,
  }));
  entries.forEach((_, i) => {
    scripted.hold(`k${i}`, objectWith(...entries.slice(0, i + 1)));
    client.get(`k${i}`);
  });
  const { counters } = scripted.node;
  t.deepEqual([counters.reads_one_version, counters.reads_two_versions, counters.reads_three_versions], [1, 1, 1]);
  t.is(counters.reads_four_or_more_versions, 2);
});

test('a get of a key outside the preference list is forwarded', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4 });
  scripted.openClient(SLOT_OF_OTHERS).get('k');
  t.deepEqual(
    scripted.peers.map(({ order }) => order),
    [[], [], ['forward']],
  );
});

test('however the replicas answer, a get is answered once, and with R answers it does not fail', async (t) => {
  const anyFate = fc.constantFrom('old', 'new', 'beside', 'nothing', 'timeout', 'refused', 'refuses', 'down');
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyFate, { minLength: 3, maxLength: 3 }),
      fc.constantFrom(undefined, OLD, BESIDE),
      fc.integer({ min: 1, max: 4 }),
      fc.boolean(),
      async (fates, own, r, hedges) => {
        const scripted = await ScriptedNode.open({ nodes: 4, keyspace: { n: 4, r } });
        if (own !== undefined) scripted.hold('k', own);
        fates.forEach((fate, i) => {
          scripted.peer(i).up = fate !== 'down';
          scripted.peer(i).refusals = fate === 'refuses' ? 9 : 0;
        });
        const client = scripted.openClient();
        client.get('k');
        if (hedges) await scripted.advance(HEDGE_DELAY_MS + 10);
        const answers = { old: OLD, new: NEW, beside: BESIDE, nothing: undefined };
        for (let round = 0; round < 4; round++) {
          fates.forEach((fate, i) => {
            const [asked] = scripted.peer(i).gets;
            if (asked === undefined || asked.isAnswered) return;
            if (fate === 'timeout' || fate === 'refused') asked.fail(fate);
            else if (fate in answers) asked.reply(answers[fate as keyof typeof answers]);
          });
        }
        await scripted.advance(500);
        t.is(client.outcomes.length, 1);
        const able = 1 + fates.filter((fate) => fate in answers).length;
        t.is(client.last().failure?.code, able >= r ? undefined : 'ReadQuorumNotMet');
      },
    ),
    { numRuns: 60 },
  );
});
