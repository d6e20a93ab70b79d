/** The checks beside the tests: types, lint and format, dead code. `npm run check` runs them all. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT, runHere } from './setup.mjs';

const CHECKS = [
  { name: 'types', tool: 'typescript/bin/tsc', args: ['--noEmit', '--incremental', 'false'] },
  { name: 'lint and format', tool: '@biomejs/biome/bin/biome', args: ['check', '--error-on-warnings'] },
  { name: 'dead code', tool: 'knip/bin/knip.js', args: [] },
];

/** Runs every check, also after one has failed. Gives the names of those that failed. */
export function runChecks() {
  const failed = [];
  for (const { name, tool, args } of CHECKS) {
    console.log(`Checking ${name} …`);
    if (runHere(process.execPath, [join(ROOT, 'node_modules', tool), ...args]) !== 0) failed.push(name);
  }
  return failed;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const failed = runChecks();
  if (failed.length > 0) console.error(`Failed: ${failed.join(', ')}.`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}
