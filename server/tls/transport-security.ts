/** TLS of a running node: what it is made of now, and how it follows its files and options. */
import type { Clock } from '../../cluster/ports/clock.js';
import type { Log } from '../../cluster/ports/log.js';
import type { Timer, Timers } from '../../cluster/ports/timers.js';
import type { Config } from '../config/config.js';
import type { Settings } from '../config/settings.js';
import type { CertificateFigures } from './credentials.js';
import { ExpiryWatch } from './expiry-watch.js';
import { CLIENT_DOOR, EXPIRY_LOOK_PERIOD_MS, FILES_LOOK_PERIOD_MS, PEER_DOOR } from './limits.js';
import { TlsDoor } from './tls-door.js';
import { markOf, TlsFault } from './tls-files.js';
import { readSetup, type TlsSetup, type TlsSide } from './tls-setup.js';

interface SecurityWorld {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

/** In Redis's words; what is wrong is in the log alone, as there. */
const UPDATE_REFUSED = 'Unable to update TLS configuration. Check server logs.';

export class TransportSecurity {
  /** Handshakes with clients. */
  readonly clients: TlsDoor;
  /** Handshakes with peers that dial this node. */
  readonly peers: TlsDoor;
  reloads = 0;
  failedReloads = 0;
  /** Links to and from peers that are not encrypted now; the transport counts them. */
  plaintextLinks = 0;
  readonly #world: SecurityWorld;
  readonly #settings: Settings;
  readonly #expiry: ExpiryWatch;
  readonly #timers: readonly Timer[];
  readonly #modeListeners: (() => void)[] = [];
  #setup: TlsSetup;
  /** Of the files that `#setup` was made of, or that were tried last. */
  #marks: string;
  /** What the files looked like a moment ago, where that was something new. */
  #unsettledMarks: string | undefined;

  /** Reads what the options name. Throws `TlsFault`, whose message is for people. */
  constructor(world: SecurityWorld, settings: Settings) {
    this.#world = world;
    this.#settings = settings;
    this.clients = new TlsDoor(world.timers, CLIENT_DOOR);
    this.peers = new TlsDoor(world.timers, PEER_DOOR);
    this.#expiry = new ExpiryWatch(world.clock, world.log);
    this.#setup = readSetup(settings.config);
    this.#marks = this.#marksNow();
    this.#open(this.#setup);
    settings.guardedBy((next, names) => this.#follow(next, names));
    settings.onChange(() => {
      for (const listener of this.#modeListeners) listener();
    });
    this.#timers = [
      world.timers.every(FILES_LOOK_PERIOD_MS, () => this.#lookAtFiles()),
      world.timers.every(EXPIRY_LOOK_PERIOD_MS, () => this.#expiry.look(this.#certificates())),
    ];
  }

  /** Whether clients or peers may come over TLS. */
  get isUsed(): boolean {
    return this.#setup.clients !== undefined || this.#setup.peers !== undefined;
  }

  /** How nodes talk to each other now. */
  get mode(): Config['tlsCluster'] {
    return this.#settings.config.tlsCluster;
  }

  /** `listener` runs after each change of options: `mode` may be another. */
  onChange(listener: () => void): void {
    this.#modeListeners.push(listener);
  }

  /** With what this node dials its peers; undefined: without TLS. */
  get dial(): TlsSide['dial'] | undefined {
    return this.#setup.peers?.dial;
  }

  /** The certificates that clients and peers are shown. */
  get certificates(): {
    readonly clients: CertificateFigures | undefined;
    readonly peers: CertificateFigures | undefined;
  } {
    return { clients: this.#setup.clients?.certificate, peers: this.#setup.peers?.certificate };
  }

  /** Reads all files again: what begins from now on uses what they hold. Where they are no good all stays as it was, and false. */
  reload(cause: string): boolean {
    this.#marks = this.#marksNow();
    const setup = this.#read(this.#settings.config, cause);
    if (setup === undefined) return false;
    this.#take(setup, cause);
    return true;
  }

  resetCounts(): void {
    this.clients.reset();
    this.peers.reset();
    this.reloads = 0;
    this.failedReloads = 0;
  }

  close(): void {
    for (const timer of this.#timers) timer.stop();
    this.clients.close();
    this.peers.close();
  }

  #follow(next: Config, names: readonly string[]): string | undefined {
    if (!names.some((name) => name.startsWith('tls-'))) return undefined;
    const cause = 'CONFIG SET';
    const setup = this.#read(next, cause);
    if (setup === undefined) return UPDATE_REFUSED;
    this.#take(setup, cause);
    return undefined;
  }

  #read(config: Config, cause: string): TlsSetup | undefined {
    try {
      return readSetup(config);
    } catch (error) {
      if (!(error instanceof TlsFault)) throw error;
      this.failedReloads++;
      this.#world.log.error(
        { cause, reason: error.message },
        'TLS stays as it was: what was to take its place is no good',
      );
      return undefined;
    }
  }

  #take(setup: TlsSetup, cause: string): void {
    this.#setup = setup;
    this.#marks = this.#marksNow();
    this.#unsettledMarks = undefined;
    this.reloads++;
    this.#open(setup);
    const shown = (side: TlsSide | undefined) => side && `${side.certificate.subject} ${side.certificate.fingerprint}`;
    this.#world.log.info(
      { cause, clients: shown(setup.clients), peers: shown(setup.peers) },
      'TLS was loaded anew: it counts for new connections',
    );
  }

  #open(setup: TlsSetup): void {
    this.clients.use(setup.clients);
    this.peers.use(setup.peers);
    this.#expiry.look(this.#certificates());
  }

  /** A certificate and its key are written one after the other: a change counts once it has come to rest. */
  #lookAtFiles(): void {
    const marks = this.#marksNow();
    if (marks === this.#marks) {
      this.#unsettledMarks = undefined;
      return;
    }
    if (marks === this.#unsettledMarks) this.reload('files changed');
    else this.#unsettledMarks = marks;
  }

  #marksNow(): string {
    return this.#setup.paths.map(markOf).join(' ');
  }

  #certificates(): CertificateFigures[] {
    return [this.#setup.clients, this.#setup.peers].flatMap((side) => (side === undefined ? [] : [side.certificate]));
  }
}
