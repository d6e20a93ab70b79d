/** A node as a process: from its command line to its exit code. */
import { readFileSync } from 'node:fs';
import { StoreError } from '../cluster/ports/store.js';
import { ConfigError } from './config/config-lines.js';
import { loadConfig } from './config/load-config.js';
import { ListenError } from './net/listener.js';
import { type RunningServer, runServer } from './run-server.js';
import { TlsFault } from './tls/tls-files.js';

const EXIT_FAILED = 1;
/** For so long a process that is asked to stop as it starts goes on starting, so as to stop in good order. */
const START_GRACE_MS = 3_000;

/** Serves until it is told to stop; then the process ends with 0, or with 1 where it could not go on. */
export async function serve(argv: readonly string[]): Promise<void> {
  let server: RunningServer | undefined;
  let stopAsked = false;
  const shutDown = (): void => {
    stopAsked = true;
    // Nothing was acknowledged yet, and a node that waits for its seeds may do so for ever.
    if (server === undefined) setTimeout(() => process.exit(0), START_GRACE_MS).unref();
    server?.stop().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on('SIGINT', shutDown);
  process.on('SIGTERM', shutDown);
  // As with redis-server, a terminal that hangs up ends nothing.
  process.on('SIGHUP', () => server?.reload());
  try {
    const config = loadConfig({
      argv,
      environment: process.env,
      readFile: (path) => readFileSync(path, 'utf8'),
    });
    server = await runServer(config, shutDown);
  } catch (error) {
    fail(error);
  }
  if (stopAsked) shutDown();
}

/** Says why the process can't go on; what was foreseen in one line, what was not with its stack. */
function fail(error: unknown): never {
  const foreseen =
    error instanceof ConfigError ||
    error instanceof ListenError ||
    error instanceof StoreError ||
    error instanceof TlsFault ||
    (error instanceof Error && 'code' in error);
  process.stderr.write(
    `cartwheel: ${foreseen ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exit(EXIT_FAILED);
}
