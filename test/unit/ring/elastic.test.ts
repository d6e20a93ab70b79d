/** What the claim keeps while nodes of any shape join, leave and are replaced. */
import test from 'ava';
import * as fc from 'fast-check';
import type { RingNode } from '../../../cluster/ring/ring.js';
import { leastMovesByWeight, movesBetween, primariesOf, tokensOf } from './claims.js';
import { play, sequences } from './sequences.js';

const PARTITIONS = 256;
const RUNS = { numRuns: 40 };
const N_MAX = 5;

function kindsOf(nodes: readonly RingNode[], kind: 'id' | 'host' | 'zone'): number {
  return new Set(nodes.map((node) => node[kind])).size;
}

test('tokens per unit of weight differ by at most one, and no token can be given on to make them more equal', (t) => {
  fc.assert(
    fc.property(sequences, ({ founders, changes }) => {
      for (const { nodes, owners } of play(PARTITIONS, founders, changes)) {
        const tokens = tokensOf(owners, nodes);
        let leastNext = Number.POSITIVE_INFINITY;
        let mostLast = Number.NEGATIVE_INFINITY;
        let [least, most] = [Number.POSITIVE_INFINITY, 0];
        for (const [k, { weight }] of nodes.entries()) {
          const held = tokens[k] ?? 0;
          least = Math.min(least, held / weight);
          most = Math.max(most, held / weight);
          // Webster's quotients: of the last token that the node has, and of the next that it would get.
          if (held > 0) mostLast = Math.max(mostLast, (held - 0.5) / weight);
          leastNext = Math.min(leastNext, (held + 0.5) / weight);
        }
        if (most - least > 1 + 1e-9) return false;
        if (mostLast > leastNext) return false;
      }
      return true;
    }),
    RUNS,
  );
  t.pass();
});

test('the first N nodes, N from 1 to 5, are on as many hosts and in as many zones as can be', (t) => {
  fc.assert(
    fc.property(sequences, ({ founders, changes }) => {
      let last: { nodes: readonly RingNode[]; owners: Parameters<typeof primariesOf>[0] } | undefined;
      for (const step of play(PARTITIONS, founders, changes)) last = step;
      if (last === undefined) return;
      const { nodes, owners } = last;
      for (const list of primariesOf(owners, nodes, N_MAX)) {
        for (let n = 1; n <= N_MAX; n++) {
          const primaries = list.slice(0, n);
          t.is(kindsOf(primaries, 'id'), Math.min(n, nodes.length));
          t.is(kindsOf(primaries, 'host'), Math.min(n, kindsOf(nodes, 'host')));
          t.is(kindsOf(primaries, 'zone'), Math.min(n, kindsOf(nodes, 'zone')));
        }
      }
    }),
    { numRuns: 25 },
  );
});

test('a change moves at most 1.1 times the tokens that must move until nobody has more than its due', (t) => {
  fc.assert(
    fc.property(sequences, ({ founders, changes }) => {
      for (const { nodes, owners, before } of play(PARTITIONS, founders, changes)) {
        if (before === undefined) continue;
        const least = leastMovesByWeight(before, nodes);
        const moves = movesBetween(before, owners);
        t.true(moves >= least && moves <= 1.1 * least, `${moves} moves, at least ${least}`);
      }
    }),
    RUNS,
  );
});

test('all nodes come to the same ring, in whatever order they know the nodes', (t) => {
  fc.assert(
    fc.property(sequences, ({ founders, changes }) => {
      const reversed = [...play(PARTITIONS, founders, changes, (nodes) => [...nodes].reverse())];
      for (const [at, { owners }] of [...play(PARTITIONS, founders, changes)].entries()) {
        t.deepEqual(reversed[at]?.owners, owners);
      }
    }),
    { numRuns: 20 },
  );
});

test('an heir of the same weight, host and zone has the tokens of the node that it replaces, after whatever came before', (t) => {
  fc.assert(
    fc.property(sequences, ({ founders, changes }) => {
      const alike = changes.map((change) =>
        change.kind === 'replace' ? { kind: 'leave' as const, which: change.which } : change,
      );
      const steps = [...play(PARTITIONS, founders, alike)];
      const last = steps.at(-1);
      const old = last?.nodes[0];
      if (last === undefined || old === undefined) return;
      const heirOf = [
        { kind: 'replace' as const, which: 0, shape: { host: old.host, zone: old.zone, weight: old.weight } },
      ];
      const replaced = [...play(PARTITIONS, founders, [...alike, ...heirOf])].at(-1);
      const { owners = [], heir } = replaced ?? {};
      t.deepEqual(
        owners,
        last.owners.map((owner) => (owner === old.id ? heir?.id : owner)),
      );
    }),
    { numRuns: 20 },
  );
});
