// Which rotated files stay on disk. Those of earlier runs count too, also what a crash has left half written or half
// compressed, so that the limits hold for months; the files of another sink, and what people put beside them, do not.

import { readdir, stat, unlink } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';

export interface KeepLimits {
  /** 0 = all. */
  keepFiles: number;
  /** 0 = no limit. The newest file stays even where it is larger. */
  keepOctets: number;
}

export interface Rotated {
  name: string;
  /** It has the hidden name of a file that is being written or compressed. */
  growing: boolean;
  /** Time in the name, and the number of the file among those of the same second. */
  stamp: string;
  again: number;
}

/** The names that file_rotation.ts gives to the files of this path. */
export function rotatedFiles(path: string, names: readonly string[]): Rotated[] {
  const extension = extname(path);
  const quoted = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const pattern = new RegExp(
    `^(\\.?)${quoted(basename(path, extension))}-(\\d{8}T\\d{6}Z)(?:-(\\d+))?${quoted(extension)}(?:\\.gz|\\.zst)?(\\.part)?$`,
  );
  return names.flatMap((name) => {
    const match = pattern.exec(name);
    const hidden = match?.[1] === '.';
    const growing = match?.[4] !== undefined;
    return match && hidden === growing ? [{ name, growing, stamp: match[2]!, again: Number(match[3] ?? 1) }] : [];
  });
}

/** Removes the oldest rotated files of the path beyond the limits; returns their names. growing: the file being written. */
export async function removeOldFiles(path: string, limits: KeepLimits, growing?: string): Promise<string[]> {
  const folder = dirname(path);
  const found = (await readdir(folder)).filter((name) => growing === undefined || name !== basename(growing));
  const removed: string[] = [];
  let files = 0;
  let octets = 0;
  for (const { names, compressing } of newestFirst(rotatedFiles(path, found))) {
    const sizes = await Promise.all(names.map((name) => sizeOf(join(folder, name))));
    if (sizes.every((size) => size === undefined)) continue; // removed by somebody else meanwhile
    files++;
    octets += sizes.reduce<number>((sum, size = 0) => sum + size, 0);
    const tooMany = limits.keepFiles > 0 && files > limits.keepFiles;
    const tooLarge = limits.keepOctets > 0 && octets > limits.keepOctets && files > 1;
    if (compressing || (!tooMany && !tooLarge)) continue;
    for (const name of names) if (await remove(join(folder, name))) removed.push(name);
  }
  return removed;
}

interface Period {
  /** Mostly one; a crash leaves a file beside what it was compressed to. Half a compressed one only where it is alone. */
  names: string[];
  /** A whole file and half of what it is compressed to: when that is done, the next look decides. */
  compressing: boolean;
}

/** Files that hold the same, as one. */
function newestFirst(found: readonly Rotated[]): Period[] {
  const sorted = [...found].sort((a, b) => (a.stamp === b.stamp ? b.again - a.again : a.stamp < b.stamp ? 1 : -1));
  const groups: Rotated[][] = [];
  for (const file of sorted) {
    const last = groups.at(-1);
    if (last?.[0]?.stamp === file.stamp && last[0].again === file.again) last.push(file);
    else groups.push([file]);
  }
  return groups.map((group) => {
    const whole = group.filter(({ growing }) => !growing);
    const kept = whole.length > 0 ? whole : group;
    return { names: kept.map(({ name }) => name), compressing: whole.length > 0 && whole.length < group.length };
  });
}

async function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
}

/** False when it is gone already: compressed, or taken away by somebody else. */
async function remove(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
