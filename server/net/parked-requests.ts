/**
 * What a client sends behind a request on whose outcome its meaning depends: it is kept back until that one is answered. Few
 * requests at a time, since the connection reads no further meanwhile.
 */
export class ParkedRequests {
  private requests: Buffer[][] | undefined = undefined;
  /** What was wrong with the bytes behind them. */
  private fault: string | undefined = undefined;

  /** Whether what comes is kept back. */
  get isOpen(): boolean {
    return this.requests !== undefined;
  }

  open(): void {
    this.requests ??= [];
  }

  add(args: Buffer[]): void {
    this.requests?.push(args);
  }

  /** These go before all others. */
  addFirst(requests: readonly Buffer[][]): void {
    if (this.requests !== undefined) this.requests = [...requests, ...this.requests];
  }

  /** No request comes behind these any more: the next bytes are none. */
  addFault(text: string): void {
    this.fault = text;
  }

  /** Hands on in turn what was kept back, until one of the requests opens it again; `dispatch` says whether to go on. */
  release(dispatch: (args: Buffer[]) => boolean, refuse: (fault: string) => void): void {
    const requests = this.requests ?? [];
    this.requests = undefined;
    for (const [at, args] of requests.entries()) {
      if (!dispatch(args)) return;
      if (!this.isOpen) continue;
      this.requests = requests.slice(at + 1);
      return;
    }
    if (this.fault !== undefined) refuse(this.fault);
  }
}
