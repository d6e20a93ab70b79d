/** Declares the tests that compare all cases of the table, for a server of ours that `start` brings up. */
import type { TestFn } from 'ava';
import { unansweredByRedis } from './allowed-differences.js';
import type { CaseFamily } from './case.js';
import { aclFamilies } from './cases/acl.js';
import { adminFamilies } from './cases/admin.js';
import { bitFieldFamilies } from './cases/bit-fields.js';
import { bitFamilies } from './cases/bits.js';
import { connectionFamilies } from './cases/connection.js';
import { counterFamilies } from './cases/counters.js';
import { databaseFamilies } from './cases/databases.js';
import { expiryFamilies, overtimeFamilies } from './cases/expiry.js';
import { keyFamilies } from './cases/keys.js';
import { protocolFamilies } from './cases/protocol.js';
import { serverFamilies } from './cases/server.js';
import { pieceFamilies } from './cases/string-pieces.js';
import { writeFamilies } from './cases/string-writes.js';
import { stringFamilies } from './cases/strings.js';
import { transactionFamilies } from './cases/transactions.js';
import { watchingFamilies } from './cases/watching.js';
import type { Comparison } from './comparison.js';

const FAMILIES = [
  ...stringFamilies,
  ...writeFamilies,
  ...pieceFamilies,
  ...bitFamilies,
  ...counterFamilies,
  ...bitFieldFamilies,
  ...keyFamilies,
  ...expiryFamilies,
  ...databaseFamilies,
  ...connectionFamilies,
  ...protocolFamilies,
  ...transactionFamilies,
  ...serverFamilies,
  ...watchingFamilies,
  ...adminFamilies,
  ...aclFamilies,
];

export function compareTable(test: TestFn, comparison: Comparison, versions: readonly (2 | 3)[]): void {
  for (const resp of versions) for (const family of FAMILIES) compare(test, comparison, family, resp, ` (RESP${resp})`);
  for (const family of overtimeFamilies) compare(test, comparison, family, 2, '');

  for (const allowed of unansweredByRedis) {
    test.serial(`Redis still leaves ${JSON.stringify(allowed.input)} without an answer, and ours closes`, async (t) => {
      t.deepEqual(await comparison.unanswered(allowed), []);
    });
  }

  test.serial('every allowed difference still occurs', (t) => {
    t.deepEqual(comparison.unmet(), []);
  });
}

function compare(test: TestFn, comparison: Comparison, { name, cases }: CaseFamily, resp: 2 | 3, suffix: string): void {
  test.serial(`${name}: replies are those of Redis${suffix}`, async (t) => {
    const found: string[] = [];
    for (const steps of cases) found.push(...(await comparison.differences(steps, resp)));
    t.is(found.length, 0, found.join('\n\n'));
  });
}
