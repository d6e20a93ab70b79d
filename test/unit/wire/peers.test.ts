import test from 'ava';
import type { Member } from '../../../cluster/membership/membership.js';
import { Peers } from '../../../cluster/peers.js';
import type { NodeId } from '../../../cluster/ring/ring.js';
import type { Peer } from '../../../cluster/wire/peer.js';
import { ChangingMembership } from '../coordinator/changing-membership.js';

function memberOf(name: string, peerPort = 1): Member {
  return { id: name as NodeId, host: name, port: 1, peerPort, zone: '', weight: 1 };
}

const SELF = memberOf('self');
const A = memberOf('a');
const B = memberOf('b');

/** Links that are only names; what happens to them is a line each. */
class Bench {
  readonly lines: string[] = [];
  readonly membership: ChangingMembership;
  readonly peers: Peers;

  constructor(...members: readonly Member[]) {
    this.membership = new ChangingMembership([SELF, ...members], [SELF.id]);
    this.peers = new Peers(this.membership, ({ id, host, peerPort }) => {
      const name = `${id}:${peerPort}`;
      const address = { host, port: peerPort };
      const start = () => this.lines.push(`dial ${name}`);
      const stop = () => this.lines.push(`stop ${name}`);
      return { id, address, start, stop } as unknown as Peer;
    });
    this.peers.onAdded(({ id, address }) => this.lines.push(`added ${id}:${address.port}`));
    this.peers.onRemoved(({ id, address }) => this.lines.push(`removed ${id}:${address.port}`));
  }

  change(...members: readonly Member[]): string[] {
    this.lines.length = 0;
    this.membership.change({ nodes: [SELF, ...members] });
    return this.lines;
  }

  ids(): string[] {
    return [...this.peers.values()].map(({ id }) => id);
  }
}

test('there is a link to each node but this one, and it is dialled from the start on', (t) => {
  const bench = new Bench(A, B);
  t.deepEqual(bench.lines, ['added a:1', 'added b:1']);
  bench.peers.start();
  t.deepEqual(bench.lines.slice(2), ['dial a:1', 'dial b:1']);
  t.deepEqual(bench.ids(), ['a', 'b']);
  t.is(bench.peers.get(SELF.id), undefined);
});

test('links come and go with the nodes', (t) => {
  const bench = new Bench();
  t.deepEqual(bench.change(A), ['added a:1'], 'nothing is dialled yet');
  bench.peers.start();
  t.deepEqual(bench.change(A, B), ['added b:1', 'dial b:1']);
  const [a] = bench.peers.values();
  t.deepEqual(bench.change(B, A), []);
  t.is(bench.peers.get(A.id), a);
  t.deepEqual(bench.change(B), ['stop a:1', 'removed a:1']);
  t.deepEqual(bench.ids(), ['b']);
  t.deepEqual(bench.change(), ['stop b:1', 'removed b:1']);
});

test('a node that has moved gets a new link, which is there when the old one goes', (t) => {
  const bench = new Bench(A);
  bench.peers.start();
  let current: Peer | undefined;
  bench.peers.onRemoved(({ id }) => {
    current = bench.peers.get(id);
  });
  t.deepEqual(bench.change(memberOf('a', 2)), ['stop a:1', 'removed a:1', 'added a:2', 'dial a:2']);
  t.is(current?.address.port, 2);
});

test('after the end nothing is dialled', (t) => {
  const bench = new Bench(A);
  bench.peers.start();
  bench.peers.stop();
  t.is(bench.lines.at(-1), 'stop a:1');
  t.deepEqual(bench.change(A, B), ['added b:1']);
});
