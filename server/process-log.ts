import { dirname } from 'node:path';
import pino from 'pino';
import type { Log } from '../cluster/ports/log.js';
import type { Config } from './config/config.js';
import { makeFolder } from './make-folder.js';

/** Redis's names of levels, as pino knows them. */
const LEVELS: Readonly<Record<Config['loglevel'], pino.Level>> = {
  debug: 'debug',
  verbose: 'debug',
  notice: 'info',
  warning: 'warn',
};

/** What is kept while the log can't be written; lines beyond are dropped. */
const KEPT_BYTES_MAX = 1024 * 1024;

/**
 * The log of this process: one JSON object a line, to `logfile` or standard output. Throws where the file can't be opened. Once it
 * is open, lines that can't be written (a full disk, a terminal that has gone) are kept and tried again with the next one.
 */
export function openProcessLog({
  logfile,
  loglevel,
  clientPort: port,
}: Pick<Config, 'logfile' | 'loglevel' | 'clientPort'>): Log {
  if (logfile !== '') makeFolder(dirname(logfile), 'logfile');
  // Lines are written at once: the last ones before a crash are those that matter.
  const destination = pino.destination({ dest: logfile === '' ? 1 : logfile, sync: true, maxLength: KEPT_BYTES_MAX });
  // A node serves on without its log, as redis-server does.
  destination.on('error', () => undefined);
  // A port that the system is to choose is told by the line that says that the server is ready.
  const base = { pid: process.pid, ...(port === 0 ? {} : { port }) };
  return pino({ level: LEVELS[loglevel], base }, destination);
}
