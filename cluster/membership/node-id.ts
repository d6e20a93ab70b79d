import { createHash } from 'node:crypto';
import type { NodeId } from '../ring/ring.js';
import { normalHost } from './peer-text.js';

/** The id of a node that is known by its address only: the same on every node. SHA-1, for the 40 digits of Redis. */
export function nodeIdOf(host: string, peerPort: number): NodeId {
  return createHash('sha1')
    .update(`${normalHost(host)}:${peerPort}`)
    .digest('hex') as NodeId;
}
