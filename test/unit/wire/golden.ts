/**
 * The bytes of every message, composed by hand from PROTOCOL.md. They never change: a node of another version sends
 * exactly these.
 */

import type { ActorId } from '../../../cluster/version/actor.js';
import { encodeObject } from '../../../cluster/version/codec.js';

export const KEY = 'cart:\u00e9\u00ff';
const actor = '0102030405060001' as ActorId;
const counter = 1_700_000_000_000_000;
export const OBJECT = encodeObject({
  clock: new Map([[actor, counter]]),
  siblings: [{ dot: { actor, counter }, tombstone: false, expiryMs: 0, value: Buffer.from('milk') }],
});

/** Pieces of up to 32 bytes, for the eye. */
export const GOLDEN = {
  put: bytes(
    '490000001001000000ff000f0107000000636172743ae9ff0101010001020304',
    '0506000100401e18240a0600010203040506000100401e18240a060000000000',
    '0000000000040000006d696c6b',
  ),
  putHinted: bytes(
    '5d0000001905000000aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaff000f',
    '0107000000636172743ae9ff01010100010203040506000100401e18240a0600',
    '010203040506000100401e18240a060000000000000000000004000000',
    '6d696c6b',
  ),
  putReply: bytes('06000000110100000000'),
  get: bytes('130000001202000000ff000fefbeadde636172743ae9ff'),
  getReplyNothing: bytes('06000000130200000000'),
  getReplySame: bytes('06000000130200000001'),
  getReplyObject: bytes(
    '3b00000013020000000201010100010203040506000100401e18240a06000102',
    '03040506000100401e18240a0600000000000000000000040000006d696c6b',
  ),
  forward: bytes('0c0000001403000000646f2074686973'),
  forwardReply: bytes('090000001503000000646f6e65'),
  query: bytes('0d0000001604000000686f77206d616e79'),
  declined: bytes('050000001804000000'),
  ping: bytes('050000000607000000'),
  pong: bytes('050000000707000000'),
  closing: bytes('1500000005000000000b00746865206e6f64652073746f7073'),
  hello: bytes(
    '6500000001000000004354574845454c0a010001000000000000010000cf4acf',
    '22b95a6867d75356a7912da0f9aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    'aaa1a1a1a1a1a10001000102030405060708090a0b0c0d0e0f10111213141516',
    '1718191a1b1c1d1e1f',
  ),
  challenge: bytes(
    '6500000002000000004354574845454c0a010001000000000000010000cf4acf',
    '22b95a6867d75356a7912da0f9bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',
    'bbb2b2b2b2b2b20002202122232425262728292a2b2c2d2e2f30313233343536',
    '3738393a3b3c3d3e3f',
  ),
  proof: bytes('250000000300000000dad3ba92bfaf4de79c56e64707f6915c83c399ec2b36dc', '5b9582a262e9613866'),
  ready: bytes('250000000400000000dd676a48c24a0ef5e9dd9a69ada0c9416bacd5a899adaf', '448e442ba1b27a4c54'),
} as const;

function bytes(...hex: string[]): Buffer {
  return Buffer.from(hex.join(''), 'hex');
}
