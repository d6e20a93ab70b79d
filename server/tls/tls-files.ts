/** The files of certificates and keys, read whole and in words that name the option where that can't be. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CA_FILES_MAX, FILE_BYTES_MAX } from './limits.js';

/** TLS can't be set up so; `message` names the option and the file, and nothing that is in the file. */
export class TlsFault extends Error {
  override readonly name = 'TlsFault';
}

/** A file or folder, and the option that names it. */
export interface NamedPath {
  readonly option: string;
  readonly path: string;
}

const PEM_CERTIFICATE = '-----BEGIN CERTIFICATE-----';
const PEM_TRUSTED = '-----BEGIN TRUSTED CERTIFICATE-----';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
  ENOTDIR: 'it is no folder',
};

/** Throws `TlsFault`. */
export function readNamed(named: NamedPath): Buffer {
  return orFault(named, () => {
    const { size } = statSync(named.path);
    if (size > FILE_BYTES_MAX) throw new Error(`${size} bytes are more than ${FILE_BYTES_MAX}`);
    return readFileSync(named.path);
  });
}

/** The files of a folder that hold certificates, as `c_rehash` leaves them or not. Throws `TlsFault`. */
export function readFolder(named: NamedPath): Buffer[] {
  return orFault(named, () => {
    const found: Buffer[] = [];
    for (const name of readdirSync(named.path).sort()) {
      const path = join(named.path, name);
      const about = statSync(path, { throwIfNoEntry: false });
      if (about === undefined || !about.isFile() || about.size > FILE_BYTES_MAX) continue;
      const bytes = readFileSync(path);
      if (!bytes.includes(PEM_CERTIFICATE) && !bytes.includes(PEM_TRUSTED)) continue;
      if (found.length >= CA_FILES_MAX) throw new Error(`it has more than ${CA_FILES_MAX} files with certificates`);
      found.push(bytes);
    }
    if (found.length === 0) throw new Error('no file in it holds a certificate');
    return found;
  });
}

/** What changes when a file is written or replaced; for one that is not there, that. */
export function markOf(path: string): string {
  try {
    const about = statSync(path, { bigint: true });
    return `${about.dev}:${about.ino}:${about.size}:${about.mtimeNs}`;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  }
}

function orFault<T>({ option, path }: NamedPath, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const reason = REASONS[code] ?? (error instanceof Error ? error.message : String(error));
    throw new TlsFault(`can't read ${option} '${path}': ${reason}`);
  }
}
