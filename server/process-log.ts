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

/** The log of this process: one JSON object a line, to `logfile` or standard output. Throws where the file can't be opened. */
export function openProcessLog({
  logfile,
  loglevel,
  clientPort: port,
}: Pick<Config, 'logfile' | 'loglevel' | 'clientPort'>): Log {
  if (logfile !== '') makeFolder(dirname(logfile), 'logfile');
  // Lines are written at once: the last ones before a crash are those that matter.
  const destination = pino.destination({ dest: logfile === '' ? 1 : logfile, sync: true });
  // A port that the system is to choose is told by the line that says that the server is ready.
  const base = { pid: process.pid, ...(port === 0 ? {} : { port }) };
  return pino({ level: LEVELS[loglevel], base }, destination);
}
