/** Sums over all clients that have ever been connected; `queuedBytes` over those that are. */
export class TrafficTotals {
  connectionsAccepted = 0;
  connectionsRefused = 0;
  bytesIn = 0;
  bytesOut = 0;
  /** Pieces in which those bytes came from sockets, and went to them. */
  reads = 0;
  writes = 0;
  queryBufferCloses = 0;
  outputBufferCloses = 0;
  /** Bytes of replies that the kernel has not taken, as of the last flushes. */
  queuedBytes = 0;

  /** `CONFIG RESETSTAT`: the sums begin anew. */
  reset(): void {
    this.connectionsAccepted = 0;
    this.connectionsRefused = 0;
    this.bytesIn = 0;
    this.bytesOut = 0;
    this.reads = 0;
    this.writes = 0;
    this.queryBufferCloses = 0;
    this.outputBufferCloses = 0;
  }
}
