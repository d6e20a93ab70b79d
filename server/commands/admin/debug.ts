/** `DEBUG`: orders faults, for tests of clusters. Like Redis's it is one command, whose first argument says what is asked. */
import { createHash } from 'node:crypto';
import { partitionOf } from '../../../cluster/ring/slots.js';
import type { ObjectBytes } from '../../../cluster/version/codec.js';
import { objectLength } from '../../../cluster/version/encoded.js';
import type { FaultInjection } from '../../faults/fault-injection.js';
import { parseInt64 } from '../arguments/integer-argument.js';
import { keyOf } from '../arguments/key-argument.js';
import { keyword } from '../arguments/keyword.js';
import { type Call, type CommandRow, refuse } from '../command.js';
import { failureText } from '../failure-text.js';
import { accepted, error, log, object, protocol, reload } from './debug-client-tests.js';

const NOT_ALLOWED =
  'ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.';
const LOCAL_ADDRESS = /^(?:127\.|\[::1\]|\[::ffff:127\.)/;
/** As Redis cuts what it quotes. */
const QUOTED_CHARS_MAX = 128;
const FAULT_MS_MAX = 3_600_000;
const BAD_FAULT_MS = `ERR a fault lasts from 0 to ${FAULT_MS_MAX} milliseconds`;
const MS_A_SECOND = 1000;
const NO_OBJECT = '0'.repeat(40);

const HELP_LINES: readonly string[] = [
  'DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'CHANGE-REPL-ID, PAUSE-CRON <0|1>, QUICKLIST-PACKED-THRESHOLD <bytes>, SET-ACTIVE-EXPIRE <0|1>',
  '    Accepted for test suites; they change nothing here.',
  'DIGEST-VALUE <key> [<key> ...]',
  '    Output a hex signature of what this node itself holds of each key; all zeros where it holds nothing.',
  'ERROR <text>',
  '    Answers with that error.',
  'LOADAOF, RELOAD [MERGE] [NOFLUSH] [NOSAVE]',
  '    Waits until the disk has all that was acknowledged.',
  'LOG <text>',
  '    Writes the text to the log.',
  'OBJECT <key>',
  '    Tells how Redis would keep the value.',
  'PEER-DROP <node-id> <in|out|both> <milliseconds>',
  '    Let nothing come in from that node, go out to it, or neither, for so long. What is sent meanwhile arrives later.',
  'PROTOCOL <type>',
  '    Answers with a value of that type of RESP.',
  'SLEEP <seconds>',
  '    Stop the server for <seconds>. Decimals allowed.',
  'STORE-FAIL <reads|writes|both> <milliseconds>',
  '    Let all reads or writes of the store fail for so long.',
  'HELP',
  '    Prints this help.',
];

interface Subcommand {
  /** Words, `DEBUG` and the subcommand counted; negative: at least so many. */
  readonly words: number;
  readonly run: (call: Call, faults: FaultInjection) => void;
}

const SUBCOMMANDS: ReadonlyMap<string, Subcommand> = new Map([
  ['HELP', { words: 2, run: help }],
  ['CHANGE-REPL-ID', { words: 2, run: accepted }],
  ['ERROR', { words: 3, run: error }],
  ['LOADAOF', { words: 2, run: reload }],
  ['LOG', { words: 3, run: log }],
  ['OBJECT', { words: 3, run: object }],
  ['PAUSE-CRON', { words: 3, run: accepted }],
  ['PROTOCOL', { words: 3, run: protocol }],
  ['QUICKLIST-PACKED-THRESHOLD', { words: 3, run: accepted }],
  ['RELOAD', { words: -2, run: reload }],
  ['SET-ACTIVE-EXPIRE', { words: 3, run: accepted }],
  ['SLEEP', { words: 3, run: sleep }],
  ['DIGEST-VALUE', { words: -3, run: digestValue }],
  ['PEER-DROP', { words: 5, run: peerDrop }],
  ['STORE-FAIL', { words: 4, run: storeFail }],
]);

function debug(call: Call) {
  const { server, connection, args, slot } = call;
  const { faults } = server;
  const isForLocal = server.config.enableDebugCommand === 'local';
  if (faults === undefined || (isForLocal && !LOCAL_ADDRESS.test(connection.address))) {
    return refuse(server, slot, NOT_ALLOWED);
  }
  const subcommand = SUBCOMMANDS.get(keyword(args[1]));
  const fits =
    subcommand !== undefined &&
    (subcommand.words < 0 ? args.length >= -subcommand.words : args.length === subcommand.words);
  if (fits) return subcommand.run(call, faults);
  const quoted = args[1]?.toString('latin1').slice(0, QUOTED_CHARS_MAX) ?? '';
  const text = `ERR unknown subcommand or wrong number of arguments for '${quoted}'. Try DEBUG HELP.`;
  refuse(server, slot, text, 'latin1');
}

function help({ slot }: Call) {
  slot.out.array(HELP_LINES.length);
  for (const line of HELP_LINES) slot.out.simple(line);
  slot.complete();
}

/** Nothing else happens meanwhile: the whole process stands still, as in Redis. What is no number counts as 0 there. */
function sleep({ args, slot }: Call) {
  const seconds = Number.parseFloat(args[2]?.toString('latin1') ?? '');
  if (seconds > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, seconds * MS_A_SECOND);
  slot.out.ok();
  slot.complete();
}

function peerDrop({ server, args, slot }: Call, faults: FaultInjection) {
  const id = args[2]?.toString('latin1').toLowerCase();
  const { membership } = server.node;
  const peer = membership.members().find((member) => member.id === id && member.id !== membership.self.id);
  const direction = keyword(args[3]).toLowerCase();
  const ms = faultMs(args[4]);
  if (peer === undefined) return refuse(server, slot, 'ERR no other node has this id');
  if (direction !== 'in' && direction !== 'out' && direction !== 'both') {
    return refuse(server, slot, 'ERR the direction must be in, out or both');
  }
  if (ms === undefined) return refuse(server, slot, BAD_FAULT_MS);
  server.log.warn({ node: peer.id, direction, ms }, 'DEBUG drops what passes between this node and a peer');
  faults.dropPeer(peer.id, direction, ms);
  slot.out.ok();
  slot.complete();
}

function storeFail({ server, args, slot }: Call, faults: FaultInjection) {
  const direction = keyword(args[2]).toLowerCase();
  const ms = faultMs(args[3]);
  if (direction !== 'reads' && direction !== 'writes' && direction !== 'both') {
    return refuse(server, slot, 'ERR what fails must be reads, writes or both');
  }
  if (ms === undefined) return refuse(server, slot, BAD_FAULT_MS);
  server.log.warn({ direction, ms }, 'DEBUG makes the store fail');
  faults.failStore(direction, ms);
  slot.out.ok();
  slot.complete();
}

function faultMs(argument: Buffer | undefined): number | undefined {
  const ms = argument && parseInt64(argument);
  return ms === undefined || ms < 0n || ms > BigInt(FAULT_MS_MAX) ? undefined : Number(ms);
}

/** Equal replicas have equal bytes: so their digests tell whether they are equal. */
function digestValue({ server, connection, args, slot }: Call) {
  const { replica, membership } = server.node;
  const { partitionCount } = membership.ring();
  const { db } = connection;
  const digests = args.slice(2).map((argument) => {
    const { text, slot: keySlot } = keyOf(argument);
    const partition = partitionOf(keySlot, partitionCount);
    return new Promise<string>((resolve, reject) => {
      const object = replica.peek(partition, db, text);
      if (object !== undefined) return resolve(digestOf(object));
      replica.load(partition, db, text, {
        loaded: (failure, loaded) =>
          failure === undefined ? resolve(digestOf(loaded ?? null)) : reject(new Error(failureText(failure))),
      });
    });
  });
  Promise.all(digests).then(
    (texts) => {
      slot.out.array(texts.length);
      for (const text of texts) slot.out.simple(text);
      slot.complete();
    },
    (error: unknown) => refuse(server, slot, error instanceof Error ? error.message : String(error)),
  );
}

function digestOf(object: ObjectBytes | null): string {
  if (object === null) return NO_OBJECT;
  return createHash('sha1')
    .update(object.subarray(0, objectLength(object)))
    .digest('hex');
}

export const debugCommands: readonly CommandRow[] = [
  {
    name: 'debug',
    arity: -2,
    flags: ['admin', 'noscript', 'loading', 'stale'],
    categories: ['@admin', '@slow', '@dangerous'],
    since: '1.0.0',
    isForSystem: true,
    group: 'server',
    complexity: 'Depends on subcommand.',
    summary: 'Orders faults, and what test suites ask for: `DEBUG HELP` tells which; only with `enable-debug-command`',
    run: debug,
  },
];
