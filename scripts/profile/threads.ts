/** The CPU time of each thread of a process: of the native ones a profile knows nothing. */
import { readdirSync, readFileSync } from 'node:fs';
import { parseStat } from '../processes/cpu-time.js';

/** The thread that runs JavaScript, and is profiled. */
export const MAIN_THREAD = 'main thread';

/** µs by the thread's name, those of one name together; empty where the system does not tell them. */
export type ThreadTimes = ReadonlyMap<string, number>;

/** Reads the times of all threads of `pid` (Linux). */
export function threadTimes(pid: number): ThreadTimes {
  const times = new Map<string, number>();
  for (const thread of threadsOf(pid)) {
    try {
      const folder = `/proc/${pid}/task/${thread}`;
      const name = Number(thread) === pid ? MAIN_THREAD : nameOf(readFileSync(`${folder}/comm`, 'utf8').trim());
      times.set(name, (times.get(name) ?? 0) + (parseStat(readFileSync(`${folder}/stat`, 'utf8')) ?? 0));
    } catch {
      // It has ended meanwhile.
    }
  }
  return times;
}

/** What was taken between two readings. */
export function timesBetween(before: ThreadTimes, after: ThreadTimes): ThreadTimes {
  return new Map([...after].map(([name, us]) => [name, us - (before.get(name) ?? 0)]));
}

/** Node 20 leaves its own threads without names of their own. */
function nameOf(comm: string): string {
  return comm === 'node' ? "Node's other threads: V8's, and calls of RocksDB" : comm.replace(/[\d/]+$/, '');
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}
