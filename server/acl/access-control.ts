import type { Clock } from '../../cluster/ports/clock.js';
import { audit, type Log } from '../../cluster/ports/log.js';
import type { Timers } from '../../cluster/ports/timers.js';
import { QuietLog } from '../../cluster/wire/quiet-log.js';
import type { Command, CommandTable } from '../commands/command-table.js';
import type { Config } from '../config/config.js';
import type { Settings } from '../config/settings.js';
import { AccessLog, type DenialReason } from './access-log.js';
import { WAITING_MAX } from './limits.js';
import { Login } from './login.js';
import { LoginDelay } from './login-delay.js';
import { isOneOf } from './password.js';
import { type Denial, denialInTurns, denialOf } from './permission.js';
import { isLoopback, PROTECTED } from './protected-mode.js';
import type { User } from './user.js';
import { UserStore } from './user-store.js';

/** A connection, as far as it matters who it acts for. */
export interface AccessClient {
  readonly login: Login;
  /** `host:port`. */
  readonly address: string;
  readonly isClosed: boolean;
  /** Its line in `CLIENT LIST`. */
  describe(nowUs: number): string;
  readonly requests: {
    /** Takes no further request until `resume`. */
    suspend(): void;
    resume(): void;
  };
  close(reason: string): void;
  closeAfterReplies(): void;
}

/** `too many`: not looked at, since too many of that address waited. */
export type LoginVerdict = 'welcome' | 'wrong' | 'too many';

export interface AccessParts {
  readonly settings: Settings;
  readonly commands: CommandTable;
  readonly clients: Iterable<AccessClient>;
  readonly clock: Clock;
  readonly timers: Pick<Timers, 'after'>;
  readonly log: Log;
}

/** Who may do what on this node: logins, permissions, and what was denied. Each node has its own. */
export class AccessControl {
  readonly users: UserStore;
  readonly log: AccessLog;
  /** What was denied since the start, by reason (`INFO stats`). */
  readonly denied: Record<DenialReason, number> = { auth: 0, command: 0, key: 0, channel: 0 };
  readonly #parts: AccessParts;
  readonly #quietLog: QuietLog;
  readonly #delay: LoginDelay;
  /** Logins that wait, by address. */
  readonly #waiting = new Map<string, number>();

  /** Throws `ConfigError` where the users of the configuration or of the ACL file can't be read. */
  constructor(parts: AccessParts) {
    const { settings, clock } = parts;
    this.#parts = parts;
    this.users = new UserStore(settings, parts.commands);
    this.log = new AccessLog(clock, () => settings.config.acllogMaxLen);
    this.#quietLog = new QuietLog(clock, parts.log);
    this.#delay = new LoginDelay(clock, () => settings.config.loginDelayMaxMs);
    this.users.onChange(() => this.#refreshAll());
    this.#warnOfLostPassword();
  }

  /** That of a new connection. */
  open(): Login {
    const login = new Login(this.users.default);
    this.begin(login);
    return login;
  }

  /** Makes a login that of a new connection: of the default user, who may have to log in. */
  begin(login: Login): void {
    login.user = this.users.default;
    login.isAuthenticated = login.user.isOpen;
    this.#refresh(login);
  }

  /** Why a connection from there is turned away at once, if it is (Redis's protected mode). */
  doorFault(remoteAddress: string | undefined): string | undefined {
    if (!this.#config.protectedMode || !this.users.default.needsNoPassword) return undefined;
    return isLoopback(remoteAddress) ? undefined : PROTECTED;
  }

  /**
   * Looks at a password, at once or, where logins of that address keep failing, later: then the connection takes no further request
   * until `late` has been called. `command` is what asked for it, as the client wrote it.
   */
  logIn(
    client: AccessClient,
    name: string,
    password: Buffer,
    command: string,
    late: (verdict: LoginVerdict) => void,
  ): LoginVerdict | 'later' {
    const host = hostOf(client);
    const delayMs = this.#delay.delayMsOf(host);
    if (delayMs === 0) return this.#judge(client, host, name, password, command);
    const waiting = this.#waiting.get(host) ?? 0;
    const isLookedAt = waiting < WAITING_MAX;
    if (isLookedAt) this.#waiting.set(host, waiting + 1);
    client.requests.suspend();
    this.#parts.timers.after(delayMs, () => {
      if (isLookedAt) this.#endWaiting(host);
      if (isLookedAt && !client.isClosed) late(this.#judge(client, host, name, password, command));
      else late(this.#refuseUnseen(client, name, command));
      client.requests.resume();
    });
    return 'later';
  }

  /** What the user of a connection may not do of this request, whose arity has been checked; it is noted. */
  denial(client: AccessClient, command: Command, args: readonly Buffer[]): Denial | undefined {
    return this.#noted(client, command, args, denialOf(client.login.user, command, args));
  }

  /** The same for a request of many arguments: looks at a few of them between one `yield` and the next. */
  *denialInTurns(client: AccessClient, command: Command, args: readonly Buffer[]): Generator<void, Denial | undefined> {
    return this.#noted(client, command, args, yield* denialInTurns(client.login.user, command, args));
  }

  #noted(
    client: AccessClient,
    command: Command,
    args: readonly Buffer[],
    denial: Denial | undefined,
  ): Denial | undefined {
    if (denial === undefined) return undefined;
    const object = denial.kind === 'key' ? (args[denial.position]?.toString('latin1') ?? '') : command.fullName;
    this.#note(client, denial.kind, object, client.login.user.name);
    return denial;
  }

  /** Makes or changes a user; or says why not, in Redis's words without their code. */
  setUser(name: string, rules: readonly string[], by: AccessClient): string | undefined {
    const refusal = this.users.set(name, rules);
    if (refusal === undefined) this.#audit(by, 'user set', name);
    return refusal;
  }

  /** Removes users and closes their connections; gives how many there were. `by` is still answered. */
  deleteUsers(names: readonly string[], by: AccessClient): number {
    const removed = this.users.delete(names);
    for (const { name } of removed) this.#audit(by, 'user removed', name);
    this.#closeAll(removed, by);
    return removed.size;
  }

  /** Reads the ACL file anew, and closes the connections of all users but the default one, as Redis 7.0 does; or says why not. */
  reload(by: AccessClient): string | undefined {
    const outcome = this.users.load();
    if (typeof outcome === 'string') return outcome;
    this.#audit(by, 'users loaded');
    this.#warnOfLostPassword();
    this.#closeAll(outcome, by);
    return undefined;
  }

  resetCounts(): void {
    Object.assign(this.denied, { auth: 0, command: 0, key: 0, channel: 0 });
  }

  get #config(): Config {
    return this.#parts.settings.config;
  }

  #judge(client: AccessClient, host: string, name: string, password: Buffer, command: string): LoginVerdict {
    const user = this.users.find(name);
    // As much is computed for users who do not exist.
    const isKnown = isOneOf(password, user?.passwords ?? []);
    if (user?.isOn !== true || !(isKnown || user.needsNoPassword)) {
      this.#delay.failed(host);
      this.#noteFailure(client, name, command);
      return 'wrong';
    }
    client.login.user = user;
    client.login.isAuthenticated = true;
    this.#refresh(client.login);
    return 'welcome';
  }

  #refuseUnseen(client: AccessClient, name: string, command: string): LoginVerdict {
    this.#noteFailure(client, name, command);
    return 'too many';
  }

  #noteFailure(client: AccessClient, name: string, command: string): void {
    this.#note(client, 'auth', command, name);
    // What is no user's name may be a password that was typed at the wrong place.
    const who = this.users.find(name) === undefined ? undefined : name;
    this.#quietLog.warn(hostOf(client), audit(who, client.address, 'login failed'), 'a login has failed');
  }

  #note(client: AccessClient, reason: DenialReason, object: string, user: string): void {
    this.denied[reason]++;
    this.log.add({ reason, object, user, client: client.describe(this.#parts.clock.monotonicUs()) });
  }

  /** Tells the operator's log who has changed the users. */
  #audit(by: AccessClient, what: string, user?: string): void {
    this.#parts.log.info(
      { ...audit(by.login.user.name, by.address, what), user },
      'the users of this node have changed',
    );
  }

  /** As in Redis, a file that does not name the user `default` leaves it open, whatever `requirepass` says. */
  #warnOfLostPassword(): void {
    const { requirepass, aclfile } = this.#config;
    if (requirepass === '' || aclfile === '' || !this.users.default.isOpen) return;
    this.#parts.log.warn(
      { aclfile },
      "'requirepass' has no effect: the ACL file does not give the user default a password",
    );
  }

  #endWaiting(host: string): void {
    const waiting = this.#waiting.get(host) ?? 0;
    if (waiting > 1) this.#waiting.set(host, waiting - 1);
    else this.#waiting.delete(host);
  }

  #refreshAll(): void {
    for (const { login } of this.#parts.clients) this.#refresh(login);
  }

  #refresh(login: Login): void {
    login.isStranger = !login.isAuthenticated && !this.users.default.isOpen;
    login.isUnrestricted = !login.isStranger && login.user.isUnrestricted;
  }

  #closeAll(users: ReadonlySet<User>, by: AccessClient): void {
    for (const client of this.#parts.clients) {
      if (!users.has(client.login.user)) continue;
      if (client === by) client.closeAfterReplies();
      else client.close('its user was removed');
    }
  }
}

function hostOf({ address }: AccessClient): string {
  return address.slice(0, address.lastIndexOf(':'));
}
