// What `weir spool FOLDER` prints: segments, units, flow records, octets, age, and whether all of it is right. Changes
// nothing, so it may be used while a probe writes there.

import { join } from 'node:path';
import { WeirError } from '../errors.js';
import { type Clock, systemClock } from '../sinks/sink.js';
import { diskFileSystem, type SpoolFileSystem } from './file_system.js';
import { segmentName } from './format.js';
import { lockHolder } from './lock.js';
import { describeMissing, type FolderFiles, holdsNothing, kindOf, listFolder } from './recover.js';
import { type SegmentScan, scanSegment } from './scan.js';

/**
 * The spools in a folder: itself, or where it has no segments those inside it, as --spool has one a sink. Rejects with
 * WeirError when the folder cannot be read.
 */
export async function spoolsIn(folder: string, fs: SpoolFileSystem = diskFileSystem): Promise<string[]> {
  const { segments, broken } = await list(fs, folder);
  if (segments.size > 0 || broken.length > 0) return [folder];
  const inside: string[] = [];
  for (const name of (await fs.list(folder)).sort()) {
    const path = join(folder, name);
    if (
      await fs.list(path).then(
        () => true,
        () => false,
      )
    )
      inside.push(path);
  }
  return inside.length > 0 ? inside : [folder];
}

/**
 * Lines of text: who uses it, one a segment, and a sum; at its end how many segments are not intact or were set aside.
 * Rejects with WeirError when the folder cannot be read.
 */
export async function* describeSpool(
  folder: string,
  clock: Clock = systemClock,
  fs: SpoolFileSystem = diskFileSystem,
): AsyncGenerator<string, number> {
  const found = await list(fs, folder);
  const holder = await lockHolder(folder);
  yield holder === undefined ? `${folder}: not in use` : `${folder}: in use by process ${holder}`;
  const total = { segments: 0, units: 0, records: 0, octets: 0, faulty: 0 };
  const newest = [...found.segments.keys()].at(-1);
  for (const [number, endings] of found.segments) {
    const growing = holder !== undefined && number === newest;
    const result = await look(fs, folder, number, endings, growing);
    if (result === 'gone') continue;
    total.segments++;
    if (!result.intact) total.faulty++;
    const { scan } = result;
    total.units += scan?.whole.units ?? 0;
    total.records += scan?.whole.records ?? 0;
    total.octets += scan === undefined ? 0 : scan.dataOctets + scan.indexOctets;
    yield `${segmentName(number)}  ${scan === undefined ? '' : `${about(scan, clock.wall())}, `}${result.state}`;
  }
  for (const name of found.broken) yield `${name}  set aside`;
  const sum = counts(total.units, total.records, total.octets);
  yield `${total.segments} segments, ${sum}, ${total.faulty === 0 ? 'all intact' : `${total.faulty} not intact`}`;
  return total.faulty + found.broken.length;
}

async function list(fs: SpoolFileSystem, folder: string): Promise<FolderFiles> {
  try {
    return await listFolder(fs, folder);
  } catch (error) {
    throw new WeirError('WEIR_FILE', `spool ${folder}: ${(error as Error).message}`, { cause: error });
  }
}

interface Look {
  state: string;
  intact: boolean;
  scan?: SegmentScan;
}

async function look(
  fs: SpoolFileSystem,
  folder: string,
  number: number,
  endings: readonly string[],
  growing: boolean,
): Promise<Look | 'gone'> {
  const kind = kindOf(endings);
  try {
    if (kind === undefined) {
      if (growing) return { state: 'being begun', intact: true };
      const begun = endings.join() === 'index' && (await holdsNothing(fs, folder, number));
      return begun
        ? { state: 'begun, nothing in it yet', intact: true }
        : { state: describeMissing(endings), intact: false };
    }
    const scan = await scanSegment(fs, folder, number, kind, true);
    if (scan === undefined) return { state: 'header damaged', intact: false };
    const intact = scan.damaged.units === 0 && (scan.torn.octets === 0 || growing);
    return { state: integrity(scan, growing), intact, scan };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'gone'; // delivered meanwhile
    return { state: `cannot be read (${(error as Error).message})`, intact: false };
  }
}

function about({ header, whole, dataOctets, indexOctets }: SegmentScan, wallMs: number): string {
  const keys = header.keyed ? ' with keys' : '';
  const sum = counts(whole.units, whole.records, dataOctets + indexOctets);
  return `${header.kind}${keys}, ${sum}, begun ${duration(wallMs - header.createdMs)} ago`;
}

function integrity({ damaged, torn }: SegmentScan, growing: boolean): string {
  const parts: string[] = [];
  if (damaged.units > 0) parts.push(`${damaged.units} units with ${damaged.records} flow records damaged`);
  if (torn.octets > 0) parts.push(growing ? 'being written' : `torn end of ${torn.octets} octets`);
  return parts.length === 0 ? 'intact' : parts.join(', ');
}

function counts(units: number, records: number, octets: number): string {
  return `${units} units, ${records} flow records, ${octets} octets`;
}

function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}
