import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { replaceFile } from '../../../server/config/replace-file.js';

test('a file is replaced, keeps its mode, and nothing stays beside it', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'cartwheel-replace-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'node.conf');
  writeFileSync(path, 'old', { mode: 0o640 });
  replaceFile(path, 'new é');
  t.is(readFileSync(path, 'utf8'), 'new é');
  t.is(statSync(path).mode & 0o777, 0o640);
  t.deepEqual(readdirSync(folder), ['node.conf']);
  t.throws(() => replaceFile(join(folder, 'nosuch'), ''), { code: 'ENOENT' });
});
