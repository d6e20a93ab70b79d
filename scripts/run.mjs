/** `node scripts/run.mjs NAME ARGUMENTS…`: installs and builds what is missing, then runs scripts/NAME.ts. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureRedisTools } from './debian-tools.mjs';
import { build, ensureInstalled, ROOT, runScript, SetupError } from './setup.mjs';

/** Scripts that run Redis's own programs. */
const NEED_REDIS_TOOLS = ['bench', 'compare', 'growth', 'load', 'profile'];

await runScript(async () => {
  const name = process.argv[2] ?? '';
  if (!/^[a-z-]+$/.test(name) || !existsSync(join(ROOT, 'scripts', `${name}.ts`))) {
    throw new SetupError(`There is no script '${name}' in scripts/.`);
  }
  ensureInstalled();
  if (NEED_REDIS_TOOLS.includes(name)) ensureRedisTools();
  build();
  process.argv.splice(1, 2, join(ROOT, 'dist', 'scripts', `${name}.js`));
  await import(`../dist/scripts/${name}.js`);
});
