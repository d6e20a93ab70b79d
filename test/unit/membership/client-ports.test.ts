import test from 'ava';
import { type ClientPorts, PortBook } from '../../../cluster/membership/client-ports.js';
import type { Member } from '../../../cluster/membership/membership.js';
import type { NodeId } from '../../../cluster/ring/ring.js';
import type { Peer, ReplyHandler } from '../../../cluster/wire/peer.js';

function member(id: string, port: number): Member {
  return { id: id as NodeId, host: '10.0.0.1', port, peerPort: port + 10_000, zone: '', weight: 1 };
}

const self = member('a', 7001);
const other = member('b', 7002);

/** A peer that answers every question so. */
function peerAnswering(id: NodeId, reply: Buffer): Peer {
  const peer = { id, query: (handler: ReplyHandler) => handler.forwardReplied(peer as unknown as Peer, reply) };
  return peer as unknown as Peer;
}

/** What `answerer` says when it is asked. */
function answerOf(answerer: PortBook): Buffer {
  let reply = Buffer.alloc(0);
  answerer.answer(self.id, Buffer.alloc(0), (bytes) => {
    reply = Buffer.from(bytes);
  });
  return reply;
}

test('a node learns on which ports another serves clients', async (t) => {
  const own: ClientPorts = { plain: 7001, tls: 7101 };
  const theirs: ClientPorts = { plain: 0, tls: 7999 };
  const book = new PortBook(self, own);
  t.deepEqual(book.portsOf(self), own);
  await book.learn(peerAnswering(other.id, answerOf(new PortBook(other, theirs))));
  t.deepEqual(book.portsOf(other), theirs);
});

test('a node that has not told yet is taken to be set up as this one is', (t) => {
  t.deepEqual(new PortBook(self, { plain: 7001, tls: 7101 }).portsOf(other), { plain: 7002, tls: 7102 });
  t.deepEqual(new PortBook(self, { plain: 0, tls: 7001 }).portsOf(other), { plain: 0, tls: 7002 });
  t.deepEqual(new PortBook(self, undefined).portsOf(other), { plain: 7002, tls: 0 });
});

test('a node of an older version, which does not know the question, speaks no TLS', async (t) => {
  const book = new PortBook(self, { plain: 7001, tls: 7101 });
  await book.learn(peerAnswering(other.id, Buffer.alloc(0)));
  t.deepEqual(book.portsOf(other), { plain: 7002, tls: 0 });
});
