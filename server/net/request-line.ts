/** HOT PATH: every request passes. */
import type { Socket } from 'node:net';
import { RequestReader } from '../resp/request-reader.js';
import { STEP_REQUESTS } from '../turns/limits.js';
import type { LongRequest } from '../turns/long-requests.js';
import type { TurnGuest } from '../turns/turn-share.js';
import type { ClientConnection } from './connection.js';
import type { ConnectionContext } from './connection-context.js';
import { LISTENING_BYTES_MAX } from './limits.js';
import { ParkedRequests } from './parked-requests.js';
import type { ReplySlot } from './reply-slot.js';

/**
 * What one client sends, in its order: which requests go to the handler now, and which wait, for an earlier one, for room for
 * replies, or for their share of a turn. Those that were read wait as requests, the others as bytes, here or in the socket.
 */
export class RequestLine implements TurnGuest {
  readonly #connection: ClientConnection;
  readonly #socket: Socket;
  readonly #context: ConnectionContext;
  readonly #reader: RequestReader;
  /** What came while it was suspended. */
  readonly #parked = new ParkedRequests();
  #isHandingOn = false;
  /** The long request that is being read or run. */
  #long: LongRequest | undefined;
  /** The command that runs by itself, from its request on; the requests behind it wait. */
  #alone: { readonly slot: ReplySlot; readonly begin: () => void; hasBegun: boolean } | undefined;
  /** Whether it is suspended and reads on. */
  #isListening = false;
  /** Whether its requests wait because this turn's time is spent, or for answers. */
  #isWaitingForTurn = false;
  /** Whether they wait until fewer answers are under way. */
  #awaitsAnswers = false;
  #inputEnded = false;

  constructor(connection: ClientConnection, socket: Socket) {
    const { context } = connection;
    this.#connection = connection;
    this.#socket = socket;
    this.#context = context;
    this.#reader = new RequestReader(
      context.limits,
      (args) => this.#take(args),
      (text) => this.#refuse(`ERR ${text}`),
      () => {
        context.totals.queryBufferCloses++;
        connection.close('its request outgrew client-query-buffer-limit');
      },
      () => connection.login.isStranger,
      (count, work) => this.#readInTurns(count, work),
      (name, index, bytes) => context.handler.standIn(connection, name, index, bytes),
    );
  }

  /** Bytes that were read and are no requests yet. */
  get bytes(): number {
    return this.#reader.bufferedBytes;
  }

  /** True while requests are left in the socket. */
  get isHeld(): boolean {
    return this.#reader.holding;
  }

  /** True while a command runs by itself, or waits until it may. */
  get isAlone(): boolean {
    return this.#alone !== undefined;
  }

  /** Keeps all further requests back until `resume`: for a command on whose outcome their meaning depends. */
  suspend(): void {
    this.#parked.open();
    this.hold();
  }

  /**
   * As `suspend`, for what may last: bytes are still read, as far as there is room for them, since only who reads hears that a client
   * has gone. One that shuts down its sending side has gone too, as in Redis.
   */
  suspendListening(): void {
    this.#parked.open();
    this.#reader.hold();
    this.#isListening = true;
  }

  /** Goes on with what was kept back; what is more than a few requests, in turns. */
  resume(): void {
    this.#isListening = false;
    if (this.isAlone) return;
    this.#parked.release();
    if (this.#isHandingOn) return;
    this.#isHandingOn = true;
    if (this.#handOn()) this.#context.turns.add(() => this.#handOn());
  }

  /** These requests go before all that wait; for a command that runs alone, which they follow. */
  sendAhead(requests: readonly Buffer[][]): void {
    this.#parked.addFirst(requests);
  }

  /**
   * Calls `begin` once all earlier commands are answered; the requests behind wait until `slot`, the slot of the command that asks
   * for this, is completed. For commands that are about all keys at once: those on one key keep their order by themselves.
   */
  runAlone(slot: ReplySlot, begin: () => void): void {
    this.#alone = { slot, begin, hasBegun: false };
    this.suspend();
    this.#beginAlone();
  }

  /** For the connection only, as all that follows. Some commands are answered: what waited for fewer of them under way goes on in its turn. */
  answered(): void {
    if (this.#alone !== undefined) this.#beginAlone();
    if (!this.#awaitsAnswers || this.#connection.replies.awaitsMuch(0.5)) return;
    this.#awaitsAnswers = false;
    this.#context.share.defer(this);
  }

  /** Whether `slot` is that of the command that runs by itself. */
  runsAlone(slot: ReplySlot): boolean {
    return this.#alone?.slot === slot;
  }

  /** The command that ran by itself is answered. */
  endAlone(): void {
    this.#alone = undefined;
    this.#leaveLong();
    this.resume();
  }

  /** The client has sent so much. */
  received(chunk: Buffer): void {
    const connection = this.#connection;
    const { clock, share, totals } = this.#context;
    connection.bytesIn += chunk.length;
    totals.bytesIn += chunk.length;
    totals.reads++;
    if (connection.isClosed) return;
    const nowUs = clock.monotonicUs();
    connection.lastInteractionUs = nowUs;
    if (!share.begin(nowUs) && !this.#reader.holding) this.#waitForTurn();
    this.#reader.feed(chunk);
    share.end();
    if ((this.#isListening || this.#isWaitingForTurn) && this.#reader.bufferedBytes > LISTENING_BYTES_MAX)
      this.#socket.pause();
  }

  /** The client sends no more. */
  ended(): void {
    this.#inputEnded = true;
    if (this.#isListening) this.#connection.close('it closed the connection');
    else if (!this.#connection.isClosed && !this.#reader.holding) this.#connection.closeAfterReplies();
  }

  /** Leaves what comes in the socket until `readOn`. */
  hold(): void {
    this.#reader.hold();
    this.#socket.pause();
  }

  /** Reads on, where that was held and nothing is in the way any more. */
  readOn(): void {
    if (!this.#reader.holding || !this.#mayReadOn()) return;
    const connection = this.#connection;
    const { clock, share } = this.#context;
    connection.lastInteractionUs = clock.monotonicUs();
    const isFirst = !share.isServing;
    if (isFirst) share.begin(connection.lastInteractionUs);
    this.#reader.release();
    if (isFirst) share.end();
    if (this.#reader.holding || connection.isClosed) return;
    if (this.#inputEnded) connection.closeAfterReplies();
    else this.#socket.resume();
  }

  /** Takes no more requests. */
  stop(): void {
    this.#reader.stop();
  }

  /** The client has gone. */
  leave(): void {
    this.#leaveLong();
    this.#reader.stop();
  }

  /** For the share of the turn only. */
  goOnInTurn(): void {
    this.#isWaitingForTurn = false;
    if (!this.#connection.hasGone) this.resume();
  }

  /** Begins what is to run by itself, once its turn has come. */
  #beginAlone(): void {
    const alone = this.#alone;
    if (alone === undefined || alone.hasBegun || !this.#connection.replies.isFirst(alone.slot)) return;
    alone.hasBegun = true;
    alone.begin();
  }

  #mayReadOn(): boolean {
    return (
      !this.#connection.isClosed &&
      !this.#parked.isOpen &&
      !this.#reader.isParsing &&
      !this.#socket.destroyed &&
      !this.#connection.isOverfull(0.5)
    );
  }

  #take(args: Buffer[]): void {
    this.#connection.commandCount++;
    if (this.#parked.isOpen) {
      this.#parked.add(args);
      return;
    }
    this.#run(args);
  }

  #run(args: Buffer[]): void {
    this.#context.handler.dispatch(this.#connection, args);
    if (this.#parked.isHeld || this.#connection.isClosed) return;
    if (this.#connection.replies.awaitsMuch(1)) {
      this.#keepBack();
      this.#awaitsAnswers = true;
    } else if (this.#context.share.isSpent) {
      this.#waitForTurn();
    }
  }

  /** Leaves what it has sent for a turn to come. */
  #waitForTurn(): void {
    this.#keepBack();
    this.#context.share.defer(this);
  }

  /** Leaves what it has sent until its turn is called. */
  #keepBack(): void {
    this.#parked.open();
    this.#reader.hold();
    this.#isWaitingForTurn = true;
  }

  /** Bytes that are no request are answered in their turn. */
  #refuse(text: string): void {
    if (this.#parked.isOpen) this.#parked.addFault(text);
    else this.#connection.refuse(text);
  }

  /** Gives the next of the requests that were kept back to the handler; whether there are more. */
  #handOn(): boolean {
    const goesOn = this.#parked.handOn(
      STEP_REQUESTS,
      (args) => {
        if (!this.#connection.isClosed) this.#run(args);
        return !this.#connection.isClosed;
      },
      (fault) => this.#connection.refuse(fault),
    );
    this.#isHandingOn = goesOn;
    if (!this.#connection.hasGone) this.#connection.settle();
    return goesOn;
  }

  /** Makes the arguments of a long request. Nothing behind it is read meanwhile. */
  #readInTurns(count: number, work: Iterator<void>): void {
    const { turns, longRequests } = this.#context;
    const step = (): boolean => {
      if (work.next().done !== true) return true;
      // What was answered at once, or waits for another, needs its place no more.
      if (!this.isAlone) this.#leaveLong();
      if (!this.#connection.hasGone) this.#connection.settle();
      return false;
    };
    this.hold();
    this.#long = longRequests.enter(count, () => turns.add(step));
  }

  #leaveLong(): void {
    if (this.#long === undefined) return;
    this.#context.longRequests.leave(this.#long);
    this.#long = undefined;
  }
}
