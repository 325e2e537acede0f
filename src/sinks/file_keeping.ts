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
  /** Of what it is compressed with; '' = nothing. */
  suffix: string;
  /** Time in the name, and the number of the file among those of the same second. */
  stamp: string;
  again: number;
}

/** The names that file_rotation.ts gives to the files of this path. */
export function rotatedFiles(path: string, names: readonly string[]): Rotated[] {
  const extension = extname(path);
  const quoted = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const pattern = new RegExp(
    `^(\\.?)${quoted(basename(path, extension))}-(\\d{8}T\\d{6}Z)(?:-(\\d+))?${quoted(extension)}(\\.gz|\\.zst)?(\\.part)?$`,
  );
  return names.flatMap((name) => {
    const match = pattern.exec(name);
    const hidden = match?.[1] === '.';
    const growing = match?.[5] !== undefined;
    if (!match || hidden !== growing) return [];
    return [{ name, growing, suffix: match[4] ?? '', stamp: match[2]!, again: Number(match[3] ?? 1) }];
  });
}

/** Removes the oldest rotated files of the path beyond the limits; returns their names. growing: the file in work now. */
export async function removeOldFiles(
  path: string,
  limits: KeepLimits,
  wallMs: number,
  growing: () => string = () => '',
): Promise<string[]> {
  const folder = dirname(path);
  // One file may end and another begin while the folder is read.
  const before = basename(growing());
  const names = await readdir(folder);
  const found = names.filter((name) => name !== before && name !== basename(growing()));
  const looked = await Promise.all(periodsOf(rotatedFiles(path, found)).map((period) => look(folder, period, wallMs)));
  const removed: string[] = [];
  let files = 0;
  let octets = 0;
  for (const { names, compressing, size } of looked.filter((one) => one !== undefined).sort(newestFirst)) {
    files++;
    octets += size;
    const tooMany = limits.keepFiles > 0 && files > limits.keepFiles;
    const tooLarge = limits.keepOctets > 0 && octets > limits.keepOctets && files > 1;
    if (compressing || (!tooMany && !tooLarge)) continue;
    for (const name of names) if (await remove(join(folder, name))) removed.push(name);
  }
  return removed;
}

interface Period extends Pick<Rotated, 'stamp' | 'again'> {
  /** Mostly one; a crash leaves a file beside what it was compressed to. Half a compressed one only where it is alone. */
  names: string[];
  /** A whole file and half of what it is compressed to: when that is done, the next look decides. */
  compressing: boolean;
}

interface LookedAt extends Period {
  size: number;
  /** When it was begun, as far as that can be believed (ms since the epoch). */
  begunMs: number;
}

/** Files that hold the same, as one. */
function periodsOf(found: readonly Rotated[]): Period[] {
  const groups = new Map<string, Rotated[]>();
  for (const file of found) {
    const key = `${file.stamp}-${file.again}`;
    groups.set(key, [...(groups.get(key) ?? []), file]);
  }
  return [...groups.values()].map((group) => {
    const whole = group.filter(({ growing }) => !growing);
    const names = (whole.length > 0 ? whole : group).map(({ name }) => name);
    const { stamp, again } = group[0]!;
    return { stamp, again, names, compressing: whole.length > 0 && whole.length < group.length };
  });
}

/** Nothing when it was removed by somebody else meanwhile. */
async function look(folder: string, period: Period, wallMs: number): Promise<LookedAt | undefined> {
  const all = await Promise.all(period.names.map((name) => stat(join(folder, name)).catch(() => undefined)));
  const there = all.filter((one) => one !== undefined);
  if (there.length === 0) return undefined;
  const size = there.reduce((sum, one) => sum + one.size, 0);
  return { ...period, size, begunMs: begunMs(period.stamp, Math.min(...there.map(({ mtimeMs }) => mtimeMs)), wallMs) };
}

/**
 * A name of the future was given while the clock was ahead. What was written to after it was set back is as old as that;
 * what was written before has no believable time, and is the oldest: else all that follows would leave at once.
 */
function begunMs(stamp: string, writtenMs: number, wallMs: number): number {
  const named = Date.parse(stamp.replace(/^(....)(..)(..)T(..)(..)/, '$1-$2-$3T$4:$5:'));
  return [named, writtenMs].find((time) => time <= wallMs) ?? 0;
}

function newestFirst(a: LookedAt, b: LookedAt): number {
  if (a.begunMs !== b.begunMs) return b.begunMs - a.begunMs;
  return a.stamp === b.stamp ? b.again - a.again : a.stamp < b.stamp ? 1 : -1;
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
