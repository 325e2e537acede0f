// What a run that crashed has left of rotated files: one that was growing is cut behind its last whole unit and finished,
// half a compressed file is made anew from the whole one beside it.

import { type FileHandle, open, readdir, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { rotatedFiles } from './file_keeping.js';
import { compressedSuffixes, type FinishedFiles } from './file_rotation.js';

const messageVersion = 10; // IPFIX
const messageHeader = 4;
const newline = 0x0a;
const tailOctets = 1 << 20; // a line is shorter

export interface Leftovers {
  /** Names that files got. */
  finished: string[];
  /** Files without a whole unit, and halves of compressed ones. */
  removed: number;
}

/** Finishes or removes what earlier runs left of the rotated files of `path`. What another process writes stays. */
export async function finishLeftovers(path: string, files: FinishedFiles): Promise<Leftovers> {
  const found: Leftovers = { finished: [], removed: 0 };
  const folder = dirname(path);
  const parts = rotatedFiles(path, await readdir(folder)).filter(({ growing }) => growing);
  for (const { name } of parts) {
    const part = join(folder, name);
    if (await isOpen(part)) continue;
    const whole = join(folder, name.slice(1, -'.part'.length));
    const suffix = compressedSuffixes.find((one) => whole.endsWith(one));
    if (suffix !== undefined) {
      await unlink(part);
      await files.compressAgain(whole.slice(0, -suffix.length));
      found.removed++;
    } else if (await isWhole(part)) {
      await files.add(whole);
      found.finished.push(basename(whole));
    } else {
      await unlink(part);
      found.removed++;
    }
  }
  return found;
}

/** Cuts a torn end off; false when nothing is left. */
async function isWhole(part: string): Promise<boolean> {
  const handle = await open(part, 'r+');
  try {
    return (await cutTornEnd(handle)) > 0;
  } finally {
    await handle.close();
  }
}

/** Cuts off what follows the last whole line or IPFIX message; octets that stay. Other formats do not tell. */
async function cutTornEnd(handle: FileHandle): Promise<number> {
  const { size } = await handle.stat();
  const head = Buffer.alloc(2);
  await handle.read(head, 0, head.length, 0);
  // NetFlow has no lengths in it: it stays as it is.
  const version = head.readUInt16BE(0);
  if (version === 5 || version === 9) return size;
  const end = version === messageVersion ? await endOfMessages(handle, size) : await endOfLines(handle, size);
  if (end < size) await handle.truncate(end);
  return end;
}

async function endOfMessages(handle: FileHandle, size: number): Promise<number> {
  const header = Buffer.alloc(messageHeader);
  let at = 0;
  while (at + messageHeader <= size) {
    await handle.read(header, 0, messageHeader, at);
    const octets = header.readUInt16BE(2);
    if (header.readUInt16BE(0) !== messageVersion || octets < messageHeader || at + octets > size) break;
    at += octets;
  }
  return at;
}

async function endOfLines(handle: FileHandle, size: number): Promise<number> {
  const from = Math.max(0, size - tailOctets);
  const tail = Buffer.alloc(size - from);
  await handle.read(tail, 0, tail.length, from);
  return from + tail.lastIndexOf('\n') + 1;
}

/** True for a file of lines whose last one has no end. */
export async function endsWithin(path: string): Promise<boolean> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const ends = Buffer.alloc(2);
    await handle.read(ends, 0, 1, 0);
    await handle.read(ends, 1, 1, size - 1);
    return ends[0] !== 0 && ends[1] !== newline; // IPFIX and NetFlow begin with a 0
  } finally {
    await handle.close();
  }
}

/** Whether a process that we may look at has the file open. */
async function isOpen(path: string): Promise<boolean> {
  const { dev, ino } = await stat(path);
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const fds = await readdir(`/proc/${pid}/fd`).catch(() => []);
    const found = await Promise.all(fds.map((fd) => stat(`/proc/${pid}/fd/${fd}`).catch(() => undefined)));
    if (found.some((one) => one?.dev === dev && one.ino === ino)) return true;
  }
  return false;
}
