const NOTHING: Buffer[] = [];

/**
 * What a client sends behind a request on whose outcome its meaning depends: it is kept back until that one is answered. Few
 * requests at a time, since the connection reads no further meanwhile, but for those of a transaction.
 */
export class ParkedRequests {
  #isHeld = false;
  #requests: Buffer[][] = [];
  /** Those before it have been handed on. */
  #head = 0;
  /** What was wrong with the bytes behind them. */
  #fault: string | undefined = undefined;

  /** Whether what comes is kept back. */
  get isOpen(): boolean {
    return this.#isHeld || this.#head < this.#requests.length;
  }

  /** Whether nothing is handed on until `release`. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Hands on nothing until `release`. */
  open(): void {
    this.#isHeld = true;
  }

  add(args: Buffer[]): void {
    this.#requests.push(args);
  }

  /** These go before all others. */
  addFirst(requests: readonly Buffer[][]): void {
    this.#requests = [...requests, ...this.#requests.slice(this.#head)];
    this.#head = 0;
  }

  /** No request comes behind these any more: the next bytes are none. */
  addFault(text: string): void {
    this.#fault = text;
  }

  /** Lets go what was kept back: `handOn` gives it. */
  release(): void {
    this.#isHeld = false;
  }

  /**
   * Hands on in turn what was kept back, `countMax` at the most, or until one of the requests opens it again; `dispatch` says whether
   * to go on. Gives whether there are more that may be handed on.
   */
  handOn(countMax: number, dispatch: (args: Buffer[]) => boolean, refuse: (fault: string) => void): boolean {
    for (let count = 0; !this.#isHeld; count++) {
      const args = this.#requests[this.#head];
      if (args === undefined) break;
      if (count === countMax) return true;
      this.#requests[this.#head++] = NOTHING;
      if (dispatch(args)) continue;
      this.#forget();
      return false;
    }
    if (this.#isHeld) return false;
    const fault = this.#fault;
    this.#forget();
    if (fault !== undefined) refuse(fault);
    return false;
  }

  #forget(): void {
    this.#requests = [];
    this.#head = 0;
    this.#fault = undefined;
  }
}
