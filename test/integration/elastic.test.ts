/** Nodes join, leave and are replaced while stock clients work. */
import test, { type ExecutionContext } from 'ava';
import { Cluster, Redis } from 'ioredis';
import { Primaries } from '../../scripts/chaos/replica-digests.js';
import { ask, connectedPeers, infoField } from '../../scripts/processes/ask.js';
import { pause, waitUntil } from '../../scripts/processes/wait.js';
import { ElasticLoad, healed } from './elastic-load.js';
import { TestCluster } from './processes.js';

const LANES = 12;
const WORKED_MS = 180_000;
const PARTITIONS = 256;
const MAP_EVERY_MS = 50;
/**
 * A partition is declared after a sixth of `transfer-settle-ms`: all nodes have heard of the ring by then, or reads might
 * miss writes. A request may take long where many processes share a core: that is no error.
 */
const ARGS = [
  ...['--enable-debug-command', 'local', '--request-timeout-ms', '10000'],
  ...['--exchange-period-ms', '2000', '--transfer-settle-ms', '6000'],
];

test.serial(
  'a node joins three while clients write and read through all of them: no error, nothing missing, even shares',
  async (t) => {
    const cluster = await start(t);
    const load = loadThrough(t, cluster);
    await load.moreRounds(500);
    const joiner = await cluster.join();
    load.add(new Redis(joiner.port, '127.0.0.1'));
    await healed(t, cluster, load);
    await load.moreRounds(500);
    await endsWell(t, cluster, load);
    t.deepEqual(await tokensOf(joiner.port), [64, 64, 64, 64]);
    t.is(await infoField(joiner.port, 'membership', 'partitions_held'), `${(PARTITIONS / 4) * 3}`);
  },
);

test.serial('a node leaves while clients work: it ends with exit code 0, and nothing is lost', async (t) => {
  const cluster = await start(t, 4);
  const load = loadThrough(t, cluster, 3);
  await load.moreRounds(500);
  const end = await cluster.leave(cluster.node(3));
  t.deepEqual(end, { code: 0, signal: null });
  await healed(t, cluster, load);
  await load.moreRounds(100);
  await endsWell(t, cluster, load);
  t.deepEqual((await tokensOf(cluster.node(0).port)).sort(), [85, 85, 86]);
});

test.serial('a new node takes the place of a dead one', async (t) => {
  const cluster = await start(t, 4);
  const dead = cluster.node(2);
  const id = String(await ask(dead.port, 'CLUSTER', 'MYID'));
  const load = loadThrough(t, cluster, 2);
  await load.moreRounds(300);
  const before = await primariesWithAll(cluster);
  await dead.kill();
  cluster.forget(dead);
  const heir = await cluster.join(['--replace', id]);
  await healed(t, cluster, load);
  const after = await primariesWithAll(cluster);
  t.is(
    after.text,
    before.text.replaceAll(`${dead.port}`, `${heir.port}`),
    'the tokens of all others are where they were',
  );
  await load.moreRounds(100);
  await endsWell(t, cluster, load);
});

test.serial('a fresh node and a cluster meet', async (t) => {
  const cluster = await start(t);
  const load = loadThrough(t, cluster);
  await load.moreRounds(200);
  const { node, peerPort } = await cluster.startAlone();
  // Again where the machine was too slow for the nodes to talk.
  await waitUntil('they meet', WORKED_MS, async () => {
    const answer = await ask(cluster.node(1).port, 'CLUSTER', 'MEET', '127.0.0.1', `${node.port}`, `${peerPort}`);
    return answer === 'OK' || String(answer);
  });
  await healed(t, cluster, load);
  await endsWell(t, cluster, load);
  t.deepEqual(await tokensOf(node.port), [64, 64, 64, 64]);
});

test.serial(
  'a join goes on where it stopped when the joiner, and then one that it receives from, is killed',
  async (t) => {
    const cluster = await start(t, 3, ['--background-rate-max', '500', '--background-rate-min', '500']);
    const load = loadThrough(t, cluster, 1);
    await load.moreRounds(100);
    await fill(cluster.node(0).port, 6000);
    const joiner = await cluster.join();
    const first = await partlyReceived(joiner.port, 192);
    await joiner.kill();
    void joiner.launch();
    await joiner.ready(0, WORKED_MS);
    const second = await partlyReceived(joiner.port, first);
    t.true(second <= first, 'what was received before counts');
    const source = cluster.node(2);
    await source.kill();
    void source.launch();
    await healed(t, cluster, load);
    await load.end();
    for (const { port } of cluster.nodes) {
      t.deepEqual(await load.wrongThrough(port), [], `through port ${port}`);
      t.deepEqual(await missingThrough(port, 6000), [], `through port ${port}`);
    }
  },
);

test.serial('ioredis Cluster works on while three nodes become five and then four', async (t) => {
  const cluster = await start(t);
  const client = new Cluster(
    cluster.ports.map((port) => ({ host: '127.0.0.1', port })),
    { slotsRefreshInterval: 500 },
  );
  const load = new ElasticLoad([client], LANES);
  t.teardown(() => load.end());
  await load.moreRounds(500);
  const maps = new MapWatch(cluster.node(0).port);
  t.teardown(() => maps.end());
  const joiners = await Promise.all([cluster.join(), cluster.join()]);
  await healed(t, cluster, load);
  await maps.end();
  t.true(maps.seen.size > 2, 'partitions went over one by one');
  for (const { port } of joiners) t.true(maps.last.includes(`${port}`));
  await load.moreRounds(500);
  t.deepEqual(await cluster.leave(cluster.node(1)), { code: 0, signal: null });
  await healed(t, cluster, load);
  await load.moreRounds(500);
  // It asks for the map every now and then.
  await waitUntil('the client knows who is there', WORKED_MS, () => {
    const known = client.nodes('master').map(({ options }) => options.port);
    return known.sort().join() === cluster.ports.sort().join() || known.join();
  });
  await endsWell(t, cluster, load);
});

async function start(t: ExecutionContext, nodeCount = 3, args: readonly string[] = []): Promise<TestCluster> {
  t.timeout(900_000);
  const cluster = await TestCluster.start({ nodeCount, args: [...ARGS, ...args] });
  t.teardown(() => cluster.close());
  return cluster;
}

/** A load through the first nodes of a cluster, all when not said how many. */
function loadThrough(t: ExecutionContext, cluster: TestCluster, nodeCount = cluster.nodes.length): ElasticLoad {
  const ports = cluster.ports.slice(0, nodeCount);
  const load = new ElasticLoad(
    ports.map((port) => new Redis(port, '127.0.0.1')),
    LANES,
  );
  t.teardown(() => load.end());
  return load;
}

async function endsWell(t: ExecutionContext, cluster: TestCluster, load: ElasticLoad): Promise<void> {
  await load.end();
  t.deepEqual(load.errors, []);
  t.deepEqual(load.wrong, []);
  for (const port of cluster.ports) t.deepEqual(await load.wrongThrough(port), [], `through port ${port}`);
}

/** The primaries as the first node knows them while it reaches all others. */
async function primariesWithAll(cluster: TestCluster): Promise<Primaries> {
  const { port } = cluster.node(0);
  let primaries = await Primaries.of(port);
  await waitUntil('the first node reaches all others', WORKED_MS, async () => {
    primaries = await Primaries.of(port);
    const connected = await connectedPeers(port);
    return connected === cluster.nodes.length - 1 || `it reaches ${connected}`;
  });
  return primaries;
}

/** How many partitions each member has the token of, as the node at `port` sees it. */
async function tokensOf(port: number): Promise<number[]> {
  const reply = String(await ask(port, 'INFO', 'members'));
  return [...reply.matchAll(/,tokens=(\d+)/g)].map(([, tokens]) => Number(tokens));
}

/** Waits until a node has received some of the partitions that it lacks, fewer than `before`; gives how many it still lacks. */
async function partlyReceived(port: number, before: number): Promise<number> {
  let left = before;
  await waitUntil('some partitions are received', WORKED_MS, async () => {
    left = Number(await infoField(port, 'membership', 'partitions_to_receive'));
    return (left > 0 && left < before) || `${left} are to be received`;
  });
  return left;
}

const FILL_KEYS = 200;

function fillValue(index: number): string {
  return `value ${index}`;
}

async function fill(port: number, count: number): Promise<void> {
  const client = new Redis(port, '127.0.0.1');
  try {
    for (let at = 0; at < count; at += FILL_KEYS) {
      const indexes = Array.from({ length: Math.min(FILL_KEYS, count - at) }, (_, index) => at + index);
      await client.mset(new Map(indexes.map((index) => [`fill:${index}`, fillValue(index)])));
    }
  } finally {
    client.disconnect();
  }
}

async function missingThrough(port: number, count: number): Promise<string[]> {
  const client = new Redis(port, '127.0.0.1');
  try {
    const missing: string[] = [];
    for (let at = 0; at < count; at += FILL_KEYS) {
      const indexes = Array.from({ length: Math.min(FILL_KEYS, count - at) }, (_, index) => at + index);
      const values = await client.mget(indexes.map((index) => `fill:${index}`));
      for (const [place, index] of indexes.entries())
        if (values[place] !== fillValue(index)) missing.push(`fill:${index}`);
    }
    return missing;
  } finally {
    client.disconnect();
  }
}

/** Watches what a node answers to CLUSTER SLOTS. */
class MapWatch {
  readonly seen = new Set<string>();
  last = '';
  #isOver = false;
  readonly #work: Promise<void>;

  constructor(port: number) {
    this.#work = this.#watch(port);
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#work;
  }

  async #watch(port: number): Promise<void> {
    while (!this.#isOver) {
      // A look that a busy machine is too slow for is one less.
      const primaries = await Primaries.of(port).catch(() => undefined);
      if (primaries !== undefined) {
        this.seen.add(primaries.text);
        this.last = primaries.text;
      }
      await pause(MAP_EVERY_MS);
    }
  }
}
