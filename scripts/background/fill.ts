import { RequestPipe, requestOf } from './request-pipe.js';

const PIPES = 8;
const VALUE_BYTES = 100;

/** The keys number `from` up to (without) `to`, and how they are written. */
export interface KeyRange {
  readonly from: number;
  readonly to: number;
  readonly keyOf: (index: number) => string;
  readonly value: string;
  /** Requests without an answer on each of the eight connections. */
  readonly inFlight: number;
}

/** Writes `count` keys through the nodes at `ports`; the values of each `round` are others. Rejects when a write fails. */
export function fill(ports: readonly number[], count: number, round: number): Promise<void> {
  return fillKeys(ports, {
    from: 0,
    to: count,
    keyOf: (index) => `background:${index}`,
    value: `${round}`.padEnd(VALUE_BYTES, 'x'),
    // So few that the fill itself leaves no long latencies behind for the governor to remember.
    inFlight: 8,
  });
}

/** Writes the keys through the nodes at `ports`. Rejects when a write fails. */
export async function fillKeys(
  ports: readonly number[],
  { from, to, keyOf, value, inFlight }: KeyRange,
): Promise<void> {
  if (to <= from) return;
  let next = from;
  let left = to - from;
  const pipes: RequestPipe[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      const sendOn = (pipe: RequestPipe): void => {
        if (next < to) pipe.send(requestOf('SET', keyOf(next++), value), 0);
      };
      const start = async (): Promise<void> => {
        for (let i = 0; i < PIPES; i++) {
          const pipe = await RequestPipe.connect(ports[i % ports.length] ?? 0, (answered, _, isError, reason) => {
            if (isError) {
              // What is under way on the others ends with their connections.
              next = to;
              reject(new Error(`a write was refused: ${reason ?? 'the connection is gone'}`));
              return;
            }
            if (--left === 0) resolve();
            sendOn(answered);
            setImmediate(() => answered.flush());
          });
          pipes.push(pipe);
          for (let j = 0; j < inFlight; j++) sendOn(pipe);
          pipe.flush();
        }
      };
      start().catch(reject);
    });
  } finally {
    for (const pipe of pipes) pipe.close();
  }
}
