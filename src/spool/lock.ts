// One process a folder. The lock is a symbolic link `lock` whose target names the process: made in one step, and it needs
// no room on a full disk. A process is its id and its start time, since ids are used again.

import { readFile, readlink, rename, symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { WeirError } from '../errors.js';

export const lockName = 'lock';

/** Start time of a process in clock ticks since boot (proc(5), field 22 of stat); undefined when there is none. */
async function startTime(pid: string): Promise<string | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19]; // the name before may hold blanks and brackets
  } catch {
    return undefined;
  }
}

/** Process id that holds the folder now; undefined when nobody does (or its lock is stale). */
export async function lockHolder(folder: string): Promise<number | undefined> {
  const target = await readlink(join(folder, lockName)).catch(() => undefined);
  return target !== undefined && (await lives(target)) ? Number(target.split(':')[0]) : undefined;
}

async function lives(target: string): Promise<boolean> {
  const [pid = '', start] = target.split(':');
  return /^\d+$/.test(pid) && start !== undefined && (await startTime(pid)) === start;
}

export class FolderLock {
  #path: string;
  #own: string;

  private constructor(path: string, own: string) {
    this.#path = path;
    this.#own = own;
  }

  /** Rejects with WeirError when a living process holds it; a stale lock is taken over. */
  static async take(folder: string): Promise<FolderLock> {
    const path = join(folder, lockName);
    const own = `${process.pid}:${(await startTime(String(process.pid))) ?? '0'}`;
    for (let tries = 0; tries < 10; tries++) {
      try {
        await symlink(own, path);
        return new FolderLock(path, own);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const holder = await readlink(path).catch(() => undefined);
      if (holder === undefined) continue; // released meanwhile
      if (await lives(holder))
        throw new WeirError(
          'WEIR_FILE',
          `spool ${folder} is in use by process ${holder.split(':')[0]}: give each sink and process its own folder`,
        );
      await removeStale(path, holder);
    }
    throw new WeirError(
      'WEIR_FILE',
      `spool ${folder}: ${lockName} cannot be taken; remove it if no weir uses the folder`,
    );
  }

  async release(): Promise<void> {
    if ((await readlink(this.#path).catch(() => undefined)) === this.#own) await unlink(this.#path);
  }
}

/** Two processes may find the same stale lock: it is moved away first, and put back when it was the other's new one. */
async function removeStale(path: string, stale: string): Promise<void> {
  const aside = `${path}.${process.pid}`;
  try {
    await rename(path, aside);
    const moved = await readlink(aside);
    if (moved !== stale) await symlink(moved, path);
    await unlink(aside);
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
