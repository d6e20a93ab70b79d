/** A client of a simulated cluster: talks to one node until that fails it, and remembers what it was shown. */
import type { Change } from '../../cluster/coordinator/changes/change.js';
import type { Session } from '../../cluster/coordinator/session.js';
import type { Failure } from '../../cluster/failure.js';
import { slotOf } from '../../cluster/ring/slots.js';
import { decodeObject, type ObjectBytes } from '../../cluster/version/codec.js';
import { objectLength } from '../../cluster/version/encoded.js';
import type { VersionVector } from '../../cluster/version/object.js';
import type { Cluster } from './cluster.js';
import type { Counting } from './counting.js';
import { DB } from './disk-view.js';
import type { History, Request } from './history.js';
import { dotName, type Ledger, writtenValue } from './ledger.js';
import type { Machine } from './machine.js';
import { EPOCH_MS } from './machine.js';
import type { Prng } from './prng.js';
import type { Scheduler } from './scheduler.js';

const RECONNECT_US_MAX = 200_000;
const LOOK_US = 5_000;
/** How many of a hundred requests add to a number. */
const INCREMENT_PERCENT = 15;

export interface ClientSurroundings {
  readonly scheduler: Scheduler;
  readonly cluster: Cluster;
  readonly history: History;
  readonly ledger: Ledger;
  readonly counting: Counting;
  /** The keys that clients use now. */
  readonly keysNow: () => readonly string[];
  readonly readPercent: number;
  /** How many of a hundred writes read first. */
  readonly modifyPercent: number;
  /** The longest pause between two requests, µs. */
  readonly thinkUsMax: number;
  /** Whether a put without a context stands beside what is there. */
  readonly keepsSiblings: (key: string) => boolean;
  readonly nextId: () => number;
  readonly violation: (text: string) => void;
  /** Whether a key is read elsewhere as soon as a write of it is acknowledged. */
  readonly readsBack: boolean;
  /** Why a request should not have failed so; undefined if it may. */
  readonly faultIn: (request: Request, failure: Failure) => string | undefined;
  readonly working: () => boolean;
}

interface Shown {
  readonly clock: VersionVector;
  readonly dots: readonly string[];
}

export class Client {
  readonly #around: ClientSurroundings;
  readonly #random: Prng;
  readonly #name: number;
  readonly #shown = new Map<string, Shown>();
  #machine: Machine | undefined;
  #session: Session | undefined;
  #life: Machine['life'];
  #sessionId = 0;
  readonly #waitingFor = new Set<Request>();

  constructor(name: number, random: Prng, around: ClientSurroundings) {
    this.#name = name;
    this.#random = random;
    this.#around = around;
  }

  /** Begins to send requests, for as long as the run wants them. */
  start(): void {
    this.#thinkThen(() => this.#work(), this.#around.thinkUsMax);
  }

  #work(): void {
    if (!this.#around.working()) return;
    this.#connect();
    if (this.#session === undefined) {
      this.#thinkThen(() => this.#work(), RECONNECT_US_MAX);
      return;
    }
    // Some clients pipeline: requests go out before the last was answered.
    const count = this.#random.chance(0.2) ? this.#random.between(2, 5) : 1;
    const keys = this.#around.keysNow();
    const key = this.#random.pick(keys);
    for (let i = 0; i < count; i++) this.#request(this.#random.chance(0.7) ? key : this.#random.pick(keys));
    this.#await();
  }

  /** Goes on when all have been answered, or when the node is gone. */
  #await(): void {
    if (!this.#isConnected()) {
      this.#session = undefined;
      this.#waitingFor.clear();
      this.#thinkThen(() => this.#work(), RECONNECT_US_MAX);
    } else if (this.#waitingFor.size > 0) {
      this.#around.scheduler.after(LOOK_US, undefined, () => this.#await());
    } else {
      if (this.#random.chance(0.05)) this.#session = undefined;
      this.#thinkThen(() => this.#work(), this.#around.thinkUsMax);
    }
  }

  /** Complains of what its node still owes it. To be asked long after the last request. */
  checkAnswers(): void {
    if (!this.#isConnected()) return;
    for (const { kind, id, key, host } of this.#waitingFor) {
      this.#around.violation(`no answer: ${kind} ${id} of ${key} at ${host}`);
    }
  }

  #isConnected(): boolean {
    return this.#session !== undefined && this.#life?.alive === true && this.#life.node !== undefined;
  }

  #connect(): void {
    if (this.#isConnected()) return;
    this.#machine = this.#random.pick(this.#around.cluster.machines);
    this.#life = this.#machine.life;
    this.#session = this.#life?.node?.openSession();
    this.#sessionId = this.#around.nextId();
  }

  #request(key: string): void {
    if (this.#random.below(100) < INCREMENT_PERCENT) {
      this.#increment(this.#random.pick(this.#around.counting.keys));
      return;
    }
    const dice = this.#random.below(100);
    if (this.#random.below(100) < this.#around.readPercent) this.#get(key);
    else if (dice >= this.#around.modifyPercent) this.#put(key);
    else this.#modify(key);
  }

  #get(key: string): void {
    const request = this.#begin(key, 'get');
    this.#session?.get(DB, slotOf(Buffer.from(key)), key, undefined, (_state, failure, object) => {
      this.#end(request, failure, true, object);
    });
  }

  #put(key: string): void {
    const context = this.#drawContext(key);
    const request = this.#begin(key, 'put', context);
    const written = { tombstone: false, expiryMs: 0, value: this.#drawValue(request) };
    this.#session?.put(
      DB,
      slotOf(Buffer.from(key)),
      key,
      clockOf(context),
      written,
      undefined,
      (_s, failure, object) => {
        this.#end(request, failure, true, object);
      },
    );
  }

  #modify(key: string): void {
    const kind = this.#random.pick(['set', 'set', 'delete', 'expire'] as const);
    const context = kind !== 'expire' && this.#random.chance(0.5) ? this.#drawContext(key) : 'all';
    const request = this.#begin(key, kind, context);
    const change = this.#drawChange(kind, request, clockOf(context));
    const slot = slotOf(Buffer.from(key));
    this.#session?.modify(DB, slot, key, change, undefined, (_state, failure, applied, _previous, object) => {
      this.#end(request, failure, applied, object);
    });
  }

  #increment(key: string): void {
    const { counting } = this.#around;
    const request = this.#begin(key, 'increment');
    const by = this.#random.between(1, 5);
    counting.asked(key, by);
    const change: Change = { kind: 'increment', by: { units: BigInt(by), scale: 0 }, isFloat: false };
    const slot = slotOf(Buffer.from(key));
    this.#session?.modify(DB, slot, key, change, undefined, (_state, failure, applied, _previous, object) => {
      if (failure === undefined) counting.acknowledged(key, by);
      this.#end(request, failure, applied, object);
    });
  }

  #drawChange(kind: 'set' | 'delete' | 'expire', request: Request, context: VersionVector | undefined): Change {
    const inMs = this.#random.pick([200, 5_000, 3_600_000]);
    const expiryMs = EPOCH_MS + Math.floor(this.#around.scheduler.nowUs / 1000) + inMs;
    if (kind === 'delete') return { kind, context };
    if (kind === 'expire') return { kind, condition: 0, expiryMs: this.#random.chance(0.2) ? 0 : expiryMs };
    const condition = this.#random.pick(['always', 'absent', 'present'] as const);
    const value = this.#drawValue(request);
    const plain = { keepExpiry: false, answersPrevious: false } as const;
    return { kind, condition, ...plain, expiryMs: this.#random.chance(0.3) ? expiryMs : 0, value, context };
  }

  #drawValue({ id }: Request): Buffer {
    return writtenValue(id, this.#random.chance(0.03) ? this.#random.below(5_000) : this.#random.below(40));
  }

  #drawContext(key: string): Shown | 'all' | 'none' {
    const shown = this.#shown.get(key);
    if (shown !== undefined && this.#random.chance(0.6)) return shown;
    return this.#around.keepsSiblings(key) ? 'none' : 'all';
  }

  #begin(key: string, kind: Request['kind'], context: Shown | 'all' | 'none' = 'all'): Request {
    const { history, ledger, nextId } = this.#around;
    const host = this.#machine?.host ?? '';
    const life = this.#life;
    const session = this.#sessionId;
    const request = history.begin({ id: nextId(), client: this.#name, session, host, life, key, kind });
    this.#waitingFor.add(request);
    if (kind !== 'get') {
      ledger.intend({ id: request.id, key, kind, context: typeof context === 'string' ? context : context.dots });
    }
    return request;
  }

  #end(request: Request, failure: Failure | undefined, applied: boolean, bytes: ObjectBytes | undefined): void {
    const { history, ledger, violation, faultIn } = this.#around;
    if (request.endedAt !== undefined) violation(`answered twice: ${request.kind} ${request.id} of ${request.key}`);
    this.#waitingFor.delete(request);
    ledger.answered(request.id);
    history.end(request, failure === undefined && applied ? 'acknowledged' : 'refused');
    if (failure !== undefined) {
      const fault = faultIn(request, failure);
      if (fault !== undefined) violation(fault);
      return;
    }
    if (this.#around.readsBack && applied && request.kind !== 'get') this.#readBack(request.key);
    if (bytes === undefined) {
      this.#shown.delete(request.key);
      return;
    }
    // The node may go on using its buffer.
    const object = decodeObject(Buffer.from(bytes.subarray(0, objectLength(bytes))));
    request.object = object;
    this.#shown.set(request.key, { clock: object.clock, dots: object.siblings.map(({ dot }) => dotName(dot)) });
    if (applied && (request.kind === 'delete' || request.kind === 'expire' || request.kind === 'increment')) {
      const [newest] = object.siblings;
      request.dot = newest === undefined ? undefined : dotName(newest.dot);
    }
  }

  /** Through whichever node, in a session of its own: only what was acknowledged obliges it. */
  #readBack(key: string): void {
    const { cluster, history, nextId } = this.#around;
    const { host, life, node } = this.#random.pick(cluster.machines);
    const request = history.begin({
      id: nextId(),
      client: this.#name,
      session: nextId(),
      host,
      life,
      key,
      kind: 'get',
    });
    node?.openSession().get(DB, slotOf(Buffer.from(key)), key, undefined, (_state, failure, bytes) => {
      history.end(request, failure === undefined ? 'acknowledged' : 'refused');
      if (bytes !== undefined) request.object = decodeObject(Buffer.from(bytes.subarray(0, objectLength(bytes))));
    });
  }

  #thinkThen(next: () => void, upToUs: number): void {
    this.#around.scheduler.after(this.#random.below(upToUs), undefined, next);
  }
}

function clockOf(context: Shown | 'all' | 'none'): VersionVector | undefined {
  if (context === 'all') return undefined;
  return context === 'none' ? new Map() : context.clock;
}
