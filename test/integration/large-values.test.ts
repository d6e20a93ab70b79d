import test, { type ExecutionContext } from 'ava';
import { Redis } from 'ioredis';
import { infoField } from '../../scripts/processes/ask.js';
import { TestCluster } from './processes.js';

const VALUE = Buffer.alloc(1024 * 1024, 'v');
const CLIENTS = 30;
const WRITES_EACH = 4;
/** Much less than what the clients have under way: nobody may be refused for it. */
const SMALL_MEMORY = ['--maxmemory', '8mb'];
/** Only how much is under way is to be shown here, not how fast the machine is. */
const PATIENT = ['--request-timeout-ms', '60000'];

async function writeAll(t: ExecutionContext, cluster: TestCluster): Promise<void> {
  const [port = 0] = cluster.ports;
  const clients = Array.from({ length: CLIENTS }, () => new Redis({ port, maxRetriesPerRequest: 0 }));
  t.teardown(() => {
    for (const client of clients) client.disconnect();
  });
  const writes = clients.flatMap((client, who) =>
    Array.from({ length: WRITES_EACH }, (_, index) => client.set(`large:${who}:${index}`, VALUE)),
  );
  const outcomes = await Promise.allSettled(writes);
  const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : []));
  t.deepEqual([...new Set(errors)], []);
  t.is(await infoField(port, 'dynamo', 'waiting_writes_refused'), '0');
  const [first] = clients;
  const read = await first?.getBuffer('large:0:0');
  t.true(read?.equals(VALUE));
}

test.serial(
  'writers of values that are larger together than the memory of the nodes wait, and none is refused',
  async (t) => {
    t.timeout(180_000);
    const cluster = await TestCluster.start({ args: [...SMALL_MEMORY, ...PATIENT] });
    t.teardown(() => cluster.close());
    await writeAll(t, cluster);
  },
);

test.serial('so do those of a node alone', async (t) => {
  t.timeout(180_000);
  const cluster = await TestCluster.start({
    nodeCount: 1,
    args: [...SMALL_MEMORY, ...PATIENT, '--n', '1', '--r', '1', '--w', '1'],
  });
  t.teardown(() => cluster.close());
  await writeAll(t, cluster);
});
