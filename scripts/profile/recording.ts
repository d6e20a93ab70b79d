/** Tells the recorder in a node what to do. */
import { connect } from 'node:net';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const CPU_SAMPLE_US = 200;
export type Recorded = 'cpu' | 'allocations';

const RECORDER = fileURLToPath(new URL('./recorder.js', import.meta.url));
/** A profile of a long run takes seconds to be written. */
const ANSWER_MS = 60_000;

/** The flags for Node by which a node can be recorded, through a Unix socket at `socketPath`. */
export function recorderFlags(socketPath: string): string[] {
  const url = pathToFileURL(RECORDER);
  url.searchParams.set('socket', socketPath);
  return ['--import', url.href];
}

/** Begins to record. */
export function startRecording(socketPath: string, what: Recorded): Promise<void> {
  return order(socketPath, `start ${what}`);
}

/** Ends what was begun and writes it into `file`. */
export function stopRecording(socketPath: string, what: Recorded, file: string): Promise<void> {
  return order(socketPath, `stop ${what} ${file}`);
}

/** Lets the node give back all memory that nothing refers to. */
export function collectGarbage(socketPath: string): Promise<void> {
  return order(socketPath, 'collect garbage');
}

/** Rejects with what the recorder says is wrong, or when it does not answer. */
function order(socketPath: string, line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath, () => socket.write(`${line}\n`));
    let text = '';
    socket.setEncoding('utf8');
    socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error(`the recorder does not answer '${line}'`)));
    socket.on('data', (part: string) => {
      text += part;
    });
    socket.on('error', reject);
    socket.on('close', () => {
      if (text.trim() === 'ok') resolve();
      else reject(new Error(`the recorder says of '${line}': ${text.trim() || 'nothing'}`));
    });
  });
}
