/** What can be done to a node for a while. */
import type { Prng } from '../../test/simulation/prng.js';
import { ask } from '../processes/ask.js';
import type { Target } from './target.js';

/** One fault: `begin`, a while, `end`. Both resolve when it is done. */
export interface Fault {
  readonly text: string;
  readonly begin: () => Promise<unknown>;
  readonly end: () => Promise<unknown>;
}

interface FaultKind {
  /** How often it is drawn, relative to the others. */
  readonly weight: number;
  readonly make: (target: Target, others: readonly Target[], ms: number, prng: Prng) => Fault;
}

const KINDS: readonly FaultKind[] = [
  { weight: 4, make: kill },
  { weight: 2, make: stop },
  { weight: 4, make: freeze },
  { weight: 4, make: dropLink },
  { weight: 2, make: isolate },
  { weight: 1, make: storeFails },
];

/** Draws a fault for `target`. `ms`: how long it is going to last. */
export function drawFault(target: Target, others: readonly Target[], ms: number, prng: Prng): Fault {
  let draw = prng.below(KINDS.reduce((sum, { weight }) => sum + weight, 0));
  for (const { weight, make } of KINDS) {
    draw -= weight;
    if (draw < 0) return make(target, others, ms, prng);
  }
  throw new Error('the draw is below the sum of all weights');
}

function kill(target: Target): Fault {
  return { text: 'kill -9', begin: () => target.kill(), end: async () => target.launch() };
}

function stop(target: Target): Fault {
  return { text: 'clean stop', begin: () => target.stop(), end: async () => target.launch() };
}

function freeze({ process }: Target): Fault {
  return {
    text: 'SIGSTOP',
    begin: async () => process.signal('SIGSTOP'),
    end: async () => process.signal('SIGCONT'),
  };
}

function dropLink({ port }: Target, others: readonly Target[], ms: number, prng: Prng): Fault {
  const peer = prng.pick(others);
  const direction = prng.pick(['in', 'out', 'both']);
  const begin = () => dropPeer(port, peer.id, direction, ms);
  return { text: `drop ${direction} ${peer.port}`, begin, end: nothing };
}

function isolate({ port }: Target, others: readonly Target[], ms: number, prng: Prng): Fault {
  const direction = prng.pick(['in', 'out', 'both']);
  const begin = () => Promise.all(others.map(({ id }) => dropPeer(port, id, direction, ms)));
  return { text: `drop ${direction} all`, begin, end: nothing };
}

/** Does nothing where the node does not know the peer: it has left, or has just joined. */
async function dropPeer(port: number, id: string, direction: string, ms: number): Promise<void> {
  try {
    await ask(port, 'DEBUG', 'PEER-DROP', id, direction, String(ms));
  } catch (error) {
    if (!(error instanceof Error && error.message.includes('no other node has this id'))) throw error;
  }
}

function storeFails({ port }: Target, _others: readonly Target[], ms: number, prng: Prng): Fault {
  const direction = prng.pick(['reads', 'writes', 'both']);
  const begin = () => ask(port, 'DEBUG', 'STORE-FAIL', direction, String(ms));
  return { text: `store fails (${direction})`, begin, end: nothing };
}

async function nothing(): Promise<void> {
  // The node ends it by itself.
}
