// Runs the built command as a user would, and reads its last words (the summary of each sink).
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Undo } from './undo.js';
import { packageRoot } from '../../src/native/load.js';

export const cliPath = join(packageRoot(), 'dist', 'src', 'cli.js');

/** One sink's line of the summary that ends a run. */
export interface SinkSummary {
  sink: string;
  records: number;
  exported: number;
  dropped: number;
}

export interface WeirRun {
  status: number | null;
  stdout: string;
  stderr: string;
  sinks: SinkSummary[];
  /** Counters of the meter as the summary says them. */
  meter: Record<string, number>;
}

/**
 * Starts weir; the log is JSON lines on stderr. Its spool is a temporary folder of this run alone, unless the arguments
 * say --spool, and it has no statistics file: tests never write where a service would.
 */
export function startWeir(
  args: readonly string[],
  prefix: readonly string[] = [],
  stdin: 'ignore' | 'pipe' = 'ignore',
): ChildProcess {
  const spool = mkdtempSync(join(tmpdir(), 'weir-spool-'));
  chmodSync(spool, 0o777); // for runs as another user
  const [command, ...rest] = [...prefix, process.execPath, cliPath, '--log-format', 'json', ...args];
  const child = spawn(command!, rest, {
    stdio: [stdin, 'pipe', 'pipe'],
    env: { WEIR_STATISTICS_FILE: '', ...process.env, WEIR_SPOOL: spool },
  });
  child.once('close', () => rmSync(spool, { recursive: true, force: true }));
  return child;
}

/** Collects a started weir until it ends. */
export async function collectRun(child: ChildProcess): Promise<WeirRun> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [status] = (await once(child, 'close')) as [number | null];
  const lines = stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return {
    status,
    stdout,
    stderr,
    sinks: lines.filter((line) => 'exported' in line) as unknown as SinkSummary[],
    meter: (lines.find((line) => 'metered' in line) ?? {}) as Record<string, number>,
  };
}

export function runWeir(args: readonly string[]): Promise<WeirRun> {
  return collectRun(startWeir(args));
}

/** A folder that goes with the test. */
export function temporaryFolder(context: Undo): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-test-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Resolves when the stream has said something that matches. */
export function saying(child: ChildProcess, stream: 'stdout' | 'stderr', pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const look = (chunk: Buffer): void => {
      text += chunk.toString();
      if (!pattern.test(text)) return;
      child[stream]?.off('data', look);
      resolve(text);
    };
    child[stream]?.on('data', look);
    child.once('close', () => reject(new Error(`ended without saying ${pattern}: ${text}`)));
  });
}
