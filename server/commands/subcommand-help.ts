import type { CommandRow, Handler } from './command.js';

/** Whose subcommands are in the category of connections. */
const CONNECTION_CONTAINERS: ReadonlySet<string> = new Set(['client', 'command']);

/** The subcommand `HELP` of a container: `lines` tell, form by form, what it can do. */
export function helpRow(container: string, group: string, since: string, lines: readonly string[]): CommandRow {
  return {
    name: 'help',
    arity: 2,
    flags: ['loading', 'stale'],
    categories: CONNECTION_CONTAINERS.has(container) ? ['@slow', '@connection'] : ['@slow'],
    since,
    group,
    complexity: 'O(1)',
    summary: 'Tells the subcommands',
    run: help(container, lines),
  };
}

function help(container: string, lines: readonly string[]): Handler {
  const all = [`${container.toUpperCase()} <subcommand> [<arg> ...]. Subcommands are:`, ...lines];
  return ({ slot }) => {
    slot.out.array(all.length);
    for (const line of all) slot.out.simple(line);
    slot.complete();
  };
}
