/** The listening side: takes links from other nodes and hands their requests to the node. */
import { audit } from '../ports/log.js';
import type { Timer } from '../ports/timers.js';
import type { Link, LinkEvents, Listener, PeerAddress } from '../ports/transport.js';
import type { World } from '../ports/world.js';
import type { NodeId } from '../ring/ring.js';
import type { PeerIdentity } from './handshake.js';
import { InboundLink, type InboundOwner, type PeerRequests, TOO_MANY_HANDSHAKES } from './inbound-link.js';
import { SILENT_MAX_MS, SWEEP_PERIOD_MS, SWEEPS_A_LOOK, UNAUTHENTICATED_LINKS_MAX } from './limits.js';
import { LINK_REFUSED, QuietLog } from './quiet-log.js';
import type { WireOptions } from './wire-options.js';

export type { Inbound, PeerRequests } from './inbound-link.js';

export class PeerService implements InboundOwner {
  private readonly links = new Set<InboundLink>();
  /** Those of them whose handshake is not done. */
  private readonly strangers = new Set<InboundLink>();
  /** One link for each other node: a newer one takes the place of an older. */
  private readonly linkOf = new Map<NodeId, InboundLink>();
  private readonly quietLog: QuietLog;
  private listener: Listener | undefined;
  private sweep: Timer | undefined;
  private sweptUs = 0;
  private sweeps = 0;
  private drained: (() => void) | undefined;

  constructor(
    private readonly world: World,
    private readonly options: WireOptions,
    private readonly requests: PeerRequests,
    /** Hears of each link from a node that has proved who it is: that node is up. */
    private readonly connected: (node: NodeId) => void = () => undefined,
  ) {
    this.quietLog = new QuietLog(world.clock, world.log);
  }

  /** Listens and gives the port. Rejects with the transport's error when the address can't be bound. */
  async listen(address: PeerAddress): Promise<number> {
    this.listener = await this.world.transport.listen(address, (link) => this.accept(link));
    this.sweptUs = this.world.clock.monotonicUs();
    this.sweep = this.world.timers.every(SWEEP_PERIOD_MS, () => this.sweepLinks());
    return this.listener.port;
  }

  /** Stops listening, closes all links and waits until they are gone. */
  async close(): Promise<void> {
    this.listener?.close();
    this.listener = undefined;
    this.sweep?.stop();
    this.sweep = undefined;
    for (const link of this.links) link.close('stopping', 'the node stops');
    if (this.links.size === 0) return;
    await new Promise<void>((resolve) => {
      this.drained = resolve;
    });
  }

  /** For the links. */
  admits(newest: InboundLink): boolean {
    if (this.strangers.size <= UNAUTHENTICATED_LINKS_MAX) return true;
    const victim = placeFor(newest, [...this.strangers]);
    // Its place is free at once, and not only when its socket is closed.
    this.strangers.delete(victim ?? newest);
    victim?.makeRoom();
    return victim !== undefined;
  }

  /** For the links. */
  stoodStill(nowUs: number): boolean {
    const limitMs = Math.min(this.options.requestTimeoutMs, SILENT_MAX_MS) + SWEEP_PERIOD_MS;
    return this.sweep !== undefined && nowUs - this.sweptUs >= limitMs * 1000;
  }

  /** For the links. */
  authenticated(link: InboundLink, identity: PeerIdentity): void {
    const { nodeId: node, actor, version } = identity;
    this.strangers.delete(link);
    const older = this.linkOf.get(node);
    this.linkOf.set(node, link);
    older?.close('replaced', 'the node has opened a newer link');
    this.world.log.debug({ peer: link.remoteAddress, node, actor, version }, 'a peer has connected');
    this.connected(node);
  }

  /** For the links. */
  closed(link: InboundLink, reason: string): void {
    this.links.delete(link);
    this.strangers.delete(link);
    if (link.identity !== undefined && this.linkOf.get(link.identity.nodeId) === link) {
      this.linkOf.delete(link.identity.nodeId);
    }
    this.report(link, reason);
    if (this.links.size === 0) this.drained?.();
  }

  /** Whether a peer can be reached is logged by the side that dials; here only what time will not mend. */
  private report(link: InboundLink, reason: string): void {
    const { identity, remoteAddress } = link;
    const node = identity?.nodeId ?? link.claimedId;
    const fields = { peer: remoteAddress, node, reason };
    const message = identity === undefined ? 'a link was refused' : 'the link from a peer is closed';
    if (!link.remarkable) this.world.log.debug(fields, message);
    else if (identity !== undefined) this.quietLog.warn(`${node} ${reason}`, fields, message);
    else {
      const host = hostOf(link);
      const audited = { ...audit(node, remoteAddress, LINK_REFUSED), reason };
      // All nodes of a cluster may start at once, each on a host of its own.
      const subject = reason === TOO_MANY_HANDSHAKES ? reason : `${node} ${host} ${reason}`;
      this.quietLog.warn(subject, audited, message);
    }
  }

  private sweepLinks(): void {
    const nowUs = this.world.clock.monotonicUs();
    this.sweeps += 1;
    const isWhole = this.sweeps % SWEEPS_A_LOOK === 0 || this.stoodStill(nowUs);
    for (const link of isWhole ? this.links : this.strangers) link.check(nowUs);
    this.sweptUs = nowUs;
  }

  private accept(link: Link): LinkEvents {
    const inbound = new InboundLink(this.world, this.options, this.requests, this, link);
    this.links.add(inbound);
    this.strangers.add(inbound);
    return inbound;
  }
}

/**
 * Which of the strangers, the oldest first, gives its place to the newest; undefined: none. One that has said nothing: a node says who
 * it is with its first bytes. If all have spoken, one of an address that has more places than the newest one's. Of several it
 * is the oldest of the address with the most: so who takes all places keeps nobody out but who shares its address.
 */
function placeFor(newest: InboundLink, strangers: readonly InboundLink[]): InboundLink | undefined {
  const others = strangers.filter((link) => link !== newest);
  const silent = others.filter(({ hasSpoken }) => !hasSpoken);
  const candidates = silent.length > 0 ? silent : others;
  const counts = new Map<string, number>();
  for (const link of candidates) counts.set(hostOf(link), (counts.get(hostOf(link)) ?? 0) + 1);
  const most = Math.max(...counts.values());
  if (silent.length === 0 && most <= (counts.get(hostOf(newest)) ?? 0)) return undefined;
  return candidates.find((link) => counts.get(hostOf(link)) === most);
}

/** Without the port: each attempt comes from another. */
function hostOf({ remoteAddress }: InboundLink): string {
  return remoteAddress.slice(0, remoteAddress.lastIndexOf(':'));
}
