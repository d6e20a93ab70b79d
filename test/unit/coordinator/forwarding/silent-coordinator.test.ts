import test from 'ava';
import { decodeRequest, encodeReply } from '../../../../cluster/coordinator/forwarding/forwarded.js';
import { VERSION_OF_ASKED_PUTS } from '../../../../cluster/wire/versions.js';
import type { SentBody } from '../fake-peer.js';
import {
  actorNamed,
  type Client,
  counterAt,
  HEDGE_DELAY_MS,
  objectWith,
  ScriptedNode,
  type ScriptedOptions,
  SLOT_OF_OTHERS,
} from '../scripted-node.js';

const NOTHING = { failure: undefined, applied: false, previous: undefined, object: undefined };
const WITHIN_MS = 500;
const TRIP_MS = 3;
/** A put's first coordinator has a hedge delay to begin it; after twice that and a round trip it may be run elsewhere. */
const ALONE_MS = 2 * HEDGE_DELAY_MS + TRIP_MS;
const FIRST = 2;
const SECOND = 1;

interface Story {
  readonly scripted: ScriptedNode;
  readonly client: Client;
}

/** A node that coordinates none of the client's keys, and FIRST, the first of their preference list, has gone silent. */
async function open(options: ScriptedOptions = {}): Promise<Story> {
  const scripted = await ScriptedNode.open({ nodes: 4, forwardWithinMs: WITHIN_MS, ...options });
  for (const peer of scripted.peers) peer.tripUs = TRIP_MS * 1000;
  scripted.peer(FIRST).silentForUs = 1e6;
  return { scripted, client: scripted.openClient(SLOT_OF_OTHERS) };
}

function forwarded(scripted: ScriptedNode): number[] {
  return [FIRST, SECOND, 0].map((index) => scripted.peer(index).forwards.length);
}

function askedOf(sent: SentBody | undefined): number {
  const request = decodeRequest(sent?.body ?? Buffer.alloc(0));
  return request.kind === 'put' ? request.asked : -1;
}

test('a plain put whose coordinator is silent is run by the next, when the first would not begin it any more', async (t) => {
  const { scripted, client } = await open();
  client.put('k', 'v');
  t.is(scripted.peer(FIRST).forwards[0]?.withinMs, HEDGE_DELAY_MS);
  await scripted.advance(ALONE_MS);
  t.deepEqual(forwarded(scripted), [1, 0, 0]);
  await scripted.advance(HEDGE_DELAY_MS + 10);
  t.deepEqual(forwarded(scripted), [1, 1, 0]);
  t.is(scripted.peer(SECOND).forwards[0]?.withinMs, WITHIN_MS, 'the second has the usual time');
  t.is(scripted.node.counters.hedged_puts, 1);
  scripted.peer(SECOND).forwards[0]?.reply(encodeReply(NOTHING));
  t.is(client.last().failure, undefined);
  scripted.peer(FIRST).forwards[0]?.fail('refused');
  await scripted.advance(WITHIN_MS);
  t.deepEqual(forwarded(scripted), [1, 1, 0]);
  t.is(client.outcomes.length, 1);
});

test('one that was slow to answer answers it, if it does so first', async (t) => {
  const { scripted, client } = await open();
  client.put('k', 'v');
  await scripted.advance(ALONE_MS + HEDGE_DELAY_MS + 10);
  scripted.peer(FIRST).forwards[0]?.reply(encodeReply(NOTHING));
  t.is(client.last().failure, undefined);
  scripted.peer(SECOND).forwards[0]?.fail('timeout');
  await scripted.advance(WITHIN_MS);
  t.is(client.outcomes.length, 1);
  t.deepEqual(forwarded(scripted), [1, 1, 0]);
});

test('a coordinator that is heard of is waited for, and not once it falls silent', async (t) => {
  const { scripted, client } = await open();
  scripted.peer(FIRST).silentForUs = 1_000;
  client.put('k', 'v');
  await scripted.advance(5 * ALONE_MS);
  t.deepEqual(forwarded(scripted), [1, 0, 0]);
  scripted.peer(FIRST).silentForUs = 1e6;
  await scripted.advance(HEDGE_DELAY_MS + 10);
  t.deepEqual(forwarded(scripted), [1, 1, 0]);
});

test('only a put of which a second run leaves nothing to be seen is run by two at once', async (t) => {
  const waits = async (options: ScriptedOptions, send: (story: Story) => void): Promise<void> => {
    const story = await open(options);
    send(story);
    await story.scripted.advance(WITHIN_MS - 50);
    t.deepEqual(forwarded(story.scripted), [1, 0, 0]);
    t.is(story.scripted.peer(FIRST).forwards[0]?.withinMs, options.forwardWithinMs ?? WITHIN_MS);
  };
  await waits({}, ({ client }) => client.modify('k', { kind: 'delete', context: undefined }));
  await waits({}, ({ client }) => client.put('k', 'v', new Map([[actorNamed('a'), 5]])));
  await waits({ keyspace: { reconcile: 'siblings' } }, ({ client }) => client.put('k', 'v'));
  await waits({ keyspace: { r: 1, w: 1 } }, ({ client }) => client.put('k', 'v'));
  // There is nobody else.
  await waits({ keyspace: { n: 1, r: 1, w: 1 } }, ({ client }) => client.put('k', 'v'));
  // How far the coordinator is away is not known, or too far for another run within the time.
  await waits({}, ({ scripted, client }) => {
    scripted.peer(FIRST).tripUs = 0;
    client.put('k', 'v');
  });
  await waits({ forwardWithinMs: 2 * HEDGE_DELAY_MS }, ({ client }) => client.put('k', 'v'));
});

test('where both that were given a put are gone, nothing denies that it may have taken effect', async (t) => {
  const { scripted, client } = await open({ keyspace: { sloppy: false } });
  scripted.peer(0).up = false;
  client.put('k', 'v');
  await scripted.advance(ALONE_MS + HEDGE_DELAY_MS + 10);
  scripted.peer(FIRST).up = false;
  scripted.peer(FIRST).forwards[0]?.fail('unreachable');
  t.is(client.outcomes.length, 0);
  scripted.peer(SECOND).forwards[0]?.fail('refused');
  t.is(client.last().failure?.code, 'OutcomeUnknown');
});

test('a put goes to a faster primary while the first of the list is slow', async (t) => {
  const { scripted, client } = await open();
  scripted.peer(FIRST).getUs = 100_000;
  client.put('a', 'v');
  t.deepEqual(forwarded(scripted), [0, 1, 0]);
  scripted.peer(FIRST).getUs = 300;
  client.put('b', 'v');
  t.deepEqual(forwarded(scripted), [1, 1, 0]);
});

test('but not where a get may miss it there, nor to one that can not be told what it has to come after', async (t) => {
  const weak = await open({ keyspace: { r: 1, w: 1 } });
  weak.scripted.peer(FIRST).getUs = 100_000;
  weak.client.put('a', 'v');
  t.deepEqual(forwarded(weak.scripted), [1, 0, 0]);
  const old = await open();
  for (const peer of old.scripted.peers) peer.protocolVersion = VERSION_OF_ASKED_PUTS - 1;
  old.scripted.peer(FIRST).getUs = 100_000;
  old.client.put('a', 'v');
  t.deepEqual(forwarded(old.scripted), [1, 0, 0]);
  t.is(askedOf(old.scripted.peer(FIRST).forwards[0]), 0);
});

test('a put at another primary is told to come after all that the client was told before', async (t) => {
  const { scripted, client } = await open();
  client.put('k', 'first');
  const counter = counterAt(scripted.world, 900);
  const object = objectWith({ actor: actorNamed('a'), counter, value: 'first' });
  scripted.peer(FIRST).forwards[0]?.reply(encodeReply({ ...NOTHING, object }));
  scripted.peer(FIRST).getUs = 100_000;
  client.put('k', 'second');
  t.true(askedOf(scripted.peer(SECOND).forwards[0]) > counter);
});
