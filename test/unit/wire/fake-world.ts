/**
 * A small deterministic world: manual time, links in memory, a log that is kept. Everything happens inside `settle` and
 * `advance`, in the order in which it was caused.
 */
import type { LogFields } from '../../../cluster/ports/log.js';
import type { Timer, Timers } from '../../../cluster/ports/timers.js';
import type { Link, LinkEvents, Listener, PeerAddress, Transport } from '../../../cluster/ports/transport.js';
import type { World } from '../../../cluster/ports/world.js';

const TURNS_MAX = 100_000;
/** What an accepted link takes for its other end. */
const LISTENING_END = 'fake:1';

interface Due {
  readonly atUs: number;
  readonly periodUs: number;
  readonly callback: () => void;
}

export class FakeWorld {
  readonly log: { level: string; fields: LogFields; message: string }[] = [];
  readonly network = new FakeNetwork((task) => this.tasks.push(task));
  private nowUs = 1_000_000;
  private due: Due[] = [];
  private tasks: (() => void)[] = [];
  private ends: (() => void)[] = [];
  private seed = 1;

  /** The ports of one node. All nodes share time and network. */
  node(): World {
    const keep = (level: string) => (fields: LogFields, message: string) => {
      this.log.push({ level, fields, message });
    };
    return {
      clock: { nowMs: () => 1_700_000_000_000 + this.nowUs / 1000, monotonicUs: () => this.nowUs },
      timers: this.timers(),
      random: { bytes: (count) => this.bytes(count), below: (bound) => this.below(bound) },
      transport: this.network,
      latencies: { recorder: () => ({ record: () => undefined }) },
      log: { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') },
    };
  }

  /** Runs turns until nothing is left to do now. */
  settle(): void {
    for (let turn = 0; turn < TURNS_MAX; turn++) {
      if (this.tasks.length === 0 && this.ends.length === 0) return;
      const { tasks, ends } = this;
      this.tasks = [];
      for (const task of tasks) task();
      this.ends = [];
      for (const end of ends) end();
    }
    throw new Error('the world does not come to rest');
  }

  /** Lets `ms` pass, timer by timer. */
  advance(ms: number): void {
    const untilUs = this.nowUs + ms * 1000;
    this.settle();
    for (;;) {
      const next = this.due.reduce<Due | undefined>((a, b) => (a === undefined || b.atUs < a.atUs ? b : a), undefined);
      if (next === undefined || next.atUs > untilUs) break;
      this.nowUs = Math.max(this.nowUs, next.atUs);
      this.due.splice(this.due.indexOf(next), 1);
      if (next.periodUs > 0) this.due.push({ ...next, atUs: this.nowUs + next.periodUs });
      next.callback();
      this.settle();
    }
    this.nowUs = untilUs;
  }

  /** Lets `ms` pass in which nothing runs, as when the process is stopped. */
  freeze(ms: number): void {
    this.nowUs += ms * 1000;
  }

  /** The messages and reasons of the log so far. */
  logText(): string {
    return this.log.map(({ message, fields }) => `${message}: ${fields.reason ?? ''}`).join('\n');
  }

  private timers(): Timers {
    const schedule = (delayMs: number, periodMs: number, callback: () => void): Timer => {
      const run = () => {
        if (!stopped) callback();
      };
      let stopped = false;
      this.due.push({ atUs: this.nowUs + delayMs * 1000, periodUs: periodMs * 1000, callback: run });
      return {
        stop: () => {
          stopped = true;
          this.due = this.due.filter((due) => due.callback !== run);
        },
      };
    };
    return {
      after: (delayMs, callback) => schedule(delayMs, 0, callback),
      every: (periodMs, callback) => schedule(periodMs, periodMs, callback),
      endOfTurn: (callback) => this.ends.push(callback),
    };
  }

  private bytes(count: number): Buffer {
    return Buffer.from(Array.from({ length: count }, () => this.below(256)));
  }

  private below(bound: number): number {
    this.seed = (Math.imul(this.seed, 1_103_515_245) + 12_345) >>> 0;
    return (this.seed >>> 8) % bound;
  }
}

/** Links in memory. Chunks are overwritten after they were handed over, and written buffers may be kept. */
class FakeNetwork implements Transport {
  /** Bytes that a chunk has at most. */
  chunkBytes = Number.POSITIVE_INFINITY;
  /** While set, bytes go nowhere: neither end notices. */
  silent = false;
  /** While set, nobody reads: all that is written stays queued with the sender. */
  stuck = false;
  /** While set, the side that listens is a stopped process: its system takes connections and bytes, and nobody looks. */
  private frozen = false;
  /** While set, what this side sends gets lost, and so does every attempt to connect. */
  mute: 'dialling' | 'listening' | undefined;
  /** All links that were ever made, both ends. */
  readonly ends: FakeLink[] = [];
  private readonly kept: (() => void)[] = [];
  private readonly listeners = new Map<string, (link: Link) => LinkEvents>();
  private nextPort = 40_000;

  constructor(readonly later: (task: () => void) => void) {}

  dial(address: PeerAddress, events: LinkEvents): Link {
    const here = new FakeLink(this, `${address.host}:${address.port}`, events);
    this.later(() => {
      if (this.mute !== undefined) return;
      const accept = this.listeners.get(here.remoteAddress);
      if (accept === undefined) {
        here.end('ECONNREFUSED: nobody listens');
        return;
      }
      const there = new FakeLink(this, LISTENING_END, undefined);
      here.other = there;
      there.other = here;
      this.atListener(() => {
        there.events = accept(there);
        there.events.opened();
      });
      here.events?.opened();
    });
    return here;
  }

  async listen(address: PeerAddress, accept: (link: Link) => LinkEvents): Promise<Listener> {
    const port = address.port === 0 ? this.nextPort++ : address.port;
    const name = `${address.host}:${port}`;
    if (this.listeners.has(name)) throw new Error(`EADDRINUSE: ${name}`);
    this.listeners.set(name, accept);
    return { port, close: () => this.listeners.delete(name) };
  }

  /** Stops the process that listens. */
  freeze(): void {
    this.frozen = true;
  }

  /** Lets it go on, with all that has come meanwhile. */
  thaw(): void {
    this.frozen = false;
    for (const task of this.kept.splice(0)) this.later(task);
  }

  /** Runs `task` in the process that listens. */
  atListener(task: () => void): void {
    if (this.frozen) this.kept.push(task);
    else task();
  }

  /** Whether what `from` sends gets lost. */
  loses(from: FakeLink): boolean {
    return this.silent || this.mute === (from.remoteAddress === LISTENING_END ? 'listening' : 'dialling');
  }

  /** Cuts all links, as a crash of one end does. */
  cutAll(): void {
    for (const end of this.ends) end.end('ECONNRESET: cut');
  }
}

class FakeLink implements Link {
  other: FakeLink | undefined;
  /** All that was written, for tests that look at the bytes. */
  sent = Buffer.alloc(0);
  writes = 0;
  paused = false;
  private queued = 0;
  private inbox: Buffer[] = [];
  private ended = false;

  constructor(
    private readonly network: FakeNetwork,
    readonly remoteAddress: string,
    public events: LinkEvents | undefined,
  ) {
    network.ends.push(this);
  }

  write(bytes: Buffer): boolean {
    if (this.ended) return true;
    this.writes += 1;
    this.sent = Buffer.concat([this.sent, bytes]);
    if (this.network.stuck) {
      this.queued += bytes.length;
      return false;
    }
    if (!this.network.loses(this)) this.other?.arrive(Buffer.from(bytes));
    // What the transport is done with may be overwritten at once; show it if anybody still counts on it.
    bytes.fill(0xee);
    return true;
  }

  queuedBytes(): number {
    return this.queued;
  }

  /** What was stuck is sent. */
  drain(): void {
    this.queued = 0;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.deliverLater();
  }

  close(reason: string): void {
    this.end(reason);
  }

  /** Ends the link at both ends, after what was sent before. */
  end(reason: string): void {
    if (this.ended) return;
    this.ended = true;
    this.network.later(() => {
      if (this.remoteAddress === LISTENING_END) this.network.atListener(() => this.events?.closed(reason));
      else this.events?.closed(reason);
      const { other } = this;
      if (other !== undefined && !this.network.loses(this)) other.end('the other end closed the connection');
    });
  }

  private arrive(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at += this.network.chunkBytes) {
      this.inbox.push(Buffer.from(bytes.subarray(at, Math.min(bytes.length, at + this.network.chunkBytes))));
    }
    this.deliverLater();
  }

  private deliverLater(): void {
    this.network.later(() => {
      if (this.remoteAddress === LISTENING_END) this.network.atListener(() => this.deliver());
      else this.deliver();
    });
  }

  private deliver(): void {
    while (!this.paused && !this.ended) {
      const chunk = this.inbox.shift();
      if (chunk === undefined) return;
      this.events?.received(chunk);
      chunk.fill(0xee);
    }
  }
}
