/** HOT PATH. */
import RedisParser from 'redis-parser';
import { LONG_REQUEST_ARGUMENTS, STEP_ARGUMENTS } from '../turns/limits.js';
import { splitInline } from './inline-command.js';
import type { RequestLimits } from './limits.js';
import { RUN_REQUESTS_MAX } from './limits.js';
import { PendingBytes } from './pending-bytes.js';
import {
  BROKEN,
  EMPTY,
  INCOMPLETE,
  INLINE_REQUEST,
  LONG_BODY,
  LONG_MULTIBULK,
  MULTIBULK,
  RequestFramer,
} from './request-framer.js';

const EMPTY_HEADER = Buffer.from('$0\r\n');
const NEWLINE_BYTES = 1;
const LINE_END_BYTES = 2;
const CARRIAGE_RETURN = 13;
const DIGIT_0 = 48;

/**
 * Turns a client's bytes into requests, in order. redis-parser makes the arguments; since it trusts every length and
 * knows no inline requests, it sees only runs of requests that the framer has found whole and within the limits.
 */
export class RequestReader {
  private readonly framer: RequestFramer;
  private readonly parser: RedisParser;
  private readonly pending = new PendingBytes();
  /** What arrived while holding, and where in its first chunk to read on. */
  private unread: Buffer[] = [];
  private unreadFrom = 0;
  private held = false;
  private stopped = false;
  /** The arguments of a long request, as far as they are made, and the bytes that it came in. */
  private long: { readonly args: Buffer[]; readonly bytes: number } | undefined;
  /** Arguments of the incomplete request that are not kept: where they stand, and what stands for them; and how many bytes they have. */
  private leftOut: { readonly index: number; readonly standIn: Buffer }[] = [];
  private leftOutBytes = 0;
  /** How many of those bytes are still to come. */
  private skipLeft = 0;

  /**
   * @param onRequest gets the arguments, at least one; they stay valid as long as they are kept.
   * @param onProtocolError gets Redis's text without `ERR `, one char a byte. The reader has stopped by then.
   * @param onQueryBufferFull a request grew over `queryBufferBytesMax`. The reader has stopped by then.
   * @param isStranger whether only the small requests are taken by which a client logs in.
   * @param parseLong runs the work by which a request of `count` arguments is parsed, a bit at a time. Who takes longer than this call has
   *   to `hold` until it is done; its last bit calls `onRequest`.
   * @param standIn gives what is handed on for an argument so long of the command of that name, if its bytes are not needed.
   */
  constructor(
    private readonly limits: RequestLimits,
    private readonly onRequest: (args: Buffer[]) => void,
    private readonly onProtocolError: (text: string) => void,
    private readonly onQueryBufferFull: () => void,
    private readonly isStranger: () => boolean = () => false,
    private readonly parseLong: (count: number, work: Iterator<void>) => void = (_count, work) => runWhole(work),
    private readonly standIn: (name: Buffer, index: number, bytes: number) => Buffer | undefined = () => undefined,
  ) {
    this.framer = new RequestFramer(limits, isStranger);
    this.parser = new RedisParser({
      returnBuffers: true,
      returnReply: (parsed: Buffer[] | Buffer) => {
        if (!Array.isArray(parsed)) this.long?.args.push(parsed);
        else if (!this.stopped) this.onRequest(this.leftOut.length === 0 ? parsed : this.completed(parsed));
      },
      returnError: unreachable,
      returnFatalError: unreachable,
    });
  }

  /** Bytes that are kept: those of an incomplete request, and those that wait while the reader holds. */
  get bufferedBytes(): number {
    let bytes = this.pending.length - this.unreadFrom + (this.long?.bytes ?? 0);
    for (const chunk of this.unread) bytes += chunk.length;
    return bytes;
  }

  /** True from `hold` on until `release` has handed on all that was kept back. */
  get holding(): boolean {
    return this.held;
  }

  /** True while a long request is parsed. */
  get isParsing(): boolean {
    return this.long !== undefined;
  }

  /** Reads a chunk, which may not change afterwards. */
  feed(chunk: Buffer): void {
    if (this.stopped) return;
    if (this.held) this.unread.push(chunk);
    else this.read(chunk, 0);
  }

  /** May be called from within `onRequest`: after at most RUN_REQUESTS_MAX more, no request comes until `release`. */
  hold(): void {
    this.held = true;
  }

  /** Reads on where `hold` stopped; `onRequest` may hold again. */
  release(): void {
    this.held = false;
    while (!this.held && !this.stopped) {
      const chunk = this.unread.shift();
      if (chunk === undefined) return;
      const from = this.unreadFrom;
      this.unreadFrom = 0;
      this.read(chunk, from);
    }
  }

  /** No request comes any more. */
  stop(): void {
    this.stopped = true;
    this.pending.clear();
    this.leftOut = [];
    this.unread = [];
    this.unreadFrom = 0;
  }

  private read(chunk: Buffer, from: number): void {
    let at = from;
    let runStart = from;
    let runCount = 0;
    // What a stranger may send depends on what became of the request before.
    let isStranger = this.isStranger();
    if (this.skipLeft > 0) {
      const count = Math.min(this.skipLeft, chunk.length - at);
      this.skipLeft -= count;
      at += count;
      runStart = at;
      this.bound();
      if (this.stopped) return;
    }
    while (at < chunk.length) {
      if (this.held) {
        this.unread.unshift(chunk);
        this.unreadFrom = at;
        return;
      }
      const end = this.framer.next(chunk, at);
      if (end > 0 && this.framer.kind === MULTIBULK && this.pending.length === 0) {
        at = end;
        if (++runCount < RUN_REQUESTS_MAX && at < chunk.length && !isStranger) continue;
        this.parse(chunk, runStart, at);
      } else {
        // Something else than a whole request ends the run; the requests before it come first.
        if (runCount > 0) this.parse(chunk, runStart, at);
        if (this.stopped) return;
        if (end === BROKEN) this.break();
        else if (end === INCOMPLETE) this.keep(chunk, at);
        else if (end === LONG_BODY) this.beginLong(chunk, at);
        else this.finish(chunk, at, end);
        if (end === LONG_BODY) {
          this.read(chunk, this.framer.bodyAt);
          return;
        }
        if (end < 0) return;
        at = end;
      }
      if (this.stopped) return;
      runStart = at;
      runCount = 0;
      isStranger = this.isStranger();
    }
  }

  private parse(chunk: Buffer, start: number, end: number): void {
    this.parser.execute(start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end));
  }

  /** A single request that ends at `end`, its beginning perhaps in earlier chunks. */
  private finish(chunk: Buffer, start: number, end: number): void {
    const kind = this.framer.kind;
    if (kind === EMPTY) {
      this.pending.clear();
      return;
    }
    const isSplit = this.pending.length > 0;
    const bytes = isSplit ? this.pending.take(chunk, start, end) : chunk;
    const first = isSplit ? 0 : start;
    const last = isSplit ? bytes.length : end;
    if (kind === INLINE_REQUEST) this.inline(bytes, first, last - NEWLINE_BYTES);
    else if (kind === LONG_MULTIBULK) this.parseLong(this.framer.bulks, this.longRequest(bytes, first, last));
    else this.parse(bytes, first, last);
  }

  /** Parses one sound request of many arguments: the parser gets them as so many strings by themselves. */
  private longRequest(bytes: Buffer, start: number, end: number): Iterator<void> {
    const args: Buffer[] = [];
    this.long = { args, bytes: end - start };
    return this.argumentsInto(args, bytes, start, end);
  }

  private *argumentsInto(args: Buffer[], bytes: Buffer, start: number, end: number): Generator<void> {
    let at = bytes.indexOf(CARRIAGE_RETURN, start) + LINE_END_BYTES;
    while (at < end) {
      if (this.stopped) {
        this.long = undefined;
        return;
      }
      const from = at;
      for (let count = 0; count < STEP_ARGUMENTS && at < end; count++) at = bulkEnd(bytes, at);
      this.parse(bytes, from, at);
      yield;
    }
    this.long = undefined;
    this.onRequest(args);
  }

  private inline(bytes: Buffer, start: number, newline: number): void {
    const end = newline > start && bytes[newline - 1] === CARRIAGE_RETURN ? newline - 1 : newline;
    const args = splitInline(bytes, start, end);
    if (args === undefined) {
      this.stop();
      this.onProtocolError('Protocol error: unbalanced quotes in request');
    } else if (args.length > 0) {
      this.onRequest(args);
    }
  }

  private keep(chunk: Buffer, start: number): void {
    this.pending.append(chunk, start, chunk.length);
    this.bound();
  }

  private bound(): void {
    if (this.pending.length + this.leftOutBytes - this.skipLeft <= this.limits.queryBufferBytesMax) return;
    this.stop();
    this.onQueryBufferFull();
  }

  /** The header of a long argument ends: it is kept, or an empty one where its bytes need not be. */
  private beginLong(chunk: Buffer, start: number): void {
    const { bulks, bodyAt, bodyBytes, bodyIndex, headerAt } = this.framer;
    const isPlain = headerAt >= start && bulks <= LONG_REQUEST_ARGUMENTS;
    const name = isPlain
      ? firstArgument(this.pending.length > 0 ? this.pending.first() : chunk, this.pending.length > 0 ? 0 : start)
      : undefined;
    const standIn = name === undefined ? undefined : this.standIn(name, bodyIndex, bodyBytes);
    this.pending.append(chunk, start, standIn === undefined ? bodyAt : headerAt);
    if (standIn === undefined) return;
    this.pending.append(EMPTY_HEADER, 0, EMPTY_HEADER.length);
    this.framer.leaveOutBody();
    this.leftOut.push({ index: bodyIndex, standIn });
    this.leftOutBytes += bodyBytes;
    this.skipLeft = bodyBytes;
  }

  /** The request of which some arguments were not kept. */
  private completed(args: Buffer[]): Buffer[] {
    for (const { index, standIn } of this.leftOut) args[index] = standIn;
    this.leftOut = [];
    this.leftOutBytes = 0;
    return args;
  }

  private break(): void {
    this.stop();
    this.onProtocolError(this.framer.fault);
  }
}

/** The first argument of the sound request that begins at `start`; undefined: it is not all there. */
function firstArgument(bytes: Buffer, start: number): Buffer | undefined {
  const header = bytes.indexOf(CARRIAGE_RETURN, start) + LINE_END_BYTES;
  const line = bytes.indexOf(CARRIAGE_RETURN, header) + LINE_END_BYTES;
  if (header < LINE_END_BYTES || line < LINE_END_BYTES) return undefined;
  const end = bulkEnd(bytes, header) - LINE_END_BYTES;
  return end > bytes.length ? undefined : bytes.subarray(line, end);
}

/** The offset behind the sound bulk string that begins at `start`. */
function bulkEnd(bytes: Buffer, start: number): number {
  let length = 0;
  let at = start + 1;
  for (; bytes[at] !== CARRIAGE_RETURN; at++) length = length * 10 + (bytes[at] ?? 0) - DIGIT_0;
  return at + LINE_END_BYTES + length + LINE_END_BYTES;
}

function runWhole(work: Iterator<void>): void {
  while (work.next().done !== true);
}

function unreachable(error: Error): never {
  throw new Error('redis-parser met a request that the framer had found sound', { cause: error });
}
