#!/usr/bin/env -S node --max-semi-space-size=16 --use-largepages=silent
import { readFileSync } from 'node:fs';
import { StoreError } from '../cluster/ports/store.js';
import { ConfigError } from './config/config-lines.js';
import { asksFor, loadConfig } from './config/load-config.js';
import { helpText } from './config/option-table.js';
import { ListenError } from './net/listener.js';
import { type RunningServer, runServer } from './run-server.js';
import { versionText } from './version.js';

const EXIT_FAILED = 1;

const asked = asksFor(process.argv.slice(2));
if (asked === 'help') process.stdout.write(helpText());
else if (asked === 'version') process.stdout.write(`cartwheel ${versionText()}\n`);
else await serve();

async function serve(): Promise<void> {
  let server: RunningServer | undefined;
  let stopAsked = false;
  const shutDown = (): void => {
    stopAsked = true;
    server?.stop().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on('SIGINT', shutDown);
  process.on('SIGTERM', shutDown);
  try {
    const config = loadConfig({
      argv: process.argv.slice(2),
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
    (error instanceof Error && 'code' in error);
  process.stderr.write(
    `cartwheel: ${foreseen ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exit(EXIT_FAILED);
}
