/**
 * Attacks a cluster of its own on this machine with clients that do not behave, and tells what became of it.
 *
 *   npm run fuzz                                    a minute on the port for clients, a minute on the peer port
 *   npm run fuzz -- --minutes 30 --port peer        longer, one of them
 *   npm run fuzz -- --seed 7 --port resp            the same attacks again
 *   npm run fuzz -- --seed 7 --port resp --first 812   from the attack of that number on
 *   npm run fuzz -- --port resp --only costly           only attacks of such names
 *
 * Exits with 1 when a node died, answered wrongly, or took more than it may.
 */
import { type CampaignOptions, runCampaign } from '../test/fuzz/campaign.js';
import { reportText } from '../test/fuzz/report-text.js';
import { readFuzzPlan } from './fuzz/plan.js';

const MB = 1024 * 1024;
/** How often a progress line is written where each stays, as in a log. */
const LOGGED_PROGRESS_MS = 10_000;

async function run(options: CampaignOptions): Promise<boolean> {
  let writtenMs = performance.now();
  const report = await runCampaign({
    ...options,
    onProgress: ({ attacks, answered, rssBytes }) => {
      const memory = rssBytes.map((bytes) => Math.round(bytes / MB)).join(' and ');
      const line = `${options.port}: ${attacks} attacks, ${answered} answers beside them, ${memory} MiB`;
      if (process.stderr.isTTY) process.stderr.write(`\r${line}   `);
      else if (performance.now() - writtenMs >= LOGGED_PROGRESS_MS) {
        writtenMs = performance.now();
        process.stderr.write(`${line}\n`);
      }
    },
  });
  if (process.stderr.isTTY) process.stderr.write('\n');
  for (const line of reportText(options, report)) console.log(line);
  return report.faults.length === 0;
}

try {
  const campaigns = readFuzzPlan();
  let isSound = true;
  for (const options of campaigns) isSound = (await run(options)) && isSound;
  process.exitCode = isSound ? 0 : 1;
} catch (error) {
  if (!(error instanceof RangeError || (error instanceof TypeError && 'code' in error))) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
