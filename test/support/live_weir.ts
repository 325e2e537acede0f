// A weir that runs while the test does things to it: its log lines, statistics lines and flows as they come.
import type { ChildProcess } from 'node:child_process';
import type { Undo } from './undo.js';
import { collectRun, startWeir, type WeirRun } from './weir.js';

export type Flow = Record<string, string | number>;

export class LiveWeir {
  /** How long it may take until something is said; an emulated machine needs more. */
  static patienceMs = 30_000;
  readonly child: ChildProcess;
  /** What it has said so far. */
  stdout = '';
  stderr = '';
  readonly ended: Promise<WeirRun>;
  #over = false;
  #look = new Set<() => void>();
  #flows: Flow[] = [];
  #parsed = 0;

  /** args without --stats; prefix is what runs in front of the command (ip netns exec ..., setpriv ...), or starts it. */
  constructor(
    context: Undo,
    args: readonly string[],
    prefix: readonly string[] | ((args: readonly string[]) => ChildProcess) = [],
    stdin: 'ignore' | 'pipe' = 'ignore',
  ) {
    const all = ['--stats', '1s', ...args];
    this.child = typeof prefix === 'function' ? prefix(all) : startWeir(all, prefix, stdin);
    for (const stream of ['stdout', 'stderr'] as const) {
      this.child[stream]?.on('data', (chunk: Buffer) => {
        this[stream] += chunk.toString();
        for (const look of this.#look) look();
      });
    }
    this.ended = collectRun(this.child);
    this.child.once('close', () => {
      this.#over = true;
      for (const look of this.#look) look();
    });
    context.after(() => void this.child.kill('SIGKILL'));
  }

  /** Starts and waits until it meters. */
  static async metering(context: Undo, args: readonly string[], prefix: readonly string[] = []): Promise<LiveWeir> {
    const weir = new LiveWeir(context, args, prefix);
    await weir.said(/"msg":"metering /);
    return weir;
  }

  /** Resolves when the log has said this so many times. */
  said(pattern: RegExp, times = 1): Promise<void> {
    const all = new RegExp(pattern, 'gm');
    return this.until(() => [...this.stderr.matchAll(all)].length >= times, `said ${pattern} ${times} times`);
  }

  /** Resolves when so many more lines of --stats have come. */
  nextStatistics(more = 1): Promise<void> {
    const line = /"msg":"packets /g;
    return this.said(line, [...this.stderr.matchAll(line)].length + more);
  }

  /** Resolves when the condition holds; looked at whenever weir says something. Rejects when it ends or is silent too long. */
  until(met: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error?: Error): void => {
        clearTimeout(timer);
        this.#look.delete(look);
        if (error) reject(error);
        else resolve();
      };
      const fail = (why: string): void =>
        done(new Error(`weir ${why} before it ${what}:\n${this.stderr}${this.stdout.slice(-2000)}`));
      const timer = setTimeout(() => fail(`ran ${LiveWeir.patienceMs} ms`), LiveWeir.patienceMs);
      const look = (): void => {
        if (met()) done();
        else if (this.#over) fail('ended');
      };
      this.#look.add(look);
      look();
    });
  }

  /** Wire packets by the statistics lines; exact while fewer than 1,000 come within a second. */
  get packets(): number {
    return [...this.stderr.matchAll(/"msg":"packets (\d+) /gm)].reduce((sum, match) => sum + Number(match[1]), 0);
  }

  packetsSeen(count: number): Promise<void> {
    return this.until(() => this.packets >= count, `saw ${count} packets`);
  }

  /** Of whole lines; each is parsed once. */
  get flows(): readonly Flow[] {
    const end = this.stdout.lastIndexOf('\n') + 1;
    this.#flows.push(...flowsOf(this.stdout.slice(this.#parsed, end)));
    this.#parsed = end;
    return this.#flows;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<WeirRun> {
    this.child.kill(signal);
    return this.ended;
  }
}

/** NDJSON as objects. */
export function flowsOf(text: string): Flow[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Flow);
}

/** Sum of a field over flows; without it 0. */
export function sumOf(flows: readonly Flow[], ...names: string[]): number {
  return flows.reduce((sum, flow) => sum + names.reduce((part, name) => part + Number(flow[name] ?? 0), 0), 0);
}

export const packetsOf = (flows: readonly Flow[]): number =>
  sumOf(flows, 'packetDeltaCount', 'reversePacketDeltaCount');
export const octetsOf = (flows: readonly Flow[]): number => sumOf(flows, 'octetDeltaCount', 'reverseOctetDeltaCount');
