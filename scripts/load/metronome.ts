/**
 * Ticks more finely than timers can (1 ms): another thread sleeps on a futex and wakes this one. What a tick is late counts as
 * latency of the requests that were due, so it has to be little against what is measured; each tick costs about 60 µs of CPU, though,
 * which the servers lack on a small machine.
 */
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

const TICK_MS = 0.5;

/** Calls `tick` again and again, until what it gives is called. */
export function startMetronome(tick: () => void): () => Promise<unknown> {
  const worker = new Worker(new URL(import.meta.url));
  worker.on('message', tick);
  return () => worker.terminate();
}

if (!isMainThread && parentPort !== null) {
  const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  for (;;) {
    Atomics.wait(never, 0, 0, TICK_MS);
    parentPort.postMessage(0);
  }
}
