/**
 * HOT PATH (`received`, `frame`). One dialled link, from the first byte to the last: handshake, frames, signs of life.
 *
 * ```
 *   dialling --opened--> shaking --READY--> ready
 *       \___________________\________________\____ refused, late, silent, malformed, reset --> closed
 * ```
 */

import type { Link, LinkEvents, PeerAddress } from '../ports/transport.js';
import type { World } from '../ports/world.js';
import type { NodeId } from '../ring/ring.js';
import { BatchedWriter } from './batched-writer.js';
import { FrameDecoder, type FrameHandler } from './frames.js';
import { DiallingHandshake, greetingNodeId, NONCE_BYTES, type PeerIdentity } from './handshake.js';
import {
  HANDSHAKE_FRAME_BYTES_MAX,
  HANDSHAKE_TIME_LIMIT_MS,
  PING_AFTER_MS,
  queuedBytesMax,
  SILENT_MAX_MS,
} from './limits.js';
import {
  appendClosing,
  appendWhole,
  CHALLENGE,
  CLOSING,
  type ClosingReason,
  HELLO,
  PING,
  PONG,
  readClosing,
  saysMisfit,
} from './messages.js';
import { partyOf, type WireOptions } from './wire-options.js';

/** Hears what becomes of a connection. */
export interface ConnectionOwner {
  /** The handshake is done: requests may be appended to `writer`. */
  connected(connection: PeerConnection, identity: PeerIdentity): void;
  /** A frame that is not the connection's own business. Answers why it is not acceptable, or undefined. */
  replied(kind: number, requestId: number, bytes: Buffer, start: number, end: number): string | undefined;
  /** Called exactly once, and last. */
  closed(connection: PeerConnection, reason: string): void;
}

type State = 'dialling' | 'shaking' | 'ready' | 'closed';

/** What a Redis server begins its answer to a greeting with: an error, in words. */
const REDIS_REPLY = /^-[A-Z]{3,}/;
const REDIS_REPLY_BYTES = 16;
const PORT_FOR_CLIENTS =
  'it speaks the Redis protocol: this looks like a port for clients, where the port for peers is needed';

const NO_PING = Number.POSITIVE_INFINITY;
const NOT_AWAITED = Number.POSITIVE_INFINITY;

export class PeerConnection implements LinkEvents, FrameHandler {
  readonly writer: BatchedWriter;
  /** When bytes came last (or the link was dialled), in monotonic µs. */
  receivedUs: number;
  /** Whether the link ended because the two nodes do not fit: a matter for the operator, not for time. */
  misfit = false;
  /** The node that the other end says it is; nothing proves it before READY. */
  claimedId: NodeId | undefined;
  private readonly link: Link;
  private readonly decoder: FrameDecoder;
  private readonly handshake: DiallingHandshake;
  private readonly startedUs: number;
  private readonly queuedMax: number;
  private state: State = 'dialling';
  private pingId = 0;
  private pingSentUs = NO_PING;
  /** Since when something is due from the peer; a request that has timed out is still a sign that it was. */
  private awaitedSinceUs = NOT_AWAITED;

  /** Dials at once. `id` is the node that should answer, undefined: any. */
  constructor(
    private readonly world: Pick<World, 'clock' | 'timers' | 'random' | 'transport'>,
    private readonly options: WireOptions,
    id: NodeId | undefined,
    address: PeerAddress,
    private readonly owner: ConnectionOwner,
  ) {
    this.startedUs = world.clock.monotonicUs();
    this.receivedUs = this.startedUs;
    this.queuedMax = queuedBytesMax(options.frameBytesMax);
    this.decoder = new FrameDecoder(this, HANDSHAKE_FRAME_BYTES_MAX);
    this.handshake = new DiallingHandshake(partyOf(options), world.random.bytes(NONCE_BYTES), id);
    this.link = world.transport.dial(address, this);
    this.writer = new BatchedWriter(world.timers, this.link, (bytes) => {
      if (bytes > this.queuedMax) this.close('overflow', `the peer does not read: ${bytes} bytes wait to be sent`);
    });
  }

  /** Whether the peer owes a sign of life, or the handshake is not done. */
  get awaits(): boolean {
    return this.state !== 'ready' || this.pingSentUs !== NO_PING || this.awaitedSinceUs !== NOT_AWAITED;
  }

  /** Whether requests can be sent. */
  get ready(): boolean {
    return this.state === 'ready';
  }

  opened(): void {
    if (this.state !== 'dialling') return;
    this.state = 'shaking';
    this.send(HELLO, this.handshake.hello());
  }

  received(chunk: Buffer): void {
    if (this.state === 'closed') return;
    this.receivedUs = this.world.clock.monotonicUs();
    this.awaitedSinceUs = NOT_AWAITED;
    const fault = this.decoder.feed(chunk);
    if (fault === undefined) return;
    const isRedis = this.state === 'shaking' && REDIS_REPLY.test(chunk.toString('latin1', 0, REDIS_REPLY_BYTES));
    if (isRedis) this.drop(PORT_FOR_CLIENTS);
    else this.close('malformed', fault);
  }

  closed(reason: string): void {
    this.state = 'closed';
    this.writer.stop();
    this.owner.closed(this, reason);
  }

  frame(kind: number, requestId: number, bytes: Buffer, start: number, end: number): string | undefined {
    if (this.state === 'closed') return 'the link is closed';
    if (kind === CLOSING) {
      this.misfit = saysMisfit(bytes, start, end);
      this.drop(`closed by the peer (${readClosing(bytes, start, end)})`);
      return undefined;
    }
    if (this.state !== 'ready') {
      this.shake(kind, bytes.subarray(start, end));
      return undefined;
    }
    return kind === PONG ? this.ponged(requestId) : this.owner.replied(kind, requestId, bytes, start, end);
  }

  /**
   * Looks for a handshake that takes too long and for a peer that has gone silent; asks an idle one for a sign of life.
   * `waitingSinceUs`: when the oldest request without a reply was made, Infinity where none waits.
   */
  check(nowUs: number, waitingSinceUs: number): void {
    if (this.state === 'closed') return;
    if (this.state !== 'ready') {
      if (nowUs - this.startedUs >= HANDSHAKE_TIME_LIMIT_MS * 1000) {
        this.close('late', `no handshake within ${HANDSHAKE_TIME_LIMIT_MS} ms`);
      }
      return;
    }
    this.awaitedSinceUs = Math.min(this.awaitedSinceUs, waitingSinceUs, this.pingSentUs);
    if (nowUs - Math.max(this.receivedUs, this.awaitedSinceUs) >= SILENT_MAX_MS * 1000) {
      this.close('late', `silent for ${SILENT_MAX_MS} ms`);
    } else if (this.pingSentUs === NO_PING && nowUs - this.receivedUs >= PING_AFTER_MS * 1000) {
      this.pingId = (this.pingId + 1) >>> 0;
      this.pingSentUs = nowUs;
      appendWhole(this.writer.out, PING, this.pingId, undefined);
      this.writer.appended();
    }
  }

  /** Tells the peer why, as far as that is possible, and closes the link; `closed` follows. */
  close(reason: ClosingReason, text: string): void {
    if (this.state === 'closed') return;
    if (this.state !== 'dialling' && reason !== 'overflow') {
      appendClosing(this.writer.out, reason, text);
      this.writer.flush();
    }
    this.drop(text);
  }

  private drop(reason: string): void {
    this.state = 'closed';
    this.writer.stop();
    this.link.close(reason);
  }

  private shake(kind: number, body: Buffer): void {
    if (kind === CHALLENGE) this.claimedId = greetingNodeId(body);
    const step = this.handshake.receive(kind, body);
    if (step.step === 'send') {
      this.send(step.kind, step.body);
    } else if (step.step === 'refuse') {
      this.misfit = true;
      if (step.tell) this.close(step.reason, step.text);
      else this.drop(step.text);
    } else {
      this.state = 'ready';
      this.decoder.frameBytesMax = this.options.frameBytesMax;
      this.owner.connected(this, step.identity);
    }
  }

  private ponged(requestId: number): string | undefined {
    if (this.pingSentUs === NO_PING || requestId !== this.pingId) return `PONG ${requestId} answers no PING`;
    this.pingSentUs = NO_PING;
    return undefined;
  }

  private send(kind: number, body: Buffer): void {
    appendWhole(this.writer.out, kind, 0, body);
    this.writer.flush();
  }
}
