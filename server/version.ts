import { readFileSync } from 'node:fs';

/** The version of this package, e.g. `0.1.0`. */
export function versionText(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}
