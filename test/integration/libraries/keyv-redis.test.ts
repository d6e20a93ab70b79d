/** Keyv over @keyv/redis: values of any shape, with a time to live and in namespaces. */
import KeyvRedis from '@keyv/redis';
import test, { type ExecutionContext } from 'ava';
import { Keyv } from 'keyv';
import { waitUntil } from '../../../scripts/processes/wait.js';
import { READY_MS } from '../processes.js';
import { startPatientCluster } from './patient-cluster.js';
import { throughAKill } from './through-a-kill.js';

const VICTIM = 2;
const MANY = 200;

const cluster = await startPatientCluster();
test.after.always(() => cluster.close());

function open(t: ExecutionContext, store: KeyvRedis<unknown>, namespace: string): Keyv {
  const keyv = new Keyv({ store, namespace, useKeyPrefix: false });
  keyv.on('error', (error: Error) => t.fail(error.message));
  t.teardown(() => keyv.disconnect());
  return keyv;
}

function ofNode(index: number): KeyvRedis<unknown> {
  return new KeyvRedis(`redis://127.0.0.1:${cluster.node(index).port}`);
}

function ofCluster(): KeyvRedis<unknown> {
  return new KeyvRedis({ rootNodes: cluster.ports.map((port) => ({ url: `redis://127.0.0.1:${port}` })) });
}

const KINDS = [
  { name: 'through one node', store: () => ofNode(0) },
  { name: 'as a cluster client', store: ofCluster },
];

for (const { name, store } of KINDS) {
  test.serial(`values are set, read, iterated and cleared ${name}`, async (t) => {
    const keyv = open(t, store(), name);
    const other = open(t, ofNode(1), `${name} too`);
    const value = { list: [1, 'two', null], text: 'µ' };
    t.true(await keyv.set('value', value));
    t.deepEqual(await keyv.get('value'), value);
    t.is(await other.get('value'), undefined);
    await other.set('value', 'kept');
    t.true(await keyv.has('value'));
    t.true(await keyv.delete('value'));
    t.false(await keyv.delete('value'));
    t.is(await keyv.get('value'), undefined);

    const keys = Array.from({ length: MANY }, (_, index) => `many:${index}`);
    await Promise.all(keys.map((key, index) => keyv.set(key, index)));
    t.deepEqual(await keyv.getMany(['none', ...keys]), [undefined, ...keys.keys()]);
    const found = new Map<unknown, unknown>();
    for await (const [key, number] of keyv.iterator?.(undefined) ?? []) found.set(key, number);
    t.deepEqual([...found.keys()].sort(), [...keys].sort());
    t.is(found.get('many:7'), 7);
    await keyv.clear();
    t.deepEqual(await keyv.getMany(keys.slice(0, 3)), [undefined, undefined, undefined]);
    t.is(await other.get('value'), 'kept');
  });

  test.serial(`values expire ${name}`, async (t) => {
    const keyv = open(t, store(), name);
    await keyv.set('short', 'v', 500_000);
    t.is(await keyv.get('short'), 'v');
    await keyv.set('short', 'v', 50);
    await waitUntil('the value has expired', READY_MS, async () => !(await keyv.has('short')) || 'it is there');
    t.is(await keyv.get('short'), undefined);
  });
}

test.serial('what @keyv/redis sends as one transaction is done', async (t) => {
  const keyv = new Keyv({ store: ofNode(0), namespace: 'batch', useKeyPrefix: false });
  t.teardown(() => keyv.disconnect());
  const errors: Error[] = [];
  keyv.on('error', (error: Error) => errors.push(error));
  await keyv.setMany([
    { key: 'a', value: 1 },
    { key: 'b', value: 2 },
  ]);
  t.deepEqual(await keyv.getMany(['a', 'b', 'c']), [1, 2, undefined]);
  t.deepEqual(await keyv.hasMany(['a', 'c']), [true, false]);
  t.deepEqual(errors, []);
});

test.serial('values are kept while a node is killed and comes back', async (t) => {
  const keyv = open(t, ofNode(0), 'kept');
  await throughAKill(cluster, VICTIM, async (index) => {
    await keyv.set(`key:${index}`, { index }, 600_000);
    t.deepEqual(await keyv.get(`key:${index}`), { index });
    t.true(await keyv.delete(`key:${index}`));
  });
});
