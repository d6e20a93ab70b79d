import { keyFlags, keyPositions } from '../commands/arguments/key-positions.js';
import type { CommandRow, KeySpec } from '../commands/command.js';
import type { Command } from '../commands/command-table.js';
import { STEP_ARGUMENTS } from '../turns/limits.js';
import type { KnownCommand } from './catalogue.js';
import type { Selector } from './selector.js';
import type { User } from './user.js';

/** What a user may not do: run the command, or run it on the argument at `position`. */
export interface Denial {
  readonly kind: 'command' | 'key';
  readonly position: number;
}

/** Whether the user may run a command with these arguments, whose arity has been checked: undefined, or what stands against it. */
export function denialOf(user: User, command: Command, args: readonly Buffer[]): Denial | undefined {
  const known = user.catalogue.of(command);
  let denial = denialBy(user.root, known, command.row, args);
  for (const selector of user.selectors) {
    if (denial === undefined) return undefined;
    const other = denialBy(selector, known, command.row, args);
    // Of several reasons the one that came furthest is told.
    if (other === undefined || reach(other) > reach(denial)) denial = other;
  }
  return denial;
}

/** As `denialOf`; looks at a few of many keys between one `yield` and the next. */
export function* denialInTurns(
  user: User,
  command: Command,
  args: readonly Buffer[],
): Generator<void, Denial | undefined> {
  const known = user.catalogue.of(command);
  let denial: Denial | undefined;
  for (const selector of [user.root, ...user.selectors]) {
    const other = yield* denialInTurnsBy(selector, known, command.row, args);
    if (other === undefined) return undefined;
    if (denial === undefined || reach(other) > reach(denial)) denial = other;
  }
  return denial;
}

function reach({ kind, position }: Denial): number {
  return kind === 'command' ? 0 : 1 + position;
}

function denialBy(
  selector: Selector,
  known: KnownCommand,
  row: CommandRow,
  args: readonly Buffer[],
): Denial | undefined {
  if (!mayRun(selector, known, row, args)) return { kind: 'command', position: 0 };
  if (selector.allKeys) return undefined;
  if (row.keys === undefined) return undefined;
  // Arguments that do not fit the command have no keys, and are refused by it.
  for (const position of keyPositions(row, args.length) ?? []) {
    if (!mayTouch(selector, row.keys, position, args)) return { kind: 'key', position };
  }
  return undefined;
}

function* denialInTurnsBy(
  selector: Selector,
  known: KnownCommand,
  row: CommandRow,
  args: readonly Buffer[],
): Generator<void, Denial | undefined> {
  if (!mayRun(selector, known, row, args)) return { kind: 'command', position: 0 };
  if (selector.allKeys || row.keys === undefined) return undefined;
  let looks = 0;
  for (const position of keyPositions(row, args.length) ?? []) {
    if (!mayTouch(selector, row.keys, position, args)) return { kind: 'key', position };
    // Each pattern is a look of its own.
    looks += 1 + selector.keyPatterns.length;
    if (looks < STEP_ARGUMENTS) continue;
    looks = 0;
    yield;
  }
  return undefined;
}

function mayTouch(selector: Selector, keys: KeySpec, position: number, args: readonly Buffer[]): boolean {
  const flags = keyFlags(keys, position, args);
  const key = args[position]?.toString('latin1') ?? '';
  const reads = flags.includes('access');
  const writes = flags.includes('insert') || flags.includes('delete') || flags.includes('update');
  return selector.keyPatterns.some(
    (pattern) => (pattern.reads || !reads) && (pattern.writes || !writes) && pattern.matches(key),
  );
}

function mayRun(selector: Selector, known: KnownCommand, row: CommandRow, args: readonly Buffer[]): boolean {
  if (selector.allCommands || row.flags.includes('no_auth') || selector.allows(known)) return true;
  const argument = args[known.container === undefined ? 1 : 2]?.toString('latin1').toLowerCase();
  return selector.firstArgumentsOf(known).some((allowed) => allowed.toLowerCase() === argument);
}
