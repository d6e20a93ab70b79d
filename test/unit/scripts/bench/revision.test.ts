import test from 'ava';
import { runtimePackages } from '../../../../scripts/bench/revision.js';

function lock(packages: object): string {
  return JSON.stringify({ lockfileVersion: 3, packages: { '': { name: 'cartwheel', version: '1.0.0' }, ...packages } });
}

const ROCKSDB = { version: '5.2.1' };

test('revisions run with the same packages though they are developed with others', (t) => {
  const own = lock({ 'node_modules/rocksdb': ROCKSDB, 'node_modules/ava': { version: '6.0.0', dev: true } });
  const its = lock({ 'node_modules/rocksdb': ROCKSDB });
  t.is(runtimePackages(own), runtimePackages(its));
});

test('another version of a package that a node runs with makes a difference', (t) => {
  const own = lock({ 'node_modules/rocksdb': ROCKSDB });
  t.not(runtimePackages(own), runtimePackages(lock({ 'node_modules/rocksdb': { version: '5.2.2' } })));
  t.not(runtimePackages(own), runtimePackages(lock({})));
});
