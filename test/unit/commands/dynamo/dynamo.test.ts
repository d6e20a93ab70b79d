import testOf, { type TestFn } from 'ava';
import type { Copy } from '../../../../cluster/coordinator/copies.js';
import type { Role } from '../../../../cluster/coordinator/placement.js';
import type { Member } from '../../../../cluster/membership/membership.js';
import { StaticMembership } from '../../../../cluster/membership/static-membership.js';
import { type Partition, partitionOf, slotOf } from '../../../../cluster/ring/slots.js';
import type { ActorId } from '../../../../cluster/version/actor.js';
import type { Sibling, VersionedObject } from '../../../../cluster/version/object.js';
import { writeHints } from '../../../../server/commands/dynamo/dynamo-hints.js';
import { type KeyPlace, writeOwners, writeVersions } from '../../../../server/commands/dynamo/dynamo-replies.js';
import { writePartitionSync, writeSync } from '../../../../server/commands/dynamo/dynamo-sync.js';
import { BufferPool } from '../../../../server/resp/buffer-pool.js';
import { ReplyBuffer, type RespVersion } from '../../../../server/resp/reply-buffer.js';
import { type ReplyTree, treeOf, valuesOf } from '../../../commands/reply-tree.js';
import { bulk, bulks, LiveServer } from '../live-server.js';

const test = testOf as TestFn<LiveServer>;

test.beforeEach(async (t) => {
  t.context = await LiveServer.start();
});
test.afterEach.always((t) => t.context.stop());

const NODES = [0, 1, 2, 3].map((k) => ({ host: '10.0.0.1', port: 7000 + k, peerPort: 17000 + k }));
const membership = new StaticMembership({ host: '10.0.0.1', port: 7000, peerPort: 17000 }, NODES, 256);
const slot = slotOf(Buffer.from('cart:42'));
const partition = partitionOf(slot, 256);
const keyspace = { prefix: '', n: 3, r: 2, w: 2, reconcile: 'newest', durability: 'log', sloppy: true } as const;
const place: KeyPlace = { slot, partition, keyspace, primaries: 3 };
const list = membership.ring().preferenceList(partition);

const A = `${'0a'.repeat(6)}0000` as ActorId;
const B = `${'0b'.repeat(6)}0000` as ActorId;
const T = 1_700_000_000_000_000;

function siblingOf(actor: ActorId, counter: number, value: string, expiryMs = 0): Sibling {
  return { dot: { actor, counter }, tombstone: value === '', expiryMs, value: Buffer.from(value) };
}

const OLD: VersionedObject = { clock: new Map([[A, T]]), siblings: [siblingOf(A, T, 'milk')] };
const NEW: VersionedObject = {
  clock: new Map([
    [A, T],
    [B, T + 5000],
  ]),
  siblings: [siblingOf(B, T + 5000, 'milk,eggs', 1_700_000_100_000)],
};

function treeWritten(resp: RespVersion, write: (out: ReplyBuffer) => void): ReplyTree {
  const out = new ReplyBuffer(new BufferPool());
  out.resp = resp;
  write(out);
  return treeOf(out.first().toString());
}

function memberOf(id: string): Member | undefined {
  return membership.members().find((member) => member.id === id);
}

function roleOf(place: number): Role {
  return place < 3 ? 'primary' : 'fallback';
}

function versionsOf(held: readonly Copy['held'][]): { whole: ReplyTree[]; replicas: readonly ReplyTree[] } {
  const copies = list.map((id, index) => ({ id, role: roleOf(index), held: held[index] }));
  const tree = treeWritten(2, (out) => writeVersions(out, place, copies, memberOf));
  const [replicas] = valuesOf(tree, ['replicas']);
  if (replicas === undefined || typeof replicas === 'string') throw new Error('no replicas');
  return { whole: valuesOf(tree, ['slot', 'equal', 'unreachable']), replicas };
}

test('OWNERS tells the preference list, the primaries first, and who can be reached', (t) => {
  const members = list.map((id) => membership.members().find((member) => member.id === id));
  const owners = members.flatMap((member, at) =>
    member === undefined ? [] : { member, role: roleOf(at), isReachable: at !== 1, isLeaving: at === 3 },
  );
  const tree = treeWritten(2, (out) => writeOwners(out, place, owners));
  const [shownSlot, shownPartition, n, nodes] = valuesOf(tree, ['slot', 'partition', 'n', 'nodes']);
  t.deepEqual([shownSlot, shownPartition, n], [`:${slot}`, `:${partition}`, ':3']);
  if (nodes === undefined || typeof nodes === 'string') throw new Error('no nodes');
  t.deepEqual(
    nodes.map((node) => valuesOf(node, ['node', 'role', 'reachable', 'leaving'])),
    list.map((id, at) => [id, at < 3 ? 'primary' : 'fallback', at === 1 ? ':0' : ':1', at === 3 ? ':1' : ':0']),
  );
  t.is(valuesOf(nodes[0], ['address'])[0], `10.0.0.1:${members[0]?.port}`);
});

test('VERSIONS of replicas that agree are equal', (t) => {
  const { whole, replicas } = versionsOf([NEW, NEW, NEW]);
  t.deepEqual(whole, [`:${slot}`, ':1', []]);
  t.is(replicas.length, 3, 'a fallback that holds nothing is not shown');
  const [state, clock, siblings, missing] = valuesOf(replicas[0], ['state', 'clock', 'siblings', 'missing']);
  t.deepEqual([state, missing], ['holds', []]);
  t.deepEqual(clock, [A, `:${T}`, B, `:${T + 5000}`]);
  t.deepEqual(siblings, [
    [
      ...['dot', `${B}:${T + 5000}`, 'written', '2023-11-14T22:13:20.005Z', 'tombstone', ':0'],
      ...['expires', '2023-11-14T22:15:00.000Z', 'bytes', ':9', 'sha256', '05473e400f001b19'],
    ],
  ]);
});

test('VERSIONS tells what a stale replica misses and what it still holds', (t) => {
  const { whole, replicas } = versionsOf([NEW, OLD, undefined, NEW]);
  t.deepEqual(whole, [`:${slot}`, ':0', []]);
  const names = ['role', 'state', 'missing', 'superseded'];
  t.deepEqual(
    replicas.map((replica) => valuesOf(replica, names)),
    [
      ['primary', 'holds', [], []],
      ['primary', 'holds', [`${B}:${T + 5000}`], [`${A}:${T}`]],
      ['primary', 'nothing', [`${B}:${T + 5000}`], []],
      ['fallback', 'holds', [], []],
    ],
  );
});

test('VERSIONS names who can not be asked, and compares the others', (t) => {
  const { whole, replicas } = versionsOf([NEW, 'unreachable', NEW, 'timeout']);
  t.deepEqual(whole, [`:${slot}`, ':1', [list[1], list[3]]]);
  t.deepEqual(valuesOf(replicas[1], ['node', 'state', 'clock']), [list[1], 'unreachable', '']);
});

test('a tombstone is shown as what it is', (t) => {
  const deleted = { clock: new Map([[A, T]]), siblings: [siblingOf(A, T, '')] };
  const [siblings] = valuesOf(versionsOf([deleted, deleted, deleted]).replicas[0], ['siblings']);
  t.deepEqual(valuesOf(siblings?.[0], ['tombstone', 'bytes']), [':1', ':0']);
});

test('HINTS tells by target what waits for it, and for how long', (t) => {
  const [member] = membership.members();
  if (member === undefined) throw new Error('a cluster has a node');
  const pending = { target: member.id, count: 7, bytes: 700, oldestMs: 1_700_000_000_000, delivering: true };
  const strange = { target: A as string as typeof member.id, count: 1, bytes: 90, oldestMs: 0, delivering: false };
  const shown = [
    { ...pending, member, isReachable: true },
    { ...strange, member: undefined, isReachable: false },
  ];
  const tree = treeWritten(2, (out) => writeHints(out, shown, true, 1_700_000_004_000));
  t.deepEqual(valuesOf(tree, ['hints', 'bytes', 'loaded']), [':8', ':790', ':1']);
  const [targets] = valuesOf(tree, ['targets']);
  if (targets === undefined || typeof targets === 'string') throw new Error('no targets');
  const names = ['node', 'address', 'reachable', 'hints', 'bytes', 'oldest', 'oldest-ms-ago', 'delivering'];
  const address = `${member.host}:${member.port}`;
  t.deepEqual(
    targets.map((target) => valuesOf(target, names)),
    [
      [member.id, address, ':1', ':7', ':700', '2023-11-14T22:13:20.000Z', ':4000', ':1'],
      [A, '', ':0', ':1', ':90', '$-1', ':0', ':0'],
    ],
  );
});

test('SYNC counts what was compared and tells where something was repaired', (t) => {
  const [peer] = list;
  if (peer === undefined) throw new Error('a partition has owners');
  const last = { peer, atMs: 1_700_000_000_000, pushed: 0, pulled: 0, failed: 0 };
  const partitions = [
    { partition: 0 as Partition, built: true, keys: 5, root: '00', last: undefined },
    { partition: 1 as Partition, built: true, keys: 7, root: '01', last },
    { partition: 2 as Partition, built: false, keys: 0, root: '02', last: { ...last, pulled: 3 } },
  ];
  const tree = treeWritten(2, (out) => writeSync(out, partitions, memberOf));
  t.deepEqual(valuesOf(tree, ['partitions', 'built', 'keys', 'compared']), [':3', ':2', ':12', ':2']);
  const address = `10.0.0.1:${memberOf(peer)?.port}`;
  t.deepEqual(valuesOf(tree, ['repaired'])[0], [
    [
      ...['partition', ':2', 'node', peer, 'address', address, 'at', '2023-11-14T22:13:20.000Z'],
      ...['pushed', ':0', 'pulled', ':3', 'failed', ':0'],
    ],
  ]);
});

test('SYNC of a partition tells what each exchange did, and why one ended early', (t) => {
  const [first, second] = list;
  if (first === undefined || second === undefined) throw new Error('a partition has owners');
  const status = { partition, built: true, keys: 5, root: 'ab'.repeat(8), last: undefined };
  const totals = { pushed: 2, pulled: 1, failed: 0 };
  const reports = [
    { peer: first, atMs: 1_700_000_000_000, partitions: new Map([[partition, totals]]), trees: [], fault: undefined },
    { peer: second, atMs: 1_700_000_000_000, partitions: new Map(), trees: [], fault: 'timeout' as const },
  ];
  const tree = treeWritten(2, (out) => writePartitionSync(out, status, reports, memberOf));
  t.deepEqual(valuesOf(tree, ['partition', 'built', 'keys', 'root']), [`:${partition}`, ':1', ':5', 'ab'.repeat(8)]);
  const [exchanges] = valuesOf(tree, ['exchanges']);
  if (exchanges === undefined || typeof exchanges === 'string') throw new Error('no exchanges');
  t.deepEqual(
    exchanges.map((exchange) => valuesOf(exchange, ['node', 'pushed', 'pulled', 'fault'])),
    [
      [first, ':2', ':1', '$-1'],
      [second, ':0', ':0', 'timeout'],
    ],
  );
});

test('DYNAMO answers like a container of Redis', async (t) => {
  const client = await t.context.connect();
  for (const [line, reply] of [
    ['DYNAMO', "-ERR wrong number of arguments for 'dynamo' command\r\n"],
    ['DYNAMO nosuch', "-ERR unknown subcommand 'nosuch'. Try DYNAMO HELP.\r\n"],
    ['DYNAMO OWNERS', "-ERR wrong number of arguments for 'dynamo|owners' command\r\n"],
    ['DYNAMO VERSIONS a b', "-ERR wrong number of arguments for 'dynamo|versions' command\r\n"],
    ['DYNAMO SYNC 256', '-ERR partition must be a number from 0 to 255\r\n'],
    ['DYNAMO SYNC x', '-ERR partition must be a number from 0 to 255\r\n'],
    ['DYNAMO SYNC 1 2', "-ERR wrong number of arguments for 'dynamo|sync' command\r\n"],
    ['DYNAMO HINTS x', "-ERR wrong number of arguments for 'dynamo|hints' command\r\n"],
    ['COMMAND GETKEYS DYNAMO HINTS', '-ERR The command has no key arguments\r\n'],
    ['COMMAND GETKEYS DYNAMO VERSIONS cart:42', bulks('cart:42')],
    ['COMMAND GETKEYS DYNAMO OWNERS cart:42', bulks('cart:42')],
  ] as const) {
    t.is(await client.ask(line), reply, line);
  }
  t.regex(await client.ask('DYNAMO HELP'), /^\*\d+\r\n\+DYNAMO <subcommand>/);
  t.true((await client.ask('COMMAND DOCS dynamo')).includes(bulk('dynamo|versions')));
});

test('DYNAMO OWNERS and VERSIONS are maps for clients of RESP3', async (t) => {
  const client = await t.context.connect();
  await client.ask('SET cart:42 milk');
  await client.ask('HELLO 3');
  t.true((await client.ask('DYNAMO OWNERS cart:42')).startsWith(`%7\r\n${bulk('slot')}:${slot}\r\n`));
  const reply = await client.ask('DYNAMO VERSIONS cart:42');
  t.true(reply.startsWith(`%5\r\n${bulk('slot')}:${slot}\r\n`));
  t.true(reply.includes(`${bulk('equal')}#t\r\n${bulk('unreachable')}*0\r\n`));
  t.true(reply.includes(`${bulk('bytes')}:4\r\n`));
  t.regex(await client.ask('DYNAMO SYNC'), /^%5\r\n\$10\r\npartitions\r\n:256\r\n/);
  t.true((await client.ask(`DYNAMO SYNC ${partition}`)).startsWith(`%5\r\n${bulk('partition')}:${partition}\r\n`));
  t.regex(await client.ask('DYNAMO HINTS'), /^%4\r\n\$5\r\nhints\r\n:0\r\n/);
  t.true((await client.ask('DYNAMO VERSIONS nosuch')).includes(bulk('nothing')));
});
