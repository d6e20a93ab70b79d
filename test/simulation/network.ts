/**
 * The network of a simulated world. Links are ordered byte streams, so what goes wrong with them is what goes wrong with
 * TCP: bytes come late, in pieces cut anywhere, or not for a while (a stall, of one direction or both); connections are
 * refused, time out or are reset with what was under way lost. Bytes inside a stream are never reordered or skipped.
 */
import type { Link, LinkEvents, Listener, PeerAddress, Transport } from '../../cluster/ports/transport.js';
import { ParcelBuffers } from './parcel-buffers.js';
import type { Prng } from './prng.js';
import type { Process, Scheduler } from './scheduler.js';
import { Stream } from './stream.js';
import type { Trace } from './trace.js';

/** How this network behaves in one run. */
export interface NetworkTemper {
  /** One-way delay without trouble, µs. */
  readonly delayUs: number;
  /** Up to this much on top, for each chunk, µs. */
  readonly jitterUs: number;
  /** All delays are multiples of this, so that chunks meet in one instant, µs. */
  readonly grainUs: number;
  /** How often a chunk takes ten times as long. */
  readonly slowChance: number;
  /** How often a dial is refused for no reason. */
  readonly refuseChance: number;
  /** How often bytes are cut into pieces on arrival. */
  readonly cutChance: number;
}

/** What a slow machine adds to each way. */
const SLOW_US = 80_000;
const DIAL_TIMEOUT_US = 5_000_000;
/** After this long a connection to a machine without power is given up. */
const VANISHED_TIMEOUT_US = 20_000_000;

interface Listening {
  readonly process: Process;
  readonly accept: (link: Link) => LinkEvents;
}

export class Network {
  readonly scheduler: Scheduler;
  #temper: NetworkTemper;
  readonly trace: Trace;
  readonly random: Prng;
  readonly parcels = new ParcelBuffers();
  readonly #listening = new Map<string, Listening>();
  readonly #stalledUntilUs = new Map<string, number>();
  readonly #slowUntilUs = new Map<string, number>();
  readonly #connections = new Set<Connection>();

  constructor(scheduler: Scheduler, random: Prng, temper: NetworkTemper, trace: Trace) {
    this.scheduler = scheduler;
    this.random = random;
    this.#temper = temper;
    this.trace = trace;
  }

  /** The transport of one process on `host`. */
  transportOf(host: string, process: Process): Transport {
    return {
      dial: (address, events) => this.#dial(host, process, address, events),
      listen: (address, accept) => this.#listen(host, process, address, accept),
    };
  }

  /** Holds all bytes (and dials) from `from` to `to` back for `durationUs`. */
  stall(from: string, to: string, durationUs: number): void {
    this.#stalledUntilUs.set(`${from}>${to}`, this.scheduler.nowUs + durationUs);
  }

  /** As `stall`; what is under way between the two is lost as well, and so is all that their connections carry later. */
  drop(from: string, to: string, durationUs: number): void {
    this.stall(from, to, durationUs);
    for (const connection of this.#connections) {
      if (connection.isBetween(from, to)) connection.lose(Math.max(durationUs, VANISHED_TIMEOUT_US));
    }
  }

  /** All that `host` sends and receives takes longer for `durationUs`. */
  slow(host: string, durationUs: number): void {
    this.#slowUntilUs.set(host, this.scheduler.nowUs + durationUs);
  }

  isSlow(host: string): boolean {
    if (this.#slowUntilUs.size === 0) return false;
    return this.#slowUntilUs.size > 0 && (this.#slowUntilUs.get(host) ?? 0) > this.scheduler.nowUs;
  }

  get temper(): NetworkTemper {
    return this.#temper;
  }

  /** Ends all stalls, and from now on nothing is slow or refused. */
  heal(): void {
    this.#stalledUntilUs.clear();
    this.#slowUntilUs.clear();
    this.#temper = { ...this.#temper, jitterUs: 0, slowChance: 0, refuseChance: 0 };
  }

  /** Resets all connections between two hosts; what was under way is lost. */
  reset(a: string, b: string): void {
    for (const connection of [...this.#connections]) if (connection.isBetween(a, b)) connection.reset('reset');
  }

  /** What the others notice of a killed process: its system ends all its connections. */
  processDied(process: Process): void {
    for (const connection of [...this.#connections]) connection.processDied(process);
    this.#stopListening(process);
  }

  /** What the others notice of a machine without power: nothing, until it is back or they lose patience. */
  powerLost(process: Process): void {
    for (const connection of [...this.#connections]) connection.vanish(process, VANISHED_TIMEOUT_US);
    this.#stopListening(process);
  }

  /** A machine answers again: connections of its former life are reset. */
  poweredOn(host: string): void {
    for (const connection of [...this.#connections]) if (connection.vanishedAt === host) connection.reset('reset');
  }

  /** For how long nothing gets from `from` to `to`, µs. */
  stalledForUs(from: string, to: string): number {
    if (this.#stalledUntilUs.size === 0) return 0;
    if (this.#stalledUntilUs.size === 0) return 0;
    return Math.max(0, (this.#stalledUntilUs.get(`${from}>${to}`) ?? 0) - this.scheduler.nowUs);
  }

  /** The time that the next chunk takes, µs. */
  drawDelayUs(from: string, to: string): number {
    const { delayUs, jitterUs, grainUs, slowChance } = this.temper;
    const slowUs = this.isSlow(from) || this.isSlow(to) ? SLOW_US : 0;
    const delay = delayUs + slowUs + this.random.below(jitterUs + 1);
    return Math.ceil((this.random.chance(slowChance) ? delay * 10 : delay) / grainUs) * grainUs;
  }

  forget(connection: Connection): void {
    this.#connections.delete(connection);
  }

  #dial(host: string, process: Process, address: PeerAddress, events: LinkEvents): Link {
    const connection = new Connection(this, { host, process }, address.host);
    this.#connections.add(connection);
    const link = connection.linkOf('dialler', `${address.host}:${address.port}`, events);
    this.#knock(connection, address, this.scheduler.nowUs + DIAL_TIMEOUT_US);
    return link;
  }

  #knock(connection: Connection, address: PeerAddress, patienceUs: number): void {
    const { host } = connection.dialler;
    const waitUs = Math.min(
      this.drawDelayUs(host, address.host) + this.stalledForUs(host, address.host),
      DIAL_TIMEOUT_US,
    );
    this.scheduler.after(waitUs, undefined, () => {
      if (connection.ended) return;
      if (this.stalledForUs(host, address.host) > 0) {
        if (this.scheduler.nowUs >= patienceUs) connection.reset('timed out');
        else this.#knock(connection, address, patienceUs);
        return;
      }
      const listening = this.#listening.get(`${address.host}:${address.port}`);
      if (listening === undefined || !listening.process.alive || this.random.chance(this.temper.refuseChance)) {
        connection.reset('refused');
        return;
      }
      connection.accept(listening.process, `${host}:0`, (link) => {
        // The process may have been held up, and have stopped listening since.
        return this.#listening.get(`${address.host}:${address.port}`) === listening
          ? listening.accept(link)
          : undefined;
      });
    });
  }

  #listen(host: string, process: Process, address: PeerAddress, accept: (link: Link) => LinkEvents): Promise<Listener> {
    const name = `${host}:${address.port}`;
    if (this.#listening.has(name)) return Promise.reject(new Error(`${name} is taken`));
    this.#listening.set(name, { process, accept });
    return Promise.resolve({ port: address.port, close: () => this.#listening.delete(name) });
  }

  #stopListening(process: Process): void {
    for (const [name, listening] of this.#listening) if (listening.process === process) this.#listening.delete(name);
  }
}

interface End {
  readonly host: string;
  readonly process: Process;
}

/** Two streams, one each way, and the two ends that hold them. */
export class Connection {
  readonly dialler: End;
  #accepter: End | undefined;
  readonly #accepterHost: string;
  readonly #network: Network;
  readonly #toAccepter: Stream;
  readonly #toDialler: Stream;
  vanishedAt: string | undefined;
  ended = false;

  constructor(network: Network, dialler: End, accepterHost: string) {
    this.#network = network;
    this.dialler = dialler;
    this.#accepterHost = accepterHost;
    this.#toAccepter = new Stream(network, dialler.host, accepterHost);
    this.#toDialler = new Stream(network, accepterHost, dialler.host);
  }

  isBetween(a: string, b: string): boolean {
    const [x, y] = [this.dialler.host, this.#accepterHost];
    return (x === a && y === b) || (x === b && y === a);
  }

  linkOf(side: 'dialler' | 'accepter', remoteAddress: string, events: LinkEvents): Link {
    const [outgoing, incoming] =
      side === 'dialler' ? [this.#toAccepter, this.#toDialler] : [this.#toDialler, this.#toAccepter];
    const process = side === 'dialler' ? this.dialler.process : this.#accepter?.process;
    if (process === undefined) throw new Error('the link has not been accepted');
    incoming.receiveWith(process, events, () => this.#maybeForget());
    return {
      remoteAddress,
      write: (bytes) => outgoing.write(bytes),
      queuedBytes: () => outgoing.queuedBytes(),
      pause: () => incoming.pause(),
      resume: () => incoming.resume(),
      close: (reason) => {
        if (!incoming.closeLocally(reason)) return;
        outgoing.finish('ended by the other side');
        this.ended = true;
      },
    };
  }

  accept(process: Process, remoteAddress: string, accept: (link: Link) => LinkEvents | undefined): void {
    this.#accepter = { host: this.#accepterHost, process };
    this.#network.scheduler.after(0, process, () => {
      if (this.ended) return;
      // The link is handed out before its events are known: what it hears waits for the next event anyway.
      const late: { events?: LinkEvents } = {};
      const link = this.linkOf('accepter', remoteAddress, {
        opened: () => late.events?.opened(),
        received: (chunk) => late.events?.received(chunk),
        closed: (reason) => late.events?.closed(reason),
      });
      late.events = accept(link);
      if (late.events === undefined) {
        this.reset('refused');
        return;
      }
      this.#toAccepter.open();
      this.#toDialler.openLater();
    });
  }

  /** Both ends hear that the connection is gone; what was under way is lost. */
  reset(reason: string): void {
    if (this.ended && this.#toAccepter.closed && this.#toDialler.closed) return;
    this.ended = true;
    this.#toAccepter.cut(reason);
    this.#toDialler.cut(reason);
  }

  processDied(process: Process): void {
    if (this.dialler.process === process) this.#endLost(this.#toDialler, this.#toAccepter);
    if (this.#accepter?.process === process) this.#endLost(this.#toAccepter, this.#toDialler);
  }

  vanish(process: Process, patienceUs: number): void {
    const end = this.dialler.process === process ? this.dialler : this.#accepter;
    if (end?.process !== process) return;
    this.vanishedAt = end.host;
    this.lose(patienceUs);
  }

  /** From now on nothing arrives at either end; both give up after `patienceUs`. */
  lose(patienceUs: number): void {
    this.#toAccepter.lose();
    this.#toDialler.lose();
    this.#network.scheduler.after(patienceUs, undefined, () => this.reset('timed out'));
  }

  #endLost(heardBy: Stream, saidBy: Stream): void {
    this.ended = true;
    heardBy.abandon();
    saidBy.finish('reset');
  }

  #maybeForget(): void {
    if (this.#toAccepter.closed && this.#toDialler.closed) this.#network.forget(this);
  }
}
