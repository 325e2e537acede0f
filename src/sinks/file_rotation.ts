// Names of rotated files, and what happens to a finished one. While a file grows it has a hidden name in the same
// directory, `.flows-20261121T050000Z.json.part`; finished, it is renamed to `flows-20261121T050000Z.json`, and with
// compression replaced by `….json.gz`. So whoever lists `flows-*` only ever sees whole files.

import { createReadStream } from 'node:fs';
import { access, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as zlib from 'node:zlib';

export type Compression = 'none' | 'gzip' | 'zstd';

const suffixes = { none: '', gzip: '.gz', zstd: '.zst' } as const;
/** Of compressed files. */
export const compressedSuffixes = [suffixes.gzip, suffixes.zstd];

// Node has zstd from 22.15 on; the types of Node 20 do not know it.
const createZstd = (zlib as { createZstdCompress?: () => Transform }).createZstdCompress;

/** Whether this Node can compress so. */
export function canCompress(method: Compression): boolean {
  return method !== 'zstd' || createZstd !== undefined;
}

/** The next moment (ms since the epoch) at which a file of `seconds` ends; aligned to UTC, so 1h turns on the hour. */
export function nextBoundary(wallMs: number, seconds: number): number {
  const period = seconds * 1000;
  return (Math.floor(wallMs / period) + 1) * period;
}

/** NAME-20261121T050000Z.EXT, the time being when the file was begun (UTC); `again` > 1 makes the name different. */
export function finishedPath(path: string, startMs: number, again = 1): string {
  const stamp = new Date(startMs).toISOString().replace(/[-:]|\.\d+/g, '');
  const extension = extname(path);
  const stem = basename(path, extension);
  return join(dirname(path), `${stem}-${stamp}${again > 1 ? `-${again}` : ''}${extension}`);
}

export function partPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.part`);
}

/** A finished name no file has yet, compressed or not, growing or not. */
export async function freeFinishedPath(path: string, startMs: number): Promise<string> {
  for (let again = 1; ; again++) {
    const candidate = finishedPath(path, startMs, again);
    const names = [partPath(candidate), ...Object.values(suffixes).map((suffix) => candidate + suffix)];
    const taken = await Promise.all(names.map(exists));
    if (!taken.includes(true)) return candidate;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

/** Of a file that left the disk while it waited: files come faster than they are compressed, and few are kept. */
async function wasRemoved(path: string, error: unknown): Promise<boolean> {
  return (error as NodeJS.ErrnoException).code === 'ENOENT' && !(await exists(path));
}

/** Renames finished files and compresses them in the background, one after the other; then the oldest may leave. */
export class FinishedFiles {
  #method: Compression;
  #removeOld: () => Promise<void>;
  #failed: (path: string, error: Error) => void;
  #work: Promise<void> = Promise.resolve();
  #abort = new AbortController();

  /** removeOld: called behind each finished file. failed: told of a file that stays uncompressed, and why. */
  constructor(method: Compression, removeOld: () => Promise<void>, failed: (path: string, error: Error) => void) {
    this.#method = method;
    this.#removeOld = removeOld;
    this.#failed = failed;
  }

  /** The file named part(path) is whole: from now on it is called path (or path.gz a little later). */
  async add(path: string): Promise<void> {
    await rename(partPath(path), path);
    this.#queue(path);
  }

  get compress(): boolean {
    return this.#method !== 'none';
  }

  /** A whole file that an earlier run did not compress. */
  async compressAgain(path: string): Promise<void> {
    if (await exists(path)) this.#queue(path);
  }

  #queue(path: string): void {
    this.#work = this.#work
      .then(() => this.#compress(path))
      .catch((error: Error) => this.#failed(path, error))
      .then(() => this.#removeOld());
  }

  /** Resolves when all is compressed. */
  settled(): Promise<void> {
    return this.#work;
  }

  /** Gives up compressing; what is not done yet stays as it is, whole and uncompressed. */
  abandon(): void {
    this.#abort.abort();
  }

  async #compress(path: string): Promise<void> {
    if (this.#method === 'none' || this.#abort.signal.aborted) return;
    const target = path + suffixes[this.#method];
    const temporary = partPath(target);
    const transform = this.#method === 'zstd' && createZstd ? createZstd() : zlib.createGzip();
    // Two processes with one path must not write into one file: whoever comes second lets it be.
    const handle = await open(temporary, 'wx');
    try {
      const output = handle.createWriteStream({ flush: true } as { encoding?: BufferEncoding });
      await pipeline(createReadStream(path), transform, output, { signal: this.#abort.signal });
      await access(path); // who took it away meanwhile has it: there is no second one
      await rename(temporary, target);
      await unlink(path);
    } catch (error) {
      await unlink(temporary).catch(() => undefined);
      if (!this.#abort.signal.aborted && !(await wasRemoved(path, error))) throw error;
    }
  }
}
