/**
 * Runs inside a node that is profiled, loaded by `node --import recorder.js?socket=PATH`: records CPU time and allocations when it is
 * told to, on a Unix socket at PATH. A question is one line, `start cpu`, `stop cpu FILE`, `start allocations`,
 * `stop allocations FILE` or `collect garbage`; the answer is `ok`, or what went wrong. FILE receives the recording, as Chrome's DevTools read it.
 */
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { createServer, type Socket } from 'node:net';
import { CPU_SAMPLE_US } from './recording.js';

/** A sample for so many bytes on average: V8's own choice is 32 KiB, which sees few of the small objects of a short run. */
const ALLOCATION_SAMPLE_BYTES = 4096;

const session = new Session();
session.connect();

function post(method: string, parameters: object = {}): Promise<object> {
  return new Promise((resolve, reject) => {
    session.post(method, parameters, (error, result: object = {}) => {
      if (error === null) resolve(result);
      else reject(error);
    });
  });
}

async function save(method: string, path: string): Promise<void> {
  const result = await post(method);
  writeFileSync(path, JSON.stringify('profile' in result ? result.profile : result));
}

const ORDERS: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
  'start cpu': async () => {
    await post('Profiler.enable');
    await post('Profiler.setSamplingInterval', { interval: CPU_SAMPLE_US });
    await post('Profiler.start');
  },
  'stop cpu': (path) => save('Profiler.stop', path),
  'start allocations': () =>
    post('HeapProfiler.startSampling', {
      samplingInterval: ALLOCATION_SAMPLE_BYTES,
      // What was collected meanwhile counts too: it is all that was allocated that is asked for, not what is left.
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    }),
  'stop allocations': (path) => save('HeapProfiler.stopSampling', path),
  'collect garbage': () => post('HeapProfiler.collectGarbage'),
};

async function obey(line: string): Promise<string> {
  const [verb, what, ...path] = line.split(' ');
  const order = ORDERS[`${verb} ${what}`];
  if (order === undefined) return `unknown: ${line}`;
  try {
    await order(path.join(' '));
    return 'ok';
  } catch (error) {
    return error instanceof Error ? error.message : JSON.stringify(error);
  }
}

function answer(socket: Socket): void {
  socket.setEncoding('utf8');
  socket.on('error', () => undefined);
  socket.once('data', (line: string) => {
    void obey(line.trim()).then((text) => socket.end(`${text}\n`));
  });
}

const path = new URL(import.meta.url).searchParams.get('socket');
if (path === null) throw new Error('recorder.js needs ?socket=PATH');
// The node must be able to end with this still listening.
createServer(answer).listen(path).unref();
