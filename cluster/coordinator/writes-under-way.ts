/**
 * HOT PATH. How much of what clients write is on its way through this node: from the moment that a put begins until its client has
 * been answered and the last of the peers that it was sent to has answered or was given up, not only W of them. Who hands writes in
 * waits while there is no room, so that neither the links to peers, nor their stores, nor memory get more than they can do away with
 * in time. What waits for the own store after that is the own replica's to bound.
 *
 * How much that is, is found out: the room shrinks while writes that use most of it take long to be acknowledged, and grows again,
 * slowly, while they do not. Waiting here does no harm; a write that waits for its replicas is given up after the request timeout.
 */
import type { Replica } from '../replica/replica.js';
import {
  WRITE_BYTES_BESIDE,
  WRITE_BYTES_UNDER_WAY_MAX,
  WRITE_BYTES_UNDER_WAY_MIN,
  WRITE_ROOM_GROWTH,
  WRITE_ROOM_SHRINKS_TO,
  WRITE_SHARE_MAX,
  WRITE_TIMEOUT_SHARE,
} from './limits.js';

export class WritesUnderWay {
  /** Bytes of the values, and something for each write. */
  bytes = 0;
  readonly #bytesMin: number;
  readonly #bytesMax: number;
  readonly #tookMaxUs: number;
  readonly #replica: Pick<Replica, 'isBehind'>;
  #roomBytes: number;
  /** When the room shrank last. */
  #shrankUs = 0;
  #isAwaited = false;
  #cameRoom: () => void = () => undefined;

  /** `memoryBytesMax`: that of the own replica. Peers have as much, and take what several coordinators send. */
  constructor(replica: Pick<Replica, 'isBehind'>, memoryBytesMax: number, requestTimeoutMs: number) {
    this.#replica = replica;
    this.#bytesMax = Math.min(WRITE_BYTES_UNDER_WAY_MAX, memoryBytesMax * WRITE_SHARE_MAX);
    this.#bytesMin = Math.min(WRITE_BYTES_UNDER_WAY_MIN, this.#bytesMax);
    this.#tookMaxUs = requestTimeoutMs * 1000 * WRITE_TIMEOUT_SHARE;
    this.#roomBytes = this.#bytesMax;
  }

  /** Bytes that may be under way now. */
  get roomBytes(): number {
    return this.#roomBytes;
  }

  /** Whether further writes should wait. One that is begun all the same is taken as far as the replicas can. */
  get isFull(): boolean {
    return this.bytes >= this.#roomBytes || this.#replica.isBehind;
  }

  /** A write of a value of so many bytes begins; `end` follows with the same number. */
  begin(valueBytes: number): void {
    this.bytes += valueBytes + WRITE_BYTES_BESIDE;
  }

  end(valueBytes: number): void {
    this.bytes -= valueBytes + WRITE_BYTES_BESIDE;
    if (!this.#isAwaited || this.isFull) return;
    this.#isAwaited = false;
    this.#cameRoom();
  }

  /** A write was acknowledged, or given up, at `nowUs` (monotonic), `us` after it began. */
  took(us: number, nowUs: number): void {
    if (this.bytes * 2 < this.#roomBytes) return;
    if (us <= this.#tookMaxUs) {
      this.#roomBytes = Math.min(this.#bytesMax, this.#roomBytes + WRITE_ROOM_GROWTH);
    } else if (nowUs - us >= this.#shrankUs) {
      // Those that began before it shrank tell nothing of what there is room for now.
      this.#shrankUs = nowUs;
      this.#roomBytes = Math.max(this.#bytesMin, this.#roomBytes * WRITE_ROOM_SHRINKS_TO);
    }
  }

  /** `cameRoom` is called within the `end` of a write after which there is room, once for each `awaitRoom`. */
  onRoom(cameRoom: () => void): void {
    this.#cameRoom = cameRoom;
  }

  /** Somebody waits. A replica that was behind may have caught up without a call: look again now and then. */
  awaitRoom(): void {
    this.#isAwaited = true;
  }
}
