/**
 * CRC-64/Jones, as Redis puts it behind what it dumps: polynomial 0xad93d23594c935a9, bits reflected, from 0, nothing inverted at
 * the end. The 64 bits are kept as two words, which JavaScript counts with quickly.
 */
const REFLECTED_LOW = 0xac4bc9b5;
const REFLECTED_HIGH = 0x95ac9329;
const BYTE_VALUES = 256;
const CRC_BYTES = 8;

const tableLow = new Int32Array(BYTE_VALUES);
const tableHigh = new Int32Array(BYTE_VALUES);
for (let byte = 0; byte < BYTE_VALUES; byte++) {
  let [low, high] = [byte, 0];
  for (let bit = 0; bit < 8; bit++) {
    const isOdd = (low & 1) !== 0;
    low = (low >>> 1) | (high << 31);
    high >>>= 1;
    if (isOdd) {
      low ^= REFLECTED_LOW;
      high ^= REFLECTED_HIGH;
    }
  }
  tableLow[byte] = low;
  tableHigh[byte] = high;
}

/** The checksum of bytes that come in pieces. */
export class Crc64 {
  #low = 0;
  #high = 0;

  add(bytes: Uint8Array, from: number, end: number): void {
    let low = this.#low;
    let high = this.#high;
    for (let i = from; i < end; i++) {
      const at = (low ^ bytes[i]) & 0xff;
      low = tableLow[at] ^ ((low >>> 8) | (high << 24));
      high = tableHigh[at] ^ (high >>> 8);
    }
    this.#low = low;
    this.#high = high;
  }

  /** 8 bytes, the lowest first. */
  bytes(): Buffer {
    const crc = Buffer.alloc(CRC_BYTES);
    crc.writeInt32LE(this.#low, 0);
    crc.writeInt32LE(this.#high, 4);
    return crc;
  }
}

/** The checksum of the first `length` bytes: 8 bytes, the lowest first. */
export function crc64(bytes: Uint8Array, length: number = bytes.length): Buffer {
  const crc = new Crc64();
  crc.add(bytes, 0, length);
  return crc.bytes();
}
