/**
 * Questions to a node at an address, whose id is not known: a seed. It is dialled once. Who answers must prove to know the
 * secret, and tells who it is.
 *
 * A listener keeps one link from each node: dialling a node that this one has a `Peer` for breaks that peer's link, so a known
 * node is asked through its `Peer`.
 */
import { audit } from '../ports/log.js';
import type { Timer } from '../ports/timers.js';
import type { PeerAddress } from '../ports/transport.js';
import type { World } from '../ports/world.js';
import { FRAME_HEADER_BYTES } from './frames.js';
import type { PeerIdentity } from './handshake.js';
import { TICK_MAX_MS } from './limits.js';
import { appendWhole, DECLINED, FIRST_REQUEST_ID, FORWARD_REPLY, messageName, QUERY } from './messages.js';
import { type ConnectionOwner, PeerConnection } from './peer-connection.js';
import { LINK_REFUSED, type QuietLog } from './quiet-log.js';
import { RequestTable } from './request-table.js';
import { carriesQuestion } from './versions.js';
import type { WireOptions } from './wire-options.js';

/** Why a question has no answer; see `ReplyHandler.failed`. */
type SeedFault = 'unreachable' | 'timeout' | 'refused';
type SeedAnswer = (answer: Buffer | SeedFault) => void;

export class SeedPeer implements ConnectionOwner {
  readonly address: PeerAddress;
  readonly #world: World;
  readonly #options: WireOptions;
  readonly #quietLog: QuietLog;
  readonly #connection: PeerConnection;
  readonly #table = new RequestTable<SeedAnswer>(FIRST_REQUEST_ID);
  readonly #ticks: Timer;
  #settled: (fault: string | undefined) => void = () => undefined;
  #identity: PeerIdentity | undefined;

  /** The seed once its handshake is done, or why there is no link to it. `quietLog` takes refusals. Never rejects. */
  static dial(
    world: World,
    options: WireOptions,
    address: PeerAddress,
    quietLog: QuietLog,
  ): Promise<SeedPeer | string> {
    return new Promise((resolve) => {
      const seed = new SeedPeer(world, options, address, quietLog);
      seed.#settled = (fault) => resolve(fault ?? seed);
    });
  }

  private constructor(world: World, options: WireOptions, address: PeerAddress, quietLog: QuietLog) {
    this.#quietLog = quietLog;
    this.#world = world;
    this.#options = options;
    this.address = address;
    this.#ticks = world.timers.every(TICK_MAX_MS, () => this.#tick());
    this.#connection = new PeerConnection(world, options, undefined, address, this);
  }

  /** What the other side has proved to be. */
  get identity(): PeerIdentity {
    if (this.#identity === undefined) throw new Error('a seed has no identity before its handshake');
    return this.#identity;
  }

  /** The answer to a question of a `QUERY_KIND` (a copy), or why there is none. `body` is copied. */
  ask(kind: number, body: Buffer): Promise<Buffer | SeedFault> {
    return new Promise((resolve) => {
      const question = Buffer.concat([Buffer.of(kind), body]);
      if (!this.#connection.ready) {
        resolve('unreachable');
        return;
      }
      const isTooLong = question.length + FRAME_HEADER_BYTES > this.#options.frameBytesMax;
      if (isTooLong || !carriesQuestion(this.identity.version, question)) {
        resolve('refused');
        return;
      }
      const id = this.#table.issue(resolve, FORWARD_REPLY, this.#world.clock.monotonicUs());
      if (id < 0) {
        resolve('refused');
        return;
      }
      appendWhole(this.#connection.writer.out, QUERY, id, question);
      this.#connection.writer.appended();
    });
  }

  /** Closes the link; questions that wait fail. */
  close(): void {
    this.#connection.close('stopping', 'the question is answered');
  }

  /** For the connection. */
  connected(_connection: PeerConnection, identity: PeerIdentity): void {
    this.#identity = identity;
    this.#settled(undefined);
  }

  /** For the connection. */
  replied(kind: number, requestId: number, bytes: Buffer, start: number, end: number): string | undefined {
    if (kind !== FORWARD_REPLY && kind !== DECLINED) return `${messageName(kind)} answers no question`;
    const answer = this.#table.take(requestId, kind === DECLINED ? 0 : kind);
    if (answer === undefined) return this.#table.replyFault(requestId, kind);
    answer(kind === DECLINED ? 'refused' : Buffer.from(bytes.subarray(start, end)));
    return undefined;
  }

  /** For the connection. */
  closed(connection: PeerConnection, reason: string): void {
    this.#ticks.stop();
    if (connection.misfit) {
      const from = `${this.address.host}:${this.address.port}`;
      const fields = { ...audit(connection.claimedId, from, LINK_REFUSED), reason };
      this.#quietLog.warn(`${from} ${reason}`, fields, 'a seed was refused, or refuses');
    }
    this.#settled(reason);
    for (let answer = this.#table.takeOldest(); answer !== undefined; answer = this.#table.takeOldest()) {
      answer('unreachable');
    }
  }

  #tick(): void {
    const nowUs = this.#world.clock.monotonicUs();
    const waitingSinceUs = this.#table.oldestStartUs();
    while (nowUs - this.#table.oldestStartUs() >= this.#options.requestTimeoutMs * 1000) {
      this.#table.takeOldest()?.('timeout');
    }
    this.#connection.check(nowUs, waitingSinceUs);
  }
}
