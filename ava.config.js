import { availableParallelism } from 'node:os';

/** The files that take minutes, the longest first: whichever runs last has nothing beside it. */
const LONG = [
  'integration/elastic',
  'integration/chaos',
  'commands/cluster',
  'simulation/simulation',
  'integration/always-writable',
  'commands/table',
  'simulation/mutations',
  'simulation/flush-mutations',
  'commands/cluster-in-turn',
  'integration/flush',
  'integration/boot',
  'commands/cluster-pipelines',
  'fuzz/resp-fuzz',
  'integration/durability',
  'simulation/elastic-mutations',
].map((name) => `dist/test/${name}.test.js`);

/** Those of processes next, which mostly wait; then what keeps a processor busy. */
const FOLDERS = ['integration', 'commands', 'fuzz', 'simulation', 'unit'].map((name) => `dist/test/${name}/`);

function place(path) {
  const long = LONG.findIndex((name) => path.endsWith(name));
  return long >= 0 ? long : LONG.length + FOLDERS.findIndex((name) => path.includes(name));
}

export default {
  files: ['dist/test/**/*.test.js'],
  workerThreads: false,
  // Tests of processes wait much of their time: one file more than there are processors keeps those busy.
  concurrency: availableParallelism() + 1,
  // Against what hangs, no limit on speed: on a busy machine a single simulation may be silent for minutes.
  timeout: '10m',
  sortTestFiles: (one, other) => place(one) - place(other) || one.localeCompare(other),
};
