import { waitUntil } from '../../scripts/processes/wait.js';
import { READY_MS, runProgram } from './processes.js';

/** Too few nodes answered, as may be where a busy machine keeps one silent for a second; nothing was read or written. */
const NOTHING_DONE = /CLUSTERDOWN \d+ of \d+ required replicas|NOREPLICAS .*nothing was written/;

/** Runs one command with redis-cli and gives the reply as JSON values. Throws with redis-cli's words on an error reply. */
export async function redisCli(port: number, ...words: readonly (string | number)[]): Promise<unknown> {
  return JSON.parse(await outputOf(['-p', port, '-e', '--json', ...words]));
}

/** As `redisCli`, with the reply as text, which is all that `--json` leaves out of replies that are documents. */
export async function redisCliText(port: number, ...words: readonly (string | number)[]): Promise<string> {
  return (await outputOf(['-p', port, '-e', ...words])).trim();
}

/** What redis-cli prints; asked again as long as too few nodes answer. */
async function outputOf(args: readonly (string | number)[]): Promise<string> {
  let result = await runProgram('redis-cli', args);
  await waitUntil('enough nodes answer', READY_MS, async () => {
    const text = `${result.output}${result.errorOutput}`;
    if (result.code === 0 || !NOTHING_DONE.test(text)) return true;
    result = await runProgram('redis-cli', args);
    return text;
  });
  if (result.code !== 0) throw new Error(`${result.output}${result.errorOutput}`.trim());
  return result.output;
}
