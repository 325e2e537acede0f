// What a run that crashed has left of rotated files: one that was growing is cut behind its last whole unit and finished,
// half a compressed file is made anew from the whole one beside it, and so is one that was not begun.

import { type FileHandle, open, readdir, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Rotated, rotatedFiles } from './file_keeping.js';
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
  const rotated = rotatedFiles(path, await readdir(folder));
  const inWork = new Set<string>();
  for (const { name, suffix } of rotated.filter(({ growing }) => growing)) {
    const part = join(folder, name);
    const whole = name.slice(1, -'.part'.length);
    if (await isOpen(part)) {
      inWork.add(whole.slice(0, whole.length - suffix.length));
    } else if (suffix === '' && (await isWhole(part))) {
      await files.add(join(folder, whole));
      found.finished.push(whole);
    } else {
      await unlink(part);
      found.removed++;
    }
  }
  if (files.compress) await compressRest(folder, rotated, inWork, files);
  return found;
}

/** The whole files whose turn to be compressed did not come. What another process compresses stays. */
async function compressRest(
  folder: string,
  rotated: readonly Rotated[],
  inWork: ReadonlySet<string>,
  files: FinishedFiles,
): Promise<void> {
  const whole = rotated.filter(({ growing }) => !growing);
  const names = new Set(whole.map(({ name }) => name));
  for (const { name } of whole.filter(({ name, suffix }) => suffix === '' && !inWork.has(name)).sort(byName)) {
    const compressed = compressedSuffixes.map((suffix) => name + suffix).find((one) => names.has(one));
    const path = join(folder, name);
    // It gets its name when all of it is on disk, a moment before the other one leaves; on old Node it may be empty.
    if (compressed !== undefined && (await isFilled(join(folder, compressed)))) await rm(path, { force: true });
    else await files.compressAgain(path);
  }
}

function byName(a: Rotated, b: Rotated): number {
  return a.name < b.name ? -1 : 1;
}

async function isFilled(path: string): Promise<boolean> {
  return stat(path).then(
    ({ size }) => size > 0,
    () => false,
  );
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
