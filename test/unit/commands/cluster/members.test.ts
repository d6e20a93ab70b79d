import test, { type ExecutionContext } from 'ava';
import type { MemberState } from '../../../../cluster/membership/membership.js';
import { writeTransfers } from '../../../../server/commands/dynamo/dynamo-transfers.js';
import { BufferPool } from '../../../../server/resp/buffer-pool.js';
import { ReplyBuffer } from '../../../../server/resp/reply-buffer.js';
import { treeOf, valuesOf } from '../../../commands/reply-tree.js';
import { LiveServer, type RawClient } from '../live-server.js';
import { memberAt, PARTITIONS, ToldMembership } from '../told-membership.js';

const OK = '+OK\r\n';

async function serverOf(
  t: ExecutionContext,
  members?: ToldMembership,
): Promise<{ live: LiveServer; client: RawClient }> {
  const live = await LiveServer.start({ partitions: PARTITIONS }, members);
  t.teardown(() => live.stop());
  return { live, client: await live.connect() };
}

function three(): ToldMembership {
  return new ToldMembership([memberAt(1), memberAt(2), memberAt(3)]);
}

test('MEET takes an address or a name, and a peer port where it is not 10000 above', async (t) => {
  const members = three();
  const { client } = await serverOf(t, members);
  t.is(await client.ask('CLUSTER MEET 10.0.0.4 7004'), OK);
  t.is(await client.ask('CLUSTER MEET Node-4.example 7004 9004'), OK);
  t.is(await client.ask('CLUSTER MEET ::1 7004'), OK);
  t.deepEqual(members.asked, ['meet 10.0.0.4:7004@17004', 'meet node-4.example:7004@9004', 'meet ::1:7004@17004']);
});

// What a redis-server 7.0.15 answers.
test('MEET refuses what is no address in the words of Redis', async (t) => {
  const members = three();
  const { client } = await serverOf(t, members);
  for (const [line, reply] of [
    ['CLUSTER MEET', "ERR wrong number of arguments for 'cluster|meet' command"],
    ['CLUSTER MEET 10.0.0.4', "ERR wrong number of arguments for 'cluster|meet' command"],
    ['CLUSTER MEET 10.0.0.4 abc', 'ERR Invalid TCP base port specified: abc'],
    ['CLUSTER MEET 10.0.0.4 7000 x', 'ERR Invalid TCP bus port specified: x'],
    ['CLUSTER MEET 10.0.0.4 0', 'ERR Invalid node address specified: 10.0.0.4:0'],
    ['CLUSTER MEET 10.0.0.4 60000', 'ERR Invalid node address specified: 10.0.0.4:60000'],
    ['CLUSTER MEET 10.0.0.4 7000 70000', 'ERR Invalid node address specified: 10.0.0.4:7000'],
    ['CLUSTER MEET "no host" 7000', 'ERR Invalid node address specified: no host:7000'],
    [
      'CLUSTER MEET 10.0.0.4 7000 17000 1',
      "ERR unknown subcommand or wrong number of arguments for 'meet'. Try CLUSTER HELP.",
    ],
  ] as const) {
    t.is(await client.ask(line), `-${reply}\r\n`, line);
  }
  t.deepEqual(members.asked, []);
});

test('FORGET takes a node that is known and is not the asked one', async (t) => {
  const members = three();
  const { client } = await serverOf(t, members);
  t.is(await client.ask(`CLUSTER FORGET ${memberAt(2).id}`), OK);
  t.deepEqual(members.asked, [`forget ${memberAt(2).id}`]);
  t.is(await client.ask('CLUSTER FORGET abc'), '-ERR Unknown node abc\r\n');
  t.is(await client.ask(`CLUSTER FORGET ${memberAt(1).id}`), "-ERR I tried hard but I can't forget myself...\r\n");
  t.is(await client.ask('CLUSTER FORGET'), "-ERR wrong number of arguments for 'cluster|forget' command\r\n");
  t.is(members.asked.length, 1);
});

test('a change of members that is refused says why, in one line', async (t) => {
  const members = three();
  const { client } = await serverOf(t, members);
  members.reason = 'it can be\r\nreached';
  const refused = '-ERR it can be  reached\r\n';
  t.is(await client.ask(`CLUSTER FORGET ${memberAt(2).id}`), refused);
  t.is(await client.ask('CLUSTER MEET 10.0.0.4 7004'), refused);
  t.is(await client.ask('DYNAMO LEAVE'), refused);
});

test('LEAVE answers at once, and only for a member', async (t) => {
  const members = three();
  const { client } = await serverOf(t, members);
  t.is(await client.ask('DYNAMO LEAVE'), OK);
  t.deepEqual(members.asked, ['leave']);
  members.ownState = 'leaving';
  t.is(await client.ask('DYNAMO LEAVE'), OK, 'it is under way');
  const refusals: readonly (readonly [MemberState, string])[] = [
    ['joining', 'not a member yet: it is still joining'],
    ['gone', 'gone from the cluster already'],
    ['forgotten', 'no member: another node has declared it dead'],
  ];
  for (const [state, words] of refusals) {
    members.ownState = state;
    t.is(await client.ask('DYNAMO LEAVE'), `-ERR this node is ${words}\r\n`);
  }
  t.is(await client.ask('DYNAMO LEAVE now'), "-ERR wrong number of arguments for 'dynamo|leave' command\r\n");
  t.is(members.asked.length, 1);
});

test('the members of a fixed list do not change', async (t) => {
  const { live, client } = await serverOf(t);
  const id = live.server.node.membership.self.id;
  t.regex(await client.ask('CLUSTER MEET 10.0.0.4 7004'), /^-ERR this node stands alone/);
  t.regex(await client.ask('DYNAMO LEAVE'), /^-ERR this node stands alone/);
  t.is(await client.ask(`CLUSTER FORGET ${id}`), "-ERR I tried hard but I can't forget myself...\r\n");
  t.is(await client.ask('DYNAMO TRANSFERS'), '*0\r\n');
});

test('TRANSFERS tells how far each is', (t) => {
  const out = new ReplyBuffer(new BufferPool());
  const { id } = memberAt(2);
  const moved = { keys: 120, bytes: 4096, keysPerSecond: 10.4, bytesPerSecond: 355.6, startedMs: 1_700_000_000_000 };
  writeTransfers(out, [
    {
      direction: 'incoming',
      peer: id,
      member: memberAt(2),
      partitionsDone: 3,
      partitionsTotal: 16,
      etaSeconds: 8.2,
      waitsSinceMs: undefined,
      ...moved,
    },
    {
      direction: 'outgoing',
      peer: id,
      member: undefined,
      partitionsDone: 0,
      partitionsTotal: 4,
      etaSeconds: undefined,
      waitsSinceMs: 1_700_000_060_000,
      ...moved,
    },
  ]);
  const rows = treeOf(out.first().toString());
  if (typeof rows === 'string') throw new Error('no rows');
  const names = ['direction', 'node', 'address', 'partitions-done', 'partitions', 'keys', 'bytes', 'bytes-a-second'];
  t.deepEqual(
    rows.map((row) => valuesOf(row, [...names, 'eta-seconds', 'started', 'waits-since'])),
    [
      ['incoming', id, '10.0.0.2:7002', ':3', ':16', ':120', ':4096', ':356', ':9', '2023-11-14T22:13:20.000Z', '$-1'],
      [
        'outgoing',
        id,
        '',
        ':0',
        ':4',
        ':120',
        ':4096',
        ':356',
        '$-1',
        '2023-11-14T22:13:20.000Z',
        '2023-11-14T22:14:20.000Z',
      ],
    ],
  );
});
