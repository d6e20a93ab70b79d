import { LONG_ARGUMENTS_AT_ONCE, LONG_ARGUMENTS_FREE } from './limits.js';

/** One request of many arguments. */
export class LongRequest {
  state: 'waits' | 'in hand' | 'over' = 'waits';

  constructor(
    readonly count: number,
    readonly begin: () => void,
  ) {}
}

/**
 * How many arguments of long requests a node has in hand: each is an object in memory. A request of very many waits, as the bytes
 * that it came in, until others are answered.
 */
export class LongRequests {
  #inHand = 0;
  #waiting: LongRequest[] = [];

  /** Calls `begin` once there is room for a request of so many arguments, at once or later. */
  enter(count: number, begin: () => void): LongRequest {
    const request = new LongRequest(count, begin);
    if (count <= LONG_ARGUMENTS_FREE) {
      request.state = 'over';
      begin();
    } else {
      this.#waiting.push(request);
      this.#admit();
    }
    return request;
  }

  /** The request is answered, or is not wanted any more. May be called again. */
  leave(request: LongRequest): void {
    if (request.state === 'in hand') this.#inHand -= request.count;
    if (request.state === 'waits') this.#waiting = this.#waiting.filter((waiting) => waiting !== request);
    request.state = 'over';
    this.#admit();
  }

  #admit(): void {
    for (;;) {
      const request = this.#waiting[0];
      if (request === undefined) return;
      if (this.#inHand > 0 && this.#inHand + request.count > LONG_ARGUMENTS_AT_ONCE) return;
      this.#waiting.shift();
      this.#inHand += request.count;
      request.state = 'in hand';
      request.begin();
    }
  }
}
