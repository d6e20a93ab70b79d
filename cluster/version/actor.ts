/**
 * An actor names one unbroken memory of a node: 8 bytes, the life of the data folder (6 bytes, drawn at random) and the
 * epoch (u16), which rises whenever objects have left the store. Written as 16 hex digits. Never reused.
 */
export type ActorId = string & { readonly brand: 'ActorId' };

export const ACTOR_BYTES = 8;
export const LIFE_BYTES = 6;
const EPOCH_MAX = 0xffff;

/** The actor whose 8 bytes stand at `offset`. */
export function readActor(bytes: Buffer, offset: number): ActorId {
  return bytes.toString('hex', offset, offset + ACTOR_BYTES) as ActorId;
}

/** The 8 bytes of an actor. */
export function actorBytes(actor: ActorId): Buffer {
  return Buffer.from(actor, 'hex');
}

/** The actor of a life and an epoch. `life` is 6 bytes. */
export function makeActor(life: Buffer, epoch: number): ActorId {
  const bytes = Buffer.alloc(ACTOR_BYTES);
  life.copy(bytes, 0, 0, LIFE_BYTES);
  bytes.writeUInt16BE(epoch, LIFE_BYTES);
  return readActor(bytes, 0);
}

/** The life that an actor belongs to, as 12 hex digits. */
export function lifeOf(actor: ActorId): string {
  return actor.slice(0, 2 * LIFE_BYTES);
}

/** The actor of the same life in the epoch after; undefined: there is none, and a new life is due. */
export function nextEpoch(actor: ActorId): ActorId | undefined {
  const bytes = actorBytes(actor);
  const epoch = bytes.readUInt16BE(LIFE_BYTES) + 1;
  return epoch > EPOCH_MAX ? undefined : makeActor(bytes, epoch);
}
