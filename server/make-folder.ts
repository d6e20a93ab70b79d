import { existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConfigError } from './config/config-lines.js';

/**
 * Makes a folder and those above it that are missing. Throws `ConfigError`, which names `option`, where that can't be.
 *
 * One by one: with `recursive` Node tries for ever where the system says that a parent is missing which is there (/proc).
 */
export function makeFolder(path: string, option: string): void {
  const missing: string[] = [];
  for (let folder = resolve(path); !existsSync(folder); folder = dirname(folder)) missing.unshift(folder);
  try {
    for (const folder of missing) mkdirSync(folder);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`bad value '${path}' for option '${option}': ${reason}`);
  }
}
