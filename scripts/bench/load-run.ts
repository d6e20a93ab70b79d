import { spawn } from 'node:child_process';
import { type Measurement, parseBenchmarkCsv } from './benchmark-csv.js';
import type { Load, Test } from './plan.js';

/** redis-benchmark tries for ever when nobody listens, so every run is given an end. */
const RUN_MS_MAX = 600_000;

/**
 * Runs redis-benchmark once against 127.0.0.1:`port` with `requests` requests of one test of the load. Gives what it
 * measured; rejects with what it printed when it fails.
 */
export async function runLoad(port: number, load: Load, test: Test, requests: number): Promise<Measurement> {
  const { connections, valueBytes, pipeline } = load;
  const args = ['-p', port, '-c', connections, '-d', valueBytes, '-n', requests, '-P', pipeline, '--csv'];
  args.push('-t', test.toLowerCase());
  if (load.keys !== undefined) args.push('-r', load.keys);
  if (load.cluster) args.push('--cluster');
  const output = await run('redis-benchmark', args.map(String));
  const measured = parseBenchmarkCsv(output).get(test);
  if (measured === undefined) throw new Error(`redis-benchmark did not finish ${test}:\n${output}`);
  return measured;
}

function run(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: RUN_MS_MAX });
    const output: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => output.push(text));
    }
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const text = output.join('');
      if (code === 0) resolve(text);
      else reject(new Error(`${program} ${args.join(' ')} ended with ${signal ?? `exit code ${code}`}:\n${text}`));
    });
  });
}
