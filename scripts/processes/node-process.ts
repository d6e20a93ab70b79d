import assert from 'node:assert';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname, relative, sep } from 'node:path';
import { ask, connectedPeers } from './ask.js';
import { NODE_PROGRAM, nodeFlags } from './node-flags.js';
import { waitUntil, within } from './wait.js';

/** What one node is started with. */
export interface NodeStart {
  readonly port: number;
  /** The further command line, `--port` not included. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Receives what the node prints; appended to. */
  readonly logPath: string;
  /** Another compiled `server/main.js` than this project's own. */
  readonly program?: string;
  /** For Node, besides the flags of the program's first line. */
  readonly runtimeFlags?: readonly string[];
}

/** How a process ended: one of the two is set. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<ProcessEnd>;
}

/** One node as a child process, which can be stopped or killed and started again. */
export class NodeProcess {
  readonly start: NodeStart;
  #run: Run | undefined;

  constructor(start: NodeStart) {
    this.start = start;
  }

  get port(): number {
    return this.start.port;
  }

  get pid(): number | undefined {
    return this.#run?.child.pid;
  }

  /** What a person types in `folder` to start the node by hand: files below it are named from there. */
  commandLine(folder: string): string {
    const words = ['node', ...this.#command()];
    return words.map((word) => (word.startsWith(folder + sep) ? relative(folder, word) : word)).join(' ');
  }

  /** Starts the process; it isn't ready yet. Gives what ends with it. Must not be called while it runs. */
  launch(): Promise<ProcessEnd> {
    assert(this.#run === undefined, 'the node runs already');
    mkdirSync(dirname(this.start.logPath), { recursive: true });
    const log = openSync(this.start.logPath, 'a');
    const [program = '', ...args] = [...diesWithParent(), process.execPath, ...this.#command()];
    const child = spawn(program, args, {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...this.start.environment },
      // A process group of its own: Ctrl-C is for the parent, which then stops its nodes in order.
      detached: true,
    });
    closeSync(log);
    const ended = new Promise<ProcessEnd>((resolve) => {
      child.on('error', () => resolve({ code: 127, signal: null }));
      child.on('exit', (code, signal) => resolve({ code, signal }));
    });
    const run = { child, ended };
    this.#run = run;
    void ended.then(() => {
      if (this.#run === run) this.#run = undefined;
    });
    return ended;
  }

  /** Waits until the node answers PING and has a connection to `peers` others. Rejects when it ends before. */
  async ready(peers: number, deadlineMs: number): Promise<void> {
    const run = this.#run;
    assert(run, 'the node does not run');
    let end: ProcessEnd | undefined;
    void run.ended.then((value) => {
      end = value;
    });
    await waitUntil(`node ${this.port} is ready`, deadlineMs, async () => {
      if (end !== undefined) return true;
      const pong = await ask(this.port, 'PING');
      if (pong !== 'PONG') return `PING was answered with ${String(pong)}`;
      const connected = await connectedPeers(this.port);
      return connected >= peers || `it sees ${connected} of ${peers} peers`;
    });
    if (end !== undefined) throw new Error(`node ${this.port} ended with ${endText(end)}:\n${this.logTail()}`);
  }

  /** Resolves with how the process ends that runs now. */
  ended(): Promise<ProcessEnd> {
    assert(this.#run, 'the node does not run');
    return this.#run.ended;
  }

  /** Sends a signal if the process runs. */
  signal(signal: NodeJS.Signals): void {
    this.#run?.child.kill(signal);
  }

  /** Ends the process at once and waits until it's gone. */
  async kill(): Promise<void> {
    const run = this.#run;
    run?.child.kill('SIGKILL');
    await run?.ended;
  }

  /**
   * Asks the process to stop and waits; kills it after `deadlineMs`. Gives how it ended, undefined when it did not run;
   * `late` is called when it has to be killed.
   */
  async stop(deadlineMs: number, late: () => void): Promise<ProcessEnd | undefined> {
    const run = this.#run;
    if (run === undefined) return undefined;
    run.child.kill('SIGTERM');
    const end = await within(run.ended, deadlineMs);
    if (end !== undefined) return end;
    late();
    run.child.kill('SIGKILL');
    return run.ended;
  }

  /** The words after the name of Node's own program. */
  #command(): string[] {
    const { program = NODE_PROGRAM, runtimeFlags = [], args } = this.start;
    return [...nodeFlags(program), ...runtimeFlags, program, '--port', String(this.port), ...args];
  }

  /** The last lines that the node printed. */
  logTail(lineCount = 15): string {
    return readFileSync(this.start.logPath, 'utf8').trimEnd().split('\n').slice(-lineCount).join('\n');
  }
}

/** `exit code 1` or `SIGKILL`. */
export function endText(end: ProcessEnd): string {
  return end.signal ?? `exit code ${end.code}`;
}

let deathWrapper: readonly string[] | undefined;

/**
 * Words to put before a command so that the system kills it with the thread that started it, should that be killed
 * itself. Only Linux has it (prctl PR_SET_PDEATHSIG), through util-linux's setpriv; elsewhere there are none.
 */
function diesWithParent(): readonly string[] {
  if (deathWrapper === undefined) {
    const words = ['setpriv', '--pdeathsig', 'KILL'];
    const works = process.platform === 'linux' && spawnSync('setpriv', [...words.slice(1), 'true']).status === 0;
    deathWrapper = works ? words : [];
  }
  return deathWrapper;
}
