import test from 'ava';
import { KeyspaceAgreement } from '../../../cluster/keyspaces/keyspace-agreement.js';
import type { KeyspaceRow } from '../../../cluster/keyspaces/keyspaces.js';
import type { NodeId } from '../../../cluster/ring/ring.js';
import type { Peer, ReplyHandler } from '../../../cluster/wire/peer.js';
import { QUERY_KIND } from '../../../cluster/wire/queries.js';
import { FakeWorld } from '../wire/fake-world.js';

const DEFAULT: KeyspaceRow = {
  prefix: '',
  n: 3,
  r: 2,
  w: 2,
  sloppy: true,
  reconcile: 'newest',
  durability: 'log',
};
const CART: KeyspaceRow = { ...DEFAULT, prefix: 'cart:', reconcile: 'siblings' };
const ID = 'bb'.repeat(20) as NodeId;

/** A node that compares its rows with those of a peer, which can be given others. */
class Comparison {
  readonly world = new FakeWorld();
  readonly agreement: KeyspaceAgreement;
  /** What the peer does with the questions to come, before it answers as a node with these rows. */
  faults: ('timeout' | 'refused' | 'unreachable')[] = [];
  there: KeyspaceAgreement;
  readonly peer: Peer;

  constructor(here: readonly KeyspaceRow[], there: readonly KeyspaceRow[]) {
    this.agreement = new KeyspaceAgreement(this.world.node().log, here);
    this.there = new KeyspaceAgreement(this.world.node().log, there);
    const query = (handler: ReplyHandler, question: Buffer): void => {
      const fault = this.faults.shift();
      if (fault !== undefined) handler.failed(this.peer, fault);
      else if (question.readUInt8(0) !== QUERY_KIND.keyspaces) throw new Error('another question');
      else this.there.answer(ID, question.subarray(1), (reply) => handler.forwardReplied(this.peer, reply));
    };
    this.peer = { id: ID, address: { host: 'there', port: 17_001 }, query } as unknown as Peer;
  }

  async difference(): Promise<string | undefined> {
    await this.agreement.compare(this.peer);
    return this.agreement.differences().get(ID);
  }

  restartPeerWith(rows: readonly KeyspaceRow[]): void {
    this.there = new KeyspaceAgreement(this.world.node().log, rows);
  }
}

test('nodes with the same rows agree, in whatever order they are written', async (t) => {
  const comparison = new Comparison([DEFAULT, CART], [CART, DEFAULT]);
  t.is(await comparison.difference(), undefined);
  t.deepEqual(comparison.world.log, []);
});

test('each field that differs is named', async (t) => {
  const rows: [Partial<KeyspaceRow>, string][] = [
    [{ n: 1 }, 'n=3 here and n=1 there'],
    [{ r: 1 }, 'r=2 here and r=1 there'],
    [{ w: 3 }, 'w=2 here and w=3 there'],
    [{ sloppy: false }, 'sloppy=yes here and sloppy=no there'],
    [{ reconcile: 'siblings' }, 'reconcile=newest here and reconcile=siblings there'],
    [{ durability: 'fsync' }, 'durability=log here and durability=fsync there'],
    [{ n: 5, r: 3 }, 'n=3 r=2 here and n=5 r=3 there'],
  ];
  for (const [changed, says] of rows) {
    const comparison = new Comparison([DEFAULT, CART], [{ ...DEFAULT, ...changed }, CART]);
    t.is(await comparison.difference(), `"" has ${says}`);
  }
});

test('a row that only one of them has is named, fit for a log', async (t) => {
  const odd = { ...DEFAULT, prefix: 'a "b\n\xff' };
  t.is(await new Comparison([DEFAULT, CART], [DEFAULT]).difference(), '"cart:" is here only');
  t.is(await new Comparison([DEFAULT], [DEFAULT, odd]).difference(), '"a \\"b\\n?" is there only');
});

test('a difference is logged once, and again when it changes or goes away', async (t) => {
  const comparison = new Comparison([DEFAULT], [{ ...DEFAULT, n: 1 }]);
  for (let link = 0; link < 5; link++) await comparison.difference();
  t.is(comparison.world.log.length, 1);
  t.like(comparison.world.log[0], {
    level: 'warn',
    fields: { node: ID, peer: 'there:17001', rows: '"" has n=3 here and n=1 there' },
  });
  comparison.restartPeerWith([{ ...DEFAULT, n: 2 }]);
  t.is(await comparison.difference(), '"" has n=3 here and n=2 there');
  comparison.restartPeerWith([DEFAULT]);
  t.is(await comparison.difference(), undefined);
  t.deepEqual(
    comparison.world.log.map(({ level }) => level),
    ['warn', 'warn', 'info'],
  );
});

test('a peer that is slow is asked again; one that is older or gone tells nothing', async (t) => {
  const comparison = new Comparison([DEFAULT], [{ ...DEFAULT, n: 1 }]);
  comparison.faults = ['refused'];
  t.is(await comparison.difference(), undefined);
  comparison.faults = ['timeout', 'timeout', 'unreachable'];
  t.is(await comparison.difference(), undefined);
  comparison.faults = ['timeout', 'timeout'];
  t.is(await comparison.difference(), '"" has n=3 here and n=1 there');
});
