import type { Prng } from '../simulation/prng.js';
import { HostileConnection } from './hostile-connection.js';

/** Where an attack goes. */
export interface Target {
  /** The port that is attacked. */
  readonly port: number;
  /** Says what should not be, by what the attacker saw. */
  fault(text: string): void;
}

/** One way not to behave. */
export interface Attack {
  readonly name: string;
  /** How often it is drawn, relative to the others. */
  readonly weight: number;
  /** Runs once; all that it sends follows from `prng`. */
  run(target: Target, prng: Prng): Promise<void>;
}

/**
 * Attacks over one connection: opens it, ends it, and tells of replies that were none. A node that takes no connection now is not attacked.
 */
export async function overConnection(
  target: Target,
  prng: Prng,
  use: (connection: HostileConnection) => Promise<void>,
): Promise<void> {
  const connection = await HostileConnection.open(target.port);
  if (connection === undefined) return;
  await use(connection);
  if (connection.fault !== undefined) target.fault(connection.fault);
  leave(connection, prng);
}

/** Ends the connection in one of the ways in which a client can. */
export function leave(connection: HostileConnection, prng: Prng): void {
  if (prng.chance(0.3)) connection.reset();
  else connection.end();
}

/** `bytes` cut at random places. */
export function cut(bytes: Buffer, prng: Prng, piecesMax: number): Buffer[] {
  const places = Array.from({ length: prng.below(piecesMax) }, () => prng.below(bytes.length + 1)).sort(
    (a, b) => a - b,
  );
  const bounds = [0, ...places, bytes.length];
  return bounds.slice(1).map((end, index) => bytes.subarray(bounds[index], end));
}
