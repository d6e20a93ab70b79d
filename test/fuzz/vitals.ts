/** What a process takes of its machine, as Linux tells it. */
import { readdirSync, readFileSync, statSync } from 'node:fs';

const BYTES_A_KB = 1024;

/** Resident memory in bytes; `peakRss` since the process began. */
export interface Memory {
  readonly rss: number;
  readonly peakRss: number;
}

export function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const field = (name: string): number => {
    const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
    if (kilobytes === undefined) throw new Error(`process ${pid} has no ${name}`);
    return Number(kilobytes) * BYTES_A_KB;
  };
  return { rss: field('VmRSS'), peakRss: field('VmHWM') };
}

/** Open file descriptors. */
export function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Bytes of a log file. */
export function logBytes(path: string): number {
  return statSync(path).size;
}
