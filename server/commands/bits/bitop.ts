/** BITOP: bitwise operations between strings. */

import type { Session } from '../../../cluster/coordinator/session.js';
import type { Failure } from '../../../cluster/failure.js';
import type { ClientConnection } from '../../net/connection.js';
import type { Server } from '../../server.js';
import { LONG_REQUEST_ARGUMENTS } from '../../turns/limits.js';
import { pacedAll } from '../../turns/paced-promises.js';
import { keyOf, refusesKey } from '../arguments/key-argument.js';
import { keyword } from '../arguments/keyword.js';
import { type CommandRow, type Handler, refuse } from '../command.js';
import { SYNTAX_ERROR } from '../error-text.js';
import { refusesFailure } from '../failure-text.js';
import { type KeyPlace, modifyStep, putStep } from '../session-steps.js';
import { shownValue } from '../shown-sibling.js';
import { contextOfPlainPut } from '../strings/put-string.js';
import { type BitwiseOperation, bitwiseInto, bitwiseNot, copyOf } from './bitwise.js';

const FIRST_SOURCE = 3;
const NOTHING = Buffer.alloc(0);
/** Sources are taken to be this long until the first ones have come: few are read at once. */
const SOURCE_BYTES_GUESSED = 512 * 1024;
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
  const { db } = connection;
  const target: KeyPlace = { db, key: keyOf(args[2]) };
  const sources = args.slice(FIRST_SOURCE);
  const begin = (within: Session, end: () => void): void => {
    void combineInto(server, within, connection, target, sources, operation).then((outcome) => {
      if (typeof outcome === 'number') {
        slot.out.integer(outcome);
        slot.complete();
      } else {
        refusesFailure(server, slot, outcome);
      }
      end();
    });
  };
  // Nothing else of this client is under way beside a long request.
  if (args.length > LONG_REQUEST_ARGUMENTS) return begin(connection.session, () => undefined);
  const turn = args.slice(2).map((argument) => ({ db, key: keyOf(argument).text }));
  connection.session.turn(turn, begin);
};

/** Answers the length of the result in bytes. */
async function combineInto(
  server: Server,
  session: Session,
  { context, db }: Pick<ClientConnection, 'context' | 'db'>,
  target: KeyPlace,
  sources: readonly Buffer[],
  operation: BitwiseOperation | 'not',
): Promise<number | Failure> {
  let result: Buffer | undefined;
  // Each is put to the others as it comes, and not kept: their order makes no difference.
  const combine = (value: Buffer): void => {
    if (operation === 'not') result = bitwiseNot(value);
    else result = result === undefined ? copyOf(value) : bitwiseInto(operation, result, value);
  };
  const reads = await pacedAll(
    context.turns,
    sources,
    (source) => readSource(server, session, { db, key: keyOf(source) }, combine),
    ({ failure }) => failure !== undefined,
    ({ bytes }) => bytes,
    SOURCE_BYTES_GUESSED,
  );
  const unread = reads.find(({ failure }) => failure !== undefined)?.failure;
  if (unread !== undefined) return unread;
  const value = result ?? NOTHING;
  const failure =
    value.length === 0
      ? (await modifyStep(session, target, { kind: 'delete', context: undefined })).failure
      : await putStep(session, target, contextOfPlainPut(server, target.key.text), {
          tombstone: false,
          expiryMs: 0,
          value,
        });
  return failure ?? value.length;
}

/** How a read of a source ended, and the length of what it gave. */
interface SourceRead {
  readonly failure: Failure | undefined;
  readonly bytes: number;
}

/** Hands the value of the key to `take`, for this call only; an empty one where nothing is there. */
function readSource(
  server: Server,
  session: Session,
  { db, key }: KeyPlace,
  take: (value: Buffer) => void,
): Promise<SourceRead> {
  return new Promise((resolve) => {
    session.get(db, key.slot, key.text, undefined, (_state, failure, object) => {
      const value = shownValue(server, key.text, object);
      server.statistics.countLookup(value !== undefined);
      take(value ?? NOTHING);
      resolve({ failure, bytes: value?.length ?? 0 });
    });
  });
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
