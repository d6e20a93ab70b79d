import { readFileSync } from 'node:fs';

/** A line of a node's log, by the names of its fields. */
export type LogLine = Readonly<Record<string, unknown>>;

/** The lines of a log that are objects. The last one is left out as long as it is being written. */
export function logLines(path: string): LogLine[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as LogLine);
}
