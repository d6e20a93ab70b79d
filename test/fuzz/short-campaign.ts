import { randomInt } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import { type AttackedPort, type CampaignOptions, runCampaign } from './campaign.js';
import { reportText } from './report-text.js';

const DURATION_MS = 15_000;
const SEED_END = 2 ** 32;

/** A campaign of some seconds from a new seed, which is printed with the command that replays it. */
export async function shortCampaign(t: ExecutionContext, port: AttackedPort): Promise<void> {
  const options: CampaignOptions = { seed: randomInt(SEED_END), port, durationMs: DURATION_MS };
  const report = await runCampaign(options);
  for (const line of reportText(options, report)) t.log(line);
  t.deepEqual(report.faults, []);
  t.true(report.guards.every(({ answered }) => answered > 0));
}
