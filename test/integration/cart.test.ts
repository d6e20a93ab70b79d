/** The shopping cart of Dynamo §4.4: no add is lost when two clients change one cart at a time through two nodes. */
import test from 'ava';
import { Redis } from 'ioredis';
import { TestCluster } from './processes.js';
import { redisCli } from './redis-cli.js';

/** What `GET key CONTEXT` answers. */
type CartReply = [token: string, siblings: string[]];
/** Sends one command through the node of that index. */
type Send = (node: number, ...words: string[]) => Promise<unknown>;

let cluster: TestCluster;
const clients: Redis[] = [];

test.before(async () => {
  cluster = await TestCluster.start({
    args: ['--keyspace', 'cart: n=3 r=2 w=2 reconcile=siblings durability=log'],
  });
  for (const port of cluster.ports) clients.push(new Redis(port, '127.0.0.1'));
});
test.after.always(async () => {
  for (const client of clients) client.disconnect();
  await cluster?.close();
});

const CLIENTS: { name: string; send: Send }[] = [
  { name: 'redis-cli', send: (node, ...words) => redisCli(cluster.node(node).port, ...words) },
  {
    name: 'ioredis',
    send: async (node, ...words) => {
      const [name = '', ...args] = words;
      return clients[node]?.call(name, args);
    },
  },
];

async function read(send: Send, node: number, key: string): Promise<CartReply> {
  return (await send(node, 'GET', key, 'CONTEXT')) as CartReply;
}

for (const { name, send } of CLIENTS) {
  test(`with ${name}, two adds at a time are siblings afterwards, and a merge leaves one version`, async (t) => {
    const cart = `cart:${name}`;
    await send(0, 'SET', cart, 'milk');
    const [annsToken] = await read(send, 0, cart);
    const [bobsToken] = await read(send, 1, cart);
    const annsNewToken = await send(0, 'SET', cart, 'milk,eggs', 'CONTEXT', annsToken);
    t.is(typeof annsNewToken, 'string');
    await send(1, 'SET', cart, 'milk,bread', 'CONTEXT', bobsToken);

    for (const node of [0, 1, 2]) {
      const [, siblings] = await read(send, node, cart);
      t.deepEqual(siblings.toSorted(), ['milk,bread', 'milk,eggs'], `through node ${node}`);
    }

    const [mergeToken] = await read(send, 2, cart);
    await send(2, 'SET', cart, 'milk,eggs,bread', 'CONTEXT', mergeToken);
    for (const node of [0, 1, 2]) t.deepEqual((await read(send, node, cart))[1], ['milk,eggs,bread']);
  });

  test(`with ${name}, a set without a token never overwrites in a cart`, async (t) => {
    const cart = `cart:blind:${name}`;
    await send(0, 'SET', cart, 'one');
    await send(1, 'SET', cart, 'two');
    t.deepEqual((await read(send, 2, cart))[1].toSorted(), ['one', 'two']);
  });

  test(`with ${name}, a delete takes away what its token has seen and nothing else`, async (t) => {
    const cart = `cart:delete:${name}`;
    await send(0, 'SET', cart, 'old');
    const [token] = await read(send, 0, cart);
    await send(1, 'SET', cart, 'new');
    await send(2, 'DELEX', cart, 'CONTEXT', token);
    for (const node of [0, 1, 2]) t.deepEqual((await read(send, node, cart))[1], ['new']);
  });

  test(`with ${name}, a token of another cart is refused and writes nothing`, async (t) => {
    const [mine, other] = [`cart:mine:${name}`, `cart:other:${name}`];
    await send(0, 'SET', other, 'theirs');
    const [token] = await read(send, 0, other);
    await t.throwsAsync(send(0, 'SET', mine, 'x', 'CONTEXT', token), { message: /BADCONTEXT/ });
    t.deepEqual((await read(send, 1, mine))[1], []);
  });
}
