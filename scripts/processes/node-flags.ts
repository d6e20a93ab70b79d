import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The program of a node as users start it: its modules bundled. */
export const NODE_PROGRAM = fileURLToPath(new URL('../../program/main.js', import.meta.url));

/** The same of single modules: slower to start, and a profile tells them apart. */
export const PROGRAM_OF_MODULES = fileURLToPath(new URL('../../server/main.js', import.meta.url));

/**
 * The flags for Node that stand in the first line of the program, which is their only home: whoever starts it by
 * `cartwheel` gets them from there, and so does everything that starts it as a child.
 */
export function nodeFlags(program = NODE_PROGRAM): string[] {
  const [firstLine = ''] = readFileSync(program, 'utf8').split('\n', 1);
  return flagsOf(firstLine);
}

/** `#!/usr/bin/env -S node --a --b=1` → `['--a', '--b=1']`; a plain `#!/usr/bin/env node` has none. */
export function flagsOf(firstLine: string): string[] {
  const words = firstLine.trim().split(/\s+/);
  const node = words.indexOf('node');
  return firstLine.startsWith('#!') && node !== -1 ? words.slice(node + 1) : [];
}
