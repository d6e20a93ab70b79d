/** HOT PATH: every command passes here twice. */

import type { Session } from '../cluster/coordinator/session.js';
import { QuietLog } from '../cluster/wire/quiet-log.js';
import type { Login } from './acl/login.js';
import type { Denial } from './acl/permission.js';
import { absentCommandText } from './commands/absent-commands.js';
import type { Call } from './commands/command.js';
import type { Command } from './commands/command-table.js';
import { failureText } from './commands/failure-text.js';
import { COMMAND_PREFIX } from './latency/latency-book.js';
import type { Recording } from './latency/recording.js';
import type { ClientConnection } from './net/connection.js';
import type { RequestHandler } from './net/connection-context.js';
import { TRANSACTION_BYTES_MAX, TRANSACTION_REQUESTS_MAX } from './net/limits.js';
import type { ReplySlot } from './net/reply-slot.js';
import type { Transaction } from './net/transaction.js';
import type { Server } from './server.js';
import { LONG_REQUEST_ARGUMENTS } from './turns/limits.js';

/** As Redis cuts what it quotes of an unknown command: its name, and its arguments taken together. */
const QUOTED_BYTES_MAX = 128;

/** What HTTP requests with a body begin with; the second stands in their head. */
const HTTP_WORD = /^(?:post|host:)$/i;

/** Commands that a transaction does not queue. */
const RUN_AT_ONCE = ['exec', 'discard', 'multi', 'watch', 'quit', 'reset'];

const TOO_MUCH_UNDER_WAY = failureText({
  code: 'Overloaded',
  reason: 'the replicas do not keep up with the writes',
});

const LOGIN_NEEDED = 'NOAUTH Authentication required.';

type MutableCall = { -readonly [K in keyof Call]: Call[K] };

/** Finds the command of a request, checks it and runs it; notes how long the answer took. */
export class Dispatcher implements RequestHandler {
  readonly #server: Server;
  readonly #quietLog: QuietLog;
  /** The one call that is handed to all handlers, one after the other. */
  #call: MutableCall | undefined;
  /** As long as the longest value that was refused. */
  #zeros = Buffer.alloc(0);

  constructor(server: Server) {
    this.#server = server;
    this.#quietLog = new QuietLog(server.clock, server.log);
  }

  openSession(): Session {
    return this.#server.node.openSession();
  }

  openLogin(): Login {
    return this.#server.access.open();
  }

  doorFault(remoteAddress: string | undefined): string | undefined {
    return this.#server.access.doorFault(remoteAddress);
  }

  /**
   * A value that is too long is refused by its length alone, whatever else the request says and whenever it runs: `value-max-len`
   * can't be changed while the node runs. Who watches sees all of it.
   */
  standIn(connection: ClientConnection, name: Buffer, index: number, bytes: number): Buffer | undefined {
    const { commands, config, monitors } = this.#server;
    if (bytes <= config.valueMaxLen || monitors.isOn || connection.login.isStranger) return undefined;
    const { first = 0, step = 0 } = commands.find(name)?.row.values ?? {};
    const isValue = first > 0 && (index === first || (step > 0 && index > first && (index - first) % step === 0));
    if (!isValue) return undefined;
    // Zeros that nobody has touched take no memory.
    if (this.#zeros.length < bytes) this.#zeros = Buffer.alloc(bytes);
    return this.#zeros.subarray(0, bytes);
  }

  dispatch(connection: ClientConnection, args: Buffer[]): void {
    const slot = connection.openSlot();
    const name = args[0];
    if (name === undefined) throw new Error('a request without arguments was dispatched');
    const server = this.#server;
    let command = server.commands.find(name);
    if (command === undefined) {
      if (HTTP_WORD.test(name.toString('latin1'))) this.#refuseBrowser(connection);
      this.#reject(slot, absentCommandText(args) ?? unknownCommand(args));
      return;
    }
    const subcommandName = args[1];
    if (command.subcommands !== undefined && subcommandName !== undefined) {
      const subcommand = command.subcommands.find(subcommandName);
      if (subcommand === undefined) {
        command.rejectedCalls++;
        this.#reject(slot, absentCommandText(args, command.row.name) ?? unknownSubcommand(command, subcommandName));
        return;
      }
      command = subcommand;
    }
    connection.lastCommand = command.fullName;
    if (!command.takes(args.length)) {
      command.rejectedCalls++;
      this.#reject(
        slot,
        aborting(command, connection, `ERR wrong number of arguments for '${command.fullName}' command`),
      );
      return;
    }
    if (args.length > LONG_REQUEST_ARGUMENTS && !command.row.flags.includes('no_auth')) {
      const wanted = command;
      connection.requests.runAlone(slot, () =>
        connection.context.turns.run(this.#admitLong(connection, wanted, args, slot)),
      );
      return;
    }
    if (!connection.login.isUnrestricted) {
      const refusal = this.#refusal(connection, command, args);
      if (refusal !== undefined) {
        command.rejectedCalls++;
        this.#reject(slot, aborting(command, connection, refusal));
        return;
      }
    }
    this.#admit(connection, command, args, slot);
  }

  /** As with a short request; its many arguments are looked at in turns. */
  *#admitLong(connection: ClientConnection, command: Command, args: Buffer[], slot: ReplySlot): Generator<void> {
    const { login } = connection;
    if (!login.isUnrestricted) {
      const denial = login.isStranger ? undefined : yield* this.#server.access.denialInTurns(connection, command, args);
      const refusal = login.isStranger ? LOGIN_NEEDED : refusalOf(command, denial);
      if (refusal !== undefined) {
        command.rejectedCalls++;
        this.#reject(slot, aborting(command, connection, refusal));
        return;
      }
    }
    this.#admit(connection, command, args, slot);
  }

  /** A request that its user may make. */
  #admit(connection: ClientConnection, command: Command, args: Buffer[], slot: ReplySlot): void {
    const server = this.#server;
    if (connection.transaction !== undefined && !runsAtOnce(command)) {
      this.#queue(connection.transaction, command, args, slot);
      return;
    }
    if (connection.isMonitor && isAboutKeys(command)) {
      command.rejectedCalls++;
      this.#reject(slot, "ERR Replica can't interact with the keyspace");
      return;
    }
    if (server.pause.isOn && server.pause.concerns(connection, command.row.flags.includes('write'))) {
      server.pause.hold(connection, () => {
        if (connection.isClosed) slot.complete();
        else this.#begin(connection, command, args, slot);
      });
      return;
    }
    this.#begin(connection, command, args, slot);
  }

  /** A write waits for its turn where more is written than the node can pass on. */
  #begin(connection: ClientConnection, command: Command, args: Buffer[], slot: ReplySlot): void {
    const { waitingWrites } = this.#server;
    if (!waitingWrites.areOn || !command.row.flags.includes('write')) {
      this.#run(connection, command, args, slot);
      return;
    }
    waitingWrites.hold(
      connection,
      () => {
        if (connection.isClosed) slot.complete();
        else this.#run(connection, command, args, slot);
      },
      () => {
        command.rejectedCalls++;
        this.#reject(slot, TOO_MUCH_UNDER_WAY);
      },
    );
  }

  #run(connection: ClientConnection, command: Command, args: Buffer[], slot: ReplySlot): void {
    const server = this.#server;
    server.statistics.commandsProcessed++;
    command.calls++;
    slot.command = command;
    slot.args = args;
    let call = this.#call;
    if (call === undefined) {
      call = { server, connection, args, slot };
      this.#call = call;
    } else {
      call.connection = connection;
      call.args = args;
      call.slot = slot;
    }
    command.row.run(call);
    if (server.monitors.isOn) server.monitors.feed(connection, command, args);
  }

  /** Keeps a command of a transaction until `EXEC`. */
  #queue(transaction: Transaction, command: Command, args: Buffer[], slot: ReplySlot): void {
    if (command.row.flags.includes('no_multi')) {
      command.rejectedCalls++;
      this.#reject(slot, 'ERR Command not allowed inside a transaction');
    } else if (transaction.add(args)) {
      slot.out.simple('QUEUED');
      slot.complete();
    } else {
      this.#reject(
        slot,
        `ERR a transaction has room for ${TRANSACTION_REQUESTS_MAX} commands and ${TRANSACTION_BYTES_MAX} bytes`,
      );
    }
  }

  completed(slot: ReplySlot): void {
    const server = this.#server;
    const { command } = slot;
    if (command === undefined) return;
    const nowUs = server.clock.monotonicUs();
    slot.connection.context.share.note(nowUs);
    const us = nowUs - slot.startedUs;
    command.totalUs += us;
    if (server.config.latencyTracking) (command.recording ?? this.#record(command)).record(us);
    if (us >= server.slowCalls.leastUs) server.slowCalls.note(command, slot, us);
  }

  /** Why that client may not run that command. */
  #refusal(connection: ClientConnection, command: Command, args: readonly Buffer[]): string | undefined {
    if (connection.login.isStranger && !command.row.flags.includes('no_auth')) return LOGIN_NEEDED;
    return refusalOf(command, this.#server.access.denial(connection, command, args));
  }

  #record(command: Command): Recording {
    const recording = this.#server.latency.recorder(COMMAND_PREFIX + command.fullName);
    command.recording = recording;
    return recording;
  }

  /** A web page that makes its reader's browser POST to this port must not get commands through, as in Redis. */
  #refuseBrowser(connection: ClientConnection): void {
    this.#quietLog.warn(
      connection.address.slice(0, connection.address.lastIndexOf(':')),
      { address: connection.address },
      'closed a connection that speaks HTTP: this may be an attack by a web page',
    );
    connection.close('it speaks HTTP');
  }

  /** Answers a request that reached no handler. The text holds the client's bytes, one char each. */
  #reject(slot: ReplySlot, text: string): void {
    const { transaction } = slot.connection;
    if (transaction !== undefined) transaction.isDoomed = true;
    this.#server.statistics.countError(text);
    slot.out.error(text, 'latin1');
    slot.complete();
    slot.connection.context.share.note(this.#server.clock.monotonicUs());
  }
}

function refusalOf({ fullName }: Command, denial: Denial | undefined): string | undefined {
  switch (denial?.kind) {
    case 'command':
      return `NOPERM this user has no permissions to run the '${fullName}' command`;
    case 'key':
      return 'NOPERM this user has no permissions to access one of the keys used as arguments';
    default:
      return undefined;
  }
}

/** An `EXEC` that is refused ends the transaction, and says so. */
function aborting({ fullName }: Command, connection: ClientConnection, text: string): string {
  if (fullName !== 'exec') return text;
  connection.endTransaction();
  return `EXECABORT Transaction discarded because of: ${text.replace(/^ERR /, '')}`;
}

/** What is not queued in a transaction. */
function runsAtOnce({ fullName }: Command): boolean {
  return RUN_AT_ONCE.includes(fullName);
}

function isAboutKeys(command: Command): boolean {
  return command.row.flags.some((flag) => flag === 'write' || flag === 'readonly');
}

function unknownCommand(args: readonly Buffer[]): string {
  let quoted = '';
  for (let i = 1; i < args.length && quoted.length < QUOTED_BYTES_MAX; i++) {
    quoted += `'${excerpt(args[i], QUOTED_BYTES_MAX - quoted.length)}' `;
  }
  return `ERR unknown command '${excerpt(args[0], QUOTED_BYTES_MAX)}', with args beginning with: ${quoted}`;
}

function unknownSubcommand(container: Command, name: Buffer): string {
  const containerName = container.row.name.toUpperCase();
  return `ERR unknown subcommand '${excerpt(name, QUOTED_BYTES_MAX)}'. Try ${containerName} HELP.`;
}

function excerpt(argument: Buffer | undefined, bytesMax: number): string {
  return argument === undefined ? '' : argument.toString('latin1', 0, Math.min(argument.length, bytesMax));
}
