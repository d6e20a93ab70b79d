import test from 'ava';
import { type Store, StoreError, type StoreWrite } from '../../../cluster/ports/store.js';
import { syncStore } from '../../../cluster/storage/sync-store.js';

function storeThat(answers: StoreError | undefined) {
  const batches: { writes: readonly StoreWrite[]; sync: boolean }[] = [];
  const store: Pick<Store, 'write'> = {
    write: (writes, sync, done) => {
      batches.push({ writes, sync });
      done(answers);
    },
  };
  return { batches, store };
}

test('a row is written synced, so that all batches before it are on disk too', async (t) => {
  const { batches, store } = storeThat(undefined);
  await syncStore(store, 1_700_000_000_000);
  t.is(batches.length, 1);
  t.true(batches[0]?.sync);
  t.is(batches[0]?.writes[0]?.value?.readDoubleLE(), 1_700_000_000_000);
});

test('a store that can not write is told', async (t) => {
  const { store } = storeThat(new StoreError('disk full'));
  await t.throwsAsync(syncStore(store, 1), { instanceOf: StoreError, message: 'disk full' });
});
