import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { removeFolder } from '../../../../scripts/processes/remove-folder.js';

/** Makes files, and the folder anew where it is gone, until it is killed. */
const MAKES_FILES = `
  const { mkdirSync, writeFileSync } = require('node:fs');
  for (let i = 0; ; i++) {
    try {
      mkdirSync(process.argv[1], { recursive: true });
      writeFileSync(process.argv[1] + '/' + i, '');
    } catch {}
    if (i === 100) console.log('some');
  }
`;

test('a folder is removed with all that is below it; none that is gone is no error', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'cartwheel-test-'));
  mkdirSync(join(folder, 'a', 'b'), { recursive: true });
  writeFileSync(join(folder, 'a', 'b', 'file'), 'text');
  removeFolder(folder);
  t.false(existsSync(folder));
  t.notThrows(() => removeFolder(folder));
});

test('a folder is removed though the process that made files in it was killed only now', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'cartwheel-test-'));
  const child = spawn(process.execPath, ['-e', MAKES_FILES, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  removeFolder(folder);
  await ended;
  t.false(existsSync(folder));
});
