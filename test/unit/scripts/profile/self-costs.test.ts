import test from 'ava';
import { allocationCosts, cpuCosts, sumBy } from '../../../../scripts/profile/self-costs.js';

const ROOT = { functionName: '(root)', url: '', lineNumber: -1 };
const PUT = { functionName: 'put', url: 'file:///x/dist/cluster/coordinator/put.js', lineNumber: 9 };
const NATIVE = { functionName: 'set', url: '', lineNumber: -1 };
const IDLE = { functionName: '(idle)', url: '', lineNumber: -1 };

test('a sample is worth the time until the next one, and counts for its function alone', (t) => {
  const costs = cpuCosts({
    nodes: [
      { id: 1, callFrame: ROOT, children: [2, 4] },
      { id: 2, callFrame: PUT, children: [3] },
      { id: 3, callFrame: NATIVE },
      { id: 4, callFrame: IDLE },
    ],
    samples: [2, 3, 4, 2],
    // The last sample has no next one; a clock that goes backwards is worth nothing.
    timeDeltas: [1000, 200, 300, -5],
  });
  t.deepEqual(
    costs.map(({ frame, centre, self }) => [frame.functionName, centre, self]),
    [
      ['put', 'coordinator put', 200],
      ['set', 'coordinator put', 300],
    ],
  );
});

test('allocations are those of the function itself', (t) => {
  const leaf = { callFrame: NATIVE, selfSize: 64, children: [] };
  const costs = allocationCosts({
    callFrame: ROOT,
    selfSize: 0,
    children: [{ callFrame: PUT, selfSize: 100, children: [leaf, leaf] }],
  });
  t.deepEqual(
    [...sumBy(costs, ({ frame }) => frame.functionName)],
    [
      ['put', 100],
      ['set', 128],
    ],
  );
  t.deepEqual([...sumBy(costs, ({ centre }) => centre)], [['coordinator put', 228]]);
});
