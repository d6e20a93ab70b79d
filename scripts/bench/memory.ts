import { readFileSync } from 'node:fs';

const KIB = 1024;

/** Memory that a process holds now and has held at most, in bytes (Linux: VmRSS and VmHWM of /proc/PID/status). */
export interface ProcessMemory {
  readonly now: number;
  readonly most: number;
}

/** Reads the memory of a process; undefined where there is no /proc or no such process. */
export function processMemory(pid: number): ProcessMemory | undefined {
  try {
    return parseStatus(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Reads the text of /proc/PID/status; undefined when it lacks the figures. */
export function parseStatus(text: string): ProcessMemory | undefined {
  const now = kibibytes(text, 'VmRSS');
  const most = kibibytes(text, 'VmHWM');
  return now === undefined || most === undefined ? undefined : { now: now * KIB, most: most * KIB };
}

function kibibytes(text: string, name: string): number | undefined {
  const match = new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(text);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}
