import { type Answered, RequestPipe, requestOf } from './request-pipe.js';

const PIPES = 8;
const VALUE_BYTES = 100;
const REFUSALS_MAX = 1000;
/** Nodes that do not see each other refuse at once. */
const REFUSED_PAUSE_MS = 200;

/** The keys number `from` up to (without) `to`, and how they are written. */
export interface KeyRange {
  readonly from: number;
  readonly to: number;
  readonly keyOf: (index: number) => string;
  readonly value: string;
  /** Requests without an answer on each of the eight connections. */
  readonly inFlight: number;
}

/** Writes `count` keys through the nodes at `ports`; the values of each `round` are others. Rejects as `fillKeys`. */
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

/**
 * Writes the keys through the nodes at `ports`. What a busy machine lets nodes refuse is sent again; rejects when a thousand
 * writes were, or where a connection is lost.
 */
export async function fillKeys(
  ports: readonly number[],
  { from, to, keyOf, value, inFlight }: KeyRange,
): Promise<void> {
  if (to <= from) return;
  let next = from;
  let left = to - from;
  let refusals = 0;
  const pipes: RequestPipe[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      const send = (pipe: RequestPipe, index: number): void => pipe.send(requestOf('SET', keyOf(index), value), index);
      const answered: Answered = (pipe, index, isError, reason) => {
        if (isError && (reason === undefined || ++refusals > REFUSALS_MAX)) {
          // What is under way on the others ends with their connections.
          next = to;
          reject(new Error(`a write was refused: ${reason ?? 'the connection is gone'}`));
          return;
        }
        if (isError) {
          setTimeout(() => {
            send(pipe, index);
            pipe.flush();
          }, REFUSED_PAUSE_MS);
          return;
        }
        if (--left === 0) resolve();
        else if (next < to) send(pipe, next++);
        setImmediate(() => pipe.flush());
      };
      const start = async (): Promise<void> => {
        for (let i = 0; i < PIPES; i++) {
          const pipe = await RequestPipe.connect(ports[i % ports.length] ?? 0, answered);
          pipes.push(pipe);
          for (let j = 0; j < inFlight && next < to; j++) send(pipe, next++);
          pipe.flush();
        }
      };
      start().catch(reject);
    });
  } finally {
    for (const pipe of pipes) pipe.close();
  }
}
