/**
 * What has to be in place before anything of this project can run: the packages of the lock file and an up-to-date
 * `dist`. Plain JavaScript without dependencies, because it runs before either of them exists.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const DIST = join(ROOT, 'dist');
const MAIN = join(DIST, 'server', 'main.js');
const PROGRAM_FOLDER = join(DIST, 'program');
const COMPILER = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
const NODE_MAJOR_MIN = 20;

/** A set-up step that did not work; the message says which and what to do. */
export class SetupError extends Error {}

/** Runs a program in the project's folder with the terminal as its own. Gives its exit code, 1 if a signal ended it. */
export function runHere(program, args, env = process.env) {
  const { status, error } = spawnSync(program, args, { cwd: ROOT, stdio: 'inherit', env });
  if (error) throw new SetupError(`${program} could not be started: ${error.message}`);
  return status ?? 1;
}

/** Installs the packages of the lock file when those in node_modules are missing or are others. */
export function ensureInstalled() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < NODE_MAJOR_MIN) {
    throw new SetupError(`Node ${NODE_MAJOR_MIN} or later is needed, this is ${process.versions.node}.`);
  }
  if (isInstalled()) return;
  console.log('Installing packages (npm ci) …');
  if (runHere('npm', ['ci', '--no-audit', '--no-fund']) !== 0) throw new SetupError('npm ci failed, see above.');
}

/**
 * Compares contents and not times of change: npm and git both touch the files without changing them. npm records what
 * it has installed in node_modules/.package-lock.json.
 */
function isInstalled() {
  const recordPath = join(ROOT, 'node_modules', '.package-lock.json');
  if (!existsSync(recordPath)) return false;
  const installed = JSON.parse(readFileSync(recordPath, 'utf8')).packages ?? {};
  const locked = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(locked).every(([path, wanted]) => {
    if (path === '') return true;
    const found = installed[path];
    // Packages for other platforms are in the lock file only.
    return found ? found.version === wanted.version && existsSync(join(ROOT, path)) : wanted.optional === true;
  });
}

/** Whether the compiler is there: not after `npm ci --omit=dev`. */
export function hasCompiler() {
  return existsSync(COMPILER);
}

/**
 * Compiles what has changed into `dist` (the compiler remembers), without leftovers of deleted sources, and puts the
 * modules of a node together to the program that users start.
 */
export function build() {
  removeLeftovers(DIST);
  // The first time takes a while.
  if (!existsSync(DIST)) console.log('Compiling …');
  const compiles = runHere(process.execPath, [COMPILER]) === 0;
  // The compiler writes what it can in any case, and tests of the rest run on that.
  if (existsSync(MAIN)) bundle();
  if (!compiles) throw new SetupError('The sources do not compile, see above.');
}

/**
 * To find, read and link each of some 400 modules takes Node longer than all else that a node does until it answers: together
 * they are there in half the time. Packages stay outside, the modules by themselves stay for tests and profiles.
 */
function bundle() {
  const { outputFiles } = require('esbuild').buildSync({
    entryPoints: [MAIN],
    outdir: PROGRAM_FOLDER,
    bundle: true,
    splitting: true,
    sourcemap: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'es2023',
    logLevel: 'warning',
    write: false,
  });
  mkdirSync(PROGRAM_FOLDER, { recursive: true });
  const written = new Set(outputFiles.map(({ path }) => path));
  for (const { path, contents } of outputFiles) {
    // What is the same stays: somebody may be starting it.
    if (!existsSync(path) || Buffer.compare(readFileSync(path), contents) !== 0) writeFileSync(path, contents);
  }
  for (const name of readdirSync(PROGRAM_FOLDER)) {
    if (!written.has(join(PROGRAM_FOLDER, name))) rmSync(join(PROGRAM_FOLDER, name));
  }
  // The bundler does not know that this is a program.
  chmodSync(join(PROGRAM_FOLDER, 'main.js'), 0o755);
}

/** A deleted test must not go on running: removes each compiled file whose source is gone. */
function removeLeftovers(folder) {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (path !== PROGRAM_FOLDER) removeLeftovers(path);
      continue;
    }
    const source = relative(DIST, path).replace(/\.js(\.map)?$/, '.ts');
    if (/\.js(\.map)?$/.test(entry.name) && !existsSync(join(ROOT, source))) rmSync(path);
  }
}

/** Runs the main function of a script; a set-up error becomes one line and exit code 1. */
export async function runScript(main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
