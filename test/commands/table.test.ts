import test from 'ava';
import { LiveServer } from '../unit/commands/live-server.js';
import type { CaseFamily } from './case.js';
import { connectionFamilies } from './cases/connection.js';
import { expiryFamilies, overtimeFamilies } from './cases/expiry.js';
import { protocolFamilies } from './cases/protocol.js';
import { serverFamilies } from './cases/server.js';
import { stringFamilies } from './cases/strings.js';
import { Comparison } from './comparison.js';
import { RedisProcess } from './redis-process.js';

const redis = await RedisProcess.start();
const live = await LiveServer.start();
const comparison = new Comparison(redis.port, live.port);

test.after.always(async () => {
  await live.stop();
  await redis.stop();
});

for (const resp of [2, 3] as const) {
  const families = [
    ...stringFamilies,
    ...expiryFamilies,
    ...connectionFamilies,
    ...protocolFamilies,
    ...serverFamilies,
  ];
  for (const family of families) compare(family, resp, ` (RESP${resp})`);
}
for (const family of overtimeFamilies) compare(family, 2, '');

function compare({ name, cases }: CaseFamily, resp: 2 | 3, suffix: string): void {
  test.serial(`${name}: replies are those of Redis${suffix}`, async (t) => {
    const found: string[] = [];
    for (const steps of cases) found.push(...(await comparison.differences(steps, resp)));
    t.is(found.length, 0, found.join('\n\n'));
  });
}

test.serial('every allowed difference still occurs', (t) => {
  t.deepEqual(comparison.unmet(), []);
});
