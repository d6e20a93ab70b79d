/** BITOP: bitwise operations between strings. */

import type { Session } from '../../cluster/coordinator/session.js';
import type { Failure } from '../../cluster/failure.js';
import { type BitwiseOperation, bitwise, bitwiseNot } from './bitwise.js';
import { type Call, type CommandRow, type Handler, refuse } from './command.js';
import { SYNTAX_ERROR } from './error-text.js';
import { refusesFailure } from './failure-text.js';
import { type Key, keyOf, refusesKey } from './key-argument.js';
import { keyword } from './keyword.js';
import { contextOfPlainPut } from './put-string.js';
import { shownValue } from './shown-sibling.js';

const FIRST_SOURCE = 3;
const NOTHING = Buffer.alloc(0);
const OPERATIONS: ReadonlyMap<string, BitwiseOperation | 'not'> = new Map([
  ['AND', 'and'],
  ['OR', 'or'],
  ['XOR', 'xor'],
  ['NOT', 'not'],
]);

/**
 * Reads all sources, then puts the result under the first key, as `SET` does, or deletes that where the result is empty. Each
 * of these is an operation of its own; only for this connection nothing comes between them.
 */
const bitOp: Handler = (call) => {
  const { server, slot, connection, args } = call;
  const operation = OPERATIONS.get(keyword(args[1]));
  if (operation === undefined) return refuse(server, slot, SYNTAX_ERROR);
  if (operation === 'not' && args.length !== FIRST_SOURCE + 1) {
    return refuse(server, slot, 'ERR BITOP NOT must be called with a single source key.');
  }
  for (let i = 2; i < args.length; i++) if (refusesKey(call, args[i])) return;
  const target = keyOf(args[2]);
  const sources = args.slice(FIRST_SOURCE).map(keyOf);
  const { db } = connection;
  const run = { server, slot, db };
  const turn = [target, ...sources].map(({ text }) => ({ db, key: text }));
  connection.session.turn(turn, (within, end) => {
    combine(run, within, sources, operation, (failure, result) => {
      if (failure !== undefined) {
        refusesFailure(server, slot, failure);
        end();
        return;
      }
      store(run, within, target, result, end);
    });
  });
};

type Run = Pick<Call, 'server' | 'slot'> & { readonly db: number };

/** Reads the sources, side by side, and puts each to the others as it comes: the order makes no difference. */
function combine(
  { server, db }: Run,
  within: Session,
  sources: readonly Key[],
  operation: BitwiseOperation | 'not',
  done: (failure: Failure | undefined, result: Buffer) => void,
): void {
  let missing = sources.length;
  let failed: Failure | undefined;
  let result: Buffer | undefined;
  for (const { text, slot } of sources) {
    within.get(db, slot, text, undefined, (_state, failure, object) => {
      failed ??= failure;
      const value = shownValue(server, text, object);
      server.statistics.countLookup(value !== undefined);
      if (operation === 'not') result = bitwiseNot(value ?? NOTHING);
      else result = result === undefined ? Buffer.from(value ?? NOTHING) : bitwise(operation, result, value ?? NOTHING);
      missing--;
      if (missing === 0) done(failed, result);
    });
  }
}

function store({ server, slot, db }: Run, within: Session, target: Key, result: Buffer, end: () => void): void {
  const stored = (_state: undefined, failure: Failure | undefined): void => {
    if (!refusesFailure(server, slot, failure)) {
      slot.out.integer(result.length);
      slot.complete();
    }
    end();
  };
  if (result.length === 0) {
    within.modify(db, target.slot, target.text, { kind: 'delete', context: undefined }, undefined, stored);
    return;
  }
  const written = { tombstone: false, expiryMs: 0, value: result };
  within.put(db, target.slot, target.text, contextOfPlainPut(server, target.text), written, undefined, stored);
}

/** BITOP. */
export const bitopCommands: readonly CommandRow[] = [
  {
    name: 'bitop',
    arity: -4,
    flags: ['write', 'denyoom'],
    keys: {
      first: 2,
      last: -1,
      step: 1,
      flags: [],
      parts: [
        { first: 2, last: 2, step: 1, flags: ['OW', 'update'] },
        { first: 3, last: -1, step: 1, flags: ['RO', 'access'] },
      ],
    },
    categories: ['@write', '@bitmap', '@slow'],
    since: '2.6.0',
    group: 'bitmap',
    complexity: 'O(N)',
    summary: 'Perform bitwise operations between strings; reads them, then puts the result, not one atomic step',
    arguments: [
      { name: 'operation', type: 'string' },
      { name: 'destkey', type: 'key' },
      { name: 'key', type: 'key', keyPart: 1, flags: ['multiple'] },
    ],
    run: bitOp,
  },
];
