// One segment as the running spool knows it, the units that wait to be written, and the two files while they grow.

import { join } from 'node:path';
import { crc32 } from './crc.js';
import type { SpoolFile, SpoolFileSystem } from './file_system.js';
import { encodeEntry, encodeHeader, entryOctets, type SegmentHeader, segmentName, type SpoolKind } from './format.js';

export interface Lost {
  units: number;
  /** Flow records. */
  records: number;
  /** Data Records of units that were appended without flow records, because they had been sent before. */
  repeated: number;
}

export interface Segment {
  readonly number: number;
  readonly kind: SpoolKind;
  /** Units in the files, damaged ones included. */
  units: number;
  /** Flow records that are neither released nor lost. */
  records: number;
  /** Data Records of units that were sent before, in this run. */
  repeated: number;
  /** Octets of the two files up to the last whole unit. */
  dataOctets: number;
  indexOctets: number;
  /** When it was begun, and last changed (its age counts from there): monotonic ms, so that no setting of the clock ages it. */
  begunAt: number;
  changedAt: number;
  /** done: all of it was handed out by read(). */
  state: 'writing' | 'waiting' | 'reading' | 'done';
}

/** Units on their way to the disk: octets as they will stand in the two files. */
export class Group {
  units = 0;
  records = 0;
  /** Data Records of units without flow records: those were sent before. */
  repeated = 0;
  #data: Buffer = Buffer.allocUnsafe(1 << 14);
  #index: Buffer = Buffer.allocUnsafe(1 << 12);
  #dataOctets = 0;
  #indexOctets = 0;

  get octets(): number {
    return this.#dataOctets + this.#indexOctets;
  }

  get data(): Buffer {
    return this.#data.subarray(0, this.#dataOctets);
  }

  get index(): Buffer {
    return this.#index.subarray(0, this.#indexOctets);
  }

  add(unit: Uint8Array, key: Uint8Array, records: number, dataRecords: number): void {
    this.#data = withRoom(this.#data, this.#dataOctets, unit.length);
    this.#index = withRoom(this.#index, this.#indexOctets, entryOctets + key.length);
    this.#data.set(unit, this.#dataOctets);
    encodeEntry(this.#index, this.#indexOctets, { octets: unit.length, records, dataRecords, crc: crc32(unit) }, key);
    this.#dataOctets += unit.length;
    this.#indexOctets += entryOctets + key.length;
    this.units++;
    this.records += records;
    if (records === 0) this.repeated += dataRecords;
  }
}

function withRoom(buffer: Buffer, used: number, more: number): Buffer {
  if (used + more <= buffer.length) return buffer;
  const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, used + more));
  buffer.copy(larger, 0, 0, used);
  return larger;
}

export class SegmentWriter {
  readonly segment: Segment;
  /** What was written is not all on the medium. */
  dirty = true;
  #fs: SpoolFileSystem;
  #folder: string;
  #data: SpoolFile;
  #index: SpoolFile;
  #named = false; // its names are on the medium

  private constructor(fs: SpoolFileSystem, folder: string, data: SpoolFile, index: SpoolFile, segment: Segment) {
    this.#fs = fs;
    this.#folder = folder;
    this.#data = data;
    this.#index = index;
    this.segment = segment;
  }

  /** Makes the two files with head and header; leaves none behind when it rejects. */
  static async begin(
    fs: SpoolFileSystem,
    folder: string,
    number: number,
    about: Pick<SegmentHeader, 'kind' | 'keyed' | 'createdMs' | 'signature'>,
    head: Uint8Array,
    nowMs: number,
  ): Promise<SegmentWriter> {
    const header = encodeHeader({ ...about, headOctets: head.length, headCrc: crc32(head) });
    const made: { path: string; file: SpoolFile }[] = [];
    try {
      for (const [ending, octets] of [
        ['index', header],
        [about.kind, head],
      ] as const) {
        const path = join(folder, `${segmentName(number)}.${ending}`);
        const file = await fs.create(path);
        made.push({ path, file });
        await writeAll(file, octets, 0);
      }
    } catch (error) {
      for (const { path, file } of made) {
        await file.close().catch(() => undefined);
        await fs.remove(path).catch(() => undefined);
      }
      throw error;
    }
    return new SegmentWriter(fs, folder, made[1]!.file, made[0]!.file, {
      number,
      kind: about.kind,
      units: 0,
      records: 0,
      repeated: 0,
      dataOctets: head.length,
      indexOctets: header.length,
      begunAt: nowMs,
      changedAt: nowMs,
      state: 'writing',
    });
  }

  /**
   * Data first, then the entries that speak of it. When it rejects, the files end behind the last whole unit again if
   * the disk allows that; the segment must be ended then.
   */
  async write(group: Group, nowMs: number): Promise<void> {
    const { segment } = this;
    this.dirty = true;
    try {
      await writeAll(this.#data, group.data, segment.dataOctets);
      await writeAll(this.#index, group.index, segment.indexOctets);
    } catch (error) {
      await this.#index.truncate(segment.indexOctets).catch(() => undefined);
      await this.#data.truncate(segment.dataOctets).catch(() => undefined);
      throw error;
    }
    segment.dataOctets += group.data.length;
    segment.indexOctets += group.index.length;
    segment.units += group.units;
    segment.records += group.records;
    segment.repeated += group.repeated;
    segment.changedAt = nowMs;
  }

  async sync(): Promise<void> {
    if (!this.dirty) return;
    this.dirty = false; // after a failure the kernel may have dropped the pages: another try proves nothing
    await this.#data.sync();
    await this.#index.sync();
    if (!this.#named) await this.#fs.syncFolder(this.#folder);
    this.#named = true;
  }

  async close(): Promise<void> {
    await this.#data.close().finally(() => this.#index.close());
  }
}

async function writeAll(file: SpoolFile, octets: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < octets.length; ) {
    const written = await file.write(octets.subarray(done), position + done);
    if (written === 0) throw new Error('nothing could be written');
    done += written;
  }
}
