/** HOT PATH. */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Session } from '../../cluster/coordinator/session.js';
import type { Clock } from '../../cluster/ports/clock.js';
import type { Login } from '../acl/login.js';
import type { BufferPool } from '../resp/buffer-pool.js';
import { ReplyBuffer, type RespVersion } from '../resp/reply-buffer.js';
import { RequestReader } from '../resp/request-reader.js';
import { STEP_REQUESTS } from '../turns/limits.js';
import type { LongRequest, LongRequests } from '../turns/long-requests.js';
import type { TurnQueue } from '../turns/turn-queue.js';
import type { TurnGuest, TurnShare } from '../turns/turn-share.js';
import { clientLine } from './client-line.js';
import { endpointText } from './endpoint.js';
import type { FlushQueue } from './flush-queue.js';
import type { ClientLimits } from './limits.js';
import {
  ALL_OUTPUT_BYTES_MAX,
  LISTENING_BYTES_MAX,
  OUTPUT_HOLD_BYTES,
  OUTPUT_HOLD_BYTES_SMALL,
  OUTPUT_HOLD_SHARE,
  OUTSTANDING_MAX,
  OUTSTANDING_REQUEST_BYTES_MAX,
  REPLY_BYTES_GUESSED,
  SLOTS_KEPT,
  WRITE_BYTES_MAX,
} from './limits.js';
import { ParkedRequests } from './parked-requests.js';
import { ReplySlot } from './reply-slot.js';
import { SocketWriter } from './socket-writer.js';
import type { TrafficTotals } from './traffic-totals.js';
import type { Transaction, WatchedKey } from './transaction.js';

export { ReplySlot } from './reply-slot.js';

/** Who answers requests and hears what becomes of connections. */
export interface RequestHandler {
  /** What a new connection asks the cluster through. */
  openSession(): Session;
  /** Who a new connection acts for. */
  openLogin(): Login;
  /** What a connection from there is told in place of being served: a whole reply; undefined: it is served. */
  doorFault(remoteAddress: string | undefined): string | undefined;
  /** Answers one request: opens a slot, writes its reply and completes it, now or later. `args` has at least one. */
  dispatch(connection: ClientConnection, args: Buffer[]): void;
  /** A slot whose `command` was set has been completed. Its reply may not have left yet. */
  completed(slot: ReplySlot): void;
}

/** A command that waits until something else happens. */
export interface Block {
  /** How `CLIENT UNBLOCK` has ended it. */
  end: 'timeout' | 'error' | undefined;
  /** Whether it may. */
  readonly mayEnd: boolean;
  /** Called where the client goes before that. */
  readonly abandon?: () => void;
}

/** What all connections of a server share. */
export interface ConnectionContext {
  readonly handler: RequestHandler;
  readonly limits: ClientLimits;
  readonly clock: Clock;
  readonly flushes: FlushQueue;
  /** Where long requests are read and run. */
  readonly turns: TurnQueue;
  readonly longRequests: LongRequests;
  /** What short requests may take of a turn. */
  readonly share: TurnShare;
  readonly pool: BufferPool;
  readonly totals: TrafficTotals;
  /** Called once for each connection: it takes no more requests, and its socket is closed or about to be. */
  gone(connection: ClientConnection, reason: string): void;
  /** Called once for each connection, after `gone`: its socket is closed. */
  released(connection: ClientConnection): void;
}

/**
 * One client: its settings, its requests in, its replies out in request order, one write a turn. When replies pile up
 * its requests are left in the socket; when they pile up beyond the hard bound it is closed.
 */
export class ClientConnection implements TurnGuest {
  readonly address: string;
  readonly localAddress: string;
  /** Whether it came over TLS. */
  readonly isSecure: boolean;
  readonly session: Session;
  readonly login: Login;
  readonly createdUs: number;
  lastInteractionUs: number;

  /** The database that `SELECT` has chosen, as the client numbers it. */
  selected = 0;
  resp: RespVersion = 2;
  name = '';
  libraryName = '';
  libraryVersion = '';
  /** The last command's full name, e.g. `client|list`. */
  lastCommand = '';
  /** Set by `READONLY`, `ASKING`, `CLIENT NO-EVICT` and `CLIENT NO-TOUCH`. */
  isReadonly = false;
  isAsking = false;
  isNoEvict = false;
  isNoTouch = false;
  /** What its command waits for, if not for replicas. */
  block: Block | undefined = undefined;
  /** What was queued since `MULTI`; undefined: no transaction is open. */
  transaction: Transaction | undefined = undefined;
  watched: WatchedKey[] = [];
  /** Set by `MONITOR`. */
  isMonitor = false;

  bytesIn = 0;
  bytesOut = 0;
  commandCount = 0;

  /** Where the reply that is next to leave is written. For slots only. */
  readonly out: ReplyBuffer;

  private readonly reader: RequestReader;
  private readonly writer: SocketWriter;
  private head: ReplySlot | undefined;
  private tail: ReplySlot | undefined;
  private readonly freeSlots: ReplySlot[] = [];
  private outstandingCount = 0;
  /** Bytes in buffers of slots that are complete and wait for earlier ones. */
  private waitingBytes = 0;
  private replyBytesExpected = REPLY_BYTES_GUESSED;
  /** Length of `out` when the last reply in it ended. */
  private replyEnd = 0;
  private countedBytes = 0;
  /** What came while it was suspended. */
  private readonly parked = new ParkedRequests();
  private isHandingOn = false;
  /** The long request that is being read or run. */
  private long: LongRequest | undefined;
  private replyMode: 'on' | 'off' | 'skip next' = 'on';
  /** The command that runs by itself, from its request on; the requests behind it wait. */
  private alone: { readonly slot: ReplySlot; readonly begin: () => void; hasBegun: boolean } | undefined;
  /** Whether it is suspended and reads on. */
  private isListening = false;
  /** Whether its requests wait because this turn's time is spent. */
  private isWaitingForTurn = false;
  private isDirty = false;
  private isClosing = false;
  private isGone = false;
  private inputEnded = false;

  constructor(
    readonly id: number,
    private readonly socket: Socket,
    readonly context: ConnectionContext,
  ) {
    this.address = endpointText(socket.remoteAddress, socket.remotePort);
    this.localAddress = endpointText(socket.localAddress, socket.localPort);
    this.isSecure = socket instanceof TLSSocket;
    this.session = context.handler.openSession();
    this.login = context.handler.openLogin();
    this.createdUs = context.clock.monotonicUs();
    this.lastInteractionUs = this.createdUs;
    this.out = new ReplyBuffer(context.pool, context.limits);
    this.writer = new SocketWriter(socket, context.clock, () => this.sent());
    this.reader = new RequestReader(
      context.limits,
      (args) => this.request(args),
      (text) => this.refuse(`ERR ${text}`),
      () => {
        context.totals.queryBufferCloses++;
        this.close('its request outgrew client-query-buffer-limit');
      },
      () => this.login.isStranger,
      (count, work) => this.readInTurns(count, work),
    );
    socket.on('data', (chunk: Buffer) => this.received(chunk));
    socket.on('end', () => this.ended());
    socket.on('error', (error) => this.close(error.message));
    socket.on('close', () => {
      this.leave('it closed the connection');
      context.released(this);
    });
  }

  /** The database that commands work on now, as it is stored: by `selected` and what `SWAPDB` has made of it. */
  get db(): number {
    return this.session.storedDatabase(this.selected);
  }

  /** Commands that are not answered yet. */
  get outstanding(): number {
    return this.outstandingCount;
  }

  /** Bytes of replies that the kernel has not taken. */
  get queuedBytes(): number {
    return this.out.length + this.waitingBytes + this.writer.unsentBytes;
  }

  /** Bytes of requests that are kept. */
  get requestBytes(): number {
    return this.reader.bufferedBytes;
  }

  /** True while its requests are left in the socket. */
  get isHeld(): boolean {
    return this.reader.holding;
  }

  /** True while a command runs by itself, or waits until it may. */
  get isAlone(): boolean {
    return this.alone !== undefined;
  }

  /** True once nobody hears its replies. */
  get hasGone(): boolean {
    return this.isGone;
  }

  /** True once it takes no more requests: it was closed, or is being closed after its last replies. */
  get isClosed(): boolean {
    return this.isClosing || this.isGone;
  }

  /** For how long the client has read nothing although it is being waited for, in µs. */
  stalledUs(nowUs: number): number {
    return this.reader.holding || this.isClosing ? this.writer.stalledUs(nowUs) : 0;
  }

  /** Its line in `CLIENT LIST`. */
  describe(nowUs: number): string {
    return clientLine(this, nowUs);
  }

  /** Forgets what was queued and watched. */
  endTransaction(): void {
    this.transaction = undefined;
    this.watched = [];
  }

  /** These requests go before all that wait; for a command that runs alone, which they follow. */
  sendAhead(requests: readonly Buffer[][]): void {
    this.parked.addFirst(requests);
  }

  /** Keeps all further requests back until `resume`: for a command on whose outcome their meaning depends. */
  suspend(): void {
    this.parked.open();
    this.hold();
  }

  /**
   * As `suspend`, for what may last: bytes are still read, as far as there is room for them, since only who reads hears that a client
   * has gone. One that shuts down its sending side has gone too, as in Redis.
   */
  suspendListening(): void {
    this.parked.open();
    this.reader.hold();
    this.isListening = true;
  }

  /** Goes on with what was kept back; what is more than a few requests, in turns. */
  resume(): void {
    this.isListening = false;
    if (this.isAlone) return;
    this.parked.release();
    if (this.isHandingOn) return;
    this.isHandingOn = true;
    if (this.handOn()) this.context.turns.add(() => this.handOn());
  }

  /** For the share of the turn only. */
  goOnInTurn(): void {
    this.isWaitingForTurn = false;
    if (!this.isGone) this.resume();
  }

  /** The place for the next reply; to be called once for each request, within `dispatch`. */
  openSlot(): ReplySlot {
    const slot = this.freeSlots.pop() ?? new ReplySlot(this);
    slot.open(this.lastInteractionUs, this.resp, this.replyMode !== 'on', this.bytesIn);
    if (this.replyMode === 'skip next') this.replyMode = 'on';
    if (this.tail === undefined) {
      this.head = slot;
      this.out.resp = this.resp;
    } else {
      this.tail.next = slot;
    }
    this.tail = slot;
    this.outstandingCount++;
    if (this.isOverfull(1)) this.hold();
    return slot;
  }

  /**
   * Calls `begin` once all earlier commands are answered; the requests behind wait until `slot`, the slot of the command that asks
   * for this, is completed. For commands that are about all keys at once: those on one key keep their order by themselves.
   */
  runAlone(slot: ReplySlot, begin: () => void): void {
    this.alone = { slot, begin, hasBegun: false };
    this.suspend();
    this.beginAlone();
  }

  /** `CLIENT REPLY`: whether the commands from `slot`'s on are answered; 'skip': all but the next one. */
  setReplyMode(mode: 'on' | 'off' | 'skip', slot: ReplySlot): void {
    if (mode === 'on') slot.isMuted = false;
    else slot.isMuted = true;
    if (mode !== 'skip') this.replyMode = mode;
    else if (this.replyMode === 'on') this.replyMode = 'skip next';
  }

  /** Takes no more requests, and closes once all that were taken are answered and the answers have left. */
  closeAfterReplies(): void {
    this.reader.stop();
    this.isClosing = true;
    this.markDirty();
  }

  /** Closes at once; replies that have not left are lost. */
  close(reason: string): void {
    this.socket.destroy();
    this.leave(reason);
  }

  /** Sends what has gathered. For the flush queue only. */
  flush(): void {
    this.isDirty = false;
    if (this.isGone) return;
    this.send();
    this.settle();
  }

  /** Whether `slot` is the next to leave and may write to `out`. For slots only. */
  isNext(slot: ReplySlot): boolean {
    return this.head === slot && !slot.isMuted;
  }

  /** For slots only. */
  slotCompleted(slot: ReplySlot): void {
    if (slot.command !== undefined) this.context.handler.completed(slot);
    if (this.isGone) {
      slot.discard();
      this.out.clear(true);
      return;
    }
    const wasAlone = this.alone?.slot === slot;
    const isOverfull = slot.isOverfull;
    if (this.head === slot) this.release(slot);
    else this.waitingBytes += slot.ownLength;
    if (wasAlone) {
      this.alone = undefined;
      this.leaveLong();
      this.resume();
    }
    if (isOverfull || this.out.isOverfull || this.queuedBytes > this.context.limits.outputBytesMax) {
      this.context.totals.outputBufferCloses++;
      this.close('its replies outgrew client-output-buffer-limit');
    }
  }

  /** Takes the first slot, and those behind it that are complete, out of the line. */
  private release(first: ReplySlot): void {
    let slot: ReplySlot | undefined = first;
    do {
      if (slot !== first) this.waitingBytes -= slot.ownLength;
      slot.drainInto(this.out);
      this.learn(this.out.length - this.replyEnd);
      this.replyEnd = this.out.length;
      this.outstandingCount--;
      const next: ReplySlot | undefined = slot.next;
      if (this.freeSlots.length < SLOTS_KEPT) this.freeSlots.push(slot);
      slot = next;
    } while (slot?.isComplete);
    this.head = slot;
    if (slot === undefined) this.tail = undefined;
    else this.out.resp = slot.resp;
    if (this.alone !== undefined) this.beginAlone();
    // Long replies needn't pile up until the turn ends: they fill a write each.
    if (this.out.length >= WRITE_BYTES_MAX) this.send();
    this.markDirty();
  }

  /** Gives the next of the requests that were kept back to the handler; whether there are more. */
  private handOn(): boolean {
    const goesOn = this.parked.handOn(
      STEP_REQUESTS,
      (args) => {
        if (!this.isClosed) this.run(args);
        return !this.isClosed;
      },
      (fault) => this.refuse(fault),
    );
    this.isHandingOn = goesOn;
    if (!this.isGone) this.settle();
    return goesOn;
  }

  /** Makes the arguments of a long request. Nothing behind it is read meanwhile. */
  private readInTurns(count: number, work: Iterator<void>): void {
    const { turns, longRequests } = this.context;
    const step = (): boolean => {
      if (work.next().done !== true) return true;
      // What was answered at once, or waits for another, needs its place no more.
      if (!this.isAlone) this.leaveLong();
      if (!this.isGone) this.settle();
      return false;
    };
    this.hold();
    this.long = longRequests.enter(count, () => turns.add(step));
  }

  private leaveLong(): void {
    if (this.long === undefined) return;
    this.context.longRequests.leave(this.long);
    this.long = undefined;
  }

  private beginAlone(): void {
    const { alone } = this;
    if (alone === undefined || alone.hasBegun || this.head !== alone.slot) return;
    alone.hasBegun = true;
    alone.begin();
  }

  /** How long replies are tells how many more commands may be under way: quick to grow, slower to shrink. */
  private learn(replyBytes: number): void {
    const surprise = replyBytes - this.replyBytesExpected;
    this.replyBytesExpected += surprise > 0 ? surprise / 2 : surprise / 4;
  }

  private received(chunk: Buffer): void {
    this.bytesIn += chunk.length;
    this.context.totals.bytesIn += chunk.length;
    this.context.totals.reads++;
    if (this.isClosed) return;
    const nowUs = this.context.clock.monotonicUs();
    this.lastInteractionUs = nowUs;
    if (!this.context.share.begin(nowUs) && !this.reader.holding) this.waitForTurn();
    this.reader.feed(chunk);
    this.context.share.end();
    if ((this.isListening || this.isWaitingForTurn) && this.reader.bufferedBytes > LISTENING_BYTES_MAX)
      this.socket.pause();
  }

  private request(args: Buffer[]): void {
    this.commandCount++;
    if (this.parked.isOpen) {
      this.parked.add(args);
      return;
    }
    this.run(args);
  }

  private run(args: Buffer[]): void {
    this.context.handler.dispatch(this, args);
    if (this.context.share.isSpent && !this.parked.isHeld && !this.isClosed) this.waitForTurn();
  }

  /** Leaves what it has sent for a turn to come. */
  private waitForTurn(): void {
    this.parked.open();
    this.reader.hold();
    this.isWaitingForTurn = true;
    this.context.share.defer(this);
  }

  /** Answers bytes that are no request, in its turn, and hears no more of this client. */
  private refuse(text: string): void {
    if (this.parked.isOpen) {
      this.parked.addFault(text);
      return;
    }
    const slot = this.openSlot();
    slot.out.error(text, 'latin1');
    slot.complete();
    this.closeAfterReplies();
  }

  private ended(): void {
    this.inputEnded = true;
    if (this.isListening) this.close('it closed the connection');
    else if (!this.isClosed && !this.reader.holding) this.closeAfterReplies();
  }

  /** Whether the replies that wait and those to come are more than a client should have, in `shares` of the bounds. */
  private isOverfull(shares: number): boolean {
    const count = this.outstandingCount;
    const queued = this.queuedBytes;
    if (count > OUTSTANDING_MAX * shares) return true;
    const limits = this.context.limits;
    const holdBytes = Math.min(OUTPUT_HOLD_BYTES, limits.outputBytesMax / OUTPUT_HOLD_SHARE) * shares;
    if (queued + (count - 1) * this.replyBytesExpected > holdBytes) return true;
    if (queued > OUTPUT_HOLD_BYTES_SMALL * shares && this.context.totals.queuedBytes > ALL_OUTPUT_BYTES_MAX)
      return true;
    const head = this.head;
    return (
      head !== undefined && count > 1 && this.bytesIn - head.bytesInBefore > OUTSTANDING_REQUEST_BYTES_MAX * shares
    );
  }

  private hold(): void {
    this.reader.hold();
    this.socket.pause();
  }

  private markDirty(): void {
    if (this.isDirty) return;
    this.isDirty = true;
    this.context.flushes.add(this);
  }

  /** Gives `out` to the socket, unless that has not finished with the last lot. */
  private send(): void {
    const count = this.out.length;
    if (count === 0 || this.writer.unsentBytes > 0 || this.out.isOverfull) return;
    this.bytesOut += count;
    this.context.totals.bytesOut += count;
    this.context.totals.writes++;
    this.out.clear(this.writer.write(this.out.written()));
    this.replyEnd = 0;
  }

  private sent(): void {
    if (this.isGone) return;
    this.send();
    this.settle();
  }

  /** Looks what the bytes that left have made possible. */
  private settle(): void {
    const queued = this.queuedBytes;
    this.context.totals.queuedBytes += queued - this.countedBytes;
    this.countedBytes = queued;
    if (this.reader.holding && this.mayGoOn()) this.goOn();
    if (this.isClosing && this.outstandingCount === 0 && this.queuedBytes === 0) this.end();
  }

  private mayGoOn(): boolean {
    return (
      !this.isClosing &&
      !this.parked.isOpen &&
      !this.reader.isParsing &&
      !this.socket.destroyed &&
      !this.isOverfull(0.5)
    );
  }

  private goOn(): void {
    this.lastInteractionUs = this.context.clock.monotonicUs();
    const { share } = this.context;
    const isFirst = !share.isServing;
    if (isFirst) share.begin(this.lastInteractionUs);
    this.reader.release();
    if (isFirst) share.end();
    if (this.reader.holding || this.isClosed) return;
    if (this.inputEnded) this.closeAfterReplies();
    else this.socket.resume();
  }

  /** Says goodbye and reads on, blindly: closing with unread bytes would make the kernel drop our last reply. */
  private end(): void {
    this.socket.end();
    this.socket.resume();
    this.leave('it was told goodbye');
  }

  private leave(reason: string): void {
    if (this.isGone) return;
    this.isGone = true;
    this.leaveLong();
    this.reader.stop();
    this.context.totals.queuedBytes -= this.countedBytes;
    this.countedBytes = 0;
    this.out.clear(true);
    this.block?.abandon?.();
    this.context.gone(this, reason);
  }
}
