import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { clusterContestant, makeSide, redisContestant } from '../../scripts/bench/arena.js';
import { comparisonOf, NAMES } from '../../scripts/bench/comparison.js';
import { contest } from '../../scripts/bench/contest.js';
import { type Load, PLAIN } from '../../scripts/bench/plan.js';
import { buildRevision, RevisionError } from '../../scripts/bench/revision.js';
import { startAll } from '../../scripts/processes/local-nodes.js';
import { freePorts } from '../../scripts/processes/ports.js';
import { RedisServer } from '../../scripts/processes/redis-server.js';
import { READY_MS } from './processes.js';

const LOAD: Load = { ...PLAIN, name: 'small', tests: ['SET'], pipeline: 16, keys: 100 };
const ALONE = ['--n', '1', '--r', '1', '--w', '1'];
/** Patient: where many processes share a core a request may take long. */
const CONTENDER = { name: 'single', nodeCount: 1, nodeArgs: [...ALONE, '--request-timeout-ms', '10000'] };

test('a node and redis-server take the same load in turn, and the CPU time of each is told', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'cartwheel-test-'));
  const [redisPort = 0] = await freePorts(1);
  const redis = RedisServer.launch(redisPort, folder);
  const side = await makeSide(NAMES.present, CONTENDER, folder, undefined);
  t.teardown(async () => {
    redis.kill();
    await Promise.all(side.nodes.map((node) => node.kill()));
    rmSync(folder, { recursive: true, force: true });
  });
  await Promise.all([redis.ready(READY_MS), startAll(side.nodes, READY_MS)]);
  const contestants = [clusterContestant(side), redisContestant(redis)];
  const bouts = await contest(contestants, LOAD, { rounds: 1, runSeconds: 0.1 }, (text) => t.log(text));
  t.deepEqual(
    bouts.map((bout) => bout.test),
    ['SET'],
  );
  for (const bout of bouts) {
    const { present, redis: reference } = comparisonOf('single', bout);
    for (const run of [...present, ...reference]) t.true(run.operationsPerSecond > 0);
    t.is(present.length, 1);
    t.is(reference.length, 1);
    if (process.platform === 'linux') t.true(present.every(({ cpuUs = 0 }) => cpuUs > 0));
  }
});

test('a revision that git does not know is refused with its name', async (t) => {
  const error = await t.throwsAsync(buildRevision('no-such-revision', join(tmpdir(), 'cartwheel-never-made')), {
    instanceOf: RevisionError,
  });
  t.regex(error?.message ?? '', /'no-such-revision'/);
});
