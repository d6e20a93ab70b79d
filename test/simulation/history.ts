/** What the clients saw: each request with its answer, in the order of a counter that rises with every call and answer. */
import type { VersionedObject } from '../../cluster/version/object.js';
import type { DotName } from './ledger.js';
import type { Life } from './machine.js';

export interface Request {
  readonly id: number;
  readonly client: number;
  /** Requests of one session to one key take effect in order. */
  readonly session: number;
  readonly host: string;
  /** Of the node that was asked. */
  readonly life: Life | undefined;
  readonly key: string;
  readonly kind: 'get' | 'put' | 'set' | 'delete' | 'expire' | 'increment';
  readonly startedAt: number;
  /** In simulated µs. */
  readonly startedUs: number;
  endedUs: number | undefined;
  endedAt: number | undefined;
  /** `acknowledged`: it took effect. `refused`: it failed or did not apply. `unknown`: no answer. */
  outcome: 'unknown' | 'acknowledged' | 'refused';
  /** What was answered to a get; what a write left behind. */
  object: VersionedObject | undefined;
  /** The dot of an acknowledged write that carries no value. */
  dot: DotName | undefined;
}

export class History {
  readonly requests: Request[] = [];
  readonly #nowUs: () => number;
  #now = 0;

  /** `nowUs`: simulated time. */
  constructor(nowUs: () => number) {
    this.#nowUs = nowUs;
  }

  begin(fields: Pick<Request, 'id' | 'client' | 'session' | 'host' | 'life' | 'key' | 'kind'>): Request {
    const request: Request = {
      ...fields,
      startedAt: this.#now++,
      startedUs: this.#nowUs(),
      endedUs: undefined,
      endedAt: undefined,
      outcome: 'unknown',
      object: undefined,
      dot: undefined,
    };
    this.requests.push(request);
    return request;
  }

  /** A place in the order of calls and answers, for what is neither. */
  mark(): number {
    return this.#now++;
  }

  end(request: Request, outcome: Request['outcome']): void {
    request.endedAt = this.#now++;
    request.endedUs = this.#nowUs();
    request.outcome = outcome;
  }

  /** Requests of clients by what became of them, for people. */
  summary(): string {
    const counts = new Map<string, number>();
    for (const { kind, outcome } of this.requests) {
      const name = `${kind} ${outcome}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return [...counts].map(([name, count]) => `${name} ${count}`).join(', ');
  }
}
