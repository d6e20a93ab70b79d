/** A timer that was started and can be stopped. Stopping it twice, or after it has run, is harmless. */
export interface Timer {
  stop(): void;
}

/** Everything that a node does later. Callbacks never run inside the call that registered them. */
export interface Timers {
  /** Runs `callback` once, `delayMs` from now. */
  after(delayMs: number, callback: () => void): Timer;
  /** Runs `callback` every `periodMs` until stopped. */
  every(periodMs: number, callback: () => void): Timer;
  /**
   * Runs `callback` once at the end of this turn of the event loop: when all input that is ready now has been
   * handled. What a turn has gathered (frames, store batches, replies) leaves the node there.
   */
  endOfTurn(callback: () => void): void;
}
