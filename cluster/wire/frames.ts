/**
 * HOT PATH. Cuts a stream of bytes into frames. Little-endian:
 *
 * ```
 *   0        4      5            9
 *   +--------+------+------------+--------------
 *   | length | kind | request id | body
 *   |  u32   |  u8  |    u32     | length - 5 bytes
 *   +--------+------+------------+--------------
 * ```
 */
import { CUT_FRAME_BYTES_KEPT } from './limits.js';
import type { OutBuffer } from './out-buffer.js';

export const FRAME_HEADER_BYTES = 9;
const LENGTH_BYTES = 4;
/** The least `length`: a kind and a request id. */
const LENGTH_MIN = FRAME_HEADER_BYTES - LENGTH_BYTES;
/** Of the first frame that is cut: a link on which none was has no buffer for it. */
const CUT_BYTES_INITIAL = 64;
const NO_BYTES = Buffer.alloc(0);

/** Takes whole frames. */
export interface FrameHandler {
  /**
   * The body stands in `bytes[start .. end)`, which may be overwritten once this returns. Answers why the frame is not
   * acceptable, and then hears no more, or undefined.
   */
  frame(kind: number, requestId: number, bytes: Buffer, start: number, end: number): string | undefined;
}

/**
 * Decodes frames however the stream is cut. Frames that lie whole in a chunk are handed on without a copy; one that is
 * cut is gathered in a buffer of its own.
 */
export class FrameDecoder {
  /** Bytes of the frame that the last chunk ended within: `cut[0 .. cutLength)`. */
  private cut = NO_BYTES;
  private cutLength = 0;

  /** `frameBytesMax` caps `length` + 4; it may be changed between frames. */
  constructor(
    private readonly handler: FrameHandler,
    public frameBytesMax: number,
  ) {}

  /** Handles all frames that `chunk` completes. Gives why the stream can't go on, or undefined. */
  feed(chunk: Buffer): string | undefined {
    let at = 0;
    if (this.cutLength > 0) {
      at = this.completeCut(chunk);
      if (at < 0) return this.fault;
    }
    const end = chunk.length;
    while (end - at >= LENGTH_BYTES) {
      const length = chunk.readUInt32LE(at);
      if (length < LENGTH_MIN || length > this.frameBytesMax - LENGTH_BYTES) return this.lengthFault(length);
      const next = at + LENGTH_BYTES + length;
      if (next > end) break;
      const fault = this.handler.frame(
        chunk.readUInt8(at + 4),
        chunk.readUInt32LE(at + 5),
        chunk,
        at + FRAME_HEADER_BYTES,
        next,
      );
      if (fault !== undefined) return fault;
      at = next;
    }
    if (at < end) {
      const wanted = end - at >= LENGTH_BYTES ? LENGTH_BYTES + chunk.readUInt32LE(at) : end - at;
      this.makeRoom(wanted);
      this.cutLength = chunk.copy(this.cut, 0, at, end);
    }
    return undefined;
  }

  private fault: string | undefined;

  /** Goes on with the cut frame. Gives how much of `chunk` it took, -1 with `fault` set where the stream can't go on. */
  private completeCut(chunk: Buffer): number {
    let at = 0;
    if (this.cutLength < LENGTH_BYTES) {
      at = chunk.copy(this.cut, this.cutLength, 0, Math.min(chunk.length, LENGTH_BYTES - this.cutLength));
      this.cutLength += at;
      if (this.cutLength < LENGTH_BYTES) return at;
    }
    const length = this.cut.readUInt32LE(0);
    if (length < LENGTH_MIN || length > this.frameBytesMax - LENGTH_BYTES) {
      this.fault = this.lengthFault(length);
      return -1;
    }
    const whole = LENGTH_BYTES + length;
    this.makeRoom(whole);
    const taken = chunk.copy(this.cut, this.cutLength, at, Math.min(chunk.length, at + whole - this.cutLength));
    this.cutLength += taken;
    at += taken;
    if (this.cutLength < whole) return at;
    const { cut } = this;
    this.cutLength = 0;
    this.fault = this.handler.frame(cut.readUInt8(4), cut.readUInt32LE(5), cut, FRAME_HEADER_BYTES, whole);
    if (cut.length > CUT_FRAME_BYTES_KEPT) this.cut = NO_BYTES;
    return this.fault === undefined ? at : -1;
  }

  private makeRoom(size: number): void {
    if (size <= this.cut.length) return;
    const roomBytes = Math.max(size, CUT_BYTES_INITIAL, Math.min(this.cut.length * 2, CUT_FRAME_BYTES_KEPT));
    const room = Buffer.allocUnsafeSlow(roomBytes);
    this.cut.copy(room, 0, 0, this.cutLength);
    this.cut = room;
  }

  private lengthFault(length: number): string {
    if (looksLikeTls(length)) return 'the other end speaks TLS, which is not spoken here';
    return length < LENGTH_MIN
      ? `frame length ${length} is shorter than a frame's header`
      : `frame of ${length + LENGTH_BYTES} bytes is longer than ${this.frameBytesMax}`;
  }
}

/** Records of TLS begin with their kind (20 to 23) and the major version 3: read as a length, never one that is allowed to strangers. */
function looksLikeTls(length: number): boolean {
  const kind = length & 0xff;
  return kind >= 20 && kind <= 23 && ((length >>> 8) & 0xff) === 3;
}

/**
 * Appends the header of a frame with a body of `bodyBytes` and room for the body. Gives where the body begins in
 * `out.bytes`, which may be a new buffer now.
 */
export function appendHeader(out: OutBuffer, kind: number, requestId: number, bodyBytes: number, slack = 0): number {
  const at = out.claim(FRAME_HEADER_BYTES + bodyBytes, slack);
  const { bytes } = out;
  bytes.writeUInt32LE(LENGTH_MIN + bodyBytes, at);
  bytes[at + 4] = kind;
  bytes.writeUInt32LE(requestId, at + 5);
  return at + FRAME_HEADER_BYTES;
}
