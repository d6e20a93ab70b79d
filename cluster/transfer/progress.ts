import type { NodeId } from '../ring/ring.js';

/** How far the transfer of partitions with one other node is. */
export interface TransferProgress {
  readonly direction: 'incoming' | 'outgoing';
  readonly peer: NodeId;
  /** A partition counts once for each N of the keyspaces. */
  readonly partitionsDone: number;
  readonly partitionsTotal: number;
  /** Moved so far. */
  readonly keys: number;
  readonly bytes: number;
  readonly keysPerSecond: number;
  readonly bytesPerSecond: number;
  /** Undefined: can't be told yet. */
  readonly etaSeconds: number | undefined;
  /** ms since 1970. */
  readonly startedMs: number;
}
