import type { Peer, ReplyHandler } from '../wire/peer.js';

/**
 * Has an object synced by another replica, where the coordinator's own store has failed a put that needs one synced copy
 * (`fsync-one`). One replica after the other is asked; they are sent the same object again, which changes nothing.
 */
export class SyncElsewhere implements ReplyHandler {
  readonly #peers: readonly Peer[];
  readonly #ask: (peer: Peer, handler: ReplyHandler) => void;
  readonly #done: (synced: boolean) => void;
  #next = 0;

  /** `ask` sends a peer the object to be synced. */
  constructor(
    peers: readonly Peer[],
    ask: (peer: Peer, handler: ReplyHandler) => void,
    done: (synced: boolean) => void,
  ) {
    this.#peers = peers;
    this.#ask = ask;
    this.#done = done;
  }

  start(): void {
    const peer = this.#peers[this.#next++];
    if (peer === undefined) this.#done(false);
    else this.#ask(peer, this);
  }

  putReplied(_peer: Peer, status: number): void {
    if (status === 0) this.#done(true);
    else this.start();
  }

  failed(): void {
    this.start();
  }

  getReplied(): void {
    throw new Error('a put was answered as a get');
  }

  forwardReplied(): void {
    throw new Error('a put was answered as a forwarded request');
  }
}
