import test from 'ava';
import { encodeReapQuestion, ROUND_DROP } from '../../../cluster/reaping/reap-question.js';
import type { Partition } from '../../../cluster/ring/slots.js';
import { versionFingerprint } from '../../../cluster/version/encoded.js';
import { QUERY_KIND } from '../../../cluster/wire/queries.js';
import { ManualWorld } from '../storage/manual-world.js';
import { AGE_MS, LittleCluster, objectOf, partitionOfKey } from './little-cluster.js';

const ELSEWHERE = 'ff00000000000009';

/** A time at which everything is old. */
function longAgo({ clock }: ManualWorld): number {
  return clock.nowMs() - AGE_MS - 1;
}

test('a tombstone that is old and on all primaries is reaped from all', async (t) => {
  const cluster = await LittleCluster.open();
  await cluster.hold('k', objectOf({ writtenMs: longAgo(cluster.world) }));
  await cluster.hold('young', objectOf({ writtenMs: cluster.world.clock.nowMs() }));
  await cluster.hold('live', objectOf({ writtenMs: longAgo(cluster.world), value: 'v' }));
  const reaper = cluster.reapers();
  t.is(reaper.stats().tombstonesPending, 2);
  await cluster.world.timers.until(reaper.scan());
  t.deepEqual(cluster.holders('k'), []);
  t.deepEqual(cluster.holders('young'), [0, 1, 2]);
  t.deepEqual(cluster.holders('live'), [0, 1, 2]);
  for (const { opened, counters } of cluster.nodes) {
    t.deepEqual([opened.count(), opened.countDead()], [1, 1]);
    t.is(counters.reaped_keys, 1);
  }
  const { tombstonesPending, lastScanMs } = reaper.stats();
  t.is(tombstonesPending, 1);
  t.true(lastScanMs > 0);
});

test('an expired value goes the same way, though nobody touched it', async (t) => {
  const cluster = await LittleCluster.open();
  const oldMs = longAgo(cluster.world);
  await cluster.hold('old', objectOf({ writtenMs: oldMs, value: 'v', expiryMs: oldMs }));
  await cluster.hold('young', objectOf({ writtenMs: oldMs, value: 'v', expiryMs: oldMs + AGE_MS / 2 }));
  const reaper = cluster.reapers();
  await cluster.world.timers.until(reaper.scan());
  t.deepEqual(cluster.holders('old'), []);
  t.deepEqual(cluster.holders('young'), [0, 1, 2]);
  t.is(reaper.stats().expiredPending, 2, 'as the scan found them');
  await cluster.world.timers.until(reaper.scan());
  t.is(reaper.stats().expiredPending, 1);
  t.is(cluster.node(0).opened.count(), 1);
});

for (const place of [1, 2]) {
  test(`nothing is reaped while primary ${place} can not be reached`, async (t) => {
    const cluster = await LittleCluster.open();
    await cluster.hold('k', objectOf({ writtenMs: longAgo(cluster.world) }));
    cluster.node(place).up = false;
    const reaper = cluster.reapers();
    await cluster.world.timers.until(reaper.scan());
    t.deepEqual(cluster.holders('k'), [0, 1, 2]);
    cluster.node(place).up = true;
    await cluster.world.timers.until(reaper.scan());
    t.deepEqual(cluster.holders('k'), []);
  });

  test(`nothing is reaped while primary ${place} holds an older value, or nothing`, async (t) => {
    const cluster = await LittleCluster.open();
    const oldMs = longAgo(cluster.world);
    const tombstone = objectOf({ writtenMs: oldMs });
    const others = [0, 1, 2].filter((other) => other !== place);
    await cluster.hold('stale', tombstone, others);
    await cluster.hold('stale', objectOf({ writtenMs: oldMs - 5, value: 'v' }), [place]);
    await cluster.hold('missed', tombstone, others);
    const reaper = cluster.reapers();
    await cluster.world.timers.until(reaper.scan());
    t.deepEqual(cluster.holders('stale'), [0, 1, 2]);
    t.deepEqual(cluster.holders('missed'), others);
    await cluster.hold('stale', tombstone);
    await cluster.hold('missed', tombstone);
    await cluster.world.timers.until(reaper.scan());
    t.deepEqual(cluster.holders('stale'), []);
    t.deepEqual(cluster.holders('missed'), []);
  });

  test(`primary ${place} judges the age by its own clock`, async (t) => {
    const cluster = await LittleCluster.open();
    await cluster.hold('k', objectOf({ writtenMs: longAgo(cluster.world) }));
    cluster.node(place).skewMs = -10_000;
    const reaper = cluster.reapers();
    await cluster.world.timers.until(reaper.scan());
    t.deepEqual(cluster.holders('k'), [0, 1, 2]);
  });
}

test('only the first primary asks; a fallback is not asked and keeps what it has', async (t) => {
  const cluster = await LittleCluster.open({ nodes: 4 });
  await cluster.hold('k', objectOf({ writtenMs: longAgo(cluster.world) }));
  const [first, second] = cluster.nodes.map((node) => node.reaper());
  let asked = 0;
  cluster.node(3).beforeAnswer = () => asked++;
  await cluster.world.timers.until(second?.scan() ?? Promise.reject());
  t.deepEqual(cluster.holders('k'), [0, 1, 2, 3]);
  t.is(cluster.node(1).governor.units, 0);
  await cluster.world.timers.until(first?.scan() ?? Promise.reject());
  t.deepEqual(cluster.holders('k'), [3]);
  t.is(asked, 0);
});

test('while a partition moves nothing of it is reaped, nor where only one of those that are asked has heard of it', async (t) => {
  // Of four nodes, the fourth holds what the first, the second or the third has yet to receive, or held it before.
  for (const holders of [[1, 2, 3], [0, 1, 3], [0, 1, 2, 3], []]) {
    for (const heardBy of [[0, 1, 2], [1], [2]]) {
      const cluster = await LittleCluster.open({ nodes: 4 });
      await cluster.hold('k', objectOf({ writtenMs: longAgo(cluster.world) }));
      const reaper = cluster.reapers();
      for (const place of heardBy) cluster.node(place).hearHolders(holders);
      await cluster.world.timers.until(reaper.scan());
      t.deepEqual(cluster.holders('k'), [0, 1, 2, 3], `${holders} heard by ${heardBy}`);
      for (const place of heardBy) cluster.node(place).hearHolders([0, 1, 2]);
      await cluster.world.timers.until(reaper.scan());
      t.deepEqual(cluster.holders('k'), [3]);
    }
  }
});

test('each keyspace has its own primaries', async (t) => {
  const cluster = await LittleCluster.open({
    nodes: 4,
    keyspaces: [{ n: 3 }, { prefix: 'one:', n: 1 }, { prefix: 'all:', n: 4 }],
  });
  const tombstone = objectOf({ writtenMs: longAgo(cluster.world) });
  for (const key of ['k', 'one:k', 'all:k']) await cluster.hold(key, tombstone);
  cluster.node(3).up = false;
  const reaper = cluster.reapers();
  await cluster.world.timers.until(reaper.scan());
  t.deepEqual(cluster.holders('k'), [3]);
  t.deepEqual(cluster.holders('one:k'), [1, 2, 3], 'the others are no primaries of it');
  t.deepEqual(cluster.holders('all:k'), [0, 1, 2, 3]);
});

test('a write that comes between the rounds is kept by all', async (t) => {
  const cluster = await LittleCluster.open();
  const oldMs = longAgo(cluster.world);
  await cluster.hold('k', objectOf({ writtenMs: oldMs }));
  const reaper = cluster.reapers();
  const newer = objectOf(
    { writtenMs: oldMs },
    { writtenMs: cluster.world.clock.nowMs(), value: 'new', actor: ELSEWHERE },
  );
  cluster.node(2).beforeAnswer = (body) => {
    if (body[1] === ROUND_DROP) for (const { opened } of cluster.nodes) opened.merge('k', newer);
  };
  await cluster.world.timers.until(reaper.scan());
  t.deepEqual(cluster.holders('k').at(-1), 2);
  t.true(cluster.node(0).holds('k'));
});

test('where a drop is not answered the own copy stays, for others to take and the next scan to find', async (t) => {
  const cluster = await LittleCluster.open();
  const tombstone = objectOf({ writtenMs: longAgo(cluster.world) });
  await cluster.hold('k', tombstone);
  const reaper = cluster.reapers();
  const lossy = cluster.node(2);
  lossy.beforeAnswer = (body) => {
    lossy.losesAnswers = body[1] === ROUND_DROP;
  };
  await cluster.world.timers.until(reaper.scan());
  t.deepEqual(cluster.holders('k'), [0]);
  lossy.losesAnswers = false;
  lossy.beforeAnswer = undefined;
  await cluster.hold('k', tombstone);
  await cluster.world.timers.until(reaper.scan());
  t.deepEqual(cluster.holders('k'), []);
});

test('a copy that does not serve reads neither reaps nor lets others reap', async (t) => {
  for (const place of [0, 1]) {
    const cluster = await LittleCluster.open();
    await cluster.hold('k', objectOf({ writtenMs: longAgo(cluster.world) }));
    const reaper = cluster.reapers();
    const { replica } = cluster.node(place).opened;
    replica.setServes(partitionOfKey('k'), false);
    await cluster.world.timers.until(reaper.scan());
    t.deepEqual(cluster.holders('k'), [0, 1, 2]);
    replica.setServes(partitionOfKey('k'), true);
    await cluster.world.timers.until(reaper.scan());
    t.deepEqual(cluster.holders('k'), []);
  }
});

test('a drop that is asked for without a first round is refused where the version or the age is another', async (t) => {
  const cluster = await LittleCluster.open();
  const young = objectOf({ writtenMs: cluster.world.clock.nowMs() });
  const old = objectOf({ writtenMs: longAgo(cluster.world) });
  await cluster.hold('young', young);
  await cluster.hold('old', old);
  cluster.reapers();
  const { queries } = cluster.node(1);
  const dropping = async (key: string, fingerprint: number): Promise<number[]> => {
    const candidates = [{ db: 0, key, fingerprint }];
    const body = encodeReapQuestion({ round: ROUND_DROP, partition: partitionOfKey(key), candidates });
    const answer = new Promise<Buffer>((resolve) =>
      queries.answer(cluster.node(0).id, Buffer.concat([Buffer.of(QUERY_KIND.reap), body]), resolve),
    );
    return [...(await cluster.world.timers.until(answer))];
  };
  t.deepEqual(await dropping('young', versionFingerprint(young)), [0]);
  t.deepEqual(await dropping('old', versionFingerprint(young)), [0]);
  t.deepEqual(await dropping('absent', 0), [0]);
  t.deepEqual(await dropping('old', versionFingerprint(old)), [1]);
});

test('a malformed question gets an empty answer', async (t) => {
  const cluster = await LittleCluster.open();
  cluster.reapers();
  const candidates = [{ db: 0, key: 'k', fingerprint: 1 }];
  const bodies = [
    Buffer.alloc(0),
    encodeReapQuestion({ round: 3, partition: 0 as Partition, candidates }),
    encodeReapQuestion({ round: 1, partition: 999 as Partition, candidates }),
    encodeReapQuestion({ round: 1, partition: 0 as Partition, candidates: [{ db: 16, key: 'k', fingerprint: 1 }] }),
    encodeReapQuestion({ round: 1, partition: 0 as Partition, candidates }).subarray(0, -1),
  ];
  for (const body of bodies) {
    cluster
      .node(1)
      .queries.answer(cluster.node(0).id, Buffer.concat([Buffer.of(QUERY_KIND.reap), body]), (reply) =>
        t.is(reply.length, 0),
      );
  }
  t.plan(bodies.length);
});

test('keys that are not in memory are read, judged and reaped', async (t) => {
  const world = new ManualWorld();
  const before = await LittleCluster.open({ world });
  const keys = Array.from({ length: 300 }, (_, i) => `key ${i}`);
  for (const key of keys)
    for (const { opened } of before.nodes) opened.merge(key, objectOf({ writtenMs: longAgo(world) }));
  await world.timers.advance(1000);
  const disks = [];
  for (const { opened } of before.nodes) disks.push(await opened.stop());
  const cluster = await LittleCluster.open({ world, disks, memoryBytesMax: 4000 });
  t.true(cluster.node(1).opened.replica.stats().entries < 50);
  await world.timers.until(cluster.reapers().scan());
  for (const { opened, counters } of cluster.nodes) {
    t.is(opened.countDead(), 0);
    t.is(counters.reaped_keys, 300);
  }
});

test('a scan asks the governor for what it reads and reaps, and ends when the node stops', async (t) => {
  const cluster = await LittleCluster.open();
  for (let i = 0; i < 20; i++) cluster.node(0).opened.merge(`k${i}`, objectOf({ writtenMs: longAgo(cluster.world) }));
  await cluster.world.timers.advance(100);
  const reaper = cluster.reapers();
  const { governor } = cluster.node(0);
  await cluster.world.timers.until(reaper.scan());
  t.is(governor.units, 40);
  governor.refuse = true;
  await cluster.world.timers.until(reaper.scan());
  t.is(cluster.node(0).opened.countDead(), 20);
});

test('scans go on by themselves, also after one that the store failed, until the stop', async (t) => {
  const cluster = await LittleCluster.open();
  const { timers, log } = cluster.world;
  const reaper = cluster.reapers();
  await cluster.hold('k', objectOf({ writtenMs: longAgo(cluster.world) }));
  const { store } = cluster.node(0).opened;
  store.failReads = 'bad sector';
  reaper.start();
  await timers.advance(3_600_001);
  t.true(log.errors().includes('the reaper could not read the store'));
  t.deepEqual(cluster.holders('k'), [0, 1, 2]);
  store.failReads = undefined;
  await timers.advance(3_600_001);
  t.deepEqual(cluster.holders('k'), []);
  await timers.until(reaper.stop());
  const { lastScanMs } = reaper.stats();
  await timers.advance(7_200_000);
  t.is(reaper.stats().lastScanMs, lastScanMs);
});

test('after a reaping the next write of the key is of another epoch on every node', async (t) => {
  const cluster = await LittleCluster.open();
  const actors = cluster.nodes.map(({ opened }) => opened.identity.actor);
  await cluster.hold('k', objectOf({ writtenMs: longAgo(cluster.world) }));
  await cluster.world.timers.until(cluster.reapers().scan());
  for (const { opened, place } of cluster.nodes) t.not(opened.putKnown('k', 'again').actor, actors[place]);
});
