import { runProgram } from './processes.js';

/** Runs one command with redis-cli and gives the reply as JSON values. Throws with redis-cli's words on an error reply. */
export async function redisCli(port: number, ...words: readonly (string | number)[]): Promise<unknown> {
  const { code, output, errorOutput } = await runProgram('redis-cli', ['-p', port, '-e', '--json', ...words]);
  if (code !== 0) throw new Error(`${output}${errorOutput}`.trim());
  return JSON.parse(output);
}
