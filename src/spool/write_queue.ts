// Everything that writes units: groups of units, ends of segments and fsyncs in one queue, done one after the other, so
// that order is that of the calls and what comes during one write goes into the next one together.

import type { Clock, NoticeLevel } from '../sinks/sink.js';
import type { SpoolFileSystem } from './file_system.js';
import type { SpoolKind } from './format.js';
import { LossNotices } from './loss_notices.js';
import { Group, type Segment, SegmentWriter } from './segment.js';

export type FsyncPolicy = 'always' | 'second' | 'segment' | 'never';

export interface WriteQueueOptions {
  folder: string;
  kind: SpoolKind;
  signature: string;
  head: () => Uint8Array;
  keyed: boolean;
  maxAgeMs: number;
  segmentOctets: number;
  fsync: FsyncPolicy;
  clock: Clock;
  fs: SpoolFileSystem;
  onNotice: (level: NoticeLevel, text: string) => void;
}

export interface WriteEvents {
  /** Its files are there, with head and header. */
  begun(segment: Segment): void;
  /** Nothing more is written to it; it may be without units. */
  ended(segment: Segment): void;
  lost(group: Group): void;
}

type Task = { kind: 'group'; group: Group } | { kind: 'seal' | 'sync'; done: () => void } | { kind: 'timedSync' };

const groupOctets = 1 << 20;
const retryMs = 5_000;
const syncMs = 1_000;

export class WriteQueue {
  /** Octets in memory that wait for the disk. */
  pendingOctets = 0;
  #options: WriteQueueOptions;
  #events: WriteEvents;
  #nextNumber: number;
  #tasks: Task[] = [];
  #working = false;
  #writer: SegmentWriter | undefined;
  /** Writing failed: everything is lost at once until then. Undefined = it works. */
  #retryAt: number | undefined;
  #error = '';
  #losses: LossNotices;
  #syncFaults: LossNotices;
  #cancelSync: (() => void) | undefined;

  constructor(options: WriteQueueOptions, nextNumber: number, events: WriteEvents) {
    this.#options = options;
    this.#nextNumber = nextNumber;
    this.#events = events;
    this.#losses = new LossNotices(options.clock, options.onNotice);
    this.#syncFaults = new LossNotices(options.clock, options.onNotice);
  }

  /** True while the disk failed a short time ago: units are better not given now. */
  get pausing(): boolean {
    return this.#retryAt !== undefined && this.#options.clock.now() < this.#retryAt;
  }

  /** True from a failed write until one succeeds. */
  get failing(): boolean {
    return this.#retryAt !== undefined;
  }

  /** The segment that grows. */
  get segment(): Segment | undefined {
    return this.#writer?.segment;
  }

  /** True when there are units, on disk or waiting, that are in no finished segment. */
  get unfinished(): boolean {
    return this.#writer !== undefined || this.pendingOctets > 0;
  }

  /** Copies a unit into the last group; start() begins to write it. `octets`: its size in both files. */
  add(unit: Uint8Array, key: Uint8Array, octets: number, records: number, dataRecords: number): void {
    const last = this.#tasks.at(-1);
    let group = last?.kind === 'group' ? last.group : undefined;
    if (group === undefined || group.octets + octets > Math.min(groupOctets, this.#options.segmentOctets)) {
      group = new Group();
      this.#tasks.push({ kind: 'group', group });
    }
    group.add(unit, key, records, dataRecords);
    this.pendingOctets += octets;
  }

  start(): void {
    if (this.#working || this.#tasks.length === 0) return;
    this.#working = true;
    void this.#run().finally(() => {
      this.#working = false;
      this.start(); // came in while the last step was ending
    });
  }

  /** Resolves when all that was added is written or lost, and its segment is ended (seal) or fsynced (sync). */
  finish(kind: 'seal' | 'sync'): Promise<void> {
    return new Promise((done) => {
      this.#tasks.push({ kind, done });
      this.start();
    });
  }

  /** The disk may have room again: the next units are tried at once. */
  tryAgain(): void {
    if (this.#retryAt !== undefined) this.#retryAt = this.#options.clock.now();
  }

  /** Reports units that were lost because writing fails. */
  reportLost(units: number, records: number): void {
    const what = `spool ${this.#options.folder} cannot be written: ${this.#error}; trying again every 5 s`;
    this.#losses.lost(what, units, records);
  }

  async #run(): Promise<void> {
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) {
      if (task.kind === 'group') await this.#write(task.group);
      else if (task.kind === 'seal') await this.#seal();
      else await this.#sync();
      if (task.kind === 'seal' || task.kind === 'sync') task.done();
    }
  }

  async #write(group: Group): Promise<void> {
    const { clock, folder, fsync } = this.#options;
    try {
      if (this.pausing) throw new Error(this.#error);
      const writer = await this.#writerFor(group);
      await writer.write(group, clock.now());
    } catch (error) {
      if (!this.pausing) this.#retryAt = clock.now() + retryMs;
      this.#error = (error as Error).message;
      this.pendingOctets -= group.octets;
      this.#events.lost(group);
      this.reportLost(group.units, group.records);
      await this.#seal(); // its end is not known for sure: the next try begins a new one
      return;
    }
    this.pendingOctets -= group.octets;
    if (this.#retryAt !== undefined) this.#losses.over(`spool ${folder}: writing again`);
    this.#retryAt = undefined;
    if (fsync === 'always') await this.#sync();
    else if (fsync === 'second') this.#armSync();
  }

  async #writerFor(group: Group): Promise<SegmentWriter> {
    const { fs, folder, segmentOctets, maxAgeMs, kind, keyed, signature, head } = this.#options;
    const now = this.#options.clock.now();
    const open = this.#writer?.segment;
    if (open !== undefined) {
      const full = open.units > 0 && open.dataOctets + open.indexOctets + group.octets > segmentOctets;
      // Units of one segment leave together: with an age limit they should be about equally old.
      if (full || (maxAgeMs > 0 && now - open.begunAt > maxAgeMs / 4)) await this.#seal();
    }
    if (this.#writer !== undefined) return this.#writer;
    const about = { kind, keyed, signature, createdMs: this.#options.clock.wall() };
    this.#writer = await SegmentWriter.begin(fs, folder, this.#nextNumber++, about, head(), now);
    this.#events.begun(this.#writer.segment);
    return this.#writer;
  }

  async #seal(): Promise<void> {
    const writer = this.#writer;
    if (writer === undefined) return;
    if (writer.segment.units > 0) await this.#sync();
    this.#cancelTimer();
    this.#writer = undefined;
    await writer.close().catch(() => undefined);
    this.#events.ended(writer.segment);
  }

  async #sync(): Promise<void> {
    if (this.#options.fsync === 'never') return;
    this.#cancelTimer();
    try {
      await this.#writer?.sync();
    } catch (error) {
      const what = `fsync failed (${(error as Error).message}), what was written last may not outlive a power cut`;
      this.#syncFaults.lost(`spool ${this.#options.folder}: ${what}`, 0, 0);
    }
  }

  #armSync(): void {
    this.#cancelSync ??= this.#options.clock.after(syncMs, () => {
      this.#cancelSync = undefined;
      this.#tasks.push({ kind: 'timedSync' });
      this.start();
    });
  }

  #cancelTimer(): void {
    this.#cancelSync?.();
    this.#cancelSync = undefined;
  }
}
