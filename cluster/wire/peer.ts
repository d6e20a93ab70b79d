/**
 * HOT PATH. The dialling side: requests to one other node, and their replies. Nothing is allocated for a request; the
 * requests of a turn, or of a few turns, leave in one write.
 */
import type { LatencyRecorder } from '../ports/latency.js';
import { audit } from '../ports/log.js';
import type { PeerAddress } from '../ports/transport.js';
import type { World } from '../ports/world.js';
import type { NodeId } from '../ring/ring.js';
import { lifeOf } from '../version/actor.js';
import { FRAME_HEADER_BYTES } from './frames.js';
import { FEATURE, type PeerIdentity } from './handshake.js';
import { KEY_BYTES_MAX, RECONNECT_DELAY_MAX_MS, TURN_BATCH_MAX } from './limits.js';
import { LinkWatch, type WatchedLink } from './link-watch.js';
import {
  appendGet,
  appendPut,
  appendPutHinted,
  appendWhole,
  DECLINED,
  FIRST_REQUEST_ID,
  FORWARD,
  FORWARD_REPLY,
  GET_REPLY,
  GetReplyFields,
  getBodyBytes,
  messageName,
  PUT_REPLY,
  putBodyBytes,
  putHintedBodyBytes,
  QUERY,
} from './messages.js';
import { type ConnectionOwner, PeerConnection } from './peer-connection.js';
import { LINK_REFUSED } from './quiet-log.js';
import { type PeerView, Reachability } from './reachability.js';
import { Redial } from './redial.js';
import { RequestTable } from './request-table.js';
import { RoundTrips } from './round-trips.js';
import { carriesQuestion, VERSION_MIN } from './versions.js';
import type { WireOptions } from './wire-options.js';

/** Takes the outcome of requests: exactly one call of one of the four for each. Buffers are only good during the call. */
export interface ReplyHandler {
  /** `status` 0: done as asked; anything else is the replica's error. */
  putReplied(peer: Peer, status: number): void;
  /** `same`: the peer's version has the fingerprint that was sent. Undefined and not `same`: the peer holds nothing. */
  getReplied(peer: Peer, same: boolean, object: Buffer | undefined): void;
  /** The answer to a `forward` or a `query`. */
  forwardReplied(peer: Peer, body: Buffer): void;
  /** `unreachable` and `timeout`: the request may or may not have taken effect. `refused`: it has not. */
  failed(peer: Peer, reason: 'unreachable' | 'timeout' | 'refused'): void;
}

/** A request is given up so many ticks before its timeout, or up to one later: there is time to run it again elsewhere within it. */
const TICKS_TO_SPARE = 1.5;

export class Peer implements ConnectionOwner, WatchedLink {
  /** For the watch. */
  attended = false;
  private connection: PeerConnection | undefined;
  /** The connection, from the end of its handshake till its link is gone. */
  private ready: PeerConnection | undefined;
  private identity: PeerIdentity | undefined;
  private table = new RequestTable<ReplyHandler>(FIRST_REQUEST_ID);
  /** Of gets: what the peer does for them is much the same each time. */
  private readonly gets = new RoundTrips();
  private readonly recorder: LatencyRecorder;
  private readonly getReply = new GetReplyFields();
  private readonly reachability: Reachability;
  private readonly reachableCallbacks: ((reachable: boolean) => void)[] = [];
  private readonly timeoutUs: number;
  private started = false;
  private readonly redial: Redial;
  /** When the first of the requests that will leave together was made, and how many they are. */
  private turnUs = 0;
  private turnRequests = 0;
  private lastGetUs = 0;
  private lastRoundTripUs = 0;
  private readyUs = 0;
  /** When bytes came last over a link that is gone. */
  private lastHeardUs: number | undefined;
  private loggedMisfit = '';

  constructor(
    private readonly world: World,
    private readonly options: WireOptions,
    readonly id: NodeId,
    readonly address: PeerAddress,
    /** Shared by all peers of a node. */
    private readonly watch = new LinkWatch(world, options.requestTimeoutMs),
  ) {
    const { requestTimeoutMs } = options;
    const { tickMs } = watch;
    this.reachability = new Reachability(world.clock);
    this.redial = new Redial(world, () => this.dial());
    this.timeoutUs = Math.max(requestTimeoutMs - TICKS_TO_SPARE * tickMs, tickMs) * 1000;
    this.recorder = world.latencies.recorder(`peer ${address.host}:${address.port}`);
  }

  /** Whether a link stands that this node counts on; see `Reachability`. Requests need no more than a link. */
  reachable(): boolean {
    return this.reachability.reachable && this.ready?.ready === true;
  }

  /** What this node makes of the peer, since when and why. */
  view(): PeerView {
    return this.reachability;
  }

  /** How long ago anything came from the peer after a handshake, in ms; undefined: never since the start of this node. */
  heardMsAgo(): number | undefined {
    const heardUs = this.ready?.receivedUs ?? this.lastHeardUs;
    return heardUs === undefined ? undefined : Math.round((this.world.clock.monotonicUs() - heardUs) / 1000);
  }

  /** For how long nothing has come from the peer at `nowUs` (monotonic), in µs. */
  silentUs(nowUs: number): number {
    return nowUs - (this.ready?.receivedUs ?? this.lastHeardUs ?? Number.NEGATIVE_INFINITY);
  }

  /** The actor that the peer named when the link came to stand; undefined before the first time. */
  actor(): PeerIdentity['actor'] | undefined {
    return this.identity?.actor;
  }

  /** The protocol version of the link that stands, or stood last; undefined before the first. */
  version(): number | undefined {
    return this.identity?.version;
  }

  /** Requests that wait for their reply. */
  outstanding(): number {
    return this.table.count;
  }

  /** How many of them a request that is made now waits behind: those that leave together arrive together. */
  queueAhead(): number {
    return this.table.count - (this.ready?.writer.pending === true ? Math.min(this.turnRequests, TURN_BATCH_MAX) : 0);
  }

  /** The time in µs within which about 99 of 100 recent gets were answered; a guess before the first. */
  p99Us(): number {
    return this.gets.p99Us();
  }

  /** How long gets took of late, in µs; 0 before the first. */
  recentGetUs(): number {
    return this.gets.recentUs();
  }

  /** The same, or how long the oldest request has been waiting at `nowUs`, where that is longer already. */
  expectedUs(nowUs: number): number {
    return Math.max(this.gets.recentUs(), nowUs - this.table.oldestStartUs());
  }

  /** How long the last answer of any kind took, in µs; 0 before the first. */
  roundTripUs(): number {
    return this.lastRoundTripUs;
  }

  /** When a get was asked last (monotonic); 0: never. */
  askedUs(): number {
    return this.lastGetUs;
  }

  /**
   * Asks the peer to merge `object[0 .. objectLength)`. The bytes are copied. `durability` is what the peer must have done
   * before it answers. Where the peer is not reachable or the request can't be sent, `handler.failed` is called before
   * this returns; so do all requests.
   */
  put(
    handler: ReplyHandler,
    partition: number,
    db: number,
    durability: number,
    key: string,
    object: Buffer,
    objectLength: number,
  ): void {
    const connection = this.admit(handler, key.length, putBodyBytes(key, objectLength));
    if (connection === undefined) return;
    const id = this.issue(handler, PUT_REPLY, connection);
    if (id < 0) return;
    const { writer } = connection;
    appendPut(writer.out, id, partition, db, durability, key, object, objectLength);
    writer.appended();
  }

  /**
   * As `put`, and the peer, which is not the object's owner, is to stand in for `target`: it keeps a hint for it, as safe
   * as the object. A peer of a version that does not know of hints refuses.
   */
  putHinted(
    handler: ReplyHandler,
    target: NodeId,
    partition: number,
    db: number,
    durability: number,
    key: string,
    object: Buffer,
    objectLength: number,
  ): void {
    const connection = this.admit(handler, key.length, putHintedBodyBytes(key, objectLength));
    if (connection === undefined) return;
    if (!this.speaks(FEATURE.hintedPuts)) {
      handler.failed(this, 'refused');
      return;
    }
    const id = this.issue(handler, PUT_REPLY, connection);
    if (id < 0) return;
    const { writer } = connection;
    appendPutHinted(writer.out, id, target, partition, db, durability, key, object, objectLength);
    writer.appended();
  }

  /** Asks for the peer's object; `fingerprint` is that of the version held here, 0: none. */
  get(handler: ReplyHandler, partition: number, db: number, key: string, fingerprint: number): void {
    const connection = this.admit(handler, key.length, getBodyBytes(key));
    if (connection === undefined) return;
    const id = this.issue(handler, GET_REPLY, connection);
    if (id < 0) return;
    this.lastGetUs = this.turnUs;
    const { writer } = connection;
    appendGet(writer.out, id, partition, db, key, fingerprint);
    writer.appended();
  }

  /** Hands an operation to the peer to coordinate. `body` is the coordinator's own encoding, and is copied. */
  forward(handler: ReplyHandler, body: Buffer): void {
    this.sendWhole(handler, FORWARD, body);
  }

  /**
   * Asks something about the node itself; answered through `forwardReplied`. `body` is copied. A question that the link's
   * version does not know is refused here.
   */
  query(handler: ReplyHandler, body: Buffer): void {
    if (this.ready !== undefined && !carriesQuestion(this.identity?.version ?? VERSION_MIN, body)) {
      handler.failed(this, 'refused');
      return;
    }
    this.sendWhole(handler, QUERY, body);
  }

  /** `callback` hears each change of `reachable()`, before the requests that a lost link leaves behind fail. */
  onReachableChange(callback: (reachable: boolean) => void): void {
    this.reachableCallbacks.push(callback);
  }

  /** The peer is known to be up: dials now if the next attempt is only waiting for its time. */
  dialSoon(): void {
    this.redial.soon();
  }

  /** Dials, and goes on dialling whenever the link is lost. */
  start(): void {
    if (this.started) return;
    this.started = true;
    this.watch.add(this);
    this.dial();
  }

  /** Closes the link and dials no more. Requests that wait fail before this returns. */
  stop(): void {
    this.started = false;
    this.watch.remove(this);
    this.redial.stop();
    const { connection } = this;
    this.connection = undefined;
    connection?.close('stopping', 'the node stops');
    const wasReachable = this.reachability.reachable;
    this.reachability.linkLost('this node stops');
    this.lost(wasReachable);
  }

  /** For the connection. */
  connected(connection: PeerConnection, identity: PeerIdentity): void {
    const isNewLife = this.identity !== undefined && lifeOf(this.identity.actor) !== lifeOf(identity.actor);
    this.ready = connection;
    this.identity = identity;
    this.readyUs = this.world.clock.monotonicUs();
    this.loggedMisfit = '';
    const awayMs = this.reachability.forMs;
    if (this.reachability.linkStands(isNewLife)) this.returned(identity, awayMs);
  }

  /** For the connection. */
  replied(kind: number, requestId: number, bytes: Buffer, start: number, end: number): string | undefined {
    const { table } = this;
    const startUs = table.startUs(requestId);
    switch (kind) {
      case PUT_REPLY: {
        if (end - start !== 1) return 'PUT_REPLY is not one byte';
        const handler = table.take(requestId, kind);
        if (handler === undefined) return table.replyFault(requestId, kind);
        this.measure(startUs);
        handler.putReplied(this, bytes.readUInt8(start));
        return undefined;
      }
      case GET_REPLY: {
        const { getReply } = this;
        const fault = getReply.read(bytes, start, end);
        if (fault !== undefined) return fault;
        const handler = table.take(requestId, kind);
        if (handler === undefined) return table.replyFault(requestId, kind);
        this.gets.record(this.measure(startUs), this.ready?.receivedUs ?? startUs);
        handler.getReplied(this, getReply.same, getReply.object);
        getReply.object = undefined;
        return undefined;
      }
      case FORWARD_REPLY: {
        const handler = table.take(requestId, kind);
        if (handler === undefined) return table.replyFault(requestId, kind);
        this.measure(startUs);
        handler.forwardReplied(this, bytes.subarray(start, end));
        return undefined;
      }
      case DECLINED: {
        const handler = table.take(requestId, 0);
        if (handler === undefined) return table.replyFault(requestId, kind);
        handler.failed(this, 'refused');
        return undefined;
      }
      default:
        return `${messageName(kind)} is not a reply`;
    }
  }

  /** For the connection. */
  closed(connection: PeerConnection, reason: string): void {
    if (connection !== this.connection) return;
    this.connection = undefined;
    const wasReachable = this.reachability.reachable;
    this.report(reason, connection.misfit);
    this.lost(wasReachable);
    if (this.started) this.redial.later();
  }

  private dial(): void {
    this.connection = new PeerConnection(this.world, this.options, this.id, this.address, this);
    this.watch.attend(this);
  }

  private sendWhole(handler: ReplyHandler, kind: number, body: Buffer): void {
    const connection = this.admit(handler, 0, body.length);
    if (connection === undefined) return;
    const id = this.issue(handler, FORWARD_REPLY, connection);
    if (id < 0) return;
    appendWhole(connection.writer.out, kind, id, body);
    connection.writer.appended();
  }

  private speaks(feature: number): boolean {
    return this.identity !== undefined && (this.identity.features & feature) !== 0;
  }

  /** The connection for a request, or undefined after `handler` was told why there is none. */
  private admit(handler: ReplyHandler, keyBytes: number, bodyBytes: number): PeerConnection | undefined {
    const connection = this.ready;
    if (connection === undefined || !connection.ready) {
      handler.failed(this, 'unreachable');
      return undefined;
    }
    if (keyBytes > KEY_BYTES_MAX || bodyBytes + FRAME_HEADER_BYTES > this.options.frameBytesMax) {
      this.world.log.warn({ peer: this.addressText(), bodyBytes }, 'a request is too long for a frame');
      handler.failed(this, 'refused');
      return undefined;
    }
    return connection;
  }

  private issue(handler: ReplyHandler, replyKind: number, connection: PeerConnection): number {
    // One look at the clock serves all requests that leave together.
    if (!connection.writer.pending) {
      this.turnUs = this.world.clock.monotonicUs();
      this.turnRequests = 0;
    }
    this.turnRequests++;
    const id = this.table.issue(handler, replyKind, this.turnUs);
    if (id < 0) handler.failed(this, 'refused');
    this.watch.attend(this);
    return id;
  }

  private measure(startUs: number): number {
    const us = (this.ready?.receivedUs ?? startUs) - startUs;
    this.recorder.record(us);
    this.lastRoundTripUs = us;
    return us;
  }

  /** For the watch. */
  look(nowUs: number): boolean {
    const { table } = this;
    const waitingSinceUs = table.oldestStartUs();
    while (nowUs - table.oldestStartUs() >= this.timeoutUs) {
      const handler = table.takeOldest();
      this.gets.record(this.timeoutUs, nowUs);
      handler?.failed(this, 'timeout');
    }
    this.connection?.check(nowUs, waitingSinceUs);
    if (this.ready !== undefined) this.redial.stood((nowUs - this.readyUs) / 1000);
    const awayMs = this.reachability.forMs;
    const { identity, ready } = this;
    if (identity && ready && this.reachability.trialEnds(ready.receivedUs)) this.returned(identity, awayMs);
    return this.isDueSoon(nowUs);
  }

  private isDueSoon(nowUs: number): boolean {
    const { connection } = this;
    if (connection === undefined) return false;
    const isNew = nowUs - this.readyUs <= RECONNECT_DELAY_MAX_MS * 1000;
    return isNew || this.table.count > 0 || connection.awaits || this.reachability.onTrial;
  }

  private returned({ nodeId, actor, version }: PeerIdentity, awayMs: number): void {
    this.world.log.info({ peer: this.addressText(), node: nodeId, actor, version, awayMs }, 'the peer is reachable');
    for (const callback of this.reachableCallbacks) callback(true);
  }

  private lost(wasReachable: boolean): void {
    if (this.ready === undefined) return;
    this.lastHeardUs = this.ready.receivedUs;
    this.ready = undefined;
    const { table } = this;
    this.table = new RequestTable(FIRST_REQUEST_ID);
    if (wasReachable) for (const callback of this.reachableCallbacks) callback(false);
    for (let handler = table.takeOldest(); handler !== undefined; handler = table.takeOldest()) {
      handler.failed(this, 'unreachable');
    }
  }

  /** One line for each change of the view, and one for each new reason that only the operator can do away with. */
  private report(reason: string, misfit: boolean): void {
    const { reachability } = this;
    const reachableMs = reachability.reachable ? reachability.forMs : undefined;
    const peer = this.addressText();
    const fields = { peer, node: this.id, reason, reachableMs, silentMs: this.heardMsAgo() };
    const isNews = reachability.linkLost(reason) || (misfit && reason !== this.loggedMisfit);
    if (misfit) this.loggedMisfit = reason;
    const refused = misfit ? audit(this.id, peer, LINK_REFUSED) : undefined;
    if (isNews) this.world.log.warn({ ...refused, ...fields }, 'the peer is not reachable');
    else this.world.log.debug(fields, 'the peer is still not reachable');
  }

  private addressText(): string {
    return `${this.address.host}:${this.address.port}`;
  }
}
