import test from 'ava';
import * as fc from 'fast-check';
import { parseSeed } from '../../../cluster/membership/peer-text.js';
import {
  type ListedNode,
  nodeIdOf,
  parsePeer,
  peerListFault,
  StaticMembership,
} from '../../../cluster/membership/static-membership.js';

const THREE: readonly ListedNode[] = [1, 2, 3].map((k) => ({ host: '127.0.0.1', port: 7000 + k, peerPort: 17000 + k }));

test('a peer is written host:port@peerport', (t) => {
  t.deepEqual(parsePeer('10.0.0.1:7001@9001'), { host: '10.0.0.1', port: 7001, peerPort: 9001, zone: '' });
  t.deepEqual(parsePeer('Node-1.example:7001'), { host: 'node-1.example', port: 7001, peerPort: 17001, zone: '' });
  t.deepEqual(parsePeer('[::1]:7001@17001'), { host: '::1', port: 7001, peerPort: 17001, zone: '' });
  t.deepEqual(parsePeer('a:7001@9001/east-1'), { host: 'a', port: 7001, peerPort: 9001, zone: 'east-1' });
  t.deepEqual(parsePeer('[FE80::1]:7001'), { host: 'fe80::1', port: 7001, peerPort: 17001, zone: '' });
});

test('a seed is written host:peerport, or like a peer', (t) => {
  t.deepEqual(parseSeed('10.0.0.1:17001'), { host: '10.0.0.1', port: 17001 });
  t.deepEqual(parseSeed('[FE80::1]:17001'), { host: 'fe80::1', port: 17001 });
  t.deepEqual(parseSeed('Node-1:7001@9001'), { host: 'node-1', port: 9001 });
  for (const text of ['', 'a', 'a:', ':1', '::1:17001', 'a:b']) {
    t.is(parseSeed(text), `'${text}' is not of the form host:peerport`);
  }
  t.is(parseSeed('a:0'), "'a:0': the peer port must be from 1 to 65535");
  t.is(parseSeed('a:1@65536'), "'a:1@65536': the peer port must be from 1 to 65535");
});

test('a peer that is written otherwise is refused with the reason', (t) => {
  for (const text of [
    '',
    'a',
    ':1',
    'a:',
    'a:b',
    '::1:7001',
    'a:1@',
    'a:1@2@3',
    ' a:1',
    'a:1 ',
    '[a]:1',
    'a:123456',
    'a:1/',
    'a:1/b/c',
    'a:1/b c',
  ]) {
    t.is(parsePeer(text), `'${text}' is not of the form host:port@peerport/zone`);
  }
  t.is(parsePeer('a:0'), "'a:0': the port must be from 1 to 65535");
  t.is(parsePeer('a:65536@1'), "'a:65536@1': the port must be from 1 to 65535");
  t.is(parsePeer('a:1@65536'), "'a:1@65536': the peer port must be from 1 to 65535");
  t.is(parsePeer('a:60000'), "'a:60000': port + 10000 is above 65535: name the peer port (host:port@peerport)");
  t.is(parsePeer('a:7001@7001'), "'a:7001@7001': the port and the peer port are the same");
});

test('the id of a node is 40 hex digits and depends on its address only', (t) => {
  t.regex(nodeIdOf('127.0.0.1', 17001), /^[0-9a-f]{40}$/);
  t.is(nodeIdOf('Node-1', 17001), nodeIdOf('node-1', 17001));
  t.is(nodeIdOf('[::1]', 17001), nodeIdOf('::1', 17001));
  t.not(nodeIdOf('127.0.0.1', 17001), nodeIdOf('127.0.0.1', 17002));
});

test('every node makes the same members and the same ring of its list', (t) => {
  const lists = fc.shuffledSubarray([...THREE], { minLength: 3 });
  fc.assert(
    fc.property(lists, lists, fc.boolean(), ([self, ...others], [other, ...rest], withSelf) => {
      if (self === undefined || other === undefined) return false;
      const one = new StaticMembership(self, withSelf ? [self, ...others] : others, 256);
      const two = new StaticMembership(other, rest, 256);
      t.deepEqual(one.members(), two.members());
      t.deepEqual(one.ring().owners, two.ring().owners);
      return one.self.port === self.port && one.members().includes(one.self);
    }),
    { numRuns: 20 },
  );
});

test('a node without peers is a cluster', (t) => {
  const alone = new StaticMembership({ host: '127.0.0.1', port: 6379, peerPort: 16379, zone: 'a' }, [], 256);
  t.is(alone.members().length, 1);
  t.is(alone.self.zone, 'a');
  t.deepEqual(new Set(alone.ring().owners), new Set([alone.self.id]));
  t.is(alone.ring(), alone.ring());
});

test('the list may name zones, and then names every node with its zone', (t) => {
  const listed = THREE.map((node, k) => ({ ...node, zone: `zone ${k}` }));
  const [first, ...others] = listed;
  const [plain] = THREE;
  if (first === undefined || plain === undefined) return t.fail();
  t.is(peerListFault(plain, listed), undefined);
  t.is(new StaticMembership(plain, listed, 64).self.zone, 'zone 0');
  t.is(peerListFault(first, listed), undefined);
  t.is(peerListFault(first, others), 'a list with zones must name this node too: 127.0.0.1:17001');
  t.is(peerListFault(plain, others), 'a list with zones must name this node too: 127.0.0.1:17001');
  t.is(peerListFault(first, THREE), "this node is in the zone 'zone 0', and in '' by the list");
  t.is(
    peerListFault(first, [first, { ...first, zone: 'b' }]),
    "127.0.0.1:17001 is named with the zones 'zone 0' and 'b'",
  );
});

test('one address with two ports for clients is refused', (t) => {
  const self = { host: 'a', port: 7001, peerPort: 17001 };
  t.is(peerListFault(self, [self, ...THREE]), undefined);
  t.is(peerListFault(self, [{ ...self, port: 7002 }]), 'a:17001 is named with the ports 7001 and 7002');
  t.throws(() => new StaticMembership(self, [{ ...self, port: 7002 }], 256), { message: /named with the ports/ });
});
