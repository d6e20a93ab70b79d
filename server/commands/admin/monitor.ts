import type { Call, CommandRow } from '../command.js';

/** Asked once more, it answers nothing, as in Redis. */
function monitor({ server, connection, slot }: Call) {
  if (connection.isMonitor) {
    slot.isMuted = true;
    return slot.complete();
  }
  slot.out.ok();
  slot.complete();
  server.monitors.add(connection);
}

export const monitorCommands: readonly CommandRow[] = [
  {
    name: 'monitor',
    arity: 1,
    flags: ['admin', 'noscript', 'loading', 'stale'],
    categories: ['@admin', '@slow', '@dangerous'],
    since: '1.0.0',
    group: 'server',
    complexity: 'O(1), and a line for each command of any client',
    summary: 'Shows all commands of the clients of this node as they begin, without secrets',
    run: monitor,
  },
];
