import type { CallFault } from '../background/peer-calls.js';

/**
 * Why an exchange ended before its end. `declined`: the peer has no answer (its trees are of another version, its store
 * can't be read); `malformed`: its answer is none; `busy`: it had no time for us; `stopped`: this node stops.
 */
export type ExchangeFaultReason = CallFault | 'declined' | 'malformed' | 'busy' | 'stopped';

/** Ends an exchange. What it has repaired stays repaired, and the next one goes on. */
export class ExchangeFault extends Error {
  override readonly name = 'ExchangeFault';

  constructor(readonly reason: ExchangeFaultReason) {
    super(`the exchange ended early: ${reason}`);
  }
}
