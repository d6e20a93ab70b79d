import { runProgram } from './processes.js';

/** Runs one command with redis-cli and gives the reply as JSON values. Throws with redis-cli's words on an error reply. */
export async function redisCli(port: number, ...words: readonly (string | number)[]): Promise<unknown> {
  const { code, output, errorOutput } = await runProgram('redis-cli', ['-p', port, '-e', '--json', ...words]);
  if (code !== 0) throw new Error(`${output}${errorOutput}`.trim());
  return JSON.parse(output);
}

/** As `redisCli`, with the reply as text, which is all that `--json` leaves out of replies that are documents. */
export async function redisCliText(port: number, ...words: readonly (string | number)[]): Promise<string> {
  const { code, output, errorOutput } = await runProgram('redis-cli', ['-p', port, '-e', ...words]);
  if (code !== 0) throw new Error(`${output}${errorOutput}`.trim());
  return output.trim();
}
