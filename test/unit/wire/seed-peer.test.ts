import test from 'ava';
import type { NodeId } from '../../../cluster/ring/ring.js';
import type { Party } from '../../../cluster/wire/handshake.js';
import { HANDSHAKE_TIME_LIMIT_MS, TICK_MAX_MS } from '../../../cluster/wire/limits.js';
import { PeerService } from '../../../cluster/wire/peer-service.js';
import { QuietLog } from '../../../cluster/wire/quiet-log.js';
import { SeedPeer } from '../../../cluster/wire/seed-peer.js';
import { FakeWorld } from './fake-world.js';
import { ADDRESS, Requests } from './pair.js';
import { DIALLER, LISTENER, optionsOf } from './parties.js';

const COUNT_KEYS = 1;
const GOSSIP = 9;

/** A node that listens, and what another makes of it that only knows the address. */
class Seed {
  readonly world = new FakeWorld();
  readonly requests = new Requests();
  readonly service: PeerService;

  constructor(party: Partial<Party> = {}) {
    this.service = new PeerService(this.world.node(), optionsOf({ ...LISTENER, ...party }), this.requests);
  }

  async dialled(asker: Partial<Party> = {}): Promise<SeedPeer | string> {
    await this.service.listen(ADDRESS);
    const world = this.world.node();
    const quietLog = new QuietLog(world.clock, world.log);
    const dialled = SeedPeer.dial(world, optionsOf({ ...DIALLER, ...asker }), ADDRESS, quietLog);
    this.world.advance(HANDSHAKE_TIME_LIMIT_MS + TICK_MAX_MS);
    return dialled;
  }

  async connected(asker: Partial<Party> = {}): Promise<SeedPeer> {
    const seed = await this.dialled(asker);
    if (typeof seed === 'string') throw new Error(seed);
    return seed;
  }
}

test('a seed tells who it is and answers questions', async (t) => {
  const seed = new Seed();
  const peer = await seed.connected();
  t.like(peer.identity, { nodeId: LISTENER.nodeId, actor: LISTENER.actor, version: 1 });
  seed.requests.answer = ({ from, id, text }) => {
    t.is(from.peerId, DIALLER.nodeId);
    from.replyForward(id, Buffer.from(`to ${text}`));
  };
  const answers = Promise.all([peer.ask(COUNT_KEYS, Buffer.from('a')), peer.ask(COUNT_KEYS, Buffer.from('b'))]);
  seed.world.settle();
  t.deepEqual((await answers).map(String), ['to query \x01a', 'to query \x01b']);
  peer.close();
  t.is(await peer.ask(COUNT_KEYS, Buffer.alloc(0)), 'unreachable');
});

test('where no link comes to stand the reason is told', async (t) => {
  const nobody = new FakeWorld();
  const node = nobody.node();
  const refused = SeedPeer.dial(node, optionsOf(DIALLER), ADDRESS, new QuietLog(node.clock, node.log));
  nobody.settle();
  t.is(await refused, 'ECONNREFUSED: nobody listens');
  t.regex(String(await new Seed().dialled({ clusterName: 'other' })), /different cluster names/);
  t.regex(String(await new Seed().dialled({ secret: 'another secret' })), /different cluster secrets/);
  t.regex(String(await new Seed().dialled({ nodeId: LISTENER.nodeId })), /both sides are node b/);
  const silent = new Seed();
  silent.world.network.mute = 'listening';
  t.is(await silent.dialled(), `no handshake within ${HANDSHAKE_TIME_LIMIT_MS} ms`);
});

test('a port for clients that is taken for a seed is told to be one', async (t) => {
  const world = new FakeWorld();
  for (const [reply, reason] of [
    ["-ERR unknown command 'CTWHEEL'", /speaks the Redis protocol: this looks like a port for clients/],
    ['-DENIED Redis is running in protected mode', /looks like a port for clients/],
    ['HTTP/1.1 400 Bad Request', /frame of \d+ bytes is longer/],
  ] as const) {
    const listener = await world.network.listen(ADDRESS, (link) => ({
      opened: () => undefined,
      received: () => {
        link.write(Buffer.from(`${reply}\r\n`));
      },
      closed: () => undefined,
    }));
    const node = world.node();
    const dialled = SeedPeer.dial(node, optionsOf(DIALLER), ADDRESS, new QuietLog(node.clock, node.log));
    world.settle();
    t.regex(String(await dialled), reason);
    listener.close();
  }
});

test('a question that is not answered, declined or cut off has no answer, and leaves nothing running', async (t) => {
  const seed = new Seed();
  const peer = await seed.connected();
  seed.requests.answer = ({ from, id, text }) => {
    if (text.endsWith('declined')) from.decline(id);
  };
  const late = peer.ask(COUNT_KEYS, Buffer.from('late'));
  const declined = peer.ask(COUNT_KEYS, Buffer.from('declined'));
  seed.world.settle();
  t.is(await declined, 'refused');
  seed.world.advance(1_100);
  t.is(await late, 'timeout');
  const cut = peer.ask(COUNT_KEYS, Buffer.from('cut'));
  seed.world.network.cutAll();
  seed.world.settle();
  t.is(await cut, 'unreachable');
});

test('a seed of version 1 is not asked what only version 2 knows', async (t) => {
  const old = new Seed({ versionMax: 1 });
  t.is(await (await old.connected({ versionMax: 2 })).ask(GOSSIP, Buffer.alloc(0)), 'refused');
  t.deepEqual(old.requests.asked, []);
  const current = new Seed({ versionMax: 2 });
  const peer = await current.connected({ versionMax: 2, nodeId: 'cc'.repeat(20) as NodeId });
  current.requests.answer = ({ from, id }) => from.replyForward(id, Buffer.from('news'));
  const answer = peer.ask(GOSSIP, Buffer.alloc(0));
  current.world.settle();
  t.is(String(await answer), 'news');
});
