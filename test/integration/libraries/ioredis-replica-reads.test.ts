/** ioredis's cluster client that reads from the replicas: nodes that do not coordinate a key answer for it all the same. */
import test, { type ExecutionContext } from 'ava';
import { Cluster } from 'ioredis';
import { startPatientCluster } from './patient-cluster.js';
import { throughAKill } from './through-a-kill.js';

const VICTIM = 2;
const MANY = 100;

const cluster = await startPatientCluster();
test.after.always(() => cluster.close());

function open(t: ExecutionContext, scaleReads: 'master' | 'slave' | 'all'): Cluster {
  const client = new Cluster(
    cluster.ports.map((port) => ({ host: '127.0.0.1', port })),
    { scaleReads },
  );
  client.on('error', (error: Error) => t.fail(error.message));
  t.teardown(() => client.disconnect());
  return client;
}

for (const scaleReads of ['slave', 'all'] as const) {
  test.serial(`reads by scaleReads '${scaleReads}' see what was written before them`, async (t) => {
    const client = open(t, scaleReads);
    for (let index = 0; index < MANY; index++) {
      const key = `${scaleReads}:${index}`;
      t.is(await client.set(key, index), 'OK');
      t.is(await client.get(key), `${index}`);
      t.is(await client.incr(key), index + 1);
      t.is(await client.strlen(key), `${index + 1}`.length);
      t.is(await client.exists(key), 1);
      t.is(await client.del(key), 1);
      t.is(await client.get(key), null);
    }
  });

  test.serial(`reads by scaleReads '${scaleReads}' go on while a node is killed and comes back`, async (t) => {
    const client = open(t, scaleReads);
    await throughAKill(cluster, VICTIM, async (index) => {
      const key = `kept:${scaleReads}:${index}`;
      await client.set(key, index, 'PX', 1_000_000);
      t.is(await client.get(key), `${index}`);
      t.true((await client.pttl(key)) > 0);
    });
  });
}

test.serial('each node is asked to coordinate some keys, and the others are its replicas', async (t) => {
  const client = open(t, 'master');
  await client.ping();
  t.is(client.nodes('master').length, cluster.nodes.length);
  t.is(client.nodes('all').length, cluster.nodes.length);
  t.deepEqual(await client.cluster('KEYSLOT', '{a}b'), 15495);
});
