// A spool for a user that the probe becomes later (--user): made and handed over while it is still root. Others may own
// the folders above, so that what a name means can change meanwhile: each file is opened, looked at and given by its descriptor.

import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { diskFileSystem } from './file_system.js';
import { parseName } from './format.js';
import { lockHolder, lockName } from './lock.js';

const asFolder = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const asFile = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK; // a FIFO holds nobody up

/** What a folder of a spool may hold beside segments: a file system of its own has the second one. */
const alsoOurs: readonly string[] = [lockName, 'lost+found'];

/**
 * Makes the folder where it is missing and gives it, and what a run as root left in it, to the user. Returns why a folder
 * that is there is not given; what else goes wrong shows when the spool is opened.
 */
export async function giveSpool(folder: string, uid: number, gid: number): Promise<string | undefined> {
  try {
    await diskFileSystem.makeFolder(folder);
    const handle = await open(folder, asFolder);
    try {
      return await give(handle, uid, gid);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTDIR') return undefined;
    const isTheirs = (await stat(folder).catch(() => undefined))?.uid === uid;
    return isTheirs ? undefined : 'it is a symbolic link, or no folder';
  }
}

async function give(handle: FileHandle, uid: number, gid: number): Promise<string | undefined> {
  const folder = `/proc/self/fd/${handle.fd}`; // this one, whatever its name is by now
  const names = await diskFileSystem.list(folder);
  const owner = (await handle.stat()).uid;
  if (owner !== uid) {
    const why = await whyNot(folder, owner, names);
    if (why !== undefined) return why;
    await handle.chown(uid, gid);
  } else if ((await lockHolder(folder)) !== undefined) {
    return undefined; // open() says so
  }
  for (const name of names) if (parseName(name) !== undefined) await giveFile(join(folder, name), uid, gid);
  return undefined;
}

async function whyNot(folder: string, owner: number, names: readonly string[]): Promise<string | undefined> {
  if (owner !== 0) return `it belongs to user ${owner}`;
  const holder = await lockHolder(folder);
  if (holder !== undefined) return `process ${holder} uses it`;
  const foreign = names.find((name) => parseName(name) === undefined && !alsoOurs.includes(name));
  return foreign === undefined ? undefined : `it holds ${JSON.stringify(foreign)}, which is not of a spool`;
}

/** Files of root only, and no second name of one from elsewhere. */
async function giveFile(path: string, uid: number, gid: number): Promise<void> {
  const file = await open(path, asFile);
  try {
    const found = await file.stat();
    if (found.isFile() && found.nlink === 1 && found.uid === 0) await file.chown(uid, gid);
  } finally {
    await file.close();
  }
}
