/** `OBJECT`: what Redis tells of how it keeps a value, said of the value itself. */

import type { ObjectBytes } from '../../../cluster/version/codec.js';
import { highestCounter, siblingValue } from '../../../cluster/version/encoded.js';
import type { Server } from '../../server.js';
import { KEY_ARGUMENT } from '../arguments/argument-rows.js';
import { parseInt64 } from '../arguments/integer-argument.js';
import { keyOf, refusesKey } from '../arguments/key-argument.js';
import { type Call, type CommandRow, type Handler, refuse, runSubcommand } from '../command.js';
import { refusesFailure } from '../failure-text.js';
import { readable, shownAt } from '../shown-sibling.js';
import { helpRow } from '../subcommand-help.js';

/** Redis keeps longer strings apart from their header. */
const EMBEDDED_BYTES_MAX = 44;
/** Redis keeps one object for each of these integers, and says so. */
const SHARED_INTEGERS = 10_000n;
const SHARED_REFERENCES = 2_147_483_647;
const NO_LFU =
  'ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.';
const US_A_SECOND = 1_000_000;
const US_A_MS = 1_000;

/** A value as a read shows it. */
export interface Shown {
  readonly value: Buffer;
  /** When it was written, in µs since 1970. */
  readonly writtenUs: number;
}

/** Reads the key `call.args[2]`; where there is one, `answer` writes the reply, or gives the text of an error. */
function look(answer: (call: Call, shown: Shown) => string | undefined): Handler {
  return (call) => {
    const { server, slot, connection, args } = call;
    if (refusesKey(call, args[2])) return;
    const key = keyOf(args[2]);
    const own: Call = { server, slot, connection, args };
    connection.session.get(connection.db, key.slot, key.text, undefined, (_state, failure, object) => {
      if (refusesFailure(server, slot, failure)) return;
      const shown = shownOf(server, key.text, readable(server, object));
      if (shown === undefined) slot.out.nullBulk();
      const error = shown && answer(own, shown);
      if (error === undefined) slot.complete();
      else refuse(server, slot, error);
    });
  };
}

/** What a read of the key shows of an object that may be read. */
export function shownOf(server: Server, key: string, object: ObjectBytes | undefined): Shown | undefined {
  const at = shownAt(server, key, object);
  if (object === undefined || at < 0) return undefined;
  return { value: siblingValue(object, at), writtenUs: highestCounter(object) };
}

/** As Redis encodes what `SET` was given: there is no other way to keep a string here. */
export function encodingOf(value: Buffer): 'int' | 'embstr' | 'raw' {
  if (parseInt64(value) !== undefined) return 'int';
  return value.length <= EMBEDDED_BYTES_MAX ? 'embstr' : 'raw';
}

const encoding = look(({ slot }, { value }) => {
  slot.out.bulkText(encodingOf(value));
  return undefined;
});

/** As Redis counts them. */
export function referencesTo(value: Buffer): number {
  const number = parseInt64(value);
  const isShared = number !== undefined && number >= 0n && number < SHARED_INTEGERS;
  return isShared ? SHARED_REFERENCES : 1;
}

const refCount = look(({ slot }, { value }) => {
  slot.out.integer(referencesTo(value));
  return undefined;
});

/** Nobody notes when a key is read: this is how long ago it was written. */
export function idleSeconds(server: Server, { writtenUs }: Shown): number {
  const idleUs = server.clock.nowMs() * US_A_MS - writtenUs;
  return Math.max(0, Math.floor(idleUs / US_A_SECOND));
}

const idleTime = look(({ server, slot }, shown) => {
  slot.out.integer(idleSeconds(server, shown));
  return undefined;
});

const frequency = look(() => NO_LFU);

const HELP_LINES: readonly string[] = [
  'ENCODING <key>',
  '    Tells how Redis would keep the value: int, embstr or raw.',
  'FREQ <key>',
  '    Always refused: how often keys are accessed is not tracked.',
  'IDLETIME <key>',
  '    Tells for how many seconds the key has not been written.',
  'REFCOUNT <key>',
  '    Tells how many references to the value Redis would count.',
  'HELP',
  '    Prints this.',
];

function subcommand(name: string, since: string, summary: string, run: Handler): CommandRow {
  return {
    name,
    arity: 3,
    flags: ['readonly'],
    keys: { first: 2, last: 2, step: 1, flags: ['RO'] },
    categories: ['@keyspace', '@read', '@slow'],
    since,
    group: 'generic',
    complexity: 'O(1)',
    summary,
    tips: ['nondeterministic_output'],
    arguments: [KEY_ARGUMENT],
    run,
  };
}

export const objectCommands: readonly CommandRow[] = [
  {
    name: 'object',
    arity: -2,
    flags: [],
    categories: ['@slow'],
    since: '2.2.3',
    group: 'generic',
    complexity: 'Depends on subcommand.',
    summary: 'Tells how Redis would keep a value',
    subcommands: [
      subcommand('encoding', '2.2.3', 'As what Redis would keep a value that was SET', encoding),
      helpRow('object', 'generic', '6.2.0', HELP_LINES),
      subcommand('freq', '4.0.0', 'Refused: how often keys are accessed is not tracked', frequency),
      subcommand('idletime', '2.2.3', 'For how many seconds a key has not been written', idleTime),
      subcommand('refcount', '2.2.3', 'How many references to a value Redis would count', refCount),
    ],
    run: runSubcommand,
  },
];
