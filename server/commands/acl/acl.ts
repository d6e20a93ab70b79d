/** `ACL`: the users of this node, as Redis 7.0 shows and changes them. All names and rules have one char a byte. */
import { randomBytes } from 'node:crypto';
import { CATEGORIES, isCategory } from '../../acl/categories.js';
import { denialOf } from '../../acl/permission.js';
import type { ReplyBuffer } from '../../resp/reply-buffer.js';
import { parseInt64 } from '../arguments/integer-argument.js';
import { keyword } from '../arguments/keyword.js';
import { type Call, type CommandRow, refuse, runSubcommand } from '../command.js';
import { NOT_AN_INTEGER, wrongArity } from '../error-text.js';
import { writeLogEntry, writeText, writeUser } from './acl-replies.js';
import { aclRows } from './acl-rows.js';

const NO_FILE =
  'ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration.';
const NOT_SAVED = 'ERR There was an error trying to save the ACLs. Please check the server logs for more information';
const PASSWORD_BITS = 256n;
const PASSWORD_BITS_MAX = 4096n;
const BITS_REFUSED = `ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to ${PASSWORD_BITS_MAX}`;
const BITS_PER_DIGIT = 4;
const SET_USER_ARGUMENTS_MAX = 1024;
const LOG_ENTRIES_SHOWN = 10n;

function textOf(argument: Buffer | undefined): string {
  return argument === undefined ? '' : argument.toString('latin1');
}

/** What is said of a subcommand with too many arguments whose arity has no upper bound. */
function misused(args: readonly Buffer[]): string {
  return `ERR unknown subcommand or wrong number of arguments for '${textOf(args[1])}'. Try ACL HELP.`;
}

function whoAmI({ connection, slot }: Call) {
  writeText(slot.out, connection.login.user.name);
  slot.complete();
}

function users({ server, slot }: Call) {
  writeTexts(
    slot.out,
    server.access.users.all().map(({ name }) => name),
  );
  slot.complete();
}

function list({ server, slot }: Call) {
  writeTexts(
    slot.out,
    server.access.users.all().map((user) => `user ${user.name} ${user.describe()}`),
  );
  slot.complete();
}

function writeTexts(out: ReplyBuffer, texts: readonly string[]): void {
  out.array(texts.length);
  for (const text of texts) writeText(out, text);
}

function getUser({ server, args, slot }: Call) {
  const user = server.access.users.find(textOf(args[2]));
  if (user === undefined) slot.out.nullBulk();
  else writeUser(slot.out, user);
  slot.complete();
}

function setUser({ server, connection, args, slot }: Call) {
  // They change the user all at once, and each key pattern is compared with those before it.
  if (args.length > SET_USER_ARGUMENTS_MAX) {
    return refuse(server, slot, `ERR ACL SETUSER takes at most ${SET_USER_ARGUMENTS_MAX - 1} arguments`);
  }
  const [name = '', ...rules] = args.slice(2).map(textOf);
  const refusal = server.access.setUser(name, rules, connection);
  if (refusal !== undefined) return refuse(server, slot, `ERR ${refusal}`, 'latin1');
  slot.out.ok();
  slot.complete();
}

function deleteUsers({ server, connection, args, slot }: Call) {
  const names = args.slice(2).map(textOf);
  if (names.includes(server.access.users.default.name)) {
    return refuse(server, slot, "ERR The 'default' user cannot be removed");
  }
  slot.out.integer(server.access.deleteUsers(names, connection));
  slot.complete();
}

function categories({ server, args, slot }: Call) {
  if (args.length > 3) return refuse(server, slot, misused(args), 'latin1');
  if (args[2] === undefined) {
    writeTexts(slot.out, CATEGORIES);
    return slot.complete();
  }
  const category = textOf(args[2]).toLowerCase();
  if (!isCategory(category)) return refuse(server, slot, `ERR Unknown category '${textOf(args[2])}'`, 'latin1');
  const commands = server.access.users.catalogue.all.filter(
    (command) => command.isOwn && command.categories.has(category),
  );
  writeTexts(
    slot.out,
    commands.map(({ fullName }) => fullName),
  );
  slot.complete();
}

function log({ server, args, slot }: Call) {
  if (args.length > 3) return refuse(server, slot, misused(args), 'latin1');
  let count = LOG_ENTRIES_SHOWN;
  if (args[2] !== undefined) {
    if (keyword(args[2]) === 'RESET') {
      server.access.log.reset();
      slot.out.ok();
      return slot.complete();
    }
    const given = parseInt64(args[2]);
    if (given === undefined) return refuse(server, slot, NOT_AN_INTEGER);
    count = given < 0n ? 0n : given;
  }
  const { entries } = server.access.log;
  const shown = count < BigInt(entries.length) ? entries.slice(0, Number(count)) : entries;
  const nowMs = server.clock.nowMs();
  slot.out.array(shown.length);
  for (const entry of shown) writeLogEntry(slot.out, entry, nowMs);
  slot.complete();
}

function generatePassword({ server, args, slot }: Call) {
  if (args.length > 3) return refuse(server, slot, misused(args), 'latin1');
  const bits = args[2] === undefined ? PASSWORD_BITS : parseInt64(args[2]);
  if (bits === undefined) return refuse(server, slot, NOT_AN_INTEGER);
  if (bits <= 0n || bits > PASSWORD_BITS_MAX) return refuse(server, slot, BITS_REFUSED);
  const digits = Math.ceil(Number(bits) / BITS_PER_DIGIT);
  slot.out.bulkText(randomBytes(digits).toString('hex').slice(0, digits));
  slot.complete();
}

function load({ server, connection, slot }: Call) {
  if (server.config.aclfile === '') return refuse(server, slot, NO_FILE);
  const fault = server.access.reload(connection);
  if (fault !== undefined) return refuse(server, slot, `ERR ${fault}`, 'latin1');
  slot.out.ok();
  slot.complete();
}

function save({ server, slot }: Call) {
  if (server.config.aclfile === '') return refuse(server, slot, NO_FILE);
  try {
    server.access.users.save();
  } catch (error) {
    server.log.error({ reason: String(error), path: server.config.aclfile }, 'the ACL file could not be written');
    return refuse(server, slot, NOT_SAVED);
  }
  slot.out.ok();
  slot.complete();
}

/** Whether a user may run a request. Of commands that only Redis has it says that there are none. */
function dryRun({ server, args, slot }: Call) {
  const user = server.access.users.find(textOf(args[2]));
  if (user === undefined) return refuse(server, slot, `ERR User '${textOf(args[2])}' not found`, 'latin1');
  const request = args.slice(3);
  const [name = Buffer.alloc(0), subcommandName] = request;
  let command = server.commands.find(name);
  if (command?.subcommands !== undefined && subcommandName !== undefined) {
    command = command.subcommands.find(subcommandName);
  }
  if (command === undefined) return refuse(server, slot, `ERR Command '${textOf(name)}' not found`, 'latin1');
  if (!command.takes(request.length)) return refuse(server, slot, wrongArity(command.fullName));
  const denial = denialOf(user, command, request);
  if (denial === undefined) slot.out.ok();
  else if (denial.kind === 'command') {
    slot.out.bulkText(`This user has no permissions to run the '${command.fullName}' command`);
  } else {
    writeText(slot.out, `This user has no permissions to access the '${textOf(request[denial.position])}' key`);
  }
  slot.complete();
}

export const aclCommands: readonly CommandRow[] = [
  {
    name: 'acl',
    arity: -2,
    flags: [],
    categories: ['@slow'],
    since: '6.0.0',
    group: 'server',
    complexity: 'Depends on subcommand.',
    summary: 'About the users of this node, who may do what',
    subcommands: aclRows({
      whoAmI,
      users,
      list,
      getUser,
      setUser,
      deleteUsers,
      categories,
      log,
      generatePassword,
      load,
      save,
      dryRun,
    }),
    run: runSubcommand,
  },
];
