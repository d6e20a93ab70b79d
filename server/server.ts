import { randomBytes } from 'node:crypto';
import type { ClusterNode } from '../cluster/node.js';
import type { Clock } from '../cluster/ports/clock.js';
import type { Log } from '../cluster/ports/log.js';
import type { Timers } from '../cluster/ports/timers.js';
import type { AccessControl } from './acl/access-control.js';
import type { CommandTable } from './commands/command-table.js';
import type { Statistics } from './commands/statistics.js';
import type { Config } from './config/config.js';
import type { Settings } from './config/settings.js';
import type { FaultInjection } from './faults/fault-injection.js';
import type { LatencyBook } from './latency/latency-book.js';
import { MemoryMeter } from './memory-meter.js';
import { ClientPause } from './net/client-pause.js';
import type { ClientRegistry } from './net/client-registry.js';
import { WaitingWrites } from './net/waiting-writes.js';
import { Saves } from './saves.js';
import type { TransportSecurity } from './tls/transport-security.js';
import type { LatencySpikes } from './watch/latency-spikes.js';
import { LoopWatch } from './watch/loop-watch.js';
import { Monitors } from './watch/monitors.js';
import { SlowCalls } from './watch/slow-calls.js';
import { SlowLog } from './watch/slow-log.js';

/** What a server is put together from. */
export interface ServerParts {
  readonly settings: Settings;
  readonly node: ClusterNode;
  readonly latency: LatencyBook;
  readonly clients: ClientRegistry;
  readonly commands: CommandTable;
  readonly statistics: Statistics;
  readonly spikes: LatencySpikes;
  readonly timers: Timers;
  readonly access: AccessControl;
  readonly security: TransportSecurity;
  readonly clock: Clock;
  readonly log: Log;
  /** What `DEBUG` orders faults from; undefined where `enable-debug-command` is `no`. */
  readonly faults: FaultInjection | undefined;
  /** Begins to stop the process; the connections are closed by it. */
  readonly shutDown: () => void;
}

/** Everything that a command can reach. One a process. */
export class Server {
  readonly settings: Settings;
  readonly node: ClusterNode;
  readonly latency: LatencyBook;
  readonly clients: ClientRegistry;
  readonly commands: CommandTable;
  readonly statistics: Statistics;
  readonly access: AccessControl;
  readonly security: TransportSecurity;
  readonly clock: Clock;
  readonly log: Log;
  readonly faults: FaultInjection | undefined;
  readonly shutDown: () => void;
  readonly startedMs: number;
  readonly slowLog: SlowLog;
  readonly spikes: LatencySpikes;
  readonly slowCalls: SlowCalls;
  readonly monitors: Monitors;
  readonly memory: MemoryMeter;
  readonly pause: ClientPause;
  readonly waitingWrites: WaitingWrites;
  readonly saves: Saves;
  readonly #loopWatch: LoopWatch;
  /** 40 hex digits, different for each start. */
  readonly runId = randomBytes(20).toString('hex');

  constructor(parts: ServerParts) {
    this.settings = parts.settings;
    this.node = parts.node;
    this.latency = parts.latency;
    this.clients = parts.clients;
    this.commands = parts.commands;
    this.statistics = parts.statistics;
    this.access = parts.access;
    this.security = parts.security;
    this.clock = parts.clock;
    this.log = parts.log;
    this.faults = parts.faults;
    this.shutDown = parts.shutDown;
    this.startedMs = parts.clock.nowMs();
    this.pause = new ClientPause(parts.clock, parts.timers);
    this.waitingWrites = new WaitingWrites(parts, parts.node.writes, () => this.config.requestTimeoutMs);
    this.memory = new MemoryMeter(parts.node, parts.clients);
    this.saves = new Saves(parts.node, parts.clock);
    this.slowLog = new SlowLog(parts.clock, () => this.config.slowlogMaxLen);
    this.spikes = parts.spikes;
    this.#loopWatch = new LoopWatch(parts.settings, parts.spikes, parts.clock, parts.timers);
    this.slowCalls = new SlowCalls(parts.settings, this.slowLog, this.spikes);
    this.monitors = new Monitors(parts.clock);
  }

  /** The options as they stand now: `CONFIG SET` puts another frozen object in its place. */
  get config(): Config {
    return this.settings.config;
  }

  /** Stops what it does by itself; the rest belongs to whoever made the parts. */
  close(): void {
    this.#loopWatch.close();
    this.pause.end();
    this.waitingWrites.end();
    this.statistics.close();
  }

  /** Sets everything that counts and measures back (`CONFIG RESETSTAT`). */
  resetStatistics(): void {
    this.statistics.reset(this.commands);
    this.latency.reset();
    this.access.resetCounts();
    this.security.resetCounts();
    this.clients.totals.reset();
    this.node.counters.reset();
    this.node.replica.expiry.reset();
  }
}
