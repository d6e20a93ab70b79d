import { chmodSync, closeSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

const READ_ONLY = 'r';
const NEW_ONLY = 'wx';

/**
 * Puts `content` in the place of a file, in one step and on disk: whoever reads it, and whatever happens, finds the old one
 * or the new one. It keeps its mode. Throws what the file system throws.
 */
export function replaceFile(path: string, content: string): void {
  const { mode } = statSync(path);
  const temporary = `${path}-${process.pid}.tmp`;
  try {
    writeSynced(temporary, content, mode);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  const folder = openSync(dirname(path), READ_ONLY);
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function writeSynced(path: string, content: string, mode: number): void {
  const file = openSync(path, NEW_ONLY, mode);
  try {
    const bytes = Buffer.from(content);
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  chmodSync(path, mode);
}
