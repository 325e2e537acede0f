// Programs of test/bench/attribution_loads.c beside a test: sockets that are open and stay so, and storms of connections.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { packageRoot } from '../../src/native/load.js';

export const loads = join(packageRoot(), 'build', 'native', 'attribution_loads');

/** A process that listens, and has both ends of its connections. */
export interface Holder {
  pid: number;
  port: number;
}

export class HeldSockets {
  readonly holders: readonly Holder[];
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, holders: readonly Holder[]) {
    this.#child = child;
    this.holders = holders;
  }

  /** Resolves when all are open; they are closed after the test. prefix: in front of the command. */
  static async open(context: TestContext, sockets: number, prefix: readonly string[] = []): Promise<HeldSockets> {
    const [command = loads, ...args] = [...prefix, loads, 'hold', '0', String(sockets)];
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    context.after(() => child.stdin.end());
    let said = '';
    while (!said.includes('\n')) said += String((await once(child.stdout, 'data'))[0]);
    const holders = said.trim().split(' ').slice(1);
    return new HeldSockets(
      child,
      holders.map((text) => {
        const [pid, port] = text.split(':').map(Number) as [number, number];
        return { pid, port };
      }),
    );
  }

  /** Every client sends an octet, which nobody receives. */
  talk(): void {
    this.#child.stdin?.write('x');
  }
}

/** A storm of so many connections; the process that had both ends of them. */
export async function storm(
  operations: number,
  perSecond: number,
  prefix: readonly string[] = [],
): Promise<{ operations: number }> {
  const line = [...prefix, loads, 'tcpcc', '600', String(perSecond), String(operations)];
  const child = spawn(line[0] ?? loads, line.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const [status] = (await once(child, 'close')) as [number];
  if (status !== 0) throw new Error(`'${line.join(' ')}' ended with status ${status}`);
  return JSON.parse(text) as { operations: number };
}
