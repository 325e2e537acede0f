// Hands out the units of one finished segment in order. Each CRC is checked: a damaged unit is skipped and counted.

import { join } from 'node:path';
import type { UnitRun } from '../sinks/sink.js';
import { crc32 } from './crc.js';
import type { SpoolFile, SpoolFileSystem } from './file_system.js';
import { decodeEntry, decodeHeader, segmentName, type SegmentHeader, type UnitEntry } from './format.js';
import { entryLength, readWhole } from './scan.js';
import type { Lost, Segment } from './segment.js';

const keyLengthOctets = 2;

export class SegmentReader {
  readonly segment: Segment;
  readonly head: Uint8Array;
  readonly header: SegmentHeader;
  #file: SpoolFile;
  #keyed: boolean;
  #index: Buffer;
  #indexAt: number;
  #dataAt: number;
  /** Units and flow records not handed out and not known as lost. */
  #left: Lost;

  private constructor(
    segment: Segment,
    header: SegmentHeader,
    head: Uint8Array,
    file: SpoolFile,
    index: Buffer,
    indexAt: number,
    keyed: boolean,
  ) {
    this.#keyed = keyed;
    this.segment = segment;
    this.header = header;
    this.head = head;
    this.#file = file;
    this.#index = index;
    this.#indexAt = indexAt;
    this.#dataAt = header.headOctets;
    this.#left = { units: segment.units, records: segment.records, repeated: segment.repeated };
  }

  /** keyed: units are given with a key in front. Rejects when the segment cannot be read at all. */
  static async open(fs: SpoolFileSystem, folder: string, segment: Segment, keyed: boolean): Promise<SegmentReader> {
    const path = join(folder, segmentName(segment.number));
    const indexFile = await fs.open(`${path}.index`, 'read');
    const index = await readWhole(indexFile, segment.indexOctets).finally(() => indexFile.close());
    const decoded = decodeHeader(index);
    if (decoded === undefined) throw new Error('its index has no valid header');
    const { header, octets } = decoded;
    const file = await fs.open(`${path}.${segment.kind}`, 'read');
    const head = Buffer.alloc(header.headOctets);
    try {
      if ((await file.read(head, 0)) < head.length || crc32(head) !== header.headCrc)
        throw new Error('the head of its data file is damaged');
    } catch (error) {
      await file.close();
      throw error;
    }
    return new SegmentReader(segment, header, head, file, index, octets, keyed);
  }

  get done(): boolean {
    return this.#left.units <= 0;
  }

  /**
   * The next units, at most maxOctets but one at least; none when all of them are damaged. `lost` counts the damaged
   * ones.
   */
  async next(maxOctets: number): Promise<{ run: UnitRun; lost: Lost }> {
    const entries = this.#take(maxOctets);
    const lost = { units: 0, records: 0, repeated: 0 };
    if (entries.length === 0) {
      // The index is damaged here: where later units begin is not known.
      Object.assign(lost, this.#left);
    }
    let octets = 0;
    for (const entry of entries) octets += entry.octets;
    const data = Buffer.allocUnsafe(octets);
    const read = await this.#file.read(data, this.#dataAt).catch(() => 0);
    this.#dataAt += octets;
    const run = this.#run(entries, data.subarray(0, read), lost);
    for (const entry of entries) {
      this.#left.records -= entry.records;
      if (entry.records === 0) this.#left.repeated -= entry.dataRecords;
    }
    this.#left.units -= entries.length;
    if (entries.length === 0) this.#left = { units: 0, records: 0, repeated: 0 };
    return { run, lost };
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  #take(maxOctets: number): UnitEntry[] {
    const entries: UnitEntry[] = [];
    for (let octets = 0; entries.length < this.#left.units; ) {
      const entry = decodeEntry(this.#index, this.#indexAt);
      if (entry === undefined) break;
      octets += entry.octets + (this.#keyed ? keyLengthOctets + entry.key.length : 0);
      if (entries.length > 0 && octets > maxOctets) break;
      entries.push(entry);
      this.#indexAt += entryLength(entry);
    }
    return entries;
  }

  /** The whole units, without the damaged ones. */
  #run(entries: readonly UnitEntry[], data: Buffer, lost: Lost): UnitRun {
    const keyed = this.#keyed;
    let room = data.length;
    if (keyed) for (const entry of entries) room += keyLengthOctets + entry.key.length;
    const bytes = keyed ? Buffer.allocUnsafe(room) : data;
    const run: UnitRun = {
      bytes,
      ends: new Uint32Array(entries.length),
      records: new Uint32Array(entries.length),
      dataRecords: new Uint32Array(entries.length),
      from: 0,
      to: 0,
    };
    let from = 0;
    let at = 0;
    for (const entry of entries) {
      const unit = data.subarray(from, from + entry.octets);
      from += entry.octets;
      if (unit.length < entry.octets || crc32(unit) !== entry.crc) {
        lost.units++;
        lost.records += entry.records;
        if (entry.records === 0) lost.repeated += entry.dataRecords;
        continue;
      }
      if (keyed) {
        bytes.writeUInt16BE(entry.key.length, at);
        bytes.set(entry.key, at + keyLengthOctets);
        at += keyLengthOctets + entry.key.length;
      }
      if (keyed || at + unit.length !== from) bytes.set(unit, at); // set() moves overlapping octets rightly
      at += unit.length;
      run.ends[run.to] = at;
      run.records[run.to] = entry.records;
      run.dataRecords[run.to] = entry.dataRecords;
      run.to++;
    }
    return run;
  }
}
