import test from 'ava';
import { centreOf, IDLE, placeOf } from '../../../../scripts/profile/cost-centres.js';

function frame(functionName: string, url: string) {
  return { functionName, url, lineNumber: 0 };
}

function below(path: string): string {
  return `file:///home/someone/cartwheel/dist/${path}`;
}

test('a function belongs to the part of the program that it stands in', (t) => {
  const places = [
    ['server/resp/request-reader.js', 'parse requests'],
    ['server/resp/reply-buffer.js', 'replies'],
    ['server/dispatch.js', 'dispatch, commands'],
    ['cluster/coordinator/put.js', 'coordinator put'],
    ['cluster/coordinator/get.js', 'coordinator get'],
    ['cluster/version/encoded.js', 'version vectors'],
    ['cluster/replica/object-cache.js', 'replica, cache'],
    ['cluster/wire/frames.js', 'peer frames'],
    ['cluster/storage/rocks-store.js', 'RocksDB'],
  ];
  for (const [path = '', centre] of places) t.is(centreOf(frame('f', below(path)), 'other'), centre);
});

test('a package counts by its name, wherever it is installed', (t) => {
  t.is(placeOf('file:///a/dist/b/node_modules/redis-parser/lib/parser.js'), 'node_modules/redis-parser/lib/parser.js');
  t.is(centreOf(frame('parse', 'file:///a/node_modules/redis-parser/lib/parser.js'), 'other'), 'parse requests');
});

test('native functions and buffers count where they were called from', (t) => {
  t.is(centreOf(frame('batch_put', ''), 'RocksDB'), 'RocksDB');
  t.is(centreOf(frame('copy', 'node:buffer'), 'peer frames'), 'peer frames');
});

test('a write is a system call on a socket, and not on a file', (t) => {
  t.is(centreOf(frame('writev', ''), 'sockets in Node'), 'system calls: socket writes');
  t.is(centreOf(frame('writeBuffer', ''), centreOf(frame('writeSync', 'node:fs'), 'RocksDB')), 'files');
});

test('what V8 does by itself has centres of its own', (t) => {
  t.is(centreOf(frame('(garbage collector)', ''), 'peer frames'), 'garbage collection');
  t.is(centreOf(frame('(idle)', ''), 'other'), IDLE);
});
