// A disk spool of one sink: units that the collector cannot take now wait in segment files (format.ts), and outlive the
// process. All writing runs through one queue of tasks, so that order and counts are those of the calls.
// Conservation law, at any moment: recovered + appended = records + released + lost (onLost), in flow records.

import { WeirError } from '../errors.js';
import { type Clock, type NoticeLevel, startOf, systemClock, type UnitRun } from '../sinks/sink.js';
import { diskFileSystem, type SpoolFileSystem } from './file_system.js';
import { entryOctets, type SpoolKind, segmentName } from './format.js';
import { FolderLock } from './lock.js';
import { LossNotices } from './loss_notices.js';
import { deleteSegment, Recovery, setAside } from './recover.js';
import { Group, type Segment, SegmentWriter } from './segment.js';
import { SegmentReader } from './segment_reader.js';

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
  fsync?: 'always' | 'second' | 'segment' | 'never';
  clock?: Clock;
  fs?: SpoolFileSystem;
  /** May come during open() (too old, too much), append() and read(), and on its own. */
  onLost: (cause: SpoolLoss, records: number, units: number) => void;
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

type Task = { kind: 'group'; group: Group } | { kind: 'seal' | 'sync'; done: () => void } | { kind: 'timedSync' };

const noKey = new Uint8Array(0);
const groupOctets = 1 << 20;
const retryMs = 5_000;
const syncMs = 1_000;
const maxTimerMs = 3_600_000;

export class Spool {
  #options: Required<SpoolOptions>;
  #fs: SpoolFileSystem;
  #clock: Clock;
  #lock: FolderLock;
  /** Oldest first. */
  #segments = new Map<number, Segment>();
  #nextNumber: number;
  #recovered = 0;
  #records = 0;
  #octets = 0;
  #pendingOctets = 0;
  #tasks: Task[] = [];
  #working = false;
  #writer: SegmentWriter | undefined;
  /** Writing failed: everything is lost at once until then. Undefined = it works. */
  #retryAt: number | undefined;
  #writeError = '';
  #writeLosses: LossNotices;
  #readLosses: LossNotices;
  #reader: SegmentReader | undefined;
  #reading: Promise<unknown> = Promise.resolve();
  #removals = new Set<Promise<void>>();
  #cancelSync: (() => void) | undefined;
  #cancelExpiry: (() => void) | undefined;
  #closed = false;
  #closing: Promise<void> | undefined;

  private constructor(options: Required<SpoolOptions>, lock: FolderLock, recovery: Recovery) {
    this.#options = options;
    this.#fs = options.fs;
    this.#clock = options.clock;
    this.#lock = lock;
    this.#nextNumber = recovery.nextNumber;
    this.#writeLosses = new LossNotices(options.clock, options.onNotice);
    this.#readLosses = new LossNotices(options.clock, options.onNotice);
    for (const segment of recovery.segments) {
      this.#segments.set(segment.number, segment);
      this.#recovered += segment.records;
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
    const all = {
      segmentOctets: 16 << 20,
      fsync: 'second',
      clock: systemClock,
      fs: diskFileSystem,
      ...options,
    } as const;
    const { folder, fs, onNotice } = all;
    const segmentOctets = Math.max(1, Math.min(all.segmentOctets, Math.floor(all.maxOctets / 4)));
    let lock: FolderLock | undefined;
    try {
      await fs.makeFolder(folder);
      lock = await FolderLock.take(folder);
      const recovery = new Recovery(fs, folder, all.kind, onNotice);
      await recovery.run();
      return new Spool({ ...all, segmentOctets }, lock, recovery);
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

  /** Octets of all segments, and of what is not yet written. */
  get octets(): number {
    return this.#octets;
  }

  /** False while the disk refuses writes. */
  get works(): boolean {
    return !this.#closed && this.#retryAt === undefined;
  }

  get segments(): number {
    return this.#segments.size;
  }

  /** Octets in memory that wait for the disk; the caller bounds them. */
  get pendingOctets(): number {
    return this.#pendingOctets;
  }

  /** Copies the units [from, to) and moves run.from on. Never blocks, never throws; written in order. */
  append(run: UnitRun): void {
    const failing = this.#closed || this.#pausing;
    const full = { units: 0, records: 0 };
    const failed = { units: 0, records: 0 };
    for (; run.from < run.to; run.from++) {
      const start = startOf(run, run.from);
      const lost = failing ? failed : this.#appendUnit(run, start, run.ends[run.from] ?? start) ? undefined : full;
      if (lost === undefined) continue;
      lost.units++;
      lost.records += run.records[run.from] ?? 0;
    }
    if (full.units > 0) this.#options.onLost('spoolFull', full.records, full.units);
    if (failed.units > 0) this.#loseWriting(failed.units, failed.records);
    this.#work();
  }

  /** False when there is no room for it. */
  #appendUnit(run: UnitRun, start: number, end: number): boolean {
    const { keyed, segmentOctets, maxOctets } = this.#options;
    let key: Uint8Array = noKey;
    let from = start;
    if (keyed) {
      from = Math.min(end, start + 2 + (((run.bytes[start] ?? 0) << 8) | (run.bytes[start + 1] ?? 0)));
      key = run.bytes.subarray(start + 2, from);
    }
    const octets = end - from + entryOctets + key.length;
    if (octets > maxOctets || !this.#makeRoom(octets)) return false;
    const last = this.#tasks.at(-1);
    let group = last?.kind === 'group' ? last.group : undefined;
    if (group === undefined || group.octets + octets > Math.min(groupOctets, segmentOctets)) {
      group = new Group();
      this.#tasks.push({ kind: 'group', group });
    }
    const records = run.records[run.from] ?? 0;
    group.add(run.bytes.subarray(from, end), key, records, run.dataRecords[run.from] ?? 0);
    this.#records += records;
    this.#octets += octets;
    this.#pendingOctets += octets;
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
      if (lost.units > 0) this.#loseReading(segment, 'holds damaged units', lost.units, lost.records);
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
    if (segment === undefined && (this.#writer !== undefined || this.#pendingOctets > 0)) {
      await this.#task('seal');
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
      this.#loseReading(segment, why, segment.units, segment.records);
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
    void this.#delete(found).then(() => {
      if (this.#retryAt !== undefined) this.#retryAt = this.#clock.now(); // a full disk has room again
    });
  }

  /** Resolves when all appended units are on disk (fsynced unless 'never') or lost. */
  async flush(): Promise<void> {
    await this.#task('sync');
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
    await this.#task('seal');
    this.#cancelSync?.();
    await this.#reading;
    await this.#reader?.close().catch(() => undefined);
    await Promise.all(this.#removals);
    await this.#lock.release().catch(() => undefined);
  }

  #task(kind: 'seal' | 'sync'): Promise<void> {
    return new Promise((done) => {
      this.#tasks.push({ kind, done });
      this.#work();
    });
  }

  #work(): void {
    if (this.#working || this.#tasks.length === 0) return;
    this.#working = true;
    void this.#runTasks().finally(() => {
      this.#working = false;
      this.#work(); // came in while the last step was ending
    });
  }

  /** The only place that touches the files that grow. */
  async #runTasks(): Promise<void> {
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) {
      if (task.kind === 'group') await this.#write(task.group);
      else if (task.kind === 'seal') await this.#seal();
      else await this.#sync();
      if (task.kind === 'seal' || task.kind === 'sync') task.done();
    }
  }

  async #write(group: Group): Promise<void> {
    if (this.#pausing) {
      this.#discard(group);
      return;
    }
    try {
      const writer = await this.#writerFor(group);
      await writer.write(group, this.#clock.wall());
    } catch (error) {
      this.#retryAt = this.#clock.now() + retryMs;
      this.#writeError = (error as Error).message;
      this.#discard(group);
      await this.#seal(); // its end is not known for sure: the next try begins a new one
      return;
    }
    this.#pendingOctets -= group.octets;
    if (this.#retryAt !== undefined) {
      this.#retryAt = undefined;
      this.#writeLosses.over(`spool ${this.#options.folder}: writing again`);
    }
    if (this.#options.fsync === 'always') await this.#sync();
    else if (this.#options.fsync === 'second') this.#armSync();
  }

  get #pausing(): boolean {
    return this.#retryAt !== undefined && this.#clock.now() < this.#retryAt;
  }

  #discard(group: Group): void {
    this.#pendingOctets -= group.octets;
    this.#octets -= group.octets;
    this.#records -= group.records;
    this.#loseWriting(group.units, group.records);
  }

  async #writerFor(group: Group): Promise<SegmentWriter> {
    const { folder, segmentOctets, maxAgeMs, kind, keyed, signature, head } = this.#options;
    const now = this.#clock.wall();
    const open = this.#writer?.segment;
    if (open !== undefined) {
      const full = open.units > 0 && open.dataOctets + open.indexOctets + group.octets > segmentOctets;
      // Units of one segment leave together: with an age limit they should be about equally old.
      if (full || (maxAgeMs > 0 && now - open.createdMs > maxAgeMs / 4)) await this.#seal();
    }
    if (this.#writer !== undefined) return this.#writer;
    const about = { kind, keyed, signature, createdMs: now };
    this.#writer = await SegmentWriter.begin(this.#fs, folder, this.#nextNumber++, about, head());
    const { segment } = this.#writer;
    this.#segments.set(segment.number, segment);
    this.#octets += segment.dataOctets + segment.indexOctets;
    this.#makeRoom(0);
    return this.#writer;
  }

  /** Ends the segment that grows; one without units leaves no files. */
  async #seal(): Promise<void> {
    const writer = this.#writer;
    if (writer === undefined) return;
    if (this.#options.fsync !== 'never' && writer.segment.units > 0) await this.#sync();
    this.#writer = undefined;
    await writer.close().catch(() => undefined);
    writer.segment.state = 'waiting';
    if (writer.segment.units === 0) void this.#delete(writer.segment);
  }

  async #sync(): Promise<void> {
    if (this.#options.fsync === 'never') return;
    this.#cancelSync?.();
    this.#cancelSync = undefined;
    try {
      await this.#writer?.sync();
    } catch (error) {
      const what = `fsync failed (${(error as Error).message}), what was written last may not outlive a power cut`;
      this.#writeLosses.lost(`spool ${this.#options.folder}: ${what}`, 0, 0);
    }
  }

  #armSync(): void {
    this.#cancelSync ??= this.#clock.after(syncMs, () => {
      this.#cancelSync = undefined;
      this.#tasks.push({ kind: 'timedSync' });
      this.#work();
    });
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
    const open = this.#writer?.segment;
    if (open === undefined || this.#clock.wall() - open.createdMs <= this.#options.maxAgeMs / 4) return;
    this.#tasks.push({ kind: 'seal', done: () => {} });
    this.#work();
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
    const limit = this.#clock.wall() - maxAgeMs;
    for (const segment of this.#segments.values())
      if (segment.state === 'waiting' && segment.changedMs <= limit) this.#giveUp(segment, 'expired');
  }

  #giveUp(segment: Segment, cause: SpoolLoss): void {
    const { records, units } = segment;
    void this.#delete(segment);
    this.#options.onLost(cause, records, units);
  }

  #forget(segment: Segment): void {
    this.#segments.delete(segment.number);
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

  #loseWriting(units: number, records: number): void {
    const { folder, onLost } = this.#options;
    onLost('spoolError', records, units);
    if (this.#retryAt === undefined) return; // closed
    const what = `spool ${folder} cannot be written: ${this.#writeError}; trying again every 5 s`;
    this.#writeLosses.lost(what, units, records);
  }

  #loseReading(segment: Segment, why: string, units: number, records: number): void {
    segment.records -= records;
    this.#records -= records;
    this.#options.onLost('spoolError', records, units);
    const name = segmentName(segment.number);
    this.#readLosses.lost(`spool ${this.#options.folder}: segment ${name} ${why}`, units, records);
  }
}
