import type { ClientConnection } from './connection.js';

const US_PER_S = 1_000_000;

/** One field of a line of `CLIENT LIST`. */
type ClientField = readonly [name: string, value: (connection: ClientConnection, nowUs: number) => string | number];

/**
 * The fields of Redis 7.0.15, in its order, then those that 7.2 added. What has no meaning here says what Redis says
 * of a client without it. Node has no public way to a socket's descriptor: -1, as Redis for clients without one.
 */
const FIELDS: readonly ClientField[] = [
  ['id', (c) => c.id],
  ['addr', (c) => c.address],
  ['laddr', (c) => c.localAddress],
  ['fd', () => -1],
  ['name', (c) => c.name],
  ['age', (c, nowUs) => Math.trunc((nowUs - c.createdUs) / US_PER_S)],
  ['idle', (c, nowUs) => Math.trunc((nowUs - c.lastInteractionUs) / US_PER_S)],
  ['flags', flagsOf],
  ['db', (c) => c.selected],
  ['sub', () => 0],
  ['psub', () => 0],
  ['ssub', () => 0],
  ['multi', (c) => c.transaction?.requests.length ?? -1],
  ['qbuf', (c) => c.requestBytes],
  ['qbuf-free', () => 0],
  ['argv-mem', () => 0],
  ['multi-mem', () => 0],
  ['rbs', (c) => c.out.length],
  ['rbp', (c) => c.out.length],
  ['obl', (c) => c.out.length],
  ['oll', (c) => c.outstanding],
  ['omem', (c) => c.queuedBytes],
  ['tot-mem', (c) => c.queuedBytes + c.requestBytes],
  ['events', (c) => `${c.isHeld ? '' : 'r'}${c.queuedBytes > 0 ? 'w' : ''}`],
  ['cmd', (c) => (c.lastCommand === '' ? 'NULL' : c.lastCommand)],
  ['user', (c) => Buffer.from(c.login.user.name, 'latin1').toString()],
  ['redir', () => -1],
  ['resp', (c) => c.resp],
  ['lib-name', (c) => c.libraryName],
  ['lib-ver', (c) => c.libraryVersion],
];

/** The line of one client in `CLIENT LIST` and `CLIENT INFO`, without its end of line. */
export function clientLine(connection: ClientConnection, nowUs: number): string {
  return FIELDS.map(([name, value]) => `${name}=${value(connection, nowUs)}`).join(' ');
}

/** Redis's letters; N when there is none. */
function flagsOf(connection: ClientConnection): string {
  const letters =
    (connection.isMonitor ? 'O' : '') +
    (connection.block === undefined ? '' : 'b') +
    (connection.isReadonly ? 'r' : '') +
    (connection.transaction === undefined ? '' : 'x') +
    (connection.isClosed ? 'c' : '') +
    (connection.isNoEvict ? 'e' : '') +
    (connection.isNoTouch ? 'T' : '');
  return letters === '' ? 'N' : letters;
}
