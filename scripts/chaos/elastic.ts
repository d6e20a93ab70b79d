/**
 * Nodes join, leave and take the places of dead ones while clients write and all the faults of the default run go on: joiners, and
 * those that they receive from, are killed and frozen in the middle of transfers like everybody else.
 */
import { joiningNode } from '../processes/local-nodes.js';
import { freePorts } from '../processes/ports.js';
import { waitUntil } from '../processes/wait.js';
import { type Mode, NODE_ARGS, type Stage } from './mode.js';
import { EMPTIED, type Happenings, runSchedule } from './schedule.js';
import type { Target } from './target.js';
import { ALL_KEYS } from './workload.js';

const MEMBERS_MIN = 4;
const MEMBERS_MAX = 7;
const SEEDS = 2;
const LEFT_MS = 180_000;
const TOLD_EVERY_MS = 5000;

const HAPPENINGS: Happenings = {
  losses: [EMPTIED, { name: 'replacements', isPossible: () => true, run: replace }],
  changes: [
    { name: 'joins', isPossible: ({ fleet }) => fleet.targets.length < MEMBERS_MAX, run: join },
    {
      name: 'leaves',
      isPossible: ({ fleet }) => fleet.staying.length > MEMBERS_MIN && fleet.free.length > 0,
      run: leave,
    },
  ],
};

export const ELASTIC: Mode = {
  name: 'nodes join, leave and are replaced, and are killed, stopped, frozen, cut off and emptied meanwhile',
  nodeArgs: NODE_ARGS,
  mix: ALL_KEYS,
  settleMs: 45_000,
  disturb: async (stage) => {
    const counts = await runSchedule(stage, HAPPENINGS);
    await allHaveLeft(stage);
    return counts;
  },
};

async function join(stage: Stage): Promise<void> {
  const target = await start(stage, []);
  stage.print(`${target.port}: joins`);
  target.suffering = 'joining';
  await target.ready(0);
  target.suffering = undefined;
}

async function leave({ fleet, prng, print }: Stage): Promise<void> {
  const target = prng.pick(fleet.free);
  print(`${target.port}: leaves`);
  target.suffering = 'asked to leave';
  await target.leave();
  target.suffering = undefined;
}

/** A node dies with its disk, and another takes its place. */
async function replace(stage: Stage): Promise<void> {
  const { fleet, prng, print, healed } = stage;
  const dead = prng.pick(fleet.staying);
  await dead.kill();
  fleet.remove(dead);
  const target = await start(stage, ['--replace', dead.id]);
  print(`${dead.port}: kill -9 for good; ${target.port} replaces it`);
  target.suffering = 'replacing';
  await target.ready(0);
  await healed();
  target.suffering = undefined;
}

/** Starts a node that joins by way of some of the others. */
async function start({ fleet, prng }: Stage, args: readonly string[]): Promise<Target> {
  const [port = 0, peerPort = 0] = await freePorts(2);
  const first = prng.below(fleet.staying.length);
  const seeds = [...fleet.staying, ...fleet.staying].slice(first, first + SEEDS).map(({ ports }) => ports);
  return fleet.add(joiningNode(fleet.folder, { port, peerPort }, seeds, [...NODE_ARGS, ...args]), { port, peerPort });
}

/** Waits until all who were asked to leave have handed everything over and ended. */
async function allHaveLeft({ fleet, print }: Stage): Promise<void> {
  let toldMs = performance.now();
  await waitUntil('all who leave have left', LEFT_MS, () => {
    const leaving = fleet.targets.filter(({ isLeaving }) => isLeaving).map(({ port }) => port);
    if (leaving.length === 0) return true;
    const text = `waiting for ${leaving.join(', ')} to leave`;
    if (performance.now() - toldMs >= TOLD_EVERY_MS) {
      toldMs = performance.now();
      print(text);
    }
    return text;
  });
}
