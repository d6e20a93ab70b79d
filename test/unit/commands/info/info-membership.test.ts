import test from 'ava';
import { holdingCounts } from '../../../../server/commands/info/holding-counts.js';
import { LiveServer } from '../live-server.js';
import { memberAt, PARTITIONS, ToldMembership } from '../told-membership.js';

function fieldsOf(reply: string): Map<string, string> {
  const lines = reply.split('\r\n').filter((line) => /^[a-z]\w*:/.test(line));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
}

test('a node that has joined is to receive what the ring gives it, and the others hand that over when it has it', (t) => {
  const [first, second, third, fourth] = [memberAt(1), memberAt(2), memberAt(3), memberAt(4)];
  const members = new ToldMembership([first, second, third]);
  members.join(fourth);
  const before = holdingCounts(members, members.nodes(), [3]);
  t.deepEqual(before.get(fourth.id), { tokens: PARTITIONS / 4, held: 0, toReceive: 48, toHandOver: 0 });
  t.deepEqual(before.get(first.id), { tokens: PARTITIONS / 4, held: 64, toReceive: 0, toHandOver: 16 });
  members.tell(fourth.id, members.wanted(fourth.id));
  t.deepEqual(holdingCounts(members, [fourth], [3]).get(fourth.id), {
    tokens: PARTITIONS / 4,
    held: 48,
    toReceive: 0,
    toHandOver: 0,
  });
});

test('a node that leaves has no share and is to hand over all that it holds', (t) => {
  const nodes = [1, 2, 3, 4].map((k) => memberAt(k));
  const members = new ToldMembership(nodes);
  const leaver = memberAt(2).id;
  members.depart(leaver);
  t.deepEqual(holdingCounts(members, members.nodes(), [3]).get(leaver), {
    tokens: 0,
    held: 48,
    toReceive: 0,
    toHandOver: 48,
  });
});

test('no more nodes than there are members are to hold a partition', (t) => {
  const members = new ToldMembership([memberAt(1), memberAt(2)]);
  t.is(holdingCounts(members, members.nodes(), [3]).get(memberAt(2).id)?.toReceive, 0);
});

test('INFO tells the state of the membership, and each node when asked for', async (t) => {
  const members = new ToldMembership([memberAt(1, 'a', 2), memberAt(2, 'b'), memberAt(3)]);
  members.join(memberAt(4));
  members.depart(memberAt(3).id);
  members.ownState = 'member';
  const live = await LiveServer.start({ partitions: PARTITIONS }, members);
  t.teardown(() => live.stop());
  const client = await live.connect();
  const fields = fieldsOf(await client.ask('INFO membership'));
  t.deepEqual(
    ['membership_state', 'members', 'members_leaving', 'history_events', 'history_digest', 'last_gossip_ms_ago'].map(
      (name) => fields.get(name),
    ),
    ['member', '3', '1', '5', 'ab'.repeat(8), '250'],
  );
  t.is(fields.get('partitions_held'), '64');
  t.true(fieldsOf(await client.ask('INFO')).has('membership_state'));
  t.false(fieldsOf(await client.ask('INFO')).has('member0'));
  const shown = [...fieldsOf(await client.ask('INFO members')).values()];
  t.is(shown.length, 4);
  t.true(shown.some((line) => /host=10\.0\.0\.3,.*state=leaving,reachable=0,tokens=0,/.test(line)));
  t.true(
    shown.some((line) =>
      /host=10\.0\.0\.1,port=7001,peer_port=17001,zone=a,weight=2,state=member,reachable=1/.test(line),
    ),
  );
});
