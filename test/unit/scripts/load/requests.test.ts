import test from 'ava';
import { Requests } from '../../../../scripts/load/requests.js';

test('a request is of a key as redis-benchmark names them, a get as often as wished', (t) => {
  const chances = [0.5, 0.69, 0.999, 0.7];
  const requests = new Requests({ keys: 100, valueBytes: 3, getShare: 0.7 }, () => chances.shift() ?? 0);
  t.is(requests.next(), '*2\r\n$3\r\nGET\r\n$16\r\nkey:000000000050\r\n');
  t.is(requests.next(), '*3\r\n$3\r\nSET\r\n$16\r\nkey:000000000099\r\n$3\r\nxxx\r\n');
  t.is(requests.put(7), '*3\r\n$3\r\nSET\r\n$16\r\nkey:000000000007\r\n$3\r\nxxx\r\n');
});
