// A spool for a user that the probe becomes later (--user): made and handed over while it is still root.

import { chown, lchown, lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { diskFileSystem } from './file_system.js';
import { parseName } from './format.js';

/**
 * Makes the folder where it is missing and gives it, and what a run as root left in it, to the user. What cannot be done
 * shows when the spool is opened.
 */
export async function giveSpool(folder: string, uid: number, gid: number): Promise<void> {
  try {
    await diskFileSystem.makeFolder(folder);
    await chown(folder, uid, gid);
    for (const name of await diskFileSystem.list(folder)) {
      const path = join(folder, name);
      const found = await lstat(path);
      // Segments only, and no second name of a file from elsewhere.
      const ours = parseName(name) !== undefined && found.isFile() && found.nlink === 1 && found.uid === 0;
      if (ours) await lchown(path, uid, gid);
    }
  } catch {
    // A read-only or foreign place: open() says why, or that the probe goes on without.
  }
}
