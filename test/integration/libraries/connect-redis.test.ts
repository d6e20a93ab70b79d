/** express-session keeps its sessions by connect-redis: apps at different nodes see the same ones. */
import test, { type ExecutionContext } from 'ava';
import { RedisStore } from 'connect-redis';
import session from 'express-session';
import { waitUntil } from '../../../scripts/processes/wait.js';
import { READY_MS } from '../processes.js';
import { connectClient, connectCluster } from './node-redis-clients.js';
import { startPatientCluster } from './patient-cluster.js';
import { type SessionApp, startSessionApp, Visitor } from './session-app.js';
import { throughAKill } from './through-a-kill.js';

const VICTIM = 2;
const SESSIONS = 250;

const cluster = await startPatientCluster();
test.after.always(() => cluster.close());

async function openStore(t: ExecutionContext, index: number, prefix: string): Promise<RedisStore> {
  const client = await connectClient(cluster.node(index).port, (error) => t.fail(error.message));
  t.teardown(() => client.destroy());
  return new RedisStore({ client, prefix });
}

async function openApp(t: ExecutionContext, store: RedisStore): Promise<SessionApp> {
  const app = await startSessionApp(store);
  t.teardown(() => app.close());
  return app;
}

test.serial('a login is known to the apps at all nodes until the user logs out', async (t) => {
  const stores = await Promise.all(cluster.nodes.map((_, index) => openStore(t, index, 'login:')));
  const apps = await Promise.all(stores.map((store) => openApp(t, store)));
  const [visitor, stranger] = [new Visitor(), new Visitor()];
  t.deepEqual(await visitor.get(`${apps[0]?.url}/login?ada`), ['ada', 0]);
  let visits = 0;
  for (const { url } of [...apps, ...apps]) {
    visits++;
    t.deepEqual(await visitor.get(`${url}/visit`), ['ada', visits]);
    t.deepEqual(await visitor.get(`${url}/`), ['ada', visits]);
    t.deepEqual(await stranger.get(`${url}/`), [null, null]);
  }
  t.deepEqual(await visitor.get(`${apps[1]?.url}/logout`), [null, null]);
  for (const { url } of apps) t.deepEqual(await visitor.get(`${url}/`), [null, null]);
  t.is(await stores[2]?.length(), 0);
});

test.serial('a session that is used lives on: a touch sets its time to live again', async (t) => {
  const store = await openStore(t, 0, 'touched:');
  const client = await connectClient(cluster.node(1).port, (error) => t.fail(error.message));
  t.teardown(() => client.destroy());
  const app = await openApp(t, store);
  const visitor = new Visitor();
  await visitor.get(`${app.url}/login?ada`);
  const [id] = await store.ids();
  t.is(await client.expire(`touched:${id}`, 100), 1);
  t.deepEqual(await visitor.get(`${app.url}/`), ['ada', 0]);
  t.true((await client.ttl(`touched:${id}`)) > 100);
  t.is(await client.pExpire(`touched:${id}`, 1), 1);
  await waitUntil('the session has expired', READY_MS, async () => (await store.length()) === 0 || 'it is there');
  t.deepEqual(await visitor.get(`${app.url}/`), [null, null]);
});

test.serial('all sessions can be listed, read, counted and removed, through any node', async (t) => {
  const stores = await Promise.all(cluster.nodes.map((_, index) => openStore(t, index, 'all:')));
  const [first, second, third] = stores;
  if (first === undefined || second === undefined || third === undefined) throw new Error('there are three');
  const other = await openStore(t, 0, 'other:');
  const ids = Array.from({ length: SESSIONS }, (_, index) => `id${String(index).padStart(3, '0')}`);
  const cookie = new session.Cookie();
  await Promise.all(ids.map((id) => first.set(id, { cookie, user: id, visits: 1 })));
  await other.set('kept', { cookie, user: 'kept', visits: 0 });
  for (const store of stores) {
    t.is(await store.length(), SESSIONS);
    t.deepEqual((await store.ids()).sort(), ids);
    const all: { id: string; user: string }[] = await store.all();
    t.deepEqual(
      all.map(({ id, user }) => `${id} ${user}`).sort(),
      ids.map((id) => `${id} ${id}`),
    );
  }
  await second.destroy('id000');
  t.is(await third.get('id000'), null);
  t.is(await third.length(), SESSIONS - 1);
  await third.clear();
  for (const store of stores) t.is(await store.length(), 0);
  t.is(await other.length(), 1);
});

test.serial('a cluster client keeps sessions too', async (t) => {
  const client = await connectCluster(cluster.ports, (error) => t.fail(error.message));
  t.teardown(() => client.destroy());
  const store = new RedisStore({ client, prefix: '{cluster}:' });
  const app = await openApp(t, store);
  const visitors = Array.from({ length: 20 }, () => new Visitor());
  await Promise.all(visitors.map((visitor, index) => visitor.get(`${app.url}/login?${index}`)));
  for (const [index, visitor] of visitors.entries())
    t.deepEqual(await visitor.get(`${app.url}/visit`), [`${index}`, 1]);
  t.is(await store.length(), visitors.length);
  t.is((await store.all()).length, visitors.length);
  await store.clear();
  t.deepEqual(await store.ids(), []);
});

test.serial('sessions are kept while a node is killed and comes back', async (t) => {
  const app = await openApp(t, await openStore(t, 0, 'kept:'));
  await throughAKill(cluster, VICTIM, async (index) => {
    const visitor = new Visitor();
    t.deepEqual(await visitor.get(`${app.url}/login?${index}`), [`${index}`, 0]);
    t.deepEqual(await visitor.get(`${app.url}/visit`), [`${index}`, 1]);
    t.deepEqual(await visitor.get(`${app.url}/`), [`${index}`, 1]);
  });
});
