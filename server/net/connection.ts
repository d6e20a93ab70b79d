/** HOT PATH. */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Session } from '../../cluster/coordinator/session.js';
import type { Login } from '../acl/login.js';
import type { ReplyBuffer, RespVersion } from '../resp/reply-buffer.js';
import { VALUE_BYTES_GUESSED, VALUE_BYTES_GUESSED_MIN } from '../turns/limits.js';
import { clientLine } from './client-line.js';
import type { ConnectionContext } from './connection-context.js';
import { endpointText } from './endpoint.js';
import { TURN_BYTES_MAX, WRITE_BYTES_MAX } from './limits.js';
import { ReplyLine } from './reply-line.js';
import type { ReplySlot } from './reply-slot.js';
import { RequestLine } from './request-line.js';
import { SocketWriter } from './socket-writer.js';
import type { Transaction, WatchedKey } from './transaction.js';

/** A command that waits until something else happens. */
export interface Block {
  /** How `CLIENT UNBLOCK` has ended it. */
  end: 'timeout' | 'error' | undefined;
  /** Whether it may. */
  readonly mayEnd: boolean;
  /** Called where the client goes before that. */
  readonly abandon?: () => void;
}

/**
 * One client: its settings, its requests in, its replies out in request order, one write a turn. When replies pile up
 * its requests are left in the socket; when they pile up beyond the hard bound it is closed.
 */
export class ClientConnection {
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

  /** How long the values may be that it asks for many at a time, going by those it has got: quick to grow, slow to shrink. */
  valueBytesExpected = VALUE_BYTES_GUESSED;

  bytesIn = 0;
  bytesOut = 0;
  commandCount = 0;

  /** What it sends, in its order. */
  readonly requests: RequestLine;
  /** What it is answered, in the same order. */
  readonly replies: ReplyLine;
  /** Where the reply that is next to leave is written. For slots only. */
  readonly out: ReplyBuffer;

  private readonly writer: SocketWriter;
  /** What the writer has that the kernel did not take at once. */
  private lent: Buffer | undefined = undefined;
  private turnBytes = 0;
  private countedBytes = 0;
  private replyMode: 'on' | 'off' | 'skip next' = 'on';
  private isDirty = false;
  private isClosing = false;
  private isGone = false;

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
    this.replies = new ReplyLine(context);
    this.out = this.replies.out;
    this.writer = new SocketWriter(socket, context.clock, () => this.sent());
    this.requests = new RequestLine(this, socket);
    socket.on('data', (chunk: Buffer) => this.requests.received(chunk));
    socket.on('end', () => this.requests.ended());
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
    return this.replies.count;
  }

  /** Bytes of replies that the kernel has not taken. */
  get queuedBytes(): number {
    return this.replies.bytes + this.writer.unsentBytes;
  }

  /** Bytes of requests that are kept. */
  get requestBytes(): number {
    return this.requests.bytes;
  }

  /** True while its requests are left in the socket. */
  get isHeld(): boolean {
    return this.requests.isHeld;
  }

  /** True while it is the client's turn: all that it has asked is answered, and nothing of it is being read or waits. */
  get isAwaited(): boolean {
    return this.outstanding === 0 && !this.requests.isHeld;
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
    return this.requests.isHeld || this.isClosing ? this.writer.stalledUs(nowUs) : 0;
  }

  /** Its line in `CLIENT LIST`. */
  describe(nowUs: number): string {
    return clientLine(this, nowUs);
  }

  /** One of many values that it has asked for at once has so many bytes. */
  noteValue(bytes: number): void {
    const surprise = bytes - this.valueBytesExpected;
    this.valueBytesExpected = Math.max(
      VALUE_BYTES_GUESSED_MIN,
      this.valueBytesExpected + (surprise > 0 ? surprise : surprise / 16),
    );
  }

  /** Forgets what was queued and watched. */
  endTransaction(): void {
    this.transaction = undefined;
    this.watched = [];
  }

  /** The place for the next reply; to be called once for each request, within `dispatch`. */
  openSlot(): ReplySlot {
    const slot = this.replies.open(this, this.replyMode !== 'on');
    if (this.replyMode === 'skip next') this.replyMode = 'on';
    if (this.isOverfull(1)) this.requests.hold();
    return slot;
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
    this.requests.stop();
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
    this.turnBytes = 0;
    this.send();
    this.settle();
  }

  /** Whether `slot` is the next to leave and may write to `out`. For slots only. */
  isNext(slot: ReplySlot): boolean {
    return this.replies.isFirst(slot) && !slot.isMuted;
  }

  /** A part of a long reply is written: what fills a write leaves before the rest, where all earlier replies have left. */
  wroteOn(slot: ReplySlot): void {
    if (this.out.length >= WRITE_BYTES_MAX && this.isNext(slot)) this.markDirty();
  }

  /** For slots only. */
  slotCompleted(slot: ReplySlot): void {
    if (slot.command !== undefined) this.context.handler.completed(slot);
    if (this.isGone) {
      slot.discard();
      this.out.clear();
      return;
    }
    const wasAlone = this.requests.runsAlone(slot);
    const isOverfull = slot.isOverfull;
    if (this.replies.complete(slot)) {
      this.requests.answered();
      // Long replies needn't pile up until the turn ends: they fill a write each.
      if (this.out.length >= WRITE_BYTES_MAX) this.send();
      this.markDirty();
    }
    if (wasAlone) this.requests.endAlone();
    if (isOverfull || this.out.isOverfull || this.queuedBytes > this.context.limits.outputBytesMax) {
      this.context.totals.outputBufferCloses++;
      this.close('its replies outgrew client-output-buffer-limit');
    }
  }

  /** Answers bytes that are no request, and hears no more of this client. For its requests only, as all that follows. */
  refuse(text: string): void {
    const slot = this.openSlot();
    slot.out.error(text, 'latin1');
    slot.complete();
    this.closeAfterReplies();
  }

  /** Whether the replies that wait and those to come are more than a client should have, in `shares` of the bounds. */
  isOverfull(shares: number): boolean {
    return this.replies.isOverfull(shares, this.writer.unsentBytes, this.bytesIn);
  }

  /** Looks what the bytes that left have made possible. */
  settle(): void {
    const queued = this.queuedBytes;
    this.context.totals.queuedBytes += queued - this.countedBytes;
    this.countedBytes = queued;
    this.requests.readOn();
    if (this.isClosing && this.replies.count === 0 && this.queuedBytes === 0) this.end();
  }

  private markDirty(): void {
    if (this.isDirty) return;
    this.isDirty = true;
    this.context.flushes.add(this);
  }

  /** Gives `out` to the socket as long as that has finished with the last lot, and not more than one should have of a turn. */
  private send(): void {
    const { out, writer, context } = this;
    while (out.length > 0 && writer.unsentBytes === 0 && !out.isOverfull) {
      if (this.turnBytes >= TURN_BYTES_MAX) {
        this.markDirty();
        return;
      }
      const lot = out.first();
      const memory = this.replies.dropFirst();
      this.turnBytes += lot.length;
      this.bytesOut += lot.length;
      context.totals.bytesOut += lot.length;
      context.totals.writes++;
      if (!writer.write(lot)) this.lent = memory;
      else if (memory !== undefined) context.pool.give(memory);
    }
  }

  private sent(): void {
    if (this.isGone) return;
    if (this.lent !== undefined) this.context.pool.give(this.lent);
    this.lent = undefined;
    this.turnBytes = 0;
    this.send();
    this.settle();
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
    this.requests.leave();
    this.context.totals.queuedBytes -= this.countedBytes;
    this.countedBytes = 0;
    this.out.clear();
    this.block?.abandon?.();
    this.context.gone(this, reason);
  }
}
