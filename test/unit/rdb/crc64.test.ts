import test from 'ava';
import { crc64 } from '../../../server/rdb/crc64.js';

test('the checksum of the digits is that of CRC-64/Jones', (t) => {
  t.is(crc64(Buffer.from('123456789')).readBigUInt64LE(), 0xe9c6d914c4b8d9can);
  t.is(crc64(Buffer.from('123456789 and more'), 9).readBigUInt64LE(), 0xe9c6d914c4b8d9can);
  t.is(crc64(Buffer.alloc(0)).readBigUInt64LE(), 0n);
});
