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
  const names = (await readdir(folder)).filter((name) => growing === undefined || name !== basename(growing));
  const newestFirst = rotatedFiles(path, names).sort((a, b) =>
    a.stamp === b.stamp ? b.again - a.again : a.stamp < b.stamp ? 1 : -1,
  );
  const removed: string[] = [];
  let files = 0;
  let octets = 0;
  for (const { name } of newestFirst) {
    const found = await stat(join(folder, name)).catch(() => undefined); // removed by somebody else meanwhile
    if (found === undefined) continue;
    files++;
    octets += found.size;
    const tooMany = limits.keepFiles > 0 && files > limits.keepFiles;
    const tooLarge = limits.keepOctets > 0 && octets > limits.keepOctets && files > 1;
    if (!tooMany && !tooLarge) continue;
    await unlink(join(folder, name));
    removed.push(name);
  }
  return removed;
}
