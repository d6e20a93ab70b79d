import test from 'ava';
import { StaticMembership } from '../../../cluster/membership/static-membership.js';
import type { Link, LinkEvents } from '../../../cluster/ports/transport.js';
import { FRAME_HEADER_BYTES } from '../../../cluster/wire/frames.js';
import { DiallingHandshake, NONCE_BYTES } from '../../../cluster/wire/handshake.js';
import { FaultInjection } from '../../../server/faults/fault-injection.js';
import { FakeWorld } from '../wire/fake-world.js';
import { DIALLER } from '../wire/parties.js';

const HERE = { host: '127.0.0.1', port: 1, peerPort: 101 };
const THERE = { host: '127.0.0.1', port: 2, peerPort: 102 };
const THERE_ADDRESS = { host: '127.0.0.1', port: THERE.peerPort };
const HERE_ADDRESS = { host: '127.0.0.1', port: HERE.peerPort };
const OUTAGE_MS = 500;

/** Writes down what one end of a link hears. */
class Heard implements LinkEvents {
  readonly story: string[] = [];

  opened(): void {
    this.story.push('opened');
  }

  received(chunk: Buffer): void {
    this.story.push(chunk.length > 20 ? 'greeting' : chunk.toString('latin1'));
  }

  closed(reason: string): void {
    this.story.push(`closed: ${reason}`);
  }
}

/** A node with fault injection, and another without, on one network. */
function setUp() {
  const world = new FakeWorld();
  const membership = new StaticMembership(HERE, [HERE, THERE], 16);
  const there = membership.members().find((member) => member.peerPort === THERE.peerPort);
  if (there === undefined) throw new Error('the other node is not a member');
  const ports = world.node();
  const faults = new FaultInjection(ports.timers, () => membership.members());
  return { world, faults, there: there.id, gated: faults.transport(ports.transport), plain: ports.transport };
}

/** A link that this node dialled. */
async function dialled() {
  const made = setUp();
  const near = new Heard();
  const far = new Heard();
  let farLink: Link | undefined;
  await made.plain.listen(THERE_ADDRESS, (link) => {
    farLink = link;
    return far;
  });
  const dial = () => made.gated.dial(THERE_ADDRESS, near);
  const answer = (text: string) => farLink?.write(Buffer.from(text));
  return { ...made, near, far, dial, answer };
}

/** A link that the other node dialled; its greeting has been read. */
async function accepted() {
  const made = setUp();
  const near = new Heard();
  const far = new Heard();
  const nearLinks: Link[] = [];
  await made.gated.listen(HERE_ADDRESS, (link) => {
    nearLinks.push(link);
    return near;
  });
  const farLink = made.plain.dial(HERE_ADDRESS, far);
  const greeting = new DiallingHandshake({ ...DIALLER, nodeId: made.there }, Buffer.alloc(NONCE_BYTES), made.there);
  made.world.settle();
  farLink.write(Buffer.concat([Buffer.alloc(FRAME_HEADER_BYTES), greeting.hello()]));
  made.world.settle();
  const [nearLink] = nearLinks;
  if (nearLink === undefined) throw new Error('no link was accepted');
  return { ...made, near, far, nearLink, farLink };
}

test('without an outage a link is as it was', async (t) => {
  const { world, near, far, dial, answer } = await dialled();
  const link = dial();
  world.settle();
  link.write(Buffer.from('ping'));
  answer('pong');
  world.settle();
  link.close('done');
  world.settle();
  t.deepEqual(near.story, ['opened', 'pong', 'closed: done']);
  t.deepEqual(far.story.slice(0, 2), ['opened', 'ping']);
});

test('what is sent while nothing goes out arrives afterwards, in order', async (t) => {
  const { world, faults, there, near, far, dial, answer } = await dialled();
  const link = dial();
  world.settle();
  faults.dropPeer(there, 'out', OUTAGE_MS);
  t.false(link.write(Buffer.from('one')));
  t.false(link.write(Buffer.from('two')));
  t.is(link.queuedBytes(), 6);
  answer('heard');
  world.advance(OUTAGE_MS - 1);
  t.deepEqual(far.story, ['opened']);
  t.deepEqual(near.story, ['opened', 'heard']);
  world.advance(1);
  t.deepEqual(far.story, ['opened', 'one', 'two']);
  t.is(link.queuedBytes(), 0);
});

test('what is sent to this node while nothing comes in arrives afterwards', async (t) => {
  const { world, faults, there, near, far, dial, answer } = await dialled();
  const link = dial();
  world.settle();
  faults.dropPeer(there, 'in', OUTAGE_MS);
  link.write(Buffer.from('out'));
  answer('one');
  world.settle();
  answer('two');
  world.advance(OUTAGE_MS - 1);
  t.deepEqual(far.story, ['opened', 'out']);
  t.deepEqual(near.story, ['opened']);
  world.advance(1);
  t.deepEqual(near.story, ['opened', 'one', 'two']);
});

test('an outage of 0 ms ends the one that is on', async (t) => {
  const { world, faults, there, far, dial } = await dialled();
  const link = dial();
  world.settle();
  faults.dropPeer(there, 'both', OUTAGE_MS);
  link.write(Buffer.from('one'));
  faults.dropPeer(there, 'both', 0);
  world.settle();
  t.deepEqual(far.story, ['opened', 'one']);
});

for (const direction of ['in', 'out', 'both'] as const) {
  test(`a link that is dialled in an outage (${direction}) stands only after it`, async (t) => {
    const { world, faults, there, near, dial } = await dialled();
    faults.dropPeer(there, direction, OUTAGE_MS);
    dial();
    world.advance(OUTAGE_MS - 1);
    t.deepEqual(near.story, []);
    world.advance(1);
    t.deepEqual(near.story, ['opened']);
  });

  test(`a link that is dialled and given up in an outage (${direction}) is never made`, async (t) => {
    const { world, faults, there, near, far, dial } = await dialled();
    faults.dropPeer(there, direction, OUTAGE_MS);
    dial().close('late');
    world.advance(OUTAGE_MS * 2);
    t.deepEqual(near.story, ['closed: late']);
    t.deepEqual(far.story, []);
  });

  test(`a link that is closed in an outage (${direction}) says so once, here`, async (t) => {
    const { world, faults, there, near, dial } = await dialled();
    const link = dial();
    world.settle();
    faults.dropPeer(there, direction, OUTAGE_MS);
    link.close('silent');
    world.advance(OUTAGE_MS * 2);
    t.deepEqual(near.story, ['opened', 'closed: silent']);
  });
}

test('the other side does not see the end of a link while nothing goes out', async (t) => {
  const { world, faults, there, far, dial } = await dialled();
  const link = dial();
  world.settle();
  faults.dropPeer(there, 'out', OUTAGE_MS);
  link.close('silent');
  world.advance(OUTAGE_MS - 1);
  t.deepEqual(far.story, ['opened']);
  world.advance(1);
  t.deepEqual(far.story, ['opened', 'closed: the other end closed the connection']);
});

test('a link that was accepted belongs to the node that its greeting names', async (t) => {
  const { world, faults, there, near, far, nearLink, farLink } = await accepted();
  faults.dropPeer(there, 'both', OUTAGE_MS);
  nearLink.write(Buffer.from('reply'));
  farLink.write(Buffer.from('request'));
  world.advance(OUTAGE_MS - 1);
  t.deepEqual(near.story, ['opened', 'greeting']);
  t.deepEqual(far.story, ['opened']);
  world.advance(1);
  t.deepEqual(near.story, ['opened', 'greeting', 'request']);
  t.deepEqual(far.story, ['opened', 'reply']);
});
