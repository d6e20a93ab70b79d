import { existsSync, rmSync } from 'node:fs';

const ATTEMPTS_MAX = 100;
const PAUSE_MS = 50;

/**
 * Removes a folder with all that is below it. A process that was killed a moment ago may still make a file there meanwhile: then
 * it is removed again. Blocks until that is done, as what runs at the end of a process must. Throws where the folder stays.
 */
export function removeFolder(folder: string): void {
  for (let attempt = 1; existsSync(folder); attempt++) {
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      if (attempt >= ATTEMPTS_MAX) throw error;
    }
    if (!existsSync(folder)) return;
    if (attempt >= ATTEMPTS_MAX) throw new Error(`${folder} can't be removed`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)), 0, 0, PAUSE_MS);
  }
}
