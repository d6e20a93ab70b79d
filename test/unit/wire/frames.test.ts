import test from 'ava';
import fc from 'fast-check';
import { FrameDecoder } from '../../../cluster/wire/frames.js';
import { appendWhole } from '../../../cluster/wire/messages.js';
import { OutBuffer } from '../../../cluster/wire/out-buffer.js';
import { GOLDEN } from './golden.js';

interface Heard {
  readonly frames: string[];
  readonly fault: string | undefined;
}

/** What a decoder hears from `chunks`, each of which is overwritten after it was fed. */
function decode(chunks: readonly Buffer[], frameBytesMax = 1 << 20): Heard {
  const frames: string[] = [];
  const decoder = new FrameDecoder(
    {
      frame: (kind, id, bytes, start, end) => {
        frames.push(`${kind} ${id} ${bytes.toString('hex', start, end)}`);
        return undefined;
      },
    },
    frameBytesMax,
  );
  for (const chunk of chunks) {
    const copy = Buffer.from(chunk);
    const fault = decoder.feed(copy);
    copy.fill(0xee);
    if (fault !== undefined) return { frames, fault };
  }
  return { frames, fault: undefined };
}

function cutAt(bytes: Buffer, points: readonly number[]): Buffer[] {
  const edges = [0, ...[...points].sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((edge, i) => bytes.subarray(edges[i], edge));
}

const all = Buffer.concat(Object.values(GOLDEN));

test('every message is decoded alike whole, byte by byte and cut at every point', (t) => {
  const whole = decode([all]);
  t.is(whole.frames.length, Object.keys(GOLDEN).length);
  t.deepEqual(decode(Array.from(all, (byte) => Buffer.from([byte]))), whole);
  for (let at = 0; at <= all.length; at++) t.deepEqual(decode(cutAt(all, [at])), whole);
});

test('frames of any size are decoded alike however the stream is cut', (t) => {
  const frame = fc.record({
    kind: fc.nat(255),
    id: fc.nat(0xffffffff),
    body: fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 9000, maxLength: 9100 })),
  });
  const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), cuts, (frames, fractions) => {
      const out = new OutBuffer();
      for (const { kind, id, body } of frames) appendWhole(out, kind, id, Buffer.from(body));
      const bytes = out.bytes.subarray(0, out.length);
      const points = fractions.map((fraction) => Math.floor(fraction * bytes.length));
      const expected = frames.map(({ kind, id, body }) => `${kind} ${id} ${Buffer.from(body).toString('hex')}`);
      t.deepEqual(decode(cutAt(bytes, points)), { frames: expected, fault: undefined });
    }),
  );
});

test('random bytes are decoded alike whole and byte by byte', (t) => {
  const noise = fc.array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom(0, 5, 6, 9) }, fc.nat(255)), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(noise, (values) => {
      const bytes = Buffer.from(values);
      t.deepEqual(
        decode(
          Array.from(bytes, (byte) => Buffer.from([byte])),
          64,
        ),
        decode([bytes], 64),
      );
    }),
  );
});

test('a length below the header or above the cap is a fault as soon as it is known', (t) => {
  for (const cut of [0, 1, 2, 3]) {
    t.regex(decode(cutAt(Buffer.from([4, 0, 0, 0]), [cut])).fault ?? '', /shorter/);
    t.regex(decode(cutAt(Buffer.from([61, 0, 0, 0]), [cut]), 64).fault ?? '', /65 bytes is longer than 64/);
    t.is(decode(cutAt(Buffer.from([60, 0, 0, 0]), [cut]), 64).fault, undefined);
  }
});

test('nothing is handled after a frame that was not acceptable', (t) => {
  let frames = 0;
  const decoder = new FrameDecoder({ frame: () => (++frames === 2 ? 'enough' : undefined) }, 1024);
  t.is(decoder.feed(Buffer.concat([GOLDEN.ping, GOLDEN.ping, GOLDEN.ping])), 'enough');
  t.is(frames, 2);
});
