import { createHash } from 'node:crypto';
import type { NodeId } from '../ring/ring.js';
import { DIGEST_BYTES, xorInto } from './history.js';
import { type Holding, type HoldingMark, markOf, newer } from './holding.js';

/** What each node said last of its holdings, as far as this node has heard. */
export class Holdings {
  readonly #byNode = new Map<NodeId, Holding>();
  /** XOR of a hash of each node's mark. */
  readonly #digest = Buffer.alloc(DIGEST_BYTES);
  #revision = 0;

  get(node: NodeId): Holding | undefined {
    return this.#byNode.get(node);
  }

  all(): IterableIterator<Holding> {
    return this.#byNode.values();
  }

  get size(): number {
    return this.#byNode.size;
  }

  get digest(): Buffer {
    return this.#digest;
  }

  /** Another number after each change. */
  get revision(): number {
    return this.#revision;
  }

  /** Takes what was heard of a node; whether that has changed anything. */
  merge(heard: Holding): boolean {
    const known = this.#byNode.get(heard.node);
    const now = known === undefined ? heard : newer(known, heard);
    if (now === known) return false;
    if (known !== undefined) xorInto(this.#digest, hashOfMark(known.node, markOf(known)));
    xorInto(this.#digest, hashOfMark(now.node, markOf(now)));
    this.#byNode.set(now.node, now);
    this.#revision++;
    return true;
  }

  /** Whether another node whose holding of `node` has this mark would learn something from this one. */
  knowsMore(node: NodeId, theirs: HoldingMark | undefined): boolean {
    const known = this.#byNode.get(node);
    if (known === undefined) return false;
    if (theirs === undefined) return true;
    const own = markOf(known);
    if (own.version !== theirs.version) return own.version > theirs.version;
    return own.folder !== theirs.folder;
  }

  /** Whether this node would learn something from another one whose holding of `node` has this mark. */
  knowsLess(node: NodeId, theirs: HoldingMark): boolean {
    const known = this.#byNode.get(node);
    if (known === undefined) return true;
    const own = markOf(known);
    return own.version < theirs.version || (own.version === theirs.version && own.folder !== theirs.folder);
  }
}

function hashOfMark(node: NodeId, { version, folder }: HoldingMark): Buffer {
  return createHash('sha1').update(`${node} ${version} ${folder}`).digest().subarray(0, DIGEST_BYTES);
}
