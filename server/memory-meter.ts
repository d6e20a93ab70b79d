import type { ClusterNode } from '../cluster/node.js';
import type { ClientRegistry } from './net/client-registry.js';

/** Bytes of this process. */
export interface ProcessMemory {
  /** What the program has allocated. */
  readonly used: number;
  /** The most that `used` was seen to be. */
  readonly peak: number;
  /** What `used` was when the server began. */
  readonly startup: number;
  /** What the allocator of the program has asked the system for. */
  readonly allocated: number;
  /** What the system has given to the process. */
  readonly resident: number;
  /** Cached and not yet written objects. */
  readonly dataset: number;
  /** All that is used for anything else. */
  readonly overhead: number;
  /** Requests that are coming in, and replies that wait. */
  readonly clients: number;
}

/** Measures the memory of this process for `INFO` and `MEMORY STATS`. */
export class MemoryMeter {
  readonly #startup = usedNow();
  #peak = this.#startup;

  constructor(
    private readonly node: ClusterNode,
    private readonly clients: ClientRegistry,
  ) {}

  measure(): ProcessMemory {
    const { rss: resident, heapTotal, external } = process.memoryUsage();
    const used = usedNow();
    this.#peak = Math.max(this.#peak, used);
    const dataset = Math.min(used, this.node.replica.stats().bytes);
    let clients = 0;
    for (const connection of this.clients) clients += connection.queuedBytes + connection.requestBytes;
    return {
      used,
      peak: this.#peak,
      startup: this.#startup,
      allocated: Math.max(used, heapTotal + external),
      resident,
      dataset,
      overhead: used - dataset,
      clients,
    };
  }
}

function usedNow(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
