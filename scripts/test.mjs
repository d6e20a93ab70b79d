/**
 * `npm test`: installs and builds what is missing, runs the checks, then every test. The last line is always
 * `N passed, N failed`; a check that fails counts as one failure.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { runChecks } from './checks.mjs';
import { ensureRedisTools } from './debian-tools.mjs';
import { build, ensureInstalled, ROOT, SetupError } from './setup.mjs';

/** The lines of ava's summary that mean a failure. */
const FAILURE_LINE =
  /^\s*(\d+) (?:tests? failed|hooks? failed|uncaught exceptions?|unhandled rejections?|tests? remained pending)\b/;
const PASSED_LINE = /^\s*(\d+) tests? passed\b/;
const TEST_PASSED = /^\s{2}[✔√] (?!\[)/;

let passed = 0;
let failed = 0;
try {
  ensureInstalled();
  ensureRedisTools();
  try {
    build();
  } catch (error) {
    // Said again by the check of the types, which counts it; what was emitted is tested all the same.
    if (!(error instanceof SetupError)) throw error;
  }
  const failedChecks = runChecks();
  const tests = await runTests(process.argv.slice(2));
  // Behind the tests, with ava's summary of those that failed: what stands before them is long out of sight.
  for (const name of failedChecks) console.error(`✘ The check of ${name} failed, see above the tests.`);
  passed = tests.passed;
  failed = failedChecks.length + tests.failed;
} catch (error) {
  console.error(error instanceof SetupError ? error.message : error);
  failed += 1;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

/** Runs ava with its own output and counts along. Nothing found to run is a failure. */
async function runTests(args) {
  const env = process.stdout.isTTY ? { ...process.env, FORCE_COLOR: '1' } : process.env;
  const child = spawn(process.execPath, [join(ROOT, 'node_modules/ava/entrypoints/cli.mjs'), ...args], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const counts = { ticks: 0, passed: 0, failed: 0 };
  let partial = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (chunk) => {
    process.stdout.write(chunk);
    const lines = (partial + chunk).split('\n');
    partial = lines.pop() ?? '';
    for (const line of lines) countLine(counts, stripVTControlCharacters(line));
  });
  const exitCode = await new Promise((resolve) => {
    child.on('error', () => resolve(1));
    child.on('close', (code) => resolve(code ?? 1));
  });
  // ava leaves the number of passed tests out of its summary when one failed.
  const passedTests = counts.passed || counts.ticks;
  const wentWell = exitCode === 0 && passedTests > 0;
  return { passed: passedTests, failed: wentWell ? counts.failed : Math.max(1, counts.failed) };
}

function countLine(counts, line) {
  // Between the tests and the summary stands a rule; what tests printed before it is no summary.
  if (/^\s*[─-]\s*$/.test(line)) {
    counts.passed = 0;
    counts.failed = 0;
  } else if (PASSED_LINE.test(line)) {
    counts.passed = Number(PASSED_LINE.exec(line)[1]);
  } else if (FAILURE_LINE.test(line)) {
    counts.failed += Number(FAILURE_LINE.exec(line)[1]);
  } else if (TEST_PASSED.test(line)) {
    counts.ticks += 1;
  }
}
