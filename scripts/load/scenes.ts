/** What happens to a cluster while clients load it at a steady rate. */
import type { LoadedCluster } from './loaded-cluster.js';

export interface Scene {
  /** In the table, and of its files. */
  readonly name: string;
  readonly words: string;
  /** When it happens, as a share of the time measured. */
  readonly at: number;
  readonly happens: (cluster: LoadedCluster) => void | Promise<void>;
  /** Waited for before the next scene. */
  readonly after: (cluster: LoadedCluster) => Promise<void>;
}

const NOTHING = async (): Promise<void> => undefined;

/** In this order: each leaves the cluster as the next one needs it. */
export const SCENES: readonly Scene[] = [
  { name: 'quiet', words: 'three nodes, quiet', at: 0, happens: NOTHING, after: NOTHING },
  {
    name: 'killed',
    words: 'one of three nodes killed in the middle',
    at: 0.5,
    happens: (cluster) => cluster.killOne(),
    after: (cluster) => cluster.emptyKilled(),
  },
  {
    name: 'healing',
    words: 'the killed node comes back with an empty folder',
    at: 0,
    happens: (cluster) => cluster.bringBack(),
    after: (cluster) => cluster.healed(),
  },
  {
    name: 'joining',
    words: 'a fourth node joins',
    at: 0,
    happens: (cluster) => cluster.addOne(),
    after: NOTHING,
  },
];
