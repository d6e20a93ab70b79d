import test from 'ava';
import { Staged } from './staged.js';

test('how long a node will find that it was away after a loss of power is known before', async (t) => {
  const staged = await Staged.begin({ nodes: 3, keys: 1, sloppy: true, tampering: {} });
  const [machine] = staged.cluster.machines;
  if (machine === undefined) return t.fail();
  // Cut off and without writes of clients a node syncs nothing: its signs go on, and a loss of power takes them.
  await staged.cut([machine], staged.cluster.machines.slice(1));
  const newest = (): number => machine.lastSignMs() ?? 0;
  const kept = (): number => machine.lastSignMs('synced') ?? 0;
  await staged.until('signs that are not synced', () => newest() - kept() > 4_000);
  const left = kept();
  machine.crash('power');
  t.is(newest(), left);
});
