import test from 'ava';
import { TransferCluster } from './transfer-cluster.js';

async function filled(keys: number, options = {}): Promise<TransferCluster> {
  const cluster = await TransferCluster.open(options);
  for (let i = 0; i < keys; i++) await cluster.put(`key ${i}`, `value ${i}`);
  return cluster;
}

test('a node that joins receives its partitions, and those that it displaces let go of them', async (t) => {
  const cluster = await filled(200);
  const joined = await cluster.join('n3');
  await cluster.settle();
  t.deepEqual(await cluster.misplaced(), []);
  t.true(joined.counters.transfer_partitions_received > 0);
  t.true((await joined.rows()).size > 50);
});
