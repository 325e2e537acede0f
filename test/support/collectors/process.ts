// What running a real collector takes: ports, processes that go with the test, and one form for what was heard. Flows and
// complaints are by Observation Domain (NetFlow: source id, engine id), so that one process serves many sinks.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Undo } from '../undo.js';
import type { SeenFlow } from '../seen_flow.js';

export interface Heard {
  flows: SeenFlow[];
  /** Sequence errors, violations, malformed messages; in the collector's words. */
  complaints: string[];
}

export interface Collector {
  port: number;
  /** Ends it; resolves to what it heard, by domain. */
  stop(): Promise<Map<number, Heard>>;
}

export type HeardByDomain = Map<number, Heard>;

export const installed = (command: string): boolean => spawnSync('which', [command]).status === 0;
const environment = { ...process.env, TZ: 'UTC' };

/** Ports that nobody listens on now, for UDP and TCP over both IP versions. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0);
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

export function heardOf(map: Map<number, Heard>, domain: number): Heard {
  const known = map.get(domain) ?? { flows: [], complaints: [] };
  map.set(domain, known);
  return known;
}

/** Starts a program that goes with the test; the output to `file` when one is given. */
export function start(context: Undo, command: string, args: readonly string[], file?: string): ChildProcess {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: environment });
  context.after(() => void child.kill('SIGKILL'));
  if (file !== undefined) child.stdout.pipe(createWriteStream(file));
  return child;
}

export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill(signal);
  await closed;
}

/** Output of a program that reads what is there. */
export function output(command: string, args: readonly string[]): { stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 29,
    env: environment,
  });
  if (status === null) throw new Error(`${command} did not end by itself: ${stderr}`);
  return { stdout, stderr };
}

export type JsonLine = Record<string, unknown>;

/** The JSON objects among the lines. */
export function jsonLines(text: string): JsonLine[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as JsonLine);
}

/** Resolves when somebody listens on the TCP port over IPv4, for programs that do not say when they do. */
export async function listening(port: number): Promise<void> {
  const wanted = new RegExp(`:${port.toString(16).toUpperCase().padStart(4, '0')} [0-9A-F]+:[0-9A-F]+ 0A`);
  for (let tries = 0; tries < 1000; tries++) {
    if (wanted.test(readFileSync('/proc/net/tcp', 'utf8'))) return;
    await delay(10);
  }
  throw new Error(`nobody listens on port ${port}`);
}
