// Processes whose sockets a test leads step by step, here or in a network namespace: see socket_peer.ts.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { packageRoot } from '../../src/native/load.js';
import type { Asked, Order, verbs } from './socket_peer.js';

const program = join(packageRoot(), 'dist', 'test', 'support', 'socket_peer.js');

interface Answer {
  n: number;
  id: number;
  port: number;
  octets: number;
  error?: string;
  asked: Asked[];
}

export class Peer {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (why: Error) => void }>();
  #orders = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    createInterface({ input: child.stdout! }).on('line', (text) => {
      const answer = JSON.parse(text) as Answer;
      this.#waiting.get(answer.n)?.resolve(answer);
      this.#waiting.delete(answer.n);
    });
    child.once('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the peer has ended'));
    });
  }

  /** prefix: what runs in front of the command (nsenter ...). */
  static async start(
    context: TestContext,
    prefix: readonly string[] = [],
    args: readonly string[] = [],
  ): Promise<Peer> {
    const [command, ...rest] = [...prefix, process.execPath, program, ...args];
    const child = spawn(command!, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
    context.after(() => void child.kill('SIGKILL'));
    const peer = new Peer(child);
    await peer.#answer(0);
    return peer;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  #answer(n: number): Promise<Answer> {
    return new Promise((resolve, reject) => this.#waiting.set(n, { resolve, reject }));
  }

  /** Does it, and resolves when it is done. */
  do(verb: keyof typeof verbs, order: Order = {}): Promise<Answer> {
    const n = ++this.#orders;
    const answer = this.#answer(n);
    this.#child.stdin!.write(`${JSON.stringify({ n, verb, ...order })}\n`);
    return answer;
  }

  async leave(): Promise<void> {
    const ended = once(this.#child, 'close');
    this.#child.stdin!.end();
    await ended;
  }
}

/** A connection and both its ends. */
export class Connection {
  readonly from: Peer;
  readonly to: Peer;
  readonly fromId: number;
  readonly toId: number;
  readonly fromPort: number;
  readonly toPort: number;

  private constructor(from: Peer, to: Peer, ids: [number, number], ports: [number, number]) {
    [this.from, this.to] = [from, to];
    [this.fromId, this.toId] = ids;
    [this.fromPort, this.toPort] = ports;
  }

  static async open(from: Peer, to: Peer, host: string, toPort: number): Promise<Connection> {
    const made = await from.do('connect', { host, port: toPort });
    if (made.error !== undefined) throw new Error(`${host}:${toPort}: ${made.error}`);
    const taken = await to.do('accept', { port: made.port });
    return new Connection(from, to, [made.id, taken.id], [made.port, toPort]);
  }

  /** The octets arrive; `received` is all that came that way so far. */
  async there(octets: number, received: number): Promise<void> {
    await this.from.do('send', { id: this.fromId, octets });
    await this.to.do('got', { id: this.toId, octets: received });
  }

  async back(octets: number, received: number): Promise<void> {
    await this.to.do('send', { id: this.toId, octets });
    await this.from.do('got', { id: this.fromId, octets: received });
  }

  /** Both send their FIN, the connecting side first. */
  async close(): Promise<void> {
    await this.from.do('shut', { id: this.fromId });
    await this.to.do('shut', { id: this.toId });
    await Promise.all([this.from.do('closed', { id: this.fromId }), this.to.do('closed', { id: this.toId })]);
  }
}
