import type { Slot } from '../../cluster/ring/slots.js';
import { TRANSACTION_BYTES_MAX, TRANSACTION_REQUESTS_MAX } from './limits.js';

/** A key as it was when `WATCH` named it. */
export interface WatchedKey {
  /** As it is stored. */
  readonly db: number;
  readonly slot: Slot;
  /** Binary string. */
  readonly key: string;
  /** Stands for the versions that its replicas held. */
  readonly state: string;
}

/** What a client has sent since `MULTI`. */
export class Transaction {
  readonly requests: Buffer[][] = [];
  /** One of the requests was refused: `EXEC` runs none of them. */
  isDoomed = false;
  #bytes = 0;

  /** Keeps a request for `EXEC`; answers false where there is no room for it. */
  add(args: Buffer[]): boolean {
    for (const argument of args) this.#bytes += argument.length;
    if (this.requests.length >= TRANSACTION_REQUESTS_MAX || this.#bytes > TRANSACTION_BYTES_MAX) return false;
    this.requests.push(args);
    return true;
  }
}
