import test from 'ava';
import { voterClasses } from '../../../cluster/scan/electorate.js';
import { askWave, type WaveOutcome } from '../../../cluster/scan/scan-wave.js';
import { actorNamed, objectWith } from '../coordinator/scripted-node.js';
import { FIRST_PARTITION, pageOf, replyPages, ScriptedScan } from './scripted-scan.js';

const OBJECT = objectWith({ actor: actorNamed('a'), counter: 1, value: 'x' });
const STORE_MS = 50;
const ONE_COPY = { prefix: 'one:', n: 1, r: 1, w: 1, sloppy: true, reconcile: 'newest', durability: 'log' } as const;

/** Asks for the first partition; the outcome is there once there is one. */
async function asked(scan: ScriptedScan): Promise<{ outcome?: WaveOutcome }> {
  const ended: { outcome?: WaveOutcome } = {};
  const question = { db: 0, rows: 10, places: [{ partition: FIRST_PARTITION, after: 0 }] };
  void askWave(scan.node, scan.answers, voterClasses(scan.node.keyspaces), question).then((outcome) => {
    ended.outcome = outcome;
  });
  await scan.scripted.advance(STORE_MS);
  return ended;
}

function keysOf({ outcome }: { outcome?: WaveOutcome }): unknown {
  const [first] = outcome ?? [];
  return first === undefined || 'code' in first ? first : first.keys.map(({ key }) => key).sort();
}

test('all primaries are asked, and as many answers as a get needs are enough', async (t) => {
  const scan = await ScriptedScan.open();
  scan.scripted.hold('mine', OBJECT);
  const ended = await asked(scan);
  t.deepEqual(
    scan.scripted.peers.map(({ queries }) => queries.length),
    [1, 1],
  );
  t.is(keysOf(ended), undefined);
  replyPages(scan.scripted.peer(1), pageOf('theirs'));
  await scan.scripted.advance(1);
  t.deepEqual(keysOf(ended), ['mine', 'theirs']);
  replyPages(scan.scripted.peer(0), pageOf('late'));
  await scan.scripted.advance(1);
  t.deepEqual(keysOf(ended), ['mine', 'theirs']);
});

test('with too few answers it fails as a get does', async (t) => {
  const scan = await ScriptedScan.open();
  const ended = await asked(scan);
  scan.scripted.peer(0).queries[0]?.fail('timeout');
  await scan.scripted.advance(1);
  t.is(keysOf(ended), undefined);
  replyPages(scan.scripted.peer(1), undefined);
  await scan.scripted.advance(1);
  t.deepEqual(keysOf(ended), { code: 'ReadQuorumNotMet', answered: 1, needed: 2 });
});

test('the keyspace that needs most answers is waited for', async (t) => {
  const scan = await ScriptedScan.open({ keyspace: { r: 1 } }, [{ ...ONE_COPY, prefix: 'all:', n: 3, r: 3 }]);
  const ended = await asked(scan);
  t.is(keysOf(ended), undefined);
  replyPages(scan.scripted.peer(0), pageOf('a'));
  await scan.scripted.advance(1);
  t.is(keysOf(ended), undefined);
  replyPages(scan.scripted.peer(1), pageOf('b'));
  await scan.scripted.advance(1);
  t.deepEqual(keysOf(ended), ['a', 'b']);
});

test('of the keys of a keyspace with one copy only its one primary is believed', async (t) => {
  const scan = await ScriptedScan.open({}, [ONE_COPY]);
  scan.scripted.hold('one:mine', OBJECT);
  const ended = await asked(scan);
  replyPages(scan.scripted.peer(0), pageOf('both one:left-over'));
  await scan.scripted.advance(1);
  const [page] = ended.outcome ?? [];
  t.deepEqual(
    page !== undefined &&
      'keys' in page &&
      page.keys
        .filter(({ isCertain }) => isCertain)
        .map(({ key }) => key)
        .sort(),
    ['both', 'one:mine'],
  );
});

test('where primaries can not be reached others stand in, but not for a keyspace that is strict', async (t) => {
  for (const sloppy of [true, false]) {
    const scan = await ScriptedScan.open({ nodes: 4, keyspace: { sloppy } });
    scan.scripted.peer(0).up = false;
    scan.scripted.peer(1).up = false;
    const ended = await asked(scan);
    if (sloppy) {
      replyPages(scan.scripted.peer(2), pageOf('-gone taken'));
      await scan.scripted.advance(1);
      t.deepEqual(keysOf(ended), ['taken']);
    } else {
      t.deepEqual(keysOf(ended), { code: 'ReadQuorumNotMet', answered: 1, needed: 2 });
      t.is(scan.scripted.peer(2).queries.length, 0);
    }
  }
});

test('a node that needs more time is waited for only where the others are too few', async (t) => {
  const scan = await ScriptedScan.open();
  const ended = await asked(scan);
  replyPages(scan.scripted.peer(0), pageOf('', 0));
  await scan.scripted.advance(1);
  t.is(keysOf(ended), undefined);
  replyPages(scan.scripted.peer(1), pageOf('k'));
  await scan.scripted.advance(1);
  t.deepEqual(keysOf(ended), ['k']);

  const again = await asked(scan);
  replyPages(scan.scripted.peer(0), pageOf('', 0));
  scan.scripted.peer(1).queries.at(-1)?.fail('timeout');
  await scan.scripted.advance(1);
  t.deepEqual(again.outcome, [{ keys: [], looked: 0, upTo: 0 }]);
});

test('a copy that may not be read does not answer', async (t) => {
  const scan = await ScriptedScan.open();
  scan.scripted.hold('mine', OBJECT);
  scan.node.replica.setServes(FIRST_PARTITION, false);
  const ended = await asked(scan);
  replyPages(scan.scripted.peer(0), pageOf('a'));
  replyPages(scan.scripted.peer(1), pageOf('b'));
  await scan.scripted.advance(1);
  t.deepEqual(keysOf(ended), ['a', 'b']);
});
