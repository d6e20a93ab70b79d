/** The process of a load generator: `node generator.js TRAFFIC`, TRAFFIC as JSON. Says on its standard output what it does. */
import { writeFileSync } from 'node:fs';
import { UnreachableError } from './connections.js';
import { Generation } from './generation.js';
import type { Report, Traffic } from './traffic.js';

function say(report: Report): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

const traffic = JSON.parse(process.argv[2] ?? '{}') as Traffic;
const generation = new Generation(traffic);
let startMs = 0;
try {
  const tally = await generation.run(() => {
    startMs = Date.now();
    say({ event: 'measuring' });
  });
  if (traffic.logPath !== undefined) writeFileSync(traffic.logPath, generation.log(startMs));
  say({ event: 'done', tally });
} catch (error) {
  if (!(error instanceof UnreachableError)) throw error;
  console.error(error.message);
  // The connections that stand would keep it alive.
  process.exit(1);
}
