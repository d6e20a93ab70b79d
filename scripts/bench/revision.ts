/** Another revision of this project, compiled in a folder of its own. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of this project, from where this file is compiled to. */
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const LOCK = 'package-lock.json';
const PACKAGES = 'node_modules';
const COMPILER = join(PACKAGES, 'typescript', 'bin', 'tsc');
/** What a node consists of; tests and scripts of old need not compile. */
const PARTS = ['server', 'cluster'];
const BUILD_CONFIG = 'tsconfig.revision.json';

export interface BuiltRevision {
  /** The commit's short id. */
  readonly name: string;
  /** Its compiled program of a node. */
  readonly program: string;
}

/** `revision` does not name a commit, or that one can't be built; the message says what happened. */
export class RevisionError extends Error {}

/**
 * Checks `revision` (any name that git knows) out into `folder`, which must not exist, and compiles it there. The packages
 * are those of this tree where it runs with the same; otherwise npm installs its own.
 */
export async function buildRevision(revision: string, folder: string): Promise<BuiltRevision> {
  const commit = await run(ROOT, 'git', [
    'rev-parse',
    '--verify',
    '--quiet',
    '--end-of-options',
    `${revision}^{commit}`,
  ]).catch(() => {
    throw new RevisionError(`--compare: git knows no commit '${revision}'`);
  });
  // A clone that shares the objects: unlike a worktree, nothing of it stays in the repository when this is killed.
  await run(ROOT, 'git', ['clone', '--quiet', '--shared', '--no-checkout', ROOT, folder]);
  await run(folder, 'git', ['checkout', '--quiet', '--detach', commit]);
  await providePackages(folder);
  writeFileSync(join(folder, BUILD_CONFIG), JSON.stringify({ extends: './tsconfig.json', include: PARTS }));
  await run(folder, process.execPath, [COMPILER, '--project', BUILD_CONFIG]);
  const program = join(folder, 'dist', 'server', 'main.js');
  if (!existsSync(program)) throw new RevisionError(`${revision} has no ${PARTS[0]}/main.ts`);
  return { name: await run(folder, 'git', ['rev-parse', '--short', 'HEAD']), program };
}

async function providePackages(folder: string): Promise<void> {
  const [own, its] = [ROOT, folder].map((place) => readFileSync(join(place, LOCK), 'utf8'));
  if (runtimePackages(own ?? '') === runtimePackages(its ?? '')) {
    symlinkSync(join(ROOT, PACKAGES), join(folder, PACKAGES), 'dir');
  } else {
    await run(folder, 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  }
}

/** The packages that a lock file (version 2 or 3) names for more than development, with their versions, as a text to compare. */
export function runtimePackages(lockFile: string): string {
  const { packages } = JSON.parse(lockFile) as {
    readonly packages: Readonly<Record<string, { readonly version?: string; readonly dev?: boolean }>>;
  };
  const rows = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true);
  return rows
    .map(([path, { version }]) => `${path} ${version}`)
    .sort()
    .join('\n');
}

/** Gives what a program printed, trimmed. */
function run(folder: string, program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const [output, errors] = [child.stdout, child.stderr].map((stream) => {
      const texts: string[] = [];
      stream.setEncoding('utf8').on('data', (text: string) => texts.push(text));
      return texts;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      const printed = output?.join('').trim() ?? '';
      if (code === 0) resolve(printed);
      else reject(new RevisionError(`'${[program, ...args].join(' ')}' failed:\n${printed}\n${errors?.join('')}`));
    });
  });
}
