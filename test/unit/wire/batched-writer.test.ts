import test from 'ava';
import type { Link } from '../../../cluster/ports/transport.js';
import { BatchedWriter } from '../../../cluster/wire/batched-writer.js';
import { HELD_BYTES_MAX, HELD_FRAMES_MAX, HELD_TURNS_MAX, OUT_BYTES_FLUSH } from '../../../cluster/wire/limits.js';

/** A writer whose turns end when the test says so; the lengths of what it wrote. */
class Turns {
  readonly writes: number[] = [];
  readonly writer: BatchedWriter;
  private ends: (() => void)[] = [];

  constructor() {
    const timer = { stop: () => undefined };
    const timers = {
      after: () => timer,
      every: () => timer,
      endOfTurn: (callback: () => void) => {
        this.ends.push(callback);
      },
    };
    const link: Link = {
      remoteAddress: 'test:1',
      write: (bytes) => {
        this.writes.push(bytes.length);
        return true;
      },
      queuedBytes: () => 0,
      pause: () => undefined,
      resume: () => undefined,
      close: () => undefined,
    };
    this.writer = new BatchedWriter(timers, link, () => undefined);
  }

  /** Appends so many frames of so many bytes. */
  append(frames: number, frameBytes = 10): void {
    for (let i = 0; i < frames; i++) {
      this.writer.out.claim(frameBytes);
      this.writer.appended();
    }
  }

  end(): void {
    const { ends } = this;
    this.ends = [];
    for (const end of ends) end();
  }
}

test('one frame alone leaves with its turn', (t) => {
  const turns = new Turns();
  turns.append(1);
  t.true(turns.writer.pending);
  turns.end();
  t.deepEqual(turns.writes, [10]);
  t.false(turns.writer.pending);
});

test('a few frames wait for the next turn, and leave with it where it brings no more than one', (t) => {
  for (const more of [0, 1]) {
    const turns = new Turns();
    turns.append(3);
    turns.end();
    t.deepEqual(turns.writes, []);
    t.true(turns.writer.pending);
    turns.append(more);
    turns.end();
    t.deepEqual(turns.writes, [30 + 10 * more]);
    t.false(turns.writer.pending);
  }
});

test('frames of turns that go on bringing some leave after so many turns, or when they are so many', (t) => {
  const turns = new Turns();
  for (let turn = 0; turn <= HELD_TURNS_MAX; turn++) {
    t.deepEqual(turns.writes, []);
    turns.append(2);
    turns.end();
  }
  t.deepEqual(turns.writes, [20 * (HELD_TURNS_MAX + 1)]);
  turns.append(2);
  turns.end();
  turns.append(HELD_FRAMES_MAX - 2);
  turns.end();
  t.deepEqual(turns.writes.slice(1), [10 * HELD_FRAMES_MAX]);
});

test('many frames and long ones leave with their turn', (t) => {
  const turns = new Turns();
  turns.append(HELD_FRAMES_MAX);
  turns.end();
  turns.append(2, HELD_BYTES_MAX / 2);
  turns.end();
  t.deepEqual(turns.writes, [10 * HELD_FRAMES_MAX, HELD_BYTES_MAX]);
});

test('what is written at once, or in the middle of a turn, does not count for those that follow', (t) => {
  const turns = new Turns();
  turns.append(3, OUT_BYTES_FLUSH);
  t.deepEqual(turns.writes, [OUT_BYTES_FLUSH, OUT_BYTES_FLUSH, OUT_BYTES_FLUSH]);
  turns.append(1);
  turns.end();
  t.deepEqual(turns.writes.slice(3), [10]);
  turns.append(2);
  turns.writer.flush();
  turns.end();
  t.deepEqual(turns.writes.slice(4), [20]);
  t.false(turns.writer.pending);
});
