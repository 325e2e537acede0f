// A spool in a folder of its own, with all it reported, and a file system that fails when told to.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { recordsOf, startOf, type UnitRun } from '../../../src/sinks/sink.js';
import { diskFileSystem, type SpoolFile, type SpoolFileSystem } from '../../../src/spool/file_system.js';
import { Spool, type SpoolChunk, type SpoolLoss, type SpoolOptions } from '../../../src/spool/spool.js';
import { ManualClock } from '../../support/manual_clock.js';

/** The disk, with faults: octets that may still be written, and operations that fail. */
export class FaultyDisk implements SpoolFileSystem {
  /** Octets until ENOSPC; the write that passes it is cut short first, as the kernel does. */
  space = Number.POSITIVE_INFINITY;
  truncateFails = false;
  readFails = false;
  syncFails = false;
  syncs = 0;
  folderSyncs = 0;
  /** Resolved before each write goes on: a slow disk. */
  gate: Promise<void> = Promise.resolve();

  #crashed = false;
  #running = new Set<Promise<unknown>>();

  /** Nothing reaches the disk any more: its files are as a killed process leaves them. */
  async crash(): Promise<void> {
    this.#crashed = true;
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  makeFolder = (path: string): Promise<void> => diskFileSystem.makeFolder(path);
  list = diskFileSystem.list;
  rename = (from: string, to: string): Promise<void> => this.#run(() => diskFileSystem.rename(from, to));
  remove = (path: string): Promise<void> => this.#run(() => diskFileSystem.remove(path));

  async create(path: string): Promise<SpoolFile> {
    return this.#wrap(await this.#run(() => diskFileSystem.create(path)));
  }

  async open(path: string, access: 'read' | 'write'): Promise<SpoolFile> {
    return this.#wrap(await diskFileSystem.open(path, access));
  }

  async syncFolder(path: string): Promise<void> {
    this.folderSyncs++;
    await diskFileSystem.syncFolder(path);
  }

  async #run<T>(operation: () => Promise<T>): Promise<T> {
    if (this.#crashed) throw new Error('the process is gone');
    const running = operation();
    this.#running.add(running);
    return await running.finally(() => this.#running.delete(running));
  }

  #wrap(file: SpoolFile): SpoolFile {
    return {
      write: async (data, position) => {
        await this.gate;
        if (this.space <= 0) throw new Error('ENOSPC: no space left on device, write');
        const octets = Math.min(data.length, this.space);
        this.space -= octets;
        return await this.#run(() => file.write(data.subarray(0, octets), position));
      },
      read: async (into, position) => {
        if (this.readFails) throw new Error('EIO: i/o error, read');
        return await file.read(into, position);
      },
      truncate: async (octets) => {
        if (this.truncateFails) throw new Error('EIO: i/o error, ftruncate');
        await this.#run(() => file.truncate(octets));
      },
      sync: async () => {
        this.syncs++;
        if (this.syncFails) throw new Error('EIO: i/o error, fdatasync');
        await file.sync();
      },
      status: () => file.status(),
      close: () => file.close(),
    };
  }
}

export class SpoolRig {
  readonly folder: string;
  readonly clock = new ManualClock();
  disk = new FaultyDisk();
  readonly losses: { cause: SpoolLoss; records: number; units: number }[] = [];
  readonly notices: string[] = [];

  constructor(context: TestContext) {
    const parent = mkdtempSync(join(tmpdir(), 'weir-spool-'));
    context.after(() => rmSync(parent, { recursive: true }));
    this.folder = join(parent, 'collector', 'spool');
  }

  options(more: Partial<SpoolOptions> = {}): SpoolOptions {
    return {
      folder: this.folder,
      kind: 'ndjson',
      signature: 'json default',
      head: () => new Uint8Array(0),
      keyed: false,
      maxOctets: 1 << 20,
      maxAgeMs: 0,
      clock: this.clock,
      fs: this.disk,
      onLost: (cause, { records, units }) => this.losses.push({ cause, records, units }),
      onNotice: (level, text) => this.notices.push(`${level}: ${text.replaceAll(this.folder, 'FOLDER')}`),
      ...more,
    };
  }

  open(more: Partial<SpoolOptions> = {}): Promise<Spool> {
    return Spool.open(this.options(more));
  }

  lost(cause?: SpoolLoss): number {
    let sum = 0;
    for (const loss of this.losses) if (cause === undefined || loss.cause === cause) sum += loss.records;
    return sum;
  }
}

export function texts(run: UnitRun): string[] {
  return Array.from({ length: run.to - run.from }, (_, index) =>
    Buffer.from(run.bytes.slice(startOf(run, run.from + index), run.ends[run.from + index])).toString('latin1'),
  );
}

/** All that waits, released as it comes. */
export async function drain(spool: Spool, maxOctets = 1 << 16): Promise<{ units: string[]; chunks: SpoolChunk[] }> {
  const units: string[] = [];
  const chunks: SpoolChunk[] = [];
  for (let chunk = await spool.read(maxOctets); chunk !== undefined; chunk = await spool.read(maxOctets)) {
    units.push(...texts(chunk.run));
    chunks.push(chunk);
    if (chunk.last) spool.release(chunk.segment);
  }
  return { units, chunks };
}

export const allRecords = (run: UnitRun): number => recordsOf(run, run.from, run.to);
