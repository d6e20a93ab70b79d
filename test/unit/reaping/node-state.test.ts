import test from 'ava';
import fc from 'fast-check';
import {
  answerNodeState,
  judge,
  type NodeState,
  readNodeState,
  servedMs,
} from '../../../cluster/reaping/node-state.js';
import type { NodeId } from '../../../cluster/ring/ring.js';
import type { Partition } from '../../../cluster/ring/slots.js';

const GRACE_MS = 1_000;
/** This node went away at 10,000 and asks at 20,000. */
const SINCE_MS = 10_000;
const NOW_MS = 20_000;

const UP: NodeState = { bornMs: 0, awayFromMs: 500, servesSinceMs: 600 };
const AWAY_TOO: NodeState = { bornMs: 0, awayFromMs: 10_100, servesSinceMs: 19_900 };
const AWAY_STILL: NodeState = { bornMs: 0, awayFromMs: 9_000, servesSinceMs: undefined };
const BACK_BEFORE: NodeState = { bornMs: 0, awayFromMs: 9_000, servesSinceMs: 15_000 };
const WENT_LATER: NodeState = { bornMs: 0, awayFromMs: 15_000, servesSinceMs: undefined };
const NEW: NodeState = { bornMs: 11_000, awayFromMs: 11_000, servesSinceMs: 11_000 };

test('a node has served for as long as it was up and settled since this one went away', (t) => {
  const served = (state: NodeState): number => servedMs(state, SINCE_MS, NOW_MS);
  t.is(served(UP), 10_000);
  t.is(served(AWAY_TOO), 200);
  t.is(served(AWAY_STILL), 0);
  t.is(served(BACK_BEFORE), 5_000);
  t.is(served(WENT_LATER), 5_000);
  t.is(served(NEW), 0, 'it was not there before');
});

test('one that served is the source, the longest first; who serves not is none', (t) => {
  const verdict = (...others: (NodeState | undefined)[]) => judge(others, SINCE_MS, NOW_MS, GRACE_MS);
  t.is(verdict(UP, undefined), 0);
  t.is(verdict(BACK_BEFORE, UP), 1);
  t.is(verdict(AWAY_TOO, BACK_BEFORE), 1);
  t.is(verdict(WENT_LATER, AWAY_TOO), 'wait', 'it knows, and will tell');
});

test('rows are merged back only if all others answer and none can have forgotten anything meanwhile', (t) => {
  const verdict = (...others: (NodeState | undefined)[]) => judge(others, SINCE_MS, NOW_MS, GRACE_MS);
  t.is(verdict(AWAY_TOO, AWAY_STILL), 'merge back');
  t.is(verdict(AWAY_TOO, undefined), 'wait');
  t.is(verdict(undefined, undefined), 'wait');
  t.is(verdict(AWAY_STILL, NEW), 'merge back');
  t.is(verdict(), 'merge back', 'no other node holds the key');
});

test('the grace is the bound', (t) => {
  const served = (ms: number): NodeState => ({ bornMs: 0, awayFromMs: 5_000, servesSinceMs: NOW_MS - ms });
  t.is(judge([served(GRACE_MS)], SINCE_MS, NOW_MS, GRACE_MS), 0);
  t.is(judge([served(GRACE_MS - 1)], SINCE_MS, NOW_MS, GRACE_MS), 'merge back');
});

test('an answer is read as it was given, and a cut one says nothing', (t) => {
  const states = [UP, AWAY_STILL].map((state) => ({ ...state, bornMs: 7, awayFromMs: 8 }));
  const answer = answerNodeState(2, (partition) => states[partition] ?? UP);
  answer('a'.repeat(40) as NodeId, Buffer.alloc(0), (reply) => {
    t.deepEqual(readNodeState(reply, 0 as Partition), states[0]);
    t.deepEqual(readNodeState(reply, 1 as Partition), states[1]);
    t.is(readNodeState(reply.subarray(0, -1), 1 as Partition), undefined);
    t.is(readNodeState(Buffer.alloc(0), 0 as Partition), undefined);
  });
});

test('where all have started over, one of them always merges back: no two wait for each other', (t) => {
  const wentMs = fc.integer({ min: 0, max: NOW_MS });
  fc.assert(
    fc.property(fc.array(wentMs, { minLength: 2, maxLength: 5 }), (all) => {
      // As a node tells of a partition that it has yet to settle.
      const stateOf = (awayFromMs: number): NodeState => ({ bornMs: 0, awayFromMs, servesSinceMs: undefined });
      const verdicts = all.map((sinceMs, at) =>
        judge(all.filter((_, other) => other !== at).map(stateOf), sinceMs, NOW_MS, GRACE_MS),
      );
      t.true(verdicts.includes('merge back'));
    }),
  );
});
