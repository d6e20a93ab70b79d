import { readFileSync } from 'node:fs';

/** Linux tells times to programs in hundredths of a second, whatever its own clock is (USER_HZ). */
const US_A_TICK = 10_000;
/** Fields 14 and 15 of proc(5), counted from the third, which follows the program's name. */
const USER_FIELD = 14 - 3;
const SYSTEM_FIELD = 15 - 3;

/**
 * The CPU time that all threads of the processes have taken since they started, in µs; undefined where there is no /proc,
 * or one of them is gone. To be told in steps of 10 ms.
 */
export function cpuTimeUs(pids: readonly number[]): number | undefined {
  try {
    const times = pids.map((pid) => parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8')));
    return times.reduce<number | undefined>(
      (sum, us) => (sum === undefined || us === undefined ? undefined : sum + us),
      0,
    );
  } catch {
    return undefined;
  }
}

/** User and system time of the text of /proc/PID/stat, in µs; undefined when it lacks the figures. */
export function parseStat(text: string): number | undefined {
  // The name stands in brackets and may hold spaces and brackets itself.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const us = (Number(fields[USER_FIELD]) + Number(fields[SYSTEM_FIELD])) * US_A_TICK;
  return Number.isFinite(us) ? us : undefined;
}
