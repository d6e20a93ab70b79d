/**
 * Brings one node what it has missed, as ordinary PUTs.
 *
 * ```
 *   resting --reachable, hints, not backing off--> delivering: slice, slice, ... --no hint left--> resting
 *                                                      \__ errors, unreachable --> backing off, 1 s to 60 s
 * ```
 *
 * A slice is admitted by the governor; its requests are in flight together. A hint goes when the target has acknowledged
 * the very version that is still held; one whose key was written meanwhile is delivered again.
 */
import { putTo } from '../background/peer-calls.js';
import type { ObjectBytes } from '../version/codec.js';
import { versionFingerprint } from '../version/encoded.js';
import type { Peer } from '../wire/peer.js';
import { type HandoffNode, handoffDurability, readHeld } from './handoff-node.js';
import type { Hint, HintIndex } from './hint-index.js';
import { BACK_OFF_MAX_MS, BACK_OFF_MIN_MS, SLICE_BYTES_MAX, SLICE_HINTS } from './limits.js';

/** Hears of hints that are of no use any more. */
export interface DeliveryOwner {
  /** The target has `fingerprint`, which is still what this node holds. */
  delivered(hint: Hint, fingerprint: number): void;
  /** There is nothing to deliver. */
  gone(hint: Hint): void;
}

export class Delivery {
  readonly #node: HandoffNode;
  readonly #index: HintIndex;
  readonly #peer: Peer;
  readonly #owner: DeliveryOwner;
  #running: Promise<void> | undefined;
  #backOffMs = 0;
  #notBeforeUs = 0;
  /** Whether the log is to tell of the next delivery: the target has just come back. */
  #isNews = true;
  #stopped = false;

  constructor(node: HandoffNode, index: HintIndex, peer: Peer, owner: DeliveryOwner) {
    this.#node = node;
    this.#index = index;
    this.#peer = peer;
    this.#owner = owner;
  }

  get delivering(): boolean {
    return this.#running !== undefined;
  }

  /** Begins, if there is something to deliver and nothing against it. */
  wake(): void {
    if (this.#stopped || this.#running !== undefined || !this.#hasWork()) return;
    if (this.#node.world.clock.monotonicUs() < this.#notBeforeUs) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** The target can be reached again: whatever it answered before. */
  reachable(): void {
    this.#backOffMs = 0;
    this.#notBeforeUs = 0;
    this.#isNews = true;
    this.wake();
  }

  /** Ends after the slice that is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  #hasWork(): boolean {
    return this.#peer.reachable() && this.#index.countOf(this.#peer.id) > 0;
  }

  async #run(): Promise<void> {
    const node = this.#peer.id;
    const hints = this.#index.countOf(node);
    const isNews = this.#isNews;
    this.#isNews = false;
    if (isNews) this.#node.world.log.info({ node, hints }, 'bringing a node what it has missed');
    let isGood = true;
    while (isGood && !this.#stopped && this.#hasWork()) isGood = await this.#pass();
    const left = this.#index.countOf(node);
    if (isGood) this.#backOffMs = 0;
    else this.#backOff();
    if (isNews && left === 0) this.#node.world.log.info({ node }, 'the node has been brought all that it has missed');
  }

  /** Offers each hint once. Answers whether the target took all of them. */
  async #pass(): Promise<boolean> {
    let failures = 0;
    let slice: Hint[] = [];
    const hints = this.#index.of(this.#peer.id)[Symbol.iterator]();
    for (;;) {
      const { value: hint, done } = hints.next();
      if (hint !== undefined) slice.push(hint);
      if (slice.length < SLICE_HINTS && done !== true) continue;
      if (slice.length === 0) return failures === 0;
      if (!(await this.#node.governor.admit('hints', slice.length))) {
        // The node stops: to ask again would be answered at once, for ever.
        this.#stopped = true;
      }
      if (this.#stopped) return true;
      const failed = await this.#deliver(slice);
      failures += failed;
      // One object that the target refuses does not hold up the others; a target that refuses all is left alone.
      if (failed === slice.length || !this.#peer.reachable()) return false;
      if (done === true) return failures === 0;
      slice = [];
    }
  }

  /** Answers how many hints could not be delivered. */
  async #deliver(slice: readonly Hint[]): Promise<number> {
    const sent: Promise<boolean>[] = [];
    let failed = 0;
    let bytes = 0;
    for (const hint of slice) {
      const { version } = hint;
      const object = await readHeld(this.#node.replica, hint);
      if (object === 'unreadable') {
        failed++;
      } else if (object === null) {
        if (hint.version === version) this.#owner.gone(hint);
      } else {
        if (bytes > 0 && bytes + object.length > SLICE_BYTES_MAX) {
          await Promise.all(sent);
          bytes = 0;
        }
        bytes += object.length;
        sent.push(this.#send(hint, version, object));
      }
    }
    for (const isDelivered of await Promise.all(sent)) if (!isDelivered) failed++;
    return failed;
  }

  async #send(hint: Hint, version: number, object: ObjectBytes): Promise<boolean> {
    const { replica } = this.#node;
    const fingerprint = versionFingerprint(object);
    const durability = handoffDurability(this.#node, hint.key);
    if (!(await putTo(this.#peer, hint.partition, hint.db, hint.key, object, durability))) return false;
    const held = await readHeld(replica, hint);
    // What was written meanwhile is delivered in the next pass.
    if (hint.version !== version || held === 'unreadable') return true;
    if (held === null) this.#owner.gone(hint);
    else if (versionFingerprint(held) === fingerprint) this.#owner.delivered(hint, fingerprint);
    return true;
  }

  #backOff(): void {
    this.#backOffMs = Math.min(BACK_OFF_MAX_MS, Math.max(BACK_OFF_MIN_MS, this.#backOffMs * 2));
    this.#notBeforeUs = this.#node.world.clock.monotonicUs() + this.#backOffMs * 1000;
  }
}
