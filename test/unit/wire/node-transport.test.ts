import test from 'ava';
import { nodeClock } from '../../../cluster/ports/node-clock.js';
import { nodeRandom } from '../../../cluster/ports/node-random.js';
import { NodeTimers } from '../../../cluster/ports/node-timers.js';
import type { World } from '../../../cluster/ports/world.js';
import { nodeTransport } from '../../../cluster/wire/node-transport.js';
import { Peer } from '../../../cluster/wire/peer.js';
import { PeerService } from '../../../cluster/wire/peer-service.js';
import { freePorts } from '../../../scripts/processes/ports.js';
import { until } from '../net/loopback.js';
import { OBJECT } from './golden.js';
import { Heard, Requests } from './pair.js';
import { DIALLER, LISTENER, optionsOf } from './parties.js';

const HOST = '127.0.0.1';

function realWorld(): World {
  const silent = () => undefined;
  return {
    clock: nodeClock,
    timers: new NodeTimers(),
    random: nodeRandom,
    transport: nodeTransport,
    latencies: { recorder: () => ({ record: silent }) },
    log: { debug: silent, info: silent, warn: silent, error: silent },
  };
}

/** Asks `count` times and gives the answers; what was not taken, or left unanswered by a link that was lost, is asked again. */
async function answersTo(count: number, peer: Peer, ask: (heard: Heard) => void): Promise<string[]> {
  const answers: string[] = [];
  while (answers.length < count) {
    await until(() => peer.reachable());
    const heard = new Heard();
    const missing = count - answers.length;
    for (let i = 0; i < missing; i++) ask(heard);
    await until(() => heard.lines.length === missing);
    // Where this process stands still for a second its links do not last, and what is late is not taken.
    answers.push(...heard.lines.filter((line) => line !== 'unreachable' && line !== 'refused'));
  }
  return answers;
}

/** Dials and collects what the link tells. */
function dialled(port: number) {
  const told: string[] = [];
  let bytes = 0;
  const link = nodeTransport.dial(
    { host: HOST, port },
    {
      opened: () => void told.push('opened'),
      received: (chunk) => {
        bytes += chunk.length;
      },
      closed: (reason) => void told.push(`closed: ${reason}`),
    },
  );
  return { link, told, bytes: () => bytes };
}

test('requests and replies of all sizes pass over real sockets, and a lost peer is found again', async (t) => {
  const requests = new Requests();
  requests.answer = ({ from, id, text }) => {
    if (text.startsWith('put')) from.replyPut(id, 0);
    else from.replyForward(id, Buffer.from(text.slice('forward '.length)));
  };
  // The machine may be busy: nothing here is about time-outs.
  const requestTimeoutMs = 60_000;
  let service = new PeerService(realWorld(), { ...optionsOf(LISTENER), requestTimeoutMs }, requests);
  // It is listened on twice, and nobody else takes it meanwhile.
  const [port = 0] = await freePorts(1);
  await service.listen({ host: HOST, port });
  const peer = new Peer(realWorld(), { ...optionsOf(DIALLER), requestTimeoutMs }, LISTENER.nodeId, {
    host: HOST,
    port,
  });
  t.teardown(async () => {
    peer.stop();
    await service.close();
  });
  peer.start();
  let puts = 0;
  const put = (heard: Heard) => {
    peer.put(heard, puts % 256, 0, 1, `key ${puts++}`, OBJECT, OBJECT.length);
  };
  t.true((await answersTo(2000, peer, put)).every((line) => line === 'put 0'));
  const large = 'x'.repeat(3 * 2 ** 20);
  const forwarded = await answersTo(4, peer, (heard) => peer.forward(heard, Buffer.from(large)));
  t.true(forwarded.every((line) => line === `answer ${large}`));
  t.true(peer.p99Us() > 0);

  await service.close();
  await until(() => !peer.reachable());
  service = new PeerService(realWorld(), { ...optionsOf(LISTENER), requestTimeoutMs }, requests);
  await service.listen({ host: HOST, port });
  t.deepEqual(await answersTo(1, peer, put), ['put 0']);
});

test('a link ends once, with a reason, whichever way it ends', async (t) => {
  const accepted: { close: (reason: string) => void }[] = [];
  const acceptedTold: string[] = [];
  const listener = await nodeTransport.listen({ host: HOST, port: 0 }, (link) => {
    accepted.push(link);
    return {
      opened: () => void acceptedTold.push('opened'),
      received: () => undefined,
      closed: (reason) => void acceptedTold.push(`closed: ${reason}`),
    };
  });
  const first = dialled(listener.port);
  await until(() => accepted.length === 1 && first.told.length === 1);
  first.link.close('we had enough');
  t.deepEqual(first.told, ['opened'], 'not inside the call');
  t.true(first.link.write(Buffer.from('too late')));
  await until(() => first.told.length === 2 && acceptedTold.length === 2);
  t.deepEqual(first.told, ['opened', 'closed: we had enough']);
  t.is(acceptedTold[0], 'opened');

  const second = dialled(listener.port);
  await until(() => accepted.length === 2);
  accepted[1]?.close('they had enough');
  await until(() => second.told.length === 2);
  t.regex(second.told[1] ?? '', /closed: (the other end closed|ECONNRESET)/);

  listener.close();
  const third = dialled(listener.port);
  await until(() => third.told.length === 1);
  t.regex(third.told[0] ?? '', /closed: ECONNREFUSED/);
});

test('a pause holds bytes back, and a write tells whether the kernel took all', async (t) => {
  const chunk = Buffer.alloc(1 << 20, 1);
  const far: { link?: { write(bytes: Buffer): boolean; queuedBytes(): number } } = {};
  const listener = await nodeTransport.listen({ host: HOST, port: 0 }, (link) => {
    far.link = link;
    return { opened: () => undefined, received: () => undefined, closed: () => undefined };
  });
  const near = dialled(listener.port);
  t.teardown(() => {
    near.link.close('done');
    listener.close();
  });
  await until(() => far.link !== undefined && near.told.length === 1);
  t.true(far.link?.write(Buffer.from('small')));
  t.is(far.link?.queuedBytes(), 0);
  await until(() => near.bytes() === 5);
  near.link.pause();
  let written = 5;
  let taken = true;
  while (taken) {
    taken = far.link?.write(chunk) ?? false;
    written += chunk.length;
  }
  t.true((far.link?.queuedBytes() ?? 0) > 0);
  t.true(near.bytes() < written);
  near.link.resume();
  await until(() => near.bytes() === written && far.link?.queuedBytes() === 0);
  t.pass();
});

test('an address that is taken is refused with the reason', async (t) => {
  const accept = () => ({ opened: () => undefined, received: () => undefined, closed: () => undefined });
  const listener = await nodeTransport.listen({ host: HOST, port: 0 }, accept);
  await t.throwsAsync(nodeTransport.listen({ host: HOST, port: listener.port }, accept), { code: 'EADDRINUSE' });
  listener.close();
});

test('callbacks of a turn run once, and those that they register run in the next', async (t) => {
  const timers = new NodeTimers();
  const order: string[] = [];
  timers.endOfTurn(() => {
    order.push('a');
    timers.endOfTurn(() => order.push('next turn'));
  });
  timers.endOfTurn(() => order.push('b'));
  t.deepEqual(order, []);
  await until(() => order.length >= 2);
  t.deepEqual(order.slice(0, 2), ['a', 'b']);
  await until(() => order.length === 3);
  t.is(order[2], 'next turn');
});
