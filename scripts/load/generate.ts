/** Runs the load generator in a process of its own: what happens here delays none of its requests. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Report, Tally, Traffic } from './traffic.js';

const PROGRAM = fileURLToPath(new URL('./generator.js', import.meta.url));

/** The load could not be generated; the message is what the generator said of that. */
export class GeneratorError extends Error {}

/** Gives what it measured; `measuring` is called when its warm-up is over. Rejects with `GeneratorError`. */
export function generate(traffic: Traffic, measuring: () => void = () => undefined): Promise<Tally> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [PROGRAM, JSON.stringify(traffic)], { stdio: ['ignore', 'pipe', 'pipe'] });
    const kill = (): void => {
      child.kill('SIGKILL');
    };
    process.once('exit', kill);
    let tally: Tally | undefined;
    let errors = '';
    createInterface(child.stdout).on('line', (line) => {
      const report = JSON.parse(line) as Report;
      if (report.event === 'measuring') measuring();
      else tally = report.tally;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.off('exit', kill);
      if (tally !== undefined && code === 0) resolve(tally);
      else
        reject(new GeneratorError(errors.trim() || `the load generator ended with ${signal ?? `exit code ${code}`}`));
    });
  });
}
