/**
 * HOT PATH (`received`, `frame`, replies). One accepted link: handshake, requests in, replies out, those of a turn or of a few in one write.
 *
 * ```
 *   shaking --PROOF fits--> ready
 *       \______________________\____ refused, late, silent, malformed, replaced --> closed
 * ```
 */
import type { Link, LinkEvents } from '../ports/transport.js';
import type { World } from '../ports/world.js';
import type { NodeId } from '../ring/ring.js';
import { BatchedWriter } from './batched-writer.js';
import { FRAME_HEADER_BYTES, FrameDecoder, type FrameHandler } from './frames.js';
import { greetingNodeId, ListeningHandshake, NONCE_BYTES, type PeerIdentity } from './handshake.js';
import {
  ACCEPTED_SILENT_MAX_MS,
  HANDSHAKE_FRAME_BYTES_MAX,
  HANDSHAKE_TIME_LIMIT_MS,
  HELD_UP_MS,
  queuedBytesMax,
  REPLY_BYTES_PAUSE,
  RESUME_CHECK_MS,
  SILENT_MAX_MS,
} from './limits.js';
import {
  appendClosing,
  appendGetReply,
  appendPutReply,
  appendWhole,
  CLOSING,
  type ClosingReason,
  DECLINED,
  FIRST_REQUEST_ID,
  FORWARD,
  FORWARD_REPLY,
  GET,
  GetFields,
  HELLO,
  messageName,
  PING,
  PONG,
  PUT,
  PUT_HINTED,
  PutFields,
  PutHintedFields,
  QUERY,
  readClosing,
  saysMisfit,
} from './messages.js';
import { carriesQuestion, VERSION_MIN } from './versions.js';
import { partyOf, type WireOptions } from './wire-options.js';

const NO_ANSWER = Buffer.alloc(0);

/** Why a link was turned away whose other end may be as good as any: it dials again. */
export const TOO_MANY_HANDSHAKES = 'too many handshakes at once';

/** Where requests come from and replies go to. A reply to a link that is closed by now goes nowhere. */
export interface Inbound {
  readonly peerId: NodeId;
  readonly remoteAddress: string;
  replyPut(requestId: number, status: number): void;
  /** `object[0 .. objectLength)` is copied. Undefined and not `same`: nothing is held. */
  replyGet(requestId: number, same: boolean, object: Buffer | undefined, objectLength: number): void;
  /** Answers a forward or a query; `body` is copied. */
  replyForward(requestId: number, body: Buffer): void;
  /** Answers any request: it can't be served and has not taken effect. */
  decline(requestId: number): void;
}

/** What a node does with the requests of others. One reply is due for each, at any time and in any order. */
export interface PeerRequests {
  /** `object` is well formed, and only good during the call. */
  put(
    from: Inbound,
    requestId: number,
    partition: number,
    db: number,
    durability: number,
    key: string,
    object: Buffer,
  ): void;
  /** As `put`; this node is to stand in for `target`. */
  putHinted(
    from: Inbound,
    requestId: number,
    target: NodeId,
    partition: number,
    db: number,
    durability: number,
    key: string,
    object: Buffer,
  ): void;
  get(from: Inbound, requestId: number, partition: number, db: number, key: string, fingerprint: number): void;
  /** `body` is only good during the call. */
  forward(from: Inbound, requestId: number, body: Buffer): void;
  /** `body` is only good during the call. */
  query(from: Inbound, requestId: number, body: Buffer): void;
}

/** The service that the links belong to. */
export interface InboundOwner {
  /** Whether this stranger, the newest, may try a handshake; another may have to go for it. */
  admits(newest: InboundLink): boolean;
  /** Whether this process has just stood still for longer than a peer waits for an answer. */
  stoodStill(nowUs: number): boolean;
  authenticated(link: InboundLink, identity: PeerIdentity): void;
  /** Called exactly once, and last. */
  closed(link: InboundLink, reason: string): void;
}

export class InboundLink implements LinkEvents, FrameHandler, Inbound {
  /** Undefined until the handshake is done. */
  identity: PeerIdentity | undefined;
  /** The node that the other end says it is; nothing proves it. */
  claimedId: NodeId | undefined;
  /** Whether a whole frame of a handshake has come, be it true or not. */
  hasSpoken = false;
  /** Whether the operator should hear of the end: the other side broke a rule, or does not fit. */
  remarkable = false;
  private readonly writer: BatchedWriter;
  private readonly decoder: FrameDecoder;
  private readonly handshake: ListeningHandshake;
  private readonly queuedMax: number;
  private readonly putFields = new PutFields();
  private readonly putHintedFields = new PutHintedFields();
  private readonly getFields = new GetFields();
  private readonly partitionCount: number;
  private receivedUs: number;
  private heardSinceReady = false;
  /** Until then what arrives may have been on its way for longer than its sender waits. */
  private heldUpUntilUs = 0;
  private nextRequestId = FIRST_REQUEST_ID;
  private open = true;
  private paused = false;

  constructor(
    private readonly world: Pick<World, 'clock' | 'timers' | 'random' | 'log'>,
    private readonly options: WireOptions,
    private readonly requests: PeerRequests,
    private readonly owner: InboundOwner,
    private readonly link: Link,
  ) {
    this.receivedUs = world.clock.monotonicUs();
    this.partitionCount = options.partitionCount;
    this.queuedMax = queuedBytesMax(options.frameBytesMax);
    this.decoder = new FrameDecoder(this, HANDSHAKE_FRAME_BYTES_MAX);
    this.handshake = new ListeningHandshake(partyOf(options), world.random.bytes(NONCE_BYTES));
    this.writer = new BatchedWriter(world.timers, link, (bytes) => this.holdBack(bytes));
  }

  get remoteAddress(): string {
    return this.link.remoteAddress;
  }

  /** The node at the other end. Requests are only handed on once it is known. */
  get peerId(): NodeId {
    if (this.identity === undefined) throw new Error('a link has no peer before its handshake');
    return this.identity.nodeId;
  }

  opened(): void {
    if (!this.owner.admits(this)) this.makeRoom();
  }

  /** Goes, since there are too many strangers. */
  makeRoom(): void {
    this.remarkable = true;
    this.close('busy', TOO_MANY_HANDSHAKES);
  }

  received(chunk: Buffer): void {
    if (!this.open) return;
    if (this.identity !== undefined) {
      const nowUs = this.world.clock.monotonicUs();
      if (!this.heardSinceReady) this.heardFirst(nowUs);
      this.receivedUs = nowUs;
      if (this.closeIfStoodStill(this.receivedUs)) return;
    }
    const fault = this.decoder.feed(chunk);
    if (fault === undefined) return;
    this.remarkable = true;
    if (this.identity === undefined) this.drop(fault);
    else this.close('malformed', fault);
  }

  closed(reason: string): void {
    this.open = false;
    this.writer.stop();
    this.owner.closed(this, reason);
  }

  frame(kind: number, requestId: number, bytes: Buffer, start: number, end: number): string | undefined {
    if (!this.open) return 'the link is closed';
    if (this.identity === undefined || kind < PUT) return this.control(kind, requestId, bytes, start, end);
    if (requestId !== this.nextRequestId) return `request ${requestId} came where ${this.nextRequestId} is due`;
    this.nextRequestId = (requestId + 1) >>> 0;
    switch (kind) {
      case PUT: {
        const fields = this.putFields;
        const fault = fields.read(bytes, start, end, this.partitionCount);
        if (fault !== undefined) return fault;
        const { partition, db, durability, key, object } = fields;
        this.requests.put(this, requestId, partition, db, durability, key, object);
        fields.clear();
        return undefined;
      }
      case GET: {
        const fields = this.getFields;
        const fault = fields.read(bytes, start, end, this.partitionCount);
        if (fault !== undefined) return fault;
        this.requests.get(this, requestId, fields.partition, fields.db, fields.key, fields.fingerprint);
        return undefined;
      }
      case PUT_HINTED: {
        const fields = this.putHintedFields;
        const fault = fields.read(bytes, start, end, this.partitionCount);
        if (fault !== undefined) return fault;
        const { partition, db, durability, key, object } = fields.put;
        this.requests.putHinted(this, requestId, fields.target, partition, db, durability, key, object);
        fields.put.clear();
        return undefined;
      }
      case FORWARD:
        if (this.receivedUs < this.heldUpUntilUs) this.decline(requestId);
        else this.requests.forward(this, requestId, bytes.subarray(start, end));
        return undefined;
      case QUERY:
        this.ask(requestId, bytes.subarray(start, end));
        return undefined;
      default:
        return `${messageName(kind)} is not a request`;
    }
  }

  replyPut(requestId: number, status: number): void {
    if (!this.open) return;
    appendPutReply(this.writer.out, requestId, status);
    this.writer.appended();
  }

  replyGet(requestId: number, same: boolean, object: Buffer | undefined, objectLength: number): void {
    if (!this.open || this.tooLong(requestId, objectLength + 1)) return;
    appendGetReply(this.writer.out, requestId, same, object, objectLength);
    this.writer.appended();
  }

  replyForward(requestId: number, body: Buffer): void {
    if (!this.open || this.tooLong(requestId, body.length)) return;
    appendWhole(this.writer.out, FORWARD_REPLY, requestId, body);
    this.writer.appended();
  }

  decline(requestId: number): void {
    if (!this.open) return;
    appendWhole(this.writer.out, DECLINED, requestId, undefined);
    this.writer.appended();
  }

  /**
   * A peer says something as soon as its link stands, by which the lateness of all that it forwards is measured
   * (`forward-stamp.ts`). Where that has taken long the network has held it up, and what is behind it may have been run
   * elsewhere meanwhile.
   */
  private heardFirst(nowUs: number): void {
    this.heardSinceReady = true;
    if (nowUs - this.receivedUs >= SILENT_MAX_MS * 1000) this.heldUpUntilUs = nowUs + HELD_UP_MS * 1000;
  }

  /** Looks for a handshake that takes too long and for a link that has lost its other end. */
  check(nowUs: number): void {
    if (this.closeIfStoodStill(nowUs)) return;
    // Before the handshake is done no byte counts as a sign of life: the time limit is for all of it.
    const limitMs = this.identity === undefined ? HANDSHAKE_TIME_LIMIT_MS : ACCEPTED_SILENT_MAX_MS;
    if (nowUs - this.receivedUs < limitMs * 1000) return;
    this.close('late', this.identity === undefined ? `no handshake within ${limitMs} ms` : `silent for ${limitMs} ms`);
  }

  /**
   * A process that was stopped for a while finds requests that its peers have given up on. What they had forwarded they have
   * run elsewhere: done now, it would undo what came after it.
   */
  private closeIfStoodStill(nowUs: number): boolean {
    if (this.identity === undefined || !this.owner.stoodStill(nowUs)) return false;
    this.close('late', 'this node stood still for longer than requests wait');
    return true;
  }

  /** Tells the peer why, as far as that is possible, and closes the link; `closed` follows. */
  close(reason: ClosingReason, text: string): void {
    if (!this.open) return;
    if (reason !== 'overflow') {
      appendClosing(this.writer.out, reason, text);
      this.writer.flush();
    }
    this.drop(text);
  }

  private drop(reason: string): void {
    if (!this.open) return;
    this.open = false;
    this.writer.stop();
    this.link.close(reason);
  }

  private control(kind: number, requestId: number, bytes: Buffer, start: number, end: number): string | undefined {
    if (kind === CLOSING) {
      this.remarkable = saysMisfit(bytes, start, end);
      this.drop(`closed by the peer (${readClosing(bytes, start, end)})`);
      return undefined;
    }
    if (this.identity !== undefined) {
      if (kind !== PING) return `${messageName(kind)} is not a request`;
      appendWhole(this.writer.out, PONG, requestId, undefined);
      this.writer.appended();
      return undefined;
    }
    this.hasSpoken = true;
    if (kind === HELLO) this.claimedId = greetingNodeId(bytes.subarray(start, end));
    const step = this.handshake.receive(kind, bytes.subarray(start, end));
    if (step.step === 'refuse') {
      this.remarkable = true;
      if (step.tell) this.close(step.reason, step.text);
      else this.drop(step.text);
      return undefined;
    }
    if (step.body !== undefined) {
      appendWhole(this.writer.out, step.kind, 0, step.body);
      this.writer.flush();
    }
    if (step.step === 'ready') {
      this.identity = step.identity;
      this.receivedUs = this.world.clock.monotonicUs();
      this.decoder.frameBytesMax = this.options.frameBytesMax;
      this.owner.authenticated(this, step.identity);
    }
    return undefined;
  }

  /** A question that the link's version does not have is answered as any that is not known. */
  private ask(requestId: number, question: Buffer): void {
    if (carriesQuestion(this.identity?.version ?? VERSION_MIN, question))
      this.requests.query(this, requestId, question);
    else this.replyForward(requestId, NO_ANSWER);
  }

  private tooLong(requestId: number, bodyBytes: number): boolean {
    if (bodyBytes + FRAME_HEADER_BYTES <= this.options.frameBytesMax) return false;
    this.world.log.warn({ peer: this.remoteAddress, bodyBytes }, 'a reply is too long for a frame');
    this.decline(requestId);
    return true;
  }

  /** A peer that does not read its replies gets no more requests read, and is dropped at a bound. */
  private holdBack(queuedBytes: number): void {
    if (queuedBytes > this.queuedMax) {
      this.close('overflow', `the peer does not read: ${queuedBytes} bytes wait to be sent`);
    } else if (queuedBytes > REPLY_BYTES_PAUSE && !this.paused) {
      this.paused = true;
      this.link.pause();
      this.resumeWhenDrained();
    }
  }

  private resumeWhenDrained(): void {
    this.world.timers.after(RESUME_CHECK_MS, () => {
      if (!this.open) return;
      if (this.link.queuedBytes() > REPLY_BYTES_PAUSE / 2) {
        this.resumeWhenDrained();
        return;
      }
      this.paused = false;
      this.receivedUs = this.world.clock.monotonicUs();
      this.link.resume();
    });
  }
}
