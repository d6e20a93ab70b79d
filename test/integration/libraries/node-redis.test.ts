/** node-redis, plain and as a cluster client. */
import { randomBytes } from 'node:crypto';
import test from 'ava';
import { RESP_TYPES } from 'redis';
import { waitUntil } from '../../../scripts/processes/wait.js';
import { READY_MS } from '../processes.js';
import { again, connectClient, connectCluster } from './node-redis-clients.js';
import { startPatientCluster } from './patient-cluster.js';
import { throughAKill } from './through-a-kill.js';

const VICTIM = 2;
const ITERATED = 500;

const cluster = await startPatientCluster();
test.after.always(() => cluster.close());

async function openClient(t: { teardown: (run: () => void) => void; fail: (text: string) => void }, index: number) {
  const client = await connectClient(cluster.node(index).port, (error) => t.fail(error.message));
  t.teardown(() => client.destroy());
  return client;
}

test.serial('a plain client sets, gets, counts, expires and renames', async (t) => {
  const client = await openClient(t, 0);
  t.is(await client.set('plain:a', 'one', { expiration: { type: 'EX', value: 1000 }, condition: 'NX' }), 'OK');
  t.is(await client.set('plain:a', 'two', { condition: 'NX' }), null);
  t.is(await client.get('plain:a'), 'one');
  t.true((await client.ttl('plain:a')) > 900);
  t.is(await client.persist('plain:a'), 1);
  t.is(await client.ttl('plain:a'), -1);
  t.is(await client.append('plain:a', ' more'), 8);
  t.is(await client.getRange('plain:a', 4, -1), 'more');
  t.is(await client.incrBy('plain:n', 41), 41);
  t.is(await client.incr('plain:n'), 42);
  t.is(await client.incrByFloat('plain:n', 0.5), '42.5');
  t.is(await client.rename('plain:a', 'plain:b'), 'OK');
  t.deepEqual(await client.mGet(['plain:a', 'plain:b', 'plain:n']), [null, 'one more', '42.5']);
  t.is(await client.copy('plain:b', 'plain:a'), 1);
  t.is(await client.getDel('plain:a'), 'one more');
  t.is(await client.del(['plain:a', 'plain:b', 'plain:n']), 2);
});

test.serial('bytes come back as they were', async (t) => {
  const client = (await openClient(t, 1)).withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  const value = randomBytes(10_000);
  await client.set('plain:bytes', value);
  t.deepEqual(await client.get('plain:bytes'), value);
});

test.serial('a scan through any node gives each of the keys', async (t) => {
  const writer = await openClient(t, 0);
  const keys = Array.from({ length: ITERATED }, (_, index) => `iterated:${index}`);
  await Promise.all(keys.map((key) => writer.set(key, 'v')));
  for (const index of cluster.nodes.keys()) {
    const reader = await openClient(t, index);
    const found = new Set<string>();
    for await (const page of reader.scanIterator({ MATCH: 'iterated:*', COUNT: 50 })) {
      for (const key of page) found.add(key);
    }
    t.deepEqual([...found].sort(), [...keys].sort());
  }
  t.is(await writer.unlink(keys), ITERATED);
});

test.serial('another database has other keys', async (t) => {
  const client = await openClient(t, 0);
  await client.set('database', 'zero');
  await client.select(1);
  t.is(await client.get('database'), null);
  await client.set('database', 'one');
  await client.select(0);
  t.is(await client.get('database'), 'zero');
});

test.serial('many commands at once are pipelined and answered in their order', async (t) => {
  const client = await openClient(t, 0);
  const replies = await Promise.all(
    Array.from({ length: 1000 }, (_, index) => [client.set('plain:many', `${index}`), client.get('plain:many')]).flat(),
  );
  t.deepEqual(
    replies.filter((_, index) => index % 2 === 1),
    Array.from({ length: 1000 }, (_, index) => `${index}`),
  );
  const batch = await client.multi().set('plain:many', 'x').get('plain:many').incr('plain:one').execAsPipeline();
  t.deepEqual(batch, ['OK', 'x', 1]);
});

test.serial(
  'a transaction runs, unless a watched key was changed by another client through another node',
  async (t) => {
    const client = await openClient(t, 0);
    const other = await openClient(t, 1);
    await client.watch('plain:x');
    t.deepEqual(await client.multi().set('plain:x', '1').incr('plain:x').exec(), ['OK', 2]);
    await client.watch('plain:x');
    await other.set('plain:x', '7');
    await t.throwsAsync(client.multi().set('plain:x', '8').exec(), { message: /watched keys has been changed/ });
    t.is(await client.get('plain:x'), '7');
  },
);

test.serial('a plain client goes on while another node is killed and comes back', async (t) => {
  const client = await openClient(t, 0);
  await throughAKill(cluster, VICTIM, async (index) => {
    await client.set(`kept:${index}`, `${index}`, { expiration: { type: 'PX', value: 1_000_000 } });
    t.is(await client.get(`kept:${index}`), `${index}`);
    t.is(await client.getEx(`kept:${index}`, { type: 'EX', value: 500 }), `${index}`);
    t.is(await client.del(`kept:${index}`), 1);
  });
});

test.serial('what is added while a node is killed adds up, but for what nobody knows the end of', async (t) => {
  const client = await openClient(t, 0);
  let unknown = 0;
  let added = 0;
  await throughAKill(cluster, VICTIM, async () => {
    try {
      await client.incr('kept:count');
      added++;
    } catch (error) {
      t.regex(String(error), /NOREPLICAS .* may still persist/);
      unknown++;
    }
  });
  const count = Number(await client.get('kept:count'));
  t.true(count >= added && count <= added + unknown, `${count} of ${added} and perhaps ${unknown}`);
});

test.serial('a cluster client goes on while a node is killed and comes back', async (t) => {
  // It tells of the connection that broke.
  const client = await connectCluster(cluster.ports, () => undefined);
  t.teardown(() => client.destroy());
  t.is(client.slots.filter((slot) => slot !== undefined).length, 16384);
  await waitUntil('all nodes coordinate again', READY_MS, async () => {
    const masters = new Set((await client.clusterSlots()).map(({ master }) => master.id));
    return masters.size === cluster.nodes.length || `only ${masters.size}`;
  });
  await throughAKill(cluster, VICTIM, async (index) => {
    const [key, other] = [`cluster:{${index}}`, `cluster:{${index}}:other`];
    await again(() => client.set(key, `${index}`));
    t.is(await again(() => client.get(key)), `${index}`);
    t.deepEqual(await again(() => client.mGet([key, other])), [`${index}`, null]);
    await again(() => client.setRange(key, 0, 'first'));
    t.true((await again(() => client.get(key)))?.startsWith('first'));
  });
});
