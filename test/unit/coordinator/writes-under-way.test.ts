import test from 'ava';
import {
  WRITE_BYTES_BESIDE,
  WRITE_BYTES_UNDER_WAY_MAX,
  WRITE_BYTES_UNDER_WAY_MIN,
  WRITE_SHARE_MAX,
} from '../../../cluster/coordinator/limits.js';
import { WritesUnderWay } from '../../../cluster/coordinator/writes-under-way.js';
import { actorNamed, objectWith, ScriptedNode, SLOT_OF_OTHERS } from './scripted-node.js';

const MIB = 1024 * 1024;
const LARGE_MEMORY = 1024 * MIB;
const TIMEOUT_MS = 1000;
const SLOW_US = 900_000;
const FAST_US = 1_000;

function caughtUp(): { isBehind: boolean } {
  return { isBehind: false };
}

test('there is room for one write of any length, and for no other beside it', (t) => {
  const writes = new WritesUnderWay(caughtUp(), LARGE_MEMORY, TIMEOUT_MS);
  t.false(writes.isFull);
  writes.begin(64 * MIB);
  t.true(writes.isFull);
  writes.end(64 * MIB);
  t.false(writes.isFull);
  t.is(writes.bytes, 0);
});

test('the room is a share of a small memory', (t) => {
  const writes = new WritesUnderWay(caughtUp(), 8 * MIB, TIMEOUT_MS);
  t.is(writes.roomBytes, 8 * MIB * WRITE_SHARE_MAX);
});

test('who waits is told once that there is room', (t) => {
  const writes = new WritesUnderWay(caughtUp(), LARGE_MEMORY, TIMEOUT_MS);
  let told = 0;
  writes.onRoom(() => told++);
  for (let count = 0; count < 10; count++) writes.begin(MIB);
  writes.awaitRoom();
  writes.end(MIB);
  t.is(told, 0, 'it is full still');
  for (let count = 0; count < 9; count++) writes.end(MIB);
  t.is(told, 1);
});

test('there is no room while the own replica is behind with its store', (t) => {
  const replica = caughtUp();
  const writes = new WritesUnderWay(replica, LARGE_MEMORY, TIMEOUT_MS);
  replica.isBehind = true;
  t.true(writes.isFull);
});

test('while writes take long the room shrinks, down to a bound, once for those that were under way together; then it grows again', (t) => {
  const writes = new WritesUnderWay(caughtUp(), LARGE_MEMORY, TIMEOUT_MS);
  writes.begin(WRITE_BYTES_UNDER_WAY_MAX);
  let nowUs = 10_000_000;
  writes.took(SLOW_US, nowUs);
  const shrunk = writes.roomBytes;
  t.true(shrunk < WRITE_BYTES_UNDER_WAY_MAX);
  writes.took(SLOW_US, nowUs + 1);
  t.is(writes.roomBytes, shrunk, 'it began before the room shrank');
  for (let count = 0; count < 100; count++) {
    nowUs += 2 * SLOW_US;
    writes.took(SLOW_US, nowUs);
  }
  t.is(writes.roomBytes, WRITE_BYTES_UNDER_WAY_MIN);
  for (let count = 0; count < 10_000; count++) writes.took(FAST_US, nowUs);
  t.is(writes.roomBytes, WRITE_BYTES_UNDER_WAY_MAX);
});

test('how long writes take tells nothing of the room where most of it is free', (t) => {
  const writes = new WritesUnderWay(caughtUp(), LARGE_MEMORY, TIMEOUT_MS);
  writes.begin(MIB);
  writes.took(SLOW_US, 10_000_000);
  t.is(writes.roomBytes, WRITE_BYTES_UNDER_WAY_MAX);
});

test('a put is under way until the last of its replicas has answered, or is given up', async (t) => {
  const scripted = await ScriptedNode.open();
  const { writes } = scripted.node;
  const client = scripted.openClient();
  client.put('k', 'value');
  t.is(writes.bytes, 'value'.length + WRITE_BYTES_BESIDE);
  scripted.peer(0).puts[0]?.reply();
  t.deepEqual(client.ended(), ['put k value']);
  t.true(writes.bytes > 0, 'the second peer has it to come');
  scripted.peer(1).puts[0]?.fail('timeout');
  t.is(writes.bytes, 0);
});

test('a put is not under way any more where it was refused, or failed', async (t) => {
  const scripted = await ScriptedNode.open({ memoryBytesMax: 10_000 });
  const client = scripted.openClient();
  scripted.hold('big', objectWith({ actor: actorNamed('a'), counter: 5, value: 'x'.repeat(12_000) }));
  client.put('refused', 'v');
  await scripted.advance(1);
  t.is(client.last().failure?.code, 'Overloaded');
  t.is(scripted.node.writes.bytes, 0);
  for (const peer of scripted.peers) peer.turn(false);
  client.put('alone', 'v');
  await scripted.advance(1);
  t.is(client.last().failure?.code, 'WriteQuorumNotMet');
  t.is(scripted.node.writes.bytes, 0);
});

test('a put that another node coordinates is under way until that one has answered', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4 });
  const client = scripted.openClient(SLOT_OF_OTHERS);
  client.put('k', 'value');
  t.is(scripted.node.writes.bytes, 'value'.length + WRITE_BYTES_BESIDE);
  for (const peer of scripted.peers) for (const sent of peer.forwards) sent.fail('unreachable');
  for (let round = 0; round < 10; round++) {
    await scripted.advance(200);
    for (const peer of scripted.peers) for (const sent of peer.forwards) if (!sent.isAnswered) sent.fail('unreachable');
  }
  t.is(client.outcomes.length, 1);
  t.is(scripted.node.writes.bytes, 0);
});
