// What the spool needs of files; small, so that tests can have full disks, torn writes and slow ones.

import { type FileHandle, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface SpoolFile {
  /** Octets written at `position`: fewer than given when the disk becomes full. */
  write(data: Uint8Array, position: number): Promise<number>;
  /** Octets read from `position` on: fewer than `into` takes at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>;
  truncate(octets: number): Promise<void>;
  /** fdatasync(2). */
  sync(): Promise<void>;
  /** Octets, and time of the last change in ms since the epoch. */
  status(): Promise<{ octets: number; changedMs: number }>;
  close(): Promise<void>;
}

export interface SpoolFileSystem {
  /** Mode 0700, its parents 0755; an existing folder is left as it is. */
  makeFolder(path: string): Promise<void>;
  list(folder: string): Promise<string[]>;
  /** A new file, mode 0600; rejects when it exists. */
  create(path: string): Promise<SpoolFile>;
  open(path: string, access: 'read' | 'write'): Promise<SpoolFile>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** fsync(2) of the folder: names of new files survive a power cut. */
  syncFolder(path: string): Promise<void>;
}

class DiskFile implements SpoolFile {
  #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(data: Uint8Array, position: number): Promise<number> {
    return (await this.#handle.write(data, 0, data.length, position)).bytesWritten;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    let done = 0;
    while (done < into.length) {
      const { bytesRead } = await this.#handle.read(into, done, into.length - done, position + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done;
  }

  truncate(octets: number): Promise<void> {
    return this.#handle.truncate(octets);
  }

  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  async status(): Promise<{ octets: number; changedMs: number }> {
    const { size, mtimeMs } = await this.#handle.stat();
    return { octets: size, changedMs: mtimeMs };
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** Not mkdir's own recursion: Node's never ends where nothing can be made, as in /proc. */
async function makeFolder(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path), 0o755);
    await mkdir(path, { mode });
  }
}

export const diskFileSystem: SpoolFileSystem = {
  makeFolder: (path) => makeFolder(path, 0o700),
  list: (folder) => readdir(folder),
  create: async (path) => new DiskFile(await open(path, 'wx+', 0o600)),
  open: async (path, access) => new DiskFile(await open(path, access === 'read' ? 'r' : 'r+')),
  rename,
  remove: unlink,
  async syncFolder(path) {
    const folder = await open(path, 'r');
    await folder.sync().finally(() => folder.close());
  },
};
