import type { CommandRow, Handler } from './command.js';

/** As Redis cuts what it quotes. */
const QUOTED_CHARS_MAX = 128;

/** The categories of the subcommands of some containers; of others they are only slow. */
const CATEGORIES: ReadonlyMap<string, readonly string[]> = new Map([
  ['client', ['@slow', '@connection']],
  ['command', ['@slow', '@connection']],
  ['function', ['@slow', '@scripting']],
  ['script', ['@slow', '@scripting']],
  ['object', ['@keyspace', '@slow']],
]);

/** The subcommand `HELP` of a container: `lines` tell, form by form, what it can do. */
export function helpRow(container: string, group: string, since: string, lines: readonly string[]): CommandRow {
  return {
    name: 'help',
    arity: 2,
    flags: ['loading', 'stale'],
    categories: CATEGORIES.get(container) ?? ['@slow'],
    since,
    group,
    complexity: 'O(1)',
    summary: 'Tells the subcommands',
    run: help(container, lines),
  };
}

/** What `CONTAINER SUBCOMMAND …` is told whose arguments can't be right; one char a byte. */
export function subcommandFault(args: readonly Buffer[]): string {
  const [container, name] = args.map((word) => word.toString('latin1'));
  return `ERR unknown subcommand or wrong number of arguments for '${name?.slice(0, QUOTED_CHARS_MAX)}'. Try ${container?.toUpperCase()} HELP.`;
}

function help(container: string, lines: readonly string[]): Handler {
  const all = [`${container.toUpperCase()} <subcommand> [<arg> ...]. Subcommands are:`, ...lines];
  return ({ slot }) => {
    slot.out.array(all.length);
    for (const line of all) slot.out.simple(line);
    slot.complete();
  };
}
