import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { EXPERIMENTS } from '../../scripts/experiments/plan.js';

const PROGRAM = fileURLToPath(new URL('../../scripts/experiments.js', import.meta.url));

/** One after the other: each has up to five nodes. */
for (const name of EXPERIMENTS) {
  test.serial(`npm run experiments -- ${name} measures, and keeps a table and a drawing`, (t) => {
    t.timeout(900_000);
    const out = mkdtempSync(join(tmpdir(), 'cartwheel-test-experiments-'));
    t.teardown(() => rmSync(out, { recursive: true, force: true }));
    const args = [PROGRAM, name, '--seconds', '0.5', '--rate', '60', '--out', out];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    t.is(status, 0, stderr);
    t.deepEqual(readdirSync(out).sort(), [`${name}.svg`, `${name}.txt`]);
    const table = readFileSync(join(out, `${name}.txt`), 'utf8');
    t.true(stdout.includes(table.trim()));
    t.false(/NaN|undefined|Infinity/.test(table), table);
    t.regex(readFileSync(join(out, `${name}.svg`), 'utf8'), /^<svg [\s\S]*<\/svg>\n$/);
  });
}
