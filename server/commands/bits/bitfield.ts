/** BITFIELD and BITFIELD_RO: a string as an array of integers of any width. */

import {
  applyBitfield,
  type BitfieldStep,
  bytesNeeded,
  decodeBitfieldAnswer,
} from '../../../cluster/coordinator/changes/string-change-bitfield.js';
import type { ReplyBuffer } from '../../resp/reply-buffer.js';
import { FIRST_KEY, KEY_ARGUMENT, pureTokens } from '../arguments/argument-rows.js';
import { refusesKey, refusesLength } from '../arguments/key-argument.js';
import { type ArgumentRow, type Call, type CommandRow, type Handler, refuse } from '../command.js';
import { changeString } from '../strings/change-string.js';
import { readString } from '../strings/read-string.js';
import { onlyReads, parseBitfieldArguments } from './bitfield-arguments.js';

const NOTHING = Buffer.alloc(0);

const bitField: Handler = (call) => {
  const { server, slot, args } = call;
  const steps = parseBitfieldArguments(server, args);
  if (typeof steps === 'string') return refuse(server, slot, steps);
  if (steps.every(({ kind }) => kind === 'get')) return readFields(call, steps);
  if (refusesKey(call, args[1]) || refusesLength(call, bytesNeeded(steps))) return;
  changeString(call, { kind: 'bitfield', steps }, (answer = NOTHING) => writeResults(slot.out, answer));
};

const bitFieldRo: Handler = (call) => {
  const { server, slot, args } = call;
  const steps = parseBitfieldArguments(server, args);
  if (typeof steps === 'string') return refuse(server, slot, steps);
  if (steps.some(({ kind }) => kind !== 'get')) {
    return refuse(server, slot, 'ERR BITFIELD_RO only supports the GET subcommand');
  }
  readFields(call, steps);
};

function readFields(call: Call, steps: readonly BitfieldStep[]): void {
  const { slot } = call;
  readString(call, (value) => {
    writeResults(slot.out, applyBitfield(value, steps).answer);
    return undefined;
  });
}

function writeResults(out: ReplyBuffer, answer: Buffer): void {
  const results = decodeBitfieldAnswer(answer);
  out.array(results.length);
  for (const result of results) {
    if (result === undefined) out.nullBulk();
    else out.integer(result);
  }
}

const FIELD_ARGUMENTS: readonly ArgumentRow[] = [
  { name: 'encoding', type: 'string' },
  { name: 'offset', type: 'integer' },
];
const WRITE_ARGUMENT: ArgumentRow = {
  name: 'write',
  type: 'block',
  arguments: [
    {
      name: 'wrap_sat_fail',
      type: 'oneof',
      token: 'OVERFLOW',
      flags: ['optional'],
      arguments: pureTokens('wrap', 'sat', 'fail'),
    },
    {
      name: 'write_operation',
      type: 'oneof',
      arguments: [
        {
          name: 'encoding_offset_value',
          type: 'block',
          token: 'SET',
          arguments: [...FIELD_ARGUMENTS, { name: 'value', type: 'integer' }],
        },
        {
          name: 'encoding_offset_increment',
          type: 'block',
          token: 'INCRBY',
          arguments: [...FIELD_ARGUMENTS, { name: 'increment', type: 'integer' }],
        },
      ],
    },
  ],
};

/** BITFIELD, BITFIELD_RO. */
export const bitfieldCommands: readonly CommandRow[] = [
  {
    name: 'bitfield',
    arity: -2,
    flags: ['write', 'denyoom'],
    keys: {
      ...FIRST_KEY,
      flags: ['RW', 'access', 'update', 'variable_flags'],
      flagsFor: (args) => (onlyReads(args) ? ['RO', 'access'] : ['RW', 'access', 'update']),
      notes: 'This command allows both access and modification of the key',
    },
    categories: ['@write', '@bitmap', '@slow'],
    since: '3.2.0',
    group: 'bitmap',
    complexity: 'O(1) for each subcommand specified, and O(N) where N is the length of the value if one writes',
    summary: 'Perform arbitrary bitfield integer operations on strings',
    arguments: [
      KEY_ARGUMENT,
      {
        name: 'operation',
        type: 'oneof',
        flags: ['optional', 'multiple'],
        arguments: [
          { name: 'encoding_offset', type: 'block', token: 'GET', arguments: FIELD_ARGUMENTS },
          WRITE_ARGUMENT,
        ],
      },
    ],
    run: bitField,
  },
  {
    name: 'bitfield_ro',
    arity: -2,
    flags: ['readonly', 'fast'],
    keys: { ...FIRST_KEY, flags: ['RO', 'access'] },
    categories: ['@read', '@bitmap', '@fast'],
    since: '6.0.0',
    group: 'bitmap',
    complexity: 'O(1) for each subcommand specified',
    summary: 'Perform arbitrary bitfield integer operations on strings. Read-only variant of BITFIELD',
    arguments: [
      KEY_ARGUMENT,
      {
        name: 'encoding_offset',
        type: 'block',
        token: 'GET',
        flags: ['optional', 'multiple', 'multiple_token'],
        arguments: FIELD_ARGUMENTS,
      },
    ],
    run: bitFieldRo,
  },
];
