// A disk spool of one sink: units that the collector cannot take now wait in segment files (format.ts) and outlive the
// process. Writing is in write_queue.ts, reading in segment_reader.ts; here are the limits and the counts.
// Conservation law, at any moment: recovered + appended = records + released + lost (onLost), in flow records.

import { WeirError } from '../errors.js';
import { type Clock, type NoticeLevel, repeatedOf, startOf, systemClock, type UnitRun } from '../sinks/sink.js';
import { diskFileSystem, type SpoolFileSystem } from './file_system.js';
import { entryOctets, type SpoolKind, segmentName } from './format.js';
import { FolderLock } from './lock.js';
import { LossNotices } from './loss_notices.js';
import { deleteSegment, Recovery, setAside } from './recover.js';
import type { Lost, Segment } from './segment.js';
import { SegmentReader } from './segment_reader.js';
import { type FsyncPolicy, WriteQueue } from './write_queue.js';

export type SpoolLoss = 'spoolFull' | 'spoolError' | 'expired';

export interface SpoolOptions {
  /** Of one sink; made with its parents (mode 0700) when absent. */
  folder: string;
  /** Ending of the data files; segments of another kind that an earlier run left are not touched. */
  kind: SpoolKind;
  /** What the units mean (sink format, template); stored in each segment and given back with its chunks. */
  signature: string;
  /** Octets that begin each data file: template messages (IPFIX: the file is then an RFC 5655 one), else none. */
  head: () => Uint8Array;
  /**
   * Units begin with a key: length (2 octets, big-endian) and octets. The data files get the values only. Units of an
   * earlier run that had it otherwise are given without their keys, or with empty ones.
   */
  keyed: boolean;
  /** Octets of all segments; beyond, the oldest one that is not being read is given up (spoolFull). */
  maxOctets: number;
  /** 0 = none; segments last changed longer ago are given up (expired). */
  maxAgeMs: number;
  /** Octets of one segment; at most a quarter of maxOctets. Default 16 MiB. */
  segmentOctets?: number;
  /** always: after each write; second: at most a second later; segment: when a segment is full. Default second. */
  fsync?: FsyncPolicy;
  clock?: Clock;
  fs?: SpoolFileSystem;
  /** May come during open() (too old, too much), append() and read(), and on its own. */
  onLost: (cause: SpoolLoss, lost: Lost) => void;
  onNotice: (level: NoticeLevel, text: string) => void;
}

export interface SpoolChunk {
  /** Units as they were appended (with keys). Without any only when the rest of the segment turned out damaged. */
  run: UnitRun;
  segment: number;
  signature: string;
  head: Uint8Array;
  /** Last chunk of its segment. */
  last: boolean;
}

const noKey = new Uint8Array(0);
const maxTimerMs = 3_600_000;

export class Spool {
  #options: Required<SpoolOptions>;
  #fs: SpoolFileSystem;
  #clock: Clock;
  #lock: FolderLock;
  /** Oldest first. */
  #segments = new Map<number, Segment>();
  #recovered = 0;
  #units = 0;
  #records = 0;
  #octets = 0;
  #writing: WriteQueue;
  #readLosses: LossNotices;
  #reader: SegmentReader | undefined;
  #reading: Promise<unknown> = Promise.resolve();
  #removals = new Set<Promise<void>>();
  #cancelExpiry: (() => void) | undefined;
  #closed = false;
  #closing: Promise<void> | undefined;

  private constructor(options: Required<SpoolOptions>, lock: FolderLock, recovery: Recovery) {
    this.#options = options;
    this.#fs = options.fs;
    this.#clock = options.clock;
    this.#lock = lock;
    this.#writing = new WriteQueue(options, recovery.nextNumber, {
      begun: (segment) => this.#begun(segment),
      ended: (segment) => this.#ended(segment),
      lost: (group) => {
        this.#octets -= group.octets;
        this.#records -= group.records;
        this.#units -= group.units;
        options.onLost('spoolError', group);
      },
    });
    this.#readLosses = new LossNotices(options.clock, options.onNotice);
    for (const segment of recovery.segments) {
      this.#segments.set(segment.number, segment);
      this.#recovered += segment.records;
      this.#units += segment.units;
      this.#octets += segment.dataOctets + segment.indexOctets;
    }
    this.#records = this.#recovered;
    this.#makeRoom(0);
    this.#expire();
    this.#armExpiry();
  }

  /**
   * Takes the folder, and finds and checks what an earlier run left. Rejects with WeirError when the folder cannot be
   * used or another process has it.
   */
  static async open(options: SpoolOptions): Promise<Spool> {
    const { folder, onNotice, fs = diskFileSystem, clock = systemClock, fsync = 'second' } = options;
    const segmentOctets = Math.max(1, Math.min(options.segmentOctets ?? 16 << 20, Math.floor(options.maxOctets / 4)));
    let lock: FolderLock | undefined;
    try {
      await fs.makeFolder(folder);
      lock = await FolderLock.take(folder);
      const recovery = new Recovery(fs, folder, options.kind, onNotice, clock);
      await recovery.run();
      return new Spool({ ...options, fs, clock, fsync, segmentOctets }, lock, recovery);
    } catch (error) {
      await lock?.release().catch(() => undefined);
      if (error instanceof WeirError) throw error;
      throw new WeirError('WEIR_FILE', `spool ${folder} cannot be used: ${(error as Error).message}`, { cause: error });
    }
  }

  /** Flow records that open() found, those in damaged units included: they are lost when they are read. */
  get recovered(): number {
    return this.#recovered;
  }

  /** Flow records that wait: not yet released, those not yet written included. */
  get records(): number {
    return this.#records;
  }

  /** Units that wait; some may count no flow records, because they were sent before. */
  get units(): number {
    return this.#units;
  }

  /** Octets of all segments, and of what is not yet written. */
  get octets(): number {
    return this.#octets;
  }

  /** False while the disk refuses writes. */
  get works(): boolean {
    return !this.#closed && !this.#writing.failing;
  }

  get segments(): number {
    return this.#segments.size;
  }

  /** Octets in memory that wait for the disk; the caller bounds them. */
  get pendingOctets(): number {
    return this.#writing.pendingOctets;
  }

  /** Copies the units [from, to) and moves run.from on. Never blocks, never throws; written in order. */
  append(run: UnitRun): void {
    const failing = this.#closed || this.#writing.pausing;
    const full = { units: 0, records: 0, repeated: 0 };
    const failed = { units: 0, records: 0, repeated: 0 };
    for (; run.from < run.to; run.from++) {
      const start = startOf(run, run.from);
      const lost = failing ? failed : this.#appendUnit(run, start, run.ends[run.from] ?? start) ? undefined : full;
      if (lost === undefined) continue;
      lost.units++;
      lost.records += run.records[run.from] ?? 0;
      lost.repeated += repeatedOf(run, run.from, run.from + 1);
    }
    if (full.units > 0) this.#options.onLost('spoolFull', full);
    if (failed.units > 0) {
      this.#options.onLost('spoolError', failed);
      if (!this.#closed) this.#writing.reportLost(failed.units, failed.records);
    }
    this.#writing.start();
  }

  /** False when there is no room for it. */
  #appendUnit(run: UnitRun, start: number, end: number): boolean {
    const { keyed, maxOctets } = this.#options;
    let key: Uint8Array = noKey;
    let from = start;
    if (keyed) {
      from = Math.min(end, start + 2 + (((run.bytes[start] ?? 0) << 8) | (run.bytes[start + 1] ?? 0)));
      key = run.bytes.subarray(start + 2, from);
    }
    const octets = end - from + entryOctets + key.length;
    if (octets > maxOctets || !this.#makeRoom(octets)) return false;
    const records = run.records[run.from] ?? 0;
    this.#writing.add(run.bytes.subarray(from, end), key, octets, records, run.dataRecords[run.from] ?? 0);
    this.#units++;
    this.#records += records;
    this.#octets += octets;
    return true;
  }

  /**
   * The next units in order, oldest segment first, at most maxOctets but one unit at least; undefined = nothing is
   * left. Reaching the segment that is being written ends it.
   */
  read(maxOctets: number): Promise<SpoolChunk | undefined> {
    const turn = this.#reading.then(() => this.#read(maxOctets));
    this.#reading = turn.catch(() => undefined);
    return turn;
  }

  async #read(maxOctets: number): Promise<SpoolChunk | undefined> {
    while (!this.#closed) {
      if (this.#reader === undefined && !(await this.#nextReader())) return undefined;
      const reader = this.#reader;
      if (reader === undefined) continue; // that segment could not be read
      const { segment } = reader;
      const { run, lost } = await reader.next(maxOctets);
      if (lost.units > 0) this.#loseReading(segment, 'holds damaged units', lost);
      const last = reader.done;
      if (last) {
        segment.state = 'done';
        this.#reader = undefined;
        await reader.close().catch(() => undefined);
      }
      if (run.to > 0 || last)
        return { run, segment: segment.number, signature: reader.header.signature, head: reader.head, last };
    }
    return undefined;
  }

  /** Begins with the oldest segment; false when there is none. */
  async #nextReader(): Promise<boolean> {
    this.#expire();
    let segment = this.#oldestWaiting();
    if (segment === undefined && this.#writing.unfinished) {
      await this.#writing.finish('seal');
      this.#expire();
      segment = this.#oldestWaiting();
    }
    if (segment === undefined) return false;
    const { folder, keyed } = this.#options;
    segment.state = 'reading';
    try {
      this.#reader = await SegmentReader.open(this.#fs, folder, segment, keyed);
    } catch (error) {
      const why = `cannot be read (${(error as Error).message}) and is set aside as .broken`;
      this.#loseReading(segment, why, segment);
      this.#forget(segment);
      await setAside(this.#fs, folder, segment.number, [segment.kind, 'index']);
    }
    return true;
  }

  /** All of the segment was delivered: its files are deleted. */
  release(segment: number): void {
    const found = this.#segments.get(segment);
    if (found === undefined) return;
    if (found.state !== 'done')
      throw new WeirError('WEIR_INTERNAL', `spool segment ${segment} was not read to its end`);
    void this.#delete(found).then(() => this.#writing.tryAgain()); // a full disk has room again
  }

  /** Resolves when all appended units are on disk (fsynced unless 'never') or lost. */
  async flush(): Promise<void> {
    await this.#writing.finish('sync');
    await Promise.all(this.#removals);
  }

  /** Flushes and gives the folder free; what waits is there for the next open(). Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#closed = true;
    this.#cancelExpiry?.();
    await this.#writing.finish('seal');
    await this.#reading;
    await this.#reader?.close().catch(() => undefined);
    await Promise.all(this.#removals);
    await this.#lock.release().catch(() => undefined);
  }

  #begun(segment: Segment): void {
    this.#segments.set(segment.number, segment);
    this.#octets += segment.dataOctets + segment.indexOctets;
    this.#makeRoom(0);
  }

  #ended(segment: Segment): void {
    segment.state = 'waiting';
    if (segment.units === 0) void this.#delete(segment);
  }

  #armExpiry(): void {
    const { maxAgeMs } = this.#options;
    if (maxAgeMs <= 0) return;
    this.#cancelExpiry = this.#clock.after(Math.min(maxTimerMs, Math.max(1000, maxAgeMs / 4)), () => {
      this.#expire();
      this.#endAged();
      this.#armExpiry();
    });
  }

  /** While no flows come the segment that grows would never be ended, and so never become too old. */
  #endAged(): void {
    const open = this.#writing.segment;
    if (open === undefined || this.#clock.now() - open.begunAt <= this.#options.maxAgeMs / 4) return;
    void this.#writing.finish('seal');
  }

  #oldestWaiting(): Segment | undefined {
    for (const segment of this.#segments.values()) if (segment.state === 'waiting') return segment;
    return undefined;
  }

  /** Gives up old segments until `octets` more fit; false when they do not. */
  #makeRoom(octets: number): boolean {
    while (this.#octets + octets > this.#options.maxOctets) {
      const oldest = this.#oldestWaiting();
      if (oldest === undefined) return false;
      this.#giveUp(oldest, 'spoolFull');
    }
    return true;
  }

  #expire(): void {
    const { maxAgeMs } = this.#options;
    if (maxAgeMs <= 0) return;
    const limit = this.#clock.now() - maxAgeMs;
    for (const segment of this.#segments.values())
      if (segment.state === 'waiting' && segment.changedAt <= limit) this.#giveUp(segment, 'expired');
  }

  #giveUp(segment: Segment, cause: SpoolLoss): void {
    const { records, units, repeated } = segment;
    void this.#delete(segment);
    this.#options.onLost(cause, { records, units, repeated });
  }

  #forget(segment: Segment): void {
    this.#segments.delete(segment.number);
    this.#units -= segment.units;
    this.#records -= segment.records;
    this.#octets -= segment.dataOctets + segment.indexOctets;
  }

  #delete(segment: Segment): Promise<void> {
    this.#forget(segment);
    const { folder, onNotice } = this.#options;
    const removal = deleteSegment(this.#fs, folder, segment.number, segment.kind).catch((error: unknown) =>
      onNotice('warning', `spool ${folder}: a segment cannot be deleted: ${(error as Error).message}`),
    );
    this.#removals.add(removal);
    void removal.then(() => this.#removals.delete(removal));
    return removal;
  }

  #loseReading(segment: Segment, why: string, { units, records, repeated }: Lost): void {
    segment.records -= records;
    this.#records -= records;
    this.#options.onLost('spoolError', { units, records, repeated: Math.min(repeated, segment.repeated) });
    const name = segmentName(segment.number);
    this.#readLosses.lost(`spool ${this.#options.folder}: segment ${name} ${why}`, units, records);
  }
}
