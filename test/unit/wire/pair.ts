/** A dialling peer and a listening service over the fake world, and handlers that write down what they hear. */
import type { NodeId } from '../../../cluster/ring/ring.js';
import type { Party } from '../../../cluster/wire/handshake.js';
import { Peer, type ReplyHandler } from '../../../cluster/wire/peer.js';
import { type Inbound, type PeerRequests, PeerService } from '../../../cluster/wire/peer-service.js';
import type { WireOptions } from '../../../cluster/wire/wire-options.js';
import { FakeWorld } from './fake-world.js';
import { DIALLER, LISTENER, optionsOf } from './parties.js';

export const ADDRESS = { host: '127.0.0.1', port: 17_001 };

/** Writes down outcomes as lines of text. */
export class Heard implements ReplyHandler {
  readonly lines: string[] = [];
  putReplied(_peer: Peer, status: number): void {
    this.lines.push(`put ${status}`);
  }
  getReplied(_peer: Peer, same: boolean, object: Buffer | undefined): void {
    this.lines.push(`get ${same ? 'same' : (object?.toString('hex') ?? 'nothing')}`);
  }
  forwardReplied(_peer: Peer, body: Buffer): void {
    this.lines.push(`answer ${body}`);
  }
  failed(_peer: Peer, reason: string): void {
    this.lines.push(reason);
  }
}

export interface Asked {
  readonly from: Inbound;
  readonly id: number;
  readonly text: string;
}

/** Keeps requests; `answer` may answer them at once. */
export class Requests implements PeerRequests {
  readonly asked: Asked[] = [];
  answer: (asked: Asked) => void = () => undefined;

  put(from: Inbound, id: number, partition: number, db: number, d: number, key: string, object: Buffer): void {
    this.keep(from, id, `put ${partition} ${db} ${d} ${key} ${object.toString('hex')}`);
  }
  putHinted(
    from: Inbound,
    id: number,
    target: NodeId,
    partition: number,
    db: number,
    d: number,
    key: string,
    object: Buffer,
  ): void {
    this.keep(from, id, `put for ${target} ${partition} ${db} ${d} ${key} ${object.toString('hex')}`);
  }
  get(from: Inbound, id: number, partition: number, db: number, key: string, fingerprint: number): void {
    this.keep(from, id, `get ${partition} ${db} ${key} ${fingerprint}`);
  }
  forward(from: Inbound, id: number, body: Buffer): void {
    this.keep(from, id, `forward ${body}`);
  }
  query(from: Inbound, id: number, body: Buffer): void {
    this.keep(from, id, `query ${body}`);
  }
  private keep(from: Inbound, id: number, text: string): void {
    const asked = { from, id, text };
    this.asked.push(asked);
    this.answer(asked);
  }
}

export class Pair {
  readonly world = new FakeWorld();
  readonly requests = new Requests();
  readonly service: PeerService;
  readonly peer: Peer;
  readonly reachable: boolean[] = [];

  constructor(dialler: Partial<Party> = {}, listener: Partial<Party> = {}, options: Partial<WireOptions> = {}) {
    const listening = { ...optionsOf({ ...LISTENER, ...listener }), ...options };
    this.service = new PeerService(this.world.node(), listening, this.requests);
    const dialling = { ...optionsOf({ ...DIALLER, ...dialler }), ...options };
    this.peer = new Peer(this.world.node(), dialling, LISTENER.nodeId, ADDRESS);
    this.peer.onReachableChange((reachable) => this.reachable.push(reachable));
  }

  /** Listens, dials and waits for the handshake. */
  async connect(): Promise<this> {
    await this.service.listen(ADDRESS);
    this.peer.start();
    this.world.settle();
    return this;
  }
}
