/** What comes to the peer port: strangers before the handshake, and a node that knows the secret and does not behave. */

import { DiallingHandshake, NONCE_BYTES } from '../../cluster/wire/handshake.js';
import {
  CHALLENGE,
  CLOSING,
  FORWARD,
  GET,
  HELLO,
  MESSAGES,
  PING,
  PROOF,
  PUT,
  PUT_HINTED,
  QUERY,
  READY,
} from '../../cluster/wire/messages.js';
import { pause } from '../../scripts/processes/wait.js';
import type { Prng } from '../simulation/prng.js';
import { type Attack, cut, leave } from './attack.js';
import { anyObject, forwardBody, getBody, putBody, queryBody } from './hostile-bodies.js';
import { type Cluster, frame, HostilePeer, partyOf } from './hostile-peer.js';
import { damaged } from './hostile-requests.js';

const MIB = 1024 * 1024;
const CROWD = 100;
const GREETING_BYTES = 96;
/** Against what hangs: a busy node looks for late handshakes when it comes to it. */
const CLOSED_MS = 120_000;

/** The attacks on the peer port of nodes of that cluster. */
export function peerAttacks(clusterAt: (port: number) => Cluster): readonly Attack[] {
  const attack = (
    name: string,
    weight: number,
    run: (cluster: Cluster, prng: Prng) => Promise<string | undefined>,
  ): Attack => ({
    name,
    weight,
    run: async (target, prng) => {
      const fault = await run(clusterAt(target.port), prng);
      if (fault !== undefined) target.fault(fault);
    },
  });
  return [
    attack('random bytes', 4, (cluster, prng) => pour(cluster, prng, prng.bytes(prng.pick([1, 9, 100, 2000])))),
    attack('a greeting with other fields', 8, otherGreeting),
    attack('frames out of order', 6, outOfOrder),
    attack('a proof that was heard before', 3, replayedProof),
    attack('another secret', 2, otherSecret),
    attack('frames too long for a stranger', 3, (cluster, prng) =>
      pour(cluster, prng, frame(HELLO, 0, prng.bytes(50), prng.pick([0, 1, 4, 1021, 2 ** 24, 2 ** 31, 2 ** 32 - 1]))),
    ),
    attack('a crowd that says nothing', 1, crowd),
    attack('a handshake byte by byte', 1, slowHandshake),
    attack('frames of any kind', 8, afterHandshake(anyFrame)),
    attack('damaged requests', 20, afterHandshake(damagedRequest)),
    attack('odd requests', 20, oddRequests),
    attack(
      'frames too long for a node',
      2,
      afterHandshake((_cluster, prng) => frame(PUT, 1, prng.bytes(20), prng.pick([2 ** 30, 2 ** 31, 2 ** 32 - 1]))),
    ),
    attack('long frames', 1, longFrames),
    attack('replies that are not read', 2, unreadReplies),
    attack('half a frame', 3, halfFrame),
  ];
}

async function pour(cluster: Cluster, prng: Prng, bytes: Buffer): Promise<undefined> {
  const peer = await HostilePeer.open(cluster.port);
  if (peer === undefined) return;
  for (const piece of cut(bytes, prng, 4)) await peer.connection.send(piece);
  await peer.connection.closed(prng.below(100));
  leave(peer.connection, prng);
}

/** A sound greeting of which one field is another: it must not come to a handshake that ends well. */
async function otherGreeting(cluster: Cluster, prng: Prng): Promise<string | undefined> {
  const hello = new DiallingHandshake(partyOf(cluster, prng), prng.bytes(NONCE_BYTES), undefined).hello();
  const greeting = Buffer.from(hello);
  const [at, bytes] = prng.pick([
    [0, 8],
    [8, 2],
    [10, 2],
    [12, 4],
    [16, 4],
    [20, 16],
    [36, 20],
    [56, 8],
    [64, 32],
  ] as const);
  prng
    .pick([() => prng.bytes(bytes), () => Buffer.alloc(bytes), () => Buffer.alloc(bytes, 0xff)])()
    .copy(greeting, at);
  const length = prng.pick([GREETING_BYTES, GREETING_BYTES, GREETING_BYTES - 1, 8, 0, GREETING_BYTES + 1, 1000]);
  const body = Buffer.concat([greeting, Buffer.alloc(1000)]).subarray(0, length);
  const peer = await HostilePeer.open(cluster.port);
  if (peer === undefined) return undefined;
  await peer.connection.send(frame(HELLO, 0, body));
  await peer.next(CHALLENGE);
  // No proof of a handshake that both sides saw.
  await peer.connection.send(frame(PROOF, 0, prng.bytes(32)));
  const isReady = (await peer.next(READY)) !== undefined;
  leave(peer.connection, prng);
  return isReady ? 'a random proof was taken' : undefined;
}

async function outOfOrder(cluster: Cluster, prng: Prng): Promise<undefined> {
  const hello = new DiallingHandshake(partyOf(cluster, prng), prng.bytes(NONCE_BYTES), undefined).hello();
  const frames = Array.from({ length: prng.between(1, 5) }, () =>
    prng.pick([
      () => frame(HELLO, prng.below(3), hello),
      () => frame(PROOF, 0, prng.bytes(32)),
      () => frame(READY, 0, prng.bytes(32)),
      () => frame(PING, 1, Buffer.alloc(0)),
      () => frame(CLOSING, 0, prng.bytes(prng.below(400))),
      () => frame(PUT, 1, putBody(prng, cluster.partitionCount).subarray(0, 900)),
      () => frame(QUERY, 1, queryBody(prng, cluster.partitionCount)),
    ])(),
  );
  return pour(cluster, prng, Buffer.concat(frames));
}

/** A proof of one handshake, played back in another: the nonce of the other side is a new one. */
async function replayedProof(cluster: Cluster, prng: Prng): Promise<string | undefined> {
  const party = partyOf(cluster, prng);
  const handshake = new DiallingHandshake(party, prng.bytes(NONCE_BYTES), undefined);
  const heard: Buffer[] = [];
  for (const _attempt of [1, 2]) {
    const peer = await HostilePeer.open(cluster.port);
    if (peer === undefined) return undefined;
    await peer.connection.send(frame(HELLO, 0, handshake.hello()));
    const challenge = await peer.next(CHALLENGE);
    if (challenge === undefined) {
      leave(peer.connection, prng);
      return undefined;
    }
    if (heard.length === 0) {
      const step = handshake.receive(CHALLENGE, challenge);
      if (step.step === 'send') heard.push(step.body);
    } else {
      await peer.connection.send(frame(PROOF, 0, heard[0] ?? Buffer.alloc(0)));
      const isReady = (await peer.next(READY)) !== undefined;
      leave(peer.connection, prng);
      return isReady ? 'a proof that was heard before was taken' : undefined;
    }
    leave(peer.connection, prng);
  }
  return undefined;
}

async function otherSecret(cluster: Cluster, prng: Prng): Promise<string | undefined> {
  const peer = await HostilePeer.shakeHands({ ...cluster, secret: 'another secret, long enough' }, prng);
  if (peer === undefined) return undefined;
  leave(peer.connection, prng);
  return 'another secret was taken';
}

async function crowd(cluster: Cluster, prng: Prng): Promise<string | undefined> {
  const peers = await Promise.all(Array.from({ length: CROWD }, () => HostilePeer.open(cluster.port)));
  const closed = await Promise.all(peers.map((peer) => peer?.connection.closed(CLOSED_MS)));
  for (const peer of peers) if (peer !== undefined) leave(peer.connection, prng);
  return closed.includes(false) ? 'a link without a handshake stayed open' : undefined;
}

async function slowHandshake(cluster: Cluster, prng: Prng): Promise<string | undefined> {
  const peer = await HostilePeer.open(cluster.port);
  if (peer === undefined) return undefined;
  const hello = frame(
    HELLO,
    0,
    new DiallingHandshake(partyOf(cluster, prng), prng.bytes(NONCE_BYTES), undefined).hello(),
  );
  for (let at = 0; at < hello.length && !peer.connection.isClosed; at++) {
    await peer.connection.send(hello.subarray(at, at + 1));
    await pause(prng.below(30));
  }
  const isClosed = await peer.connection.closed(CLOSED_MS);
  leave(peer.connection, prng);
  return isClosed ? undefined : 'a handshake that does not end was waited for';
}

/** Sends a few frames over a link whose handshake is done. */
function afterHandshake(frameOf: (cluster: Cluster, prng: Prng) => Buffer) {
  return async (cluster: Cluster, prng: Prng): Promise<undefined> => {
    const peer = await HostilePeer.shakeHands(cluster, prng);
    if (peer === undefined) return;
    const bytes = Buffer.concat(Array.from({ length: prng.between(1, 3) }, () => frameOf(cluster, prng)));
    for (const piece of cut(bytes, prng, 4)) await peer.connection.send(piece);
    await peer.connection.closed(prng.below(100));
    leave(peer.connection, prng);
  };
}

function anyFrame(_cluster: Cluster, prng: Prng): Buffer {
  const kind = prng.chance(0.3) ? prng.below(256) : prng.pick(MESSAGES).kind;
  return frame(kind, prng.pick([0, 1, 2, 2 ** 32 - 1]), prng.bytes(prng.below(300)));
}

function anyRequest(cluster: Cluster, prng: Prng): [kind: number, body: Buffer] {
  const { partitionCount } = cluster;
  return prng.pick([
    (): [number, Buffer] => [PUT, putBody(prng, partitionCount)],
    (): [number, Buffer] => [PUT_HINTED, Buffer.concat([prng.bytes(20), putBody(prng, partitionCount)])],
    (): [number, Buffer] => [GET, getBody(prng, partitionCount)],
    (): [number, Buffer] => [FORWARD, forwardBody(prng)],
    (): [number, Buffer] => [QUERY, queryBody(prng, partitionCount)],
  ])();
}

/** A sound request with damaged bytes, in a frame that is as long as it says. */
function damagedRequest(cluster: Cluster, prng: Prng): Buffer {
  const [kind, body] = anyRequest(cluster, prng);
  if (kind !== PUT || prng.chance(0.5)) return frame(kind, 1, damaged(body, anyObject(prng), prng));
  return frame(kind, 1, putBody(prng, cluster.partitionCount, damaged(anyObject(prng), anyObject(prng), prng)));
}

/** Many requests that are well formed one by one; the link stays as long as none of them is not. */
async function oddRequests(cluster: Cluster, prng: Prng): Promise<undefined> {
  const peer = await HostilePeer.shakeHands(cluster, prng);
  if (peer === undefined) return;
  for (let left = prng.between(1, 100); left > 0 && !peer.connection.isClosed; left--) {
    const [kind, body] = anyRequest(cluster, prng);
    // An object is sound here; what it stands in need not be.
    await peer.request(kind, kind === FORWARD && prng.chance(0.2) ? damaged(body, body, prng) : body);
  }
  await peer.connection.closed(prng.below(200));
  leave(peer.connection, prng);
}

async function longFrames(cluster: Cluster, prng: Prng): Promise<undefined> {
  const peer = await HostilePeer.shakeHands(cluster, prng);
  if (peer === undefined) return;
  const body = Buffer.alloc(prng.pick([MIB, 8 * MIB, 16 * MIB]), prng.pick([0, 1, 0x22, 0xff]));
  const kind = prng.pick([PUT, GET, FORWARD, QUERY]);
  if (kind === QUERY) body[0] = prng.below(14);
  await peer.request(kind, body);
  await peer.connection.closed(prng.below(300));
  leave(peer.connection, prng);
}

async function unreadReplies(cluster: Cluster, prng: Prng): Promise<undefined> {
  const peer = await HostilePeer.shakeHands(cluster, prng);
  if (peer === undefined) return;
  peer.connection.stopReading();
  for (let left = prng.between(100, 3000); left > 0 && !peer.connection.isClosed; left--) {
    await peer.request(QUERY, queryBody(prng, cluster.partitionCount));
  }
  await pause(prng.below(500));
  leave(peer.connection, prng);
}

async function halfFrame(cluster: Cluster, prng: Prng): Promise<undefined> {
  const peer = await HostilePeer.shakeHands(cluster, prng);
  if (peer === undefined) return;
  const [kind, body] = anyRequest(cluster, prng);
  const announced = prng.pick([body.length + 6, MIB, 16 * MIB]);
  await peer.connection.send(frame(kind, 1, body, announced));
  await pause(prng.below(200));
  leave(peer.connection, prng);
}
