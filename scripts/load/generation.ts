/** One run of the load generator. */
import { Arrivals, nowUs, poissonGaps } from '../background/arrivals.js';
import type { RequestPipe } from '../background/request-pipe.js';
import { pause, waitUntil } from '../processes/wait.js';
import { Connections } from './connections.js';
import { emptyHistogram, encode, record, SecondlyLatencies } from './latencies.js';
import { startMetronome } from './metronome.js';
import { Requests } from './requests.js';
import type { Tally, Traffic } from './traffic.js';

/** How long the last requests are waited for. */
const DRAIN_MS = 5000;
const FILL_MS = 600_000;
/** So many puts are under way on each connection while keys are written. */
const FILL_DEPTH = 4;

export class Generation {
  readonly #traffic: Traffic;
  readonly #requests: Requests;
  readonly #connections: Connections;
  readonly #latencies = new SecondlyLatencies();
  readonly #lateness = emptyHistogram();
  /** What is due from here on, and before the end, is measured. */
  #fromUs = Number.POSITIVE_INFINITY;
  #untilUs = Number.POSITIVE_INFINITY;
  #refused = 0;
  #lost = 0;
  /** Sends what is due, in an open loop. */
  #sendDue: () => void = () => undefined;
  #willSend = false;
  /** Hears of each request's end, with what it was sent with. */
  #ended: (pipe: RequestPipe, sentWith: number, isError: boolean) => void = () => undefined;

  /** Hears of each connection that is made anew. */
  #opened: (pipe: RequestPipe) => void = () => undefined;

  constructor(traffic: Traffic) {
    this.#traffic = traffic;
    this.#requests = new Requests(traffic.mix, Math.random);
    this.#connections = new Connections(
      traffic.addresses,
      (pipe, dueUs, isError) => {
        this.#note(dueUs, isError, pipe.isClosed);
        this.#ended(pipe, dueUs, isError);
        this.#sendThisTurn();
      },
      (pipe) => this.#opened(pipe),
    );
  }

  /** Runs it from end to end. `measuring` is called when the warm-up is over. */
  async run(measuring: () => void): Promise<Tally> {
    const { connections, rate, warmUpSeconds, seconds, fill } = this.#traffic;
    await this.#connections.open(connections);
    if (fill) await this.#fill();
    const stop = rate === undefined ? this.#startClosedLoop() : this.#startOpenLoop(rate);
    await pause(warmUpSeconds * 1000);
    this.#fromUs = nowUs();
    this.#untilUs = this.#fromUs + seconds * 1_000_000;
    measuring();
    await pause(seconds * 1000);
    await stop();
    await this.#drain();
    return {
      seconds,
      latencies: encode(this.#latencies.all),
      lateness: encode(this.#lateness),
      refused: this.#refused,
      lost: this.#lost,
    };
  }

  /** The latencies by the second, as the text of a `.hlog` file; `startMs`: when measuring began, since the epoch. */
  log(startMs: number): string {
    return this.#latencies.log(startMs);
  }

  /** Writes every key once. Rejects when that takes too long; a put that is refused is tried again. */
  async #fill(): Promise<void> {
    const { keys } = this.#traffic.mix;
    let next = 0;
    let done = 0;
    const refused: number[] = [];
    const sendOn = (pipe: RequestPipe): void => {
      if (pipe.isClosed) return;
      const index = refused.pop() ?? next++;
      if (index >= keys) return;
      pipe.send(this.#requests.put(index), index);
      pipe.flush();
    };
    this.#ended = (pipe, index, isError) => {
      if (isError) refused.push(index);
      else done++;
      sendOn(pipe);
    };
    for (const pipe of this.#connections.pipes) for (let i = 0; i < FILL_DEPTH; i++) sendOn(pipe);
    await waitUntil('all keys are written', FILL_MS, () => done >= keys || `${done} of ${keys}`);
    this.#ended = () => undefined;
  }

  #startOpenLoop(rate: number): () => Promise<unknown> {
    const gaps = this.#traffic.arrivals === 'poisson' ? poissonGaps(Math.random) : undefined;
    const arrivals = new Arrivals(nowUs(), rate, gaps);
    this.#sendDue = () => {
      const turnUs = nowUs();
      for (let dueUs = arrivals.take(turnUs); dueUs !== undefined; dueUs = arrivals.take(turnUs)) this.#send(dueUs);
      this.#connections.flush();
    };
    const stop = startMetronome(() => this.#sendDue());
    return () => {
      // What became due since the last tick belongs to it too.
      this.#sendDue();
      this.#sendDue = () => undefined;
      return stop();
    };
  }

  /** Where answers come in anyway, what is due need not wait for the next tick. */
  #sendThisTurn(): void {
    if (this.#willSend) return;
    this.#willSend = true;
    setImmediate(() => {
      this.#willSend = false;
      this.#sendDue();
    });
  }

  #send(dueUs: number): void {
    if (this.#isMeasured(dueUs)) record(this.#lateness, nowUs() - dueUs);
    const pipe = this.#connections.next();
    if (pipe === undefined) this.#note(dueUs, true, true);
    else pipe.send(this.#requests.next(), dueUs);
  }

  #startClosedLoop(): () => Promise<unknown> {
    // As many requests are not under way because there was no connection.
    let held = 0;
    const sendOn = (pipe: RequestPipe): void => {
      // One that was made anew is taken instead.
      const open = pipe.isClosed ? this.#connections.next() : pipe;
      if (open === undefined) held++;
      open?.send(this.#requests.next(), nowUs());
      open?.flush();
    };
    this.#ended = sendOn;
    this.#opened = (pipe) => {
      if (held === 0) return;
      held--;
      sendOn(pipe);
    };
    for (const pipe of this.#connections.pipes) sendOn(pipe);
    return async () => {
      this.#ended = () => undefined;
      this.#opened = () => undefined;
    };
  }

  #note(dueUs: number, isError: boolean, isLost: boolean): void {
    if (!this.#isMeasured(dueUs)) return;
    if (isLost) this.#lost++;
    else if (isError) this.#refused++;
    else this.#latencies.record(dueUs - this.#fromUs, nowUs() - dueUs);
  }

  #isMeasured(dueUs: number): boolean {
    return dueUs >= this.#fromUs && dueUs < this.#untilUs;
  }

  /** Waits for what is under way; what is not answered in time is lost. */
  async #drain(): Promise<void> {
    await this.#connections.answered(DRAIN_MS);
    const { pipes } = this.#connections;
    this.#connections.close();
    await waitUntil('connections are closed', DRAIN_MS, () => pipes.every(({ isClosed }) => isClosed) || 'not all');
  }
}
