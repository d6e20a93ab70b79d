/** cache-manager over Keyv and @keyv/redis: an app's cache, shared through any node. */
import KeyvRedis from '@keyv/redis';
import test, { type ExecutionContext } from 'ava';
import { type Cache, createCache } from 'cache-manager';
import { Keyv } from 'keyv';
import { waitUntil } from '../../../scripts/processes/wait.js';
import { READY_MS } from '../processes.js';
import { startPatientCluster } from './patient-cluster.js';
import { throughAKill } from './through-a-kill.js';

const VICTIM = 2;
const TTL_MS = 600_000;

const cluster = await startPatientCluster();
test.after.always(() => cluster.close());

function open(t: ExecutionContext, index: number, namespace: string): Cache {
  const store = new KeyvRedis(`redis://127.0.0.1:${cluster.node(index).port}`);
  const keyv = new Keyv({ store, namespace, useKeyPrefix: false });
  keyv.on('error', (error: Error) => t.fail(error.message));
  t.teardown(() => keyv.disconnect());
  return createCache({ stores: [keyv], ttl: TTL_MS });
}

test.serial('what one node has cached another one gives', async (t) => {
  const [first, second] = [open(t, 0, 'shared'), open(t, 1, 'shared')];
  await first.set('user', { name: 'ada' });
  t.deepEqual(await second.get('user'), { name: 'ada' });
  const endMs = await second.ttl('user');
  t.true(endMs !== undefined && endMs > Date.now() && endMs <= Date.now() + TTL_MS);
  t.deepEqual(await second.mget(['user', 'nobody']), [{ name: 'ada' }, undefined]);
  t.true(await second.del('user'));
  t.is(await first.get('user'), undefined);
});

test.serial('what is wrapped is computed once, and again when it has expired or was cleared', async (t) => {
  const [first, second] = [open(t, 0, 'wrapped'), open(t, 1, 'wrapped')];
  let computed = 0;
  const compute = (): number => ++computed;
  t.is(await first.wrap('sum', compute), 1);
  t.is(await second.wrap('sum', compute), 1);
  await second.set('sum', 0, 50);
  await waitUntil(
    'the value has expired',
    READY_MS,
    async () => (await first.get('sum')) === undefined || 'it is there',
  );
  t.is(await first.wrap('sum', compute), 2);
  t.true(await second.clear());
  t.is(await first.wrap('sum', compute), 3);
});

test.serial('the cache goes on while a node is killed and comes back', async (t) => {
  const cache = open(t, 0, 'kept');
  await throughAKill(cluster, VICTIM, async (index) => {
    t.is(await cache.wrap(`key:${index}`, () => index), index);
    t.is(await cache.wrap(`key:${index}`, () => -1), index);
    t.is(await cache.get(`key:${index}`), index);
  });
});
