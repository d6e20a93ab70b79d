import { RequestPipe, requestOf } from './request-pipe.js';

const PIPES = 8;
/** So few that the fill itself leaves no long latencies behind for the governor to remember. */
const IN_FLIGHT = 8;
const VALUE_BYTES = 100;

/** Writes `count` keys through the nodes at `ports`; the values of each `round` are others. Rejects when a write fails. */
export async function fill(ports: readonly number[], count: number, round: number): Promise<void> {
  let next = 0;
  let answered = 0;
  const pipes: RequestPipe[] = [];
  await new Promise<void>((resolve, reject) => {
    const sendOn = (pipe: RequestPipe): void => {
      if (next >= count) return;
      const value = `${round}`.padEnd(VALUE_BYTES, 'x');
      pipe.send(requestOf('SET', `background:${next++}`, value), 0);
    };
    const start = async (): Promise<void> => {
      for (let i = 0; i < PIPES; i++) {
        const pipe = await RequestPipe.connect(ports[i % ports.length] ?? 0, (from, _, isError) => {
          if (isError) reject(new Error('a write was refused'));
          if (++answered === count) resolve();
          sendOn(from);
          setImmediate(() => from.flush());
        });
        pipes.push(pipe);
        for (let j = 0; j < IN_FLIGHT; j++) sendOn(pipe);
        pipe.flush();
      }
    };
    start().catch(reject);
  });
  for (const pipe of pipes) pipe.close();
}
