import test from 'ava';
import fc from 'fast-check';
import { sipHash48 } from '../../../cluster/scan/sip-hash.js';

const KEY = Buffer.from(Array.from({ length: 16 }, (_, i) => i));

/** SipHash-2-4 with 64-bit words, as the paper writes it down. */
function reference(key: Buffer, text: Buffer): bigint {
  const rotated = (x: bigint, by: bigint) => BigInt.asUintN(64, (x << by) | (x >> (64n - by)));
  const sum = (a: bigint, b: bigint) => BigInt.asUintN(64, a + b);
  const [k0, k1] = [key.readBigUInt64LE(0), key.readBigUInt64LE(8)];
  let [v0, v1, v2, v3] = [
    k0 ^ 0x736f6d6570736575n,
    k1 ^ 0x646f72616e646f6dn,
    k0 ^ 0x6c7967656e657261n,
    k1 ^ 0x7465646279746573n,
  ];
  const round = () => {
    v0 = sum(v0, v1);
    v1 = rotated(v1, 13n) ^ v0;
    v0 = rotated(v0, 32n);
    v2 = sum(v2, v3);
    v3 = rotated(v3, 16n) ^ v2;
    v0 = sum(v0, v3);
    v3 = rotated(v3, 21n) ^ v0;
    v2 = sum(v2, v1);
    v1 = rotated(v1, 17n) ^ v2;
    v2 = rotated(v2, 32n);
  };
  const padded = Buffer.alloc(Math.floor(text.length / 8) * 8 + 8);
  text.copy(padded);
  padded[padded.length - 1] = text.length;
  for (let at = 0; at < padded.length; at += 8) {
    const word = padded.readBigUInt64LE(at);
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
  v2 ^= 0xffn;
  for (let i = 0; i < 4; i++) round();
  return v0 ^ v1 ^ v2 ^ v3;
}

test('the hash of the example in the paper is that of the paper', (t) => {
  const text = Buffer.from(Array.from({ length: 15 }, (_, i) => i));
  t.is(reference(KEY, text), 0xa129ca6149be45e5n);
  t.is(sipHash48(KEY, text.toString('latin1')), 0xca6149be45e5);
});

test('the low 48 bits of SipHash-2-4 come out of any key and text', (t) => {
  const key = fc.uint8Array({ minLength: 16, maxLength: 16 });
  fc.assert(
    fc.property(key, fc.uint8Array({ maxLength: 600 }), (keyBytes, textBytes) => {
      const [keyBuffer, text] = [Buffer.from(keyBytes), Buffer.from(textBytes)];
      t.is(BigInt(sipHash48(keyBuffer, text.toString('latin1'))), BigInt.asUintN(48, reference(keyBuffer, text)));
    }),
  );
});
