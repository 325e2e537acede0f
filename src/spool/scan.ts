// Reads a whole segment and tells how much of it is right. Changes nothing: recovery (recover.ts) and `weir spool`
// (describe.ts) both begin here.

import { join } from 'node:path';
import { crc32 } from './crc.js';
import type { SpoolFile, SpoolFileSystem } from './file_system.js';
import { decodeEntry, decodeHeader, entryOctets, type SegmentHeader, segmentName, type UnitEntry } from './format.js';

export interface UnitCount {
  units: number;
  /** Flow records. */
  records: number;
}

export interface SegmentScan {
  header: SegmentHeader;
  headerOctets: number;
  /** Units that are whole, and the damaged ones among them that have whole ones behind. */
  whole: UnitCount;
  damaged: UnitCount;
  /** Behind the last whole unit: entries that can be read. Octets of both files that belong to no whole unit. */
  torn: UnitCount & { octets: number };
  /** Octets up to the last whole unit. */
  dataOctets: number;
  indexOctets: number;
  /** Time of the last change of the data file, ms since the epoch. */
  changedMs: number;
}

const windowOctets = 1 << 20;
const maxIndexOctets = 1 << 30;

/** A file read from front to end through one buffer. */
class Window {
  #file: SpoolFile;
  #buffer = Buffer.alloc(0);
  #at = 0;

  constructor(file: SpoolFile) {
    this.#file = file;
  }

  has(at: number, octets: number): boolean {
    return at >= this.#at && at + octets <= this.#at + this.#buffer.length;
  }

  async load(at: number, octets: number): Promise<void> {
    const buffer = Buffer.allocUnsafe(Math.max(windowOctets, octets));
    const read = await this.#file.read(buffer, at);
    this.#buffer = buffer.subarray(0, read);
    this.#at = at;
  }

  /** The octets at `at`; fewer at the end of the file. */
  octets(at: number, octets: number): Buffer {
    return this.#buffer.subarray(at - this.#at, at - this.#at + octets);
  }
}

/** A file of at most 1 GiB as a whole. */
export async function readWhole(file: SpoolFile, octets: number): Promise<Buffer> {
  if (octets > maxIndexOctets) throw new Error(`${octets} octets are too many for an index`);
  const buffer = Buffer.allocUnsafe(octets);
  return buffer.subarray(0, await file.read(buffer, 0));
}

/**
 * thorough: every unit is checked. Otherwise data that are long enough are taken for right until they are read.
 * Undefined: the header of the index or the head of the data file is broken. Rejects when a file cannot be
 * read.
 */
export async function scanSegment(
  fs: SpoolFileSystem,
  folder: string,
  number: number,
  kind: string,
  thorough: boolean,
): Promise<SegmentScan | undefined> {
  const path = join(folder, segmentName(number));
  const indexFile = await fs.open(`${path}.index`, 'read');
  try {
    const dataFile = await fs.open(`${path}.${kind}`, 'read');
    try {
      const index = await readWhole(indexFile, (await indexFile.status()).octets);
      const decoded = decodeHeader(index);
      if (decoded === undefined || decoded.header.kind !== kind) return undefined;
      return await scan(index, decoded.header, decoded.octets, dataFile, thorough);
    } finally {
      await dataFile.close();
    }
  } finally {
    await indexFile.close();
  }
}

async function scan(
  index: Buffer,
  header: SegmentHeader,
  headerOctets: number,
  file: SpoolFile,
  thorough: boolean,
): Promise<SegmentScan | undefined> {
  const { octets, changedMs } = await file.status();
  const window = new Window(file);
  await window.load(0, header.headOctets);
  const unbegun = index.length === headerOctets && octets <= header.headOctets;
  if (!unbegun && crc32(window.octets(0, header.headOctets)) !== header.headCrc) return undefined;
  const result: SegmentScan = {
    header,
    headerOctets,
    whole: { units: 0, records: 0 },
    damaged: { units: 0, records: 0 },
    torn: { units: 0, records: 0, octets: 0 },
    dataOctets: Math.min(header.headOctets, octets),
    indexOctets: headerOctets,
    changedMs,
  };
  let at = header.headOctets;
  let indexAt = headerOctets;
  for (let entry = decodeEntry(index, indexAt); entry !== undefined; entry = decodeEntry(index, indexAt)) {
    indexAt += entryLength(entry);
    let right = at + entry.octets <= octets;
    if (right && thorough) {
      if (!window.has(at, entry.octets)) await window.load(at, entry.octets);
      right = crc32(window.octets(at, entry.octets)) === entry.crc;
    }
    at += entry.octets;
    count(result.torn, entry);
    if (!right) continue;
    // What was wrong before a whole unit is damage, not a torn end.
    result.torn.units--;
    result.torn.records -= entry.records;
    add(result.damaged, result.torn);
    result.torn = { units: 0, records: 0, octets: 0 };
    count(result.whole, entry);
    result.dataOctets = at;
    result.indexOctets = indexAt;
  }
  result.torn.octets = octets - result.dataOctets + index.length - result.indexOctets;
  return result;
}

export function entryLength(entry: UnitEntry): number {
  return entryOctets + entry.key.length;
}

function count(into: UnitCount, entry: UnitEntry): void {
  into.units++;
  into.records += entry.records;
}

function add(into: UnitCount, more: UnitCount): void {
  into.units += more.units;
  into.records += more.records;
}
