/**
 * What nodes tell each other of the databases: up to where each was flushed, and which one a client means by a number. Pure. Two
 * states are joined by the higher watermark of each database and the later order, so that it does not matter who hears what from
 * whom, how often and in which order.
 */
import type { NodeId } from '../ring/ring.js';
import { DB_COUNT } from '../storage/layout.js';

/** Which stored database is meant by each number that clients know. */
export interface DatabaseOrder {
  /** Hybrid time of the swap that made it; 0: nothing was ever swapped. */
  readonly stamp: number;
  /** The node that made it; of orders with the same stamp that of the highest id is the later one. */
  readonly node: NodeId;
  /** A permutation: the stored database, by the client's number. */
  readonly stored: readonly number[];
}

export interface DatabaseState {
  /** By stored database: what was written with a counter up to this one is gone. 0: never flushed. */
  readonly watermarks: readonly number[];
  readonly order: DatabaseOrder;
}

const DATABASES: readonly number[] = Array.from({ length: DB_COUNT }, (_, db) => db);

/** The state of a cluster that has never flushed or swapped anything. */
export const UNTOUCHED: DatabaseState = {
  watermarks: DATABASES.map(() => 0),
  order: { stamp: 0, node: '00'.repeat(20) as NodeId, stored: DATABASES },
};

/** What follows from both. Commutative, associative, idempotent. Answers `a` itself where `b` tells nothing new. */
export function joinStates(a: DatabaseState, b: DatabaseState): DatabaseState {
  const isHigher = b.watermarks.some((counter, db) => counter > watermarkOf(a, db));
  const isLater = compareOrders(b.order, a.order) > 0;
  if (!isHigher && !isLater) return a;
  return {
    watermarks: a.watermarks.map((counter, db) => Math.max(counter, watermarkOf(b, db))),
    order: isLater ? b.order : a.order,
  };
}

/** The state after these stored databases were flushed up to `counter`. */
export function flushed(state: DatabaseState, dbs: readonly number[], counter: number): DatabaseState {
  const watermarks = state.watermarks.map((before, db) => (dbs.includes(db) ? Math.max(before, counter) : before));
  return { ...state, watermarks };
}

/** The state after two databases, by the numbers that clients know, have changed places. */
export function swapped(state: DatabaseState, a: number, b: number, stamp: number, node: NodeId): DatabaseState {
  const { stored } = state.order;
  const order = stored.map((db, number) =>
    number === a ? storedIn(stored, b) : number === b ? storedIn(stored, a) : db,
  );
  return { ...state, order: { stamp, node, stored: order } };
}

export function watermarkOf({ watermarks }: DatabaseState, db: number): number {
  return watermarks[db] ?? 0;
}

/** The highest hybrid time in it. */
export function highestStamp({ watermarks, order }: DatabaseState): number {
  return Math.max(order.stamp, ...watermarks);
}

function storedIn(stored: readonly number[], number: number): number {
  return stored[number] ?? number;
}

/** Positive where `a` is the later one. */
function compareOrders(a: DatabaseOrder, b: DatabaseOrder): number {
  if (a.stamp !== b.stamp) return a.stamp - b.stamp;
  if (a.node !== b.node) return a.node < b.node ? -1 : 1;
  return 0;
}
