import test from 'ava';
import { PULL_ROWS_MAX } from '../../../cluster/background/limits.js';
import { QUERY_KIND } from '../../../cluster/wire/queries.js';
import type { ClusterOptions } from './transfer-cluster.js';
import { TransferCluster } from './transfer-cluster.js';
import { RETIRE_AFTER_MS } from './transfer-machine.js';

async function filled(keys: number, options: ClusterOptions = {}): Promise<TransferCluster> {
  const cluster = await TransferCluster.open(options);
  await cluster.fill(keys, 'old');
  return cluster;
}

/** Whom the joiner asks for pages, and how often; `onPage` runs before each is answered. */
function watchPages(cluster: TransferCluster, name: string, onPage: (source: string, count: number) => void): void {
  let count = 0;
  for (const [source, machine] of cluster.machines) {
    const link = cluster.node(name).peers.link(machine.id);
    if (link === undefined) continue;
    link.beforeQuery = (kind) => {
      if (kind === QUERY_KIND.pull) onPage(source, ++count);
    };
  }
}

function keysSent(cluster: TransferCluster): number {
  return [...cluster.machines.values()].reduce((sum, { counters }) => sum + counters.transfer_keys_sent, 0);
}

/** Of an actor in hex: 6 bytes, and a number. */
function lifeAndEpoch(actor: string): [string, number] {
  return [actor.slice(0, 12), Number.parseInt(actor.slice(12), 16)];
}

test.serial(
  'a node that joins receives its partitions, each row once, and those that it displaces let go of them',
  async (t) => {
    const cluster = await filled(300);
    const joined = await cluster.join('n3');
    await cluster.settle();
    t.deepEqual(await cluster.misplaced(), []);
    const { size } = await joined.rows();
    t.true(size > 100);
    t.is(joined.counters.transfer_keys_received, size);
    t.is(keysSent(cluster), size);
    const dropped = ['n0', 'n1', 'n2'].map((name) => cluster.node(name).counters.transfer_keys_dropped);
    t.is(
      dropped.reduce((sum, count) => sum + count, 0),
      size,
    );
    t.deepEqual(joined.transfer.figures(), { receiving: 0, retiring: 0, clearing: 0 });
  },
);

test.serial('empty partitions move too', async (t) => {
  const cluster = await TransferCluster.open({ partitionCount: 64 });
  const joined = await cluster.join('n3');
  await cluster.settle();
  t.is(joined.counters.transfer_keys_received, 0);
  t.is(joined.counters.transfer_partitions_received, 48);
});

test.serial('a node that leaves hands everything over, says that it is gone, and holds nothing any more', async (t) => {
  const cluster = await filled(200, { founders: 4 });
  const leaver = cluster.node('n1');
  leaver.view.leave();
  await cluster.settle();
  t.true(leaver.isGone);
  t.false(cluster.machines.has('n1'));
  t.deepEqual(await cluster.misplaced(), []);
});

test.serial('a node that leaves does not wait for ever for a node that it has hints for', async (t) => {
  const cluster = await filled(50, { founders: 4 });
  const leaver = cluster.node('n1');
  const key = [...cluster.acknowledged.keys()].find((name) => cluster.wanted(name).includes('n1')) ?? '';
  const away = cluster.wanted(key).find((name) => name !== 'n1') ?? '';
  cluster.link('n1', away, false);
  leaver.hints.note(cluster.memberOf(away).id, cluster.partitionOf(key), 0, key);
  leaver.view.leave();
  await cluster.advance(30_000);
  t.false(leaver.isGone, 'the other may come back');
  t.deepEqual([...(await leaver.rows()).keys()], [key]);
  await cluster.advance(60_000);
  t.true(leaver.isGone);
  t.is(leaver.counters.hints_dropped_leaving, 1);
  await cluster.settle();
  t.deepEqual(await cluster.misplaced(), []);
});

test.serial('a node that leaves waits for one that is to take over from it and is away, and names it', async (t) => {
  const cluster = await filled(50, { founders: 4 });
  const leaver = cluster.node('n1');
  const { id } = cluster.memberOf('n2');
  cluster.crash('n2');
  leaver.view.leave();
  const beganMs = cluster.world.clock.nowMs();
  await cluster.advance(120_000);
  t.false(leaver.isGone);
  const [waits, ...others] = leaver.transfer.transfers();
  t.deepEqual(others, []);
  t.like(waits, { direction: 'outgoing', peer: id, etaSeconds: undefined });
  t.true(Math.abs((waits?.waitsSinceMs ?? 0) - beganMs) <= 2_000);
  const said = cluster.world.log.lines.filter(({ message }) =>
    /waits for one that is down.*CLUSTER FORGET/.test(message),
  );
  t.is(said.length, 2, 'after five seconds, and a minute later');
  t.like(said[0]?.fields, { node: id, partitions: waits?.partitionsTotal });
  await cluster.start('n2');
  await cluster.settle();
  t.true(leaver.isGone);
  t.deepEqual(await cluster.misplaced(), []);
});

test.serial('a node that leaves goes once the one that it waited for is forgotten', async (t) => {
  const cluster = await filled(50, { founders: 5 });
  const leaver = cluster.node('n1');
  const { id } = cluster.memberOf('n2');
  cluster.crash('n2');
  leaver.view.leave();
  await cluster.advance(30_000);
  t.true(leaver.transfer.transfers().some(({ peer, waitsSinceMs }) => peer === id && waitsSinceMs !== undefined));
  leaver.view.forget(id);
  await cluster.settle();
  t.true(leaver.isGone);
  t.deepEqual(await cluster.misplaced(), []);
});

test.serial('keyspaces of N = 1 and N = 3 move side by side, each to its own nodes', async (t) => {
  const cluster = await TransferCluster.open({ keyspaces: [{}, { prefix: 'one:', n: 1, r: 1, w: 1 }] });
  await cluster.fill(200, 'x');
  await cluster.fill(200, 'y', 'one:');
  await cluster.join('n3');
  await cluster.settle();
  t.deepEqual(await cluster.misplaced(), []);
  cluster.node('n0').view.leave();
  await cluster.settle();
  t.deepEqual(await cluster.misplaced(), []);
});

test.serial('a source that breaks off in the middle: the next one goes on from the mark', async (t) => {
  const cluster = await filled(4_000, { partitionCount: 2 });
  const joined = await cluster.join('n3');
  let broken = '';
  watchPages(cluster, 'n3', (source, count) => {
    if (count !== 4) return;
    broken = source;
    cluster.link('n3', source, false);
  });
  await cluster.advance(10_000);
  t.not(broken, '');
  cluster.link('n3', broken, true);
  await cluster.settle();
  t.deepEqual(await cluster.misplaced(), []);
  const { size } = await joined.rows();
  t.true(joined.counters.transfer_pulls_broken_off >= 1);
  t.is(joined.counters.transfer_keys_received, size, 'no row came twice');
  t.true(keysSent(cluster) <= size + 2 * PULL_ROWS_MAX, 'what was under way is all that was sent twice');
});

test.serial('a source that dies and comes back goes on where it stopped', async (t) => {
  const cluster = await filled(3_000, { partitionCount: 2 });
  const joined = await cluster.join('n3');
  let died = '';
  watchPages(cluster, 'n3', (source, count) => {
    if (count === 3) died = source;
  });
  while (died === '') await cluster.advance(50);
  cluster.crash(died);
  await cluster.advance(1_000);
  await cluster.start(died);
  await cluster.settle();
  t.deepEqual(await cluster.misplaced(), []);
  const { size } = await joined.rows();
  t.true(joined.counters.transfer_keys_received <= size + 2 * PULL_ROWS_MAX);
});

test.serial('a receiver that dies in the middle goes on from its mark', async (t) => {
  const cluster = await filled(4_000, { partitionCount: 2 });
  const joined = await cluster.join('n3');
  let pages = 0;
  watchPages(cluster, 'n3', (_source, count) => {
    pages = count;
  });
  while (pages < 3) await cluster.advance(1);
  cluster.crash('n3');
  await cluster.put('key 1', 'written while it was down');
  await cluster.advance(1_000);
  const back = await cluster.start('n3');
  await cluster.settle();
  t.deepEqual(await cluster.misplaced(), []);
  const { size } = await back.rows();
  const before = joined.counters.transfer_keys_received;
  t.true(before >= PULL_ROWS_MAX);
  t.true(back.counters.transfer_keys_received < size);
  // Of each of the partitions that were under way the page that was not stored yet comes again.
  t.true(before + back.counters.transfer_keys_received <= size + 2 * PULL_ROWS_MAX);
});

test.serial('a receiver that loses its power keeps no mark that is ahead of its rows', async (t) => {
  const cluster = await filled(3_000, { partitionCount: 2 });
  await cluster.join('n3');
  let pages = 0;
  watchPages(cluster, 'n3', (_source, count) => {
    pages = count;
  });
  while (pages < 3) await cluster.advance(1);
  cluster.crash('n3', 'power');
  await cluster.start('n3');
  await cluster.settle();
  t.deepEqual(await cluster.misplaced(), []);
});

test.serial(
  'what is written behind the mark while rows come, and misses the receiver, is found by the check',
  async (t) => {
    const cluster = await filled(2_000, { partitionCount: 2 });
    await cluster.join('n3');
    let pages = 0;
    watchPages(cluster, 'n3', (_source, count) => {
      pages = count;
    });
    while (pages < 2) await cluster.advance(1);
    for (let i = 0; i < 50; i++) await cluster.putPast(`key ${i}`, 'new', 'n3');
    for (let i = 50; i < 100; i++) await cluster.put(`key ${i}`, 'new');
    await cluster.settle();
    t.deepEqual(await cluster.misplaced(), []);
  },
);

test.serial('two nodes that join at once', async (t) => {
  const cluster = await filled(300);
  await cluster.join('n3');
  await cluster.join('n4');
  await cluster.settle();
  t.deepEqual(await cluster.misplaced(), []);
});

test.serial(
  'a receiver that is not wanted any more gets rid of what it took, and what it alone has is handed on',
  async (t) => {
    const cluster = await filled(300, { keyspaces: [{ w: 1 }] });
    const joined = await cluster.join('n3');
    await cluster.advance(900);
    const key = [...(await joined.rows()).keys()].find((name) => cluster.receiversOf(name).includes('n3')) ?? '';
    await cluster.putAt(key, 'only at the receiver', 'n3');
    joined.view.leave();
    await cluster.settle();
    t.true(joined.isGone);
    await cluster.exchangeAll();
    await cluster.advance(5_000);
    t.deepEqual(await cluster.misplaced(), []);
  },
);

test.serial(
  'a partition that moves away and comes back is whole again, and dots are minted under another epoch',
  async (t) => {
    const cluster = await filled(300);
    const founders = ['n0', 'n1', 'n2'].map((name) => cluster.node(name));
    const before = founders.map(({ replica }) => replica.mintingActor(null).toString('hex'));
    await cluster.join('n3');
    await cluster.settle();
    const displaced = new Map(
      founders.map(({ view }) => [
        view.self.host,
        [...cluster.acknowledged.keys()].filter((key) => !cluster.wanted(key).includes(view.self.host)),
      ]),
    );
    await cluster.fill(300, 'new');
    cluster.node('n3').view.leave();
    await cluster.settle();
    t.deepEqual(await cluster.misplaced(), []);
    for (const [i, { replica, view, counters }] of founders.entries()) {
      const keys = displaced.get(view.self.host) ?? [];
      t.true(keys.length > 0 && counters.transfer_keys_dropped > 0);
      const [life, epoch] = lifeAndEpoch(before[i] ?? '');
      for (const key of keys) {
        const held = replica.peek(cluster.partitionOf(key), 0, key);
        const actor = replica.mintingActor(held ?? null).toString('hex');
        t.is(lifeAndEpoch(actor)[0], life, 'the same life');
        t.true(lifeAndEpoch(actor)[1] > epoch, 'another epoch than before it left');
      }
    }
  },
);

test.serial('a partition that comes back while its rows are being dropped stays', async (t) => {
  const cluster = await filled(600, { partitionCount: 4 });
  await cluster.join('n3');
  const dropped = (): number =>
    ['n0', 'n1', 'n2'].reduce((sum, name) => sum + cluster.node(name).counters.transfer_keys_dropped, 0);
  while (dropped() === 0) await cluster.advance(10);
  cluster.node('n3').view.leave();
  await cluster.settle();
  t.deepEqual(await cluster.misplaced(), []);
});

test.serial('what comes to the old holder after it has given a partition up is brought to the primaries', async (t) => {
  const cluster = await filled(100);
  await cluster.join('n3');
  const stray = (): string | undefined =>
    ['n0', 'n1', 'n2'].find((name) => cluster.node(name).counters.transfer_partitions_retired > 0);
  while (stray() === undefined) await cluster.advance(100);
  const old = stray() ?? '';
  const key = [...(await cluster.node(old).rows()).keys()].find((name) => !cluster.wanted(name).includes(old)) ?? '';
  await cluster.putAt(key, 'stray', old);
  await cluster.settle();
  t.deepEqual(await cluster.misplaced(), []);
});

test.serial('a dead node is replaced: its partitions come from the primaries that are left', async (t) => {
  const cluster = await filled(300);
  cluster.crash('n1');
  const { id } = cluster.memberOf('n1');
  await cluster.start('n3');
  cluster.truth.holdings.delete(id);
  cluster.truth.change([...cluster.truth.members.filter((member) => member.id !== id), cluster.memberOf('n3')], []);
  await cluster.settle();
  t.deepEqual(await cluster.misplaced(), []);
});

test.serial('what no node holds any more is begun anew, with a warning', async (t) => {
  const cluster = await filled(100, { keyspaces: [{ n: 1, r: 1, w: 1 }] });
  cluster.crash('n1');
  const { id } = cluster.memberOf('n1');
  const lost = [...cluster.acknowledged.keys()].filter((key) => cluster.wanted(key).includes('n1'));
  cluster.truth.holdings.delete(id);
  cluster.truth.change(
    cluster.truth.members.filter((member) => member.id !== id),
    [],
  );
  await cluster.advance(RETIRE_AFTER_MS - 1_000);
  const messages = (): string[] => cluster.world.log.lines.map(({ message }) => message);
  t.false(messages().some((line) => line.startsWith('no node holds')));
  await cluster.settle();
  t.true(messages().some((line) => line.startsWith('no node holds')));
  for (const key of lost) cluster.acknowledged.delete(key);
  t.deepEqual(await cluster.misplaced(), []);
});

test.serial('progress is told at both ends while it lasts', async (t) => {
  const cluster = await filled(4_000, { partitionCount: 4 });
  const joined = await cluster.join('n3');
  let pages = 0;
  watchPages(cluster, 'n3', (_source, count) => {
    pages = count;
  });
  while (pages < 6) await cluster.advance(10);
  const incoming = joined.transfer.transfers();
  t.true(incoming.length > 0);
  for (const course of incoming) t.is(course.direction, 'incoming');
  t.is(
    incoming.reduce((sum, { keys }) => sum + keys, 0),
    joined.counters.transfer_keys_received,
  );
  t.true(incoming.some(({ keysPerSecond, bytesPerSecond }) => keysPerSecond > 0 && bytesPerSecond > keysPerSecond));
  t.true(incoming.reduce((sum, { partitionsTotal }) => sum + partitionsTotal, 0) <= 4);
  const outgoing = [...cluster.machines.values()].flatMap(({ transfer }) => transfer.transfers());
  t.true(outgoing.some(({ direction, peer, bytes }) => direction === 'outgoing' && peer === joined.id && bytes > 0));
  await cluster.settle();
  for (const { transfer } of cluster.machines.values()) t.deepEqual(transfer.transfers(), []);
});

test.serial('a store that fails delays a transfer, and is said', async (t) => {
  const cluster = await filled(200);
  const joined = await cluster.join('n3');
  joined.store.failWrites = 'disk full';
  await cluster.advance(3_000);
  t.is(joined.counters.transfer_partitions_received, 0);
  joined.store.failWrites = undefined;
  await cluster.settle();
  t.deepEqual(await cluster.misplaced(), []);
});
