import type { NodeId } from '../../cluster/ring/ring.js';
import type { ActorId } from '../../cluster/version/actor.js';
import { DiallingHandshake, FEATURES, NONCE_BYTES, type Party } from '../../cluster/wire/handshake.js';
import { CHALLENGE, HELLO, PROOF, READY } from '../../cluster/wire/messages.js';
import { VERSION_MAX, VERSION_MIN } from '../../cluster/wire/versions.js';
import { pause } from '../../scripts/processes/wait.js';
import type { Prng } from '../simulation/prng.js';
import { HostileConnection } from './hostile-connection.js';

const ANSWER_MS = 5_000;
const POLL_MS = 1;
const FRAME_HEADER_BYTES = 9;

/** What the nodes that are attacked go by. */
export interface Cluster {
  readonly port: number;
  readonly secret: string;
  readonly clusterName: string;
  readonly partitionCount: number;
}

/** A frame of the peer protocol; `length` is a wrong one where it is named. */
export function frame(kind: number, requestId: number, body: Buffer, length = 5 + body.length): Buffer {
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUInt32LE(length >>> 0, 0);
  header[4] = kind;
  header.writeUInt32LE(requestId >>> 0, 5);
  return Buffer.concat([header, body]);
}

/** How a fuzzer that knows the secret presents itself: as a node that nobody knows. */
export function partyOf(cluster: Cluster, prng: Prng): Party {
  return {
    clusterName: cluster.clusterName,
    secret: cluster.secret,
    partitionCount: cluster.partitionCount,
    nodeId: prng.bytes(20).toString('hex') as NodeId,
    actor: prng.bytes(8).toString('hex') as ActorId,
    versionMin: VERSION_MIN,
    versionMax: prng.between(VERSION_MIN, VERSION_MAX),
    features: FEATURES,
  };
}

/** The other side of the peer protocol, which keeps to it no longer than it likes. */
export class HostilePeer {
  private nextRequestId = 1;
  private received = Buffer.alloc(0);
  /** Bodies of frames are kept only until the handshake is done. */
  private isKeeping = true;

  private constructor(readonly connection: HostileConnection) {
    connection.socket.on('data', (chunk: Buffer) => {
      if (this.isKeeping) this.received = Buffer.concat([this.received, chunk]);
    });
  }

  static async open(port: number): Promise<HostilePeer | undefined> {
    const connection = await HostileConnection.open(port, false);
    return connection && new HostilePeer(connection);
  }

  /** A link whose handshake is done, or undefined where there is none: there may be too many handshakes at once. */
  static async shakeHands(cluster: Cluster, prng: Prng): Promise<HostilePeer | undefined> {
    const peer = await HostilePeer.open(cluster.port);
    if (peer === undefined) return undefined;
    const handshake = new DiallingHandshake(partyOf(cluster, prng), prng.bytes(NONCE_BYTES), undefined);
    await peer.connection.send(frame(HELLO, 0, handshake.hello()));
    const challenge = await peer.next(CHALLENGE);
    const step = challenge && handshake.receive(CHALLENGE, challenge);
    if (step?.step !== 'send') return peer.gone();
    await peer.connection.send(frame(PROOF, 0, step.body));
    if ((await peer.next(READY)) === undefined) return peer.gone();
    peer.isKeeping = false;
    return peer;
  }

  /** The body of the next frame if it is of that kind. */
  async next(kind: number): Promise<Buffer | undefined> {
    const endMs = performance.now() + ANSWER_MS;
    while (performance.now() < endMs && !this.connection.isClosed) {
      const length = this.received.length < 4 ? undefined : this.received.readUInt32LE(0) + 4;
      if (length === undefined || this.received.length < length) {
        await pause(POLL_MS);
        continue;
      }
      const whole = this.received.subarray(0, length);
      this.received = this.received.subarray(length);
      return whole[4] === kind ? whole.subarray(FRAME_HEADER_BYTES) : undefined;
    }
    return undefined;
  }

  /** Sends a request under the number that is due. */
  request(kind: number, body: Buffer): Promise<void> {
    const id = this.nextRequestId;
    this.nextRequestId = (id + 1) >>> 0;
    return this.connection.send(frame(kind, id, body));
  }

  private gone(): undefined {
    this.connection.end();
    return undefined;
  }
}
