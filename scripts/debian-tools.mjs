/** The programs from Debian's packages that the tests and the benchmark use: Redis's own, and openssl, which makes certificates. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runHere, SetupError } from './setup.mjs';

const PACKAGE_OF_PROGRAM = {
  'redis-cli': 'redis-tools',
  'redis-benchmark': 'redis-tools',
  'redis-server': 'redis-server',
  openssl: 'openssl',
};

/** Installs what is missing with apt-get, as root or through sudo without a password; otherwise says what to do. */
export function ensureRedisTools() {
  const missing = Object.keys(PACKAGE_OF_PROGRAM).filter((program) => !isOnPath(program));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((program) => PACKAGE_OF_PROGRAM[program]))];
  const asRoot = rootPrefix();
  if (!isOnPath('apt-get') || asRoot === undefined) {
    throw new SetupError(
      `${missing.join(', ')} not found, and they cannot be installed from here. Please install them ` +
        `(Debian: sudo apt-get install ${packages.join(' ')}) and try again.`,
    );
  }
  console.log(`Installing ${packages.join(', ')} (apt-get) …`);
  // RUNLEVEL=1: the package must not start a redis-server of its own as a service.
  const env = ['env', 'DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1'];
  const install = [...asRoot, ...env, 'apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...packages];
  const steps = [[...asRoot, ...env, 'apt-get', 'update', '-qq'], install];
  for (const [program, ...args] of steps) {
    if (runHere(program, args) !== 0) {
      throw new SetupError(
        `'${[program, ...args].join(' ')}' failed, see above. Please install ${packages.join(', ')}.`,
      );
    }
  }
}

function isOnPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** What to put before a command so that it runs as root; undefined when that is not possible. */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  const canSudo = isOnPath('sudo') && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0;
  return canSudo ? ['sudo', '-n'] : undefined;
}
