// Files of lines (NDJSON, text) or of IPFIX messages (RFC 5655). Without rotation the file has the given name; with
// rotation see file_rotation.ts. A file that cannot be written (disk full) is tried again every second, cut back to the
// last whole unit first, so that what is in it stays readable. When its period ends meanwhile, it ends too: others may take
// it away or `keep` makes room, and what waits goes into the next one.

import { type FileHandle, open, stat, unlink } from 'node:fs/promises';
import { WeirError } from '../errors.js';
import { type Compression, FinishedFiles, freeFinishedPath, nextBoundary, partPath } from './file_rotation.js';
import { errorText, FailureLog } from './failure_log.js';
import { removeOldFiles } from './file_keeping.js';
import { endsWithin, finishLeftovers } from './file_leftovers.js';
import { giveBack, type HeldUnits, hold } from './held_units.js';
import { type Clock, newCounters, type Sink, type SinkEvents, systemClock, unitsWithin, type UnitRun } from './sink.js';

export interface FileSinkOptions {
  name: string;
  path: string;
  /**
   * Keep what an existing file holds. Off: begin it anew, as `tcpdump -w` does; right for IPFIX, where two sessions in
   * one file contradict each other, and for offline runs. On: for the lines of a service that restarts. Not with
   * rotation.
   */
  append: boolean;
  /** Seconds of one file, aligned to UTC; 0 = no rotation by time. */
  rotateSeconds?: number;
  /** Octets of one file, exceeded by less than one unit; 0 = no rotation by size. */
  rotateOctets?: number;
  compress?: Compression;
  /** Finished files that stay, those of earlier runs with them; 0 = all. */
  keepFiles?: number;
  /** Octets that they may take together; 0 = no limit. */
  keepOctets?: number;
  /** Octets waiting inside this process for the disk. */
  bufferOctets?: number;
  clock?: Clock;
  /** How files are opened (tests: full disks). */
  openFile?: (path: string, flags: string) => Promise<FileHandle>;
}

const retryMs = 1000;
const lookMs = 10_000;
const triesPerChunk = 10; // then the chunk is lost, and the next one tried

export class FileSink implements Sink {
  readonly name: string;
  readonly counters = newCounters();
  readonly messageSize = 0;
  #options: Required<Omit<FileSinkOptions, 'clock'>>;
  #clock: Clock;
  #events: SinkEvents | undefined;
  #finished: FinishedFiles;
  #handle: FileHandle | undefined;
  /** Name the file gets when it is whole. */
  #path = '';
  #regular = true;
  #size = 0; // octets on disk, always at the end of a unit
  #taken = 0; // octets taken for this file
  #takenRecords = 0; // flow records taken for this file
  #records = 0; // flow records in it
  #chunks: HeldUnits[] = [];
  #queued = 0;
  #blocked = false;
  /** What is to be done when all chunks are written. */
  #next: 'rotate' | 'reopen' | undefined;
  #working: Promise<void> | undefined;
  #cancelRotation: (() => void) | undefined;
  #wake: (() => void) | undefined;
  #giveUp = false;
  #closed = false;
  #failing = false;
  /** A disk that is full again and again is not told of each time. */
  #log: FailureLog;
  #removing: FailureLog;

  constructor(options: FileSinkOptions) {
    const { clock, ...given } = options;
    this.#options = {
      rotateSeconds: 0,
      rotateOctets: 0,
      compress: 'none',
      keepFiles: 0,
      keepOctets: 0,
      bufferOctets: 4 << 20,
      openFile: open,
      ...given,
    };
    this.name = options.name;
    this.#clock = clock ?? systemClock;
    const log = () => new FailureLog(this.name, this.#clock, (level, text) => this.#events?.notice(level, text));
    this.#log = log();
    this.#removing = log();
    const compressing = log();
    this.#finished = new FinishedFiles(
      this.#options.compress,
      () => this.#removeOld(),
      (path, error) => {
        this.counters.errors++;
        const reason = (error as NodeJS.ErrnoException).code ?? error.message;
        compressing.failed(`compressing: ${reason}`, `${path} stays as it is`);
      },
    );
  }

  get ready(): boolean {
    return (
      this.#handle !== undefined &&
      this.#next === undefined &&
      this.#queued < this.#options.bufferOctets &&
      !this.#closed
    );
  }

  get connected(): boolean {
    return !this.#failing;
  }

  get failure(): string {
    return this.#log.last;
  }

  async open(events: SinkEvents): Promise<void> {
    this.#events = events;
    try {
      if (this.#rotates) await this.#finishLeftovers();
      await this.#begin(this.#options.append ? 'append' : 'truncate');
    } catch (error) {
      throw new WeirError('WEIR_FILE', `${this.name}: ${(error as Error).message}`, { cause: error });
    }
    await this.#removeOld();
    events.session();
  }

  /** Not being able to is no reason not to run. */
  async #finishLeftovers(): Promise<void> {
    try {
      const { finished, removed } = await finishLeftovers(this.#options.path, this.#finished);
      if (finished.length > 0)
        this.#events?.notice('info', `${this.name}: finished files of an earlier run: ${finished.join(', ')}`);
      if (removed > 0) this.#events?.notice('info', `${this.name}: removed ${removed} half files of an earlier run`);
    } catch (error) {
      this.#events?.notice('warning', `${this.name}: files of an earlier run stay unfinished: ${errorText(error)}`);
    }
  }

  write(run: UnitRun): void {
    while (run.from < run.to && this.ready) {
      const room = this.#room();
      if (room <= 0) {
        this.#turn('rotate');
        break;
      }
      const chunk = hold(run, unitsWithin(run, room));
      this.#chunks.push(chunk);
      this.#takenRecords += chunk.flowRecords;
      this.#queued += chunk.octets;
      this.#taken += chunk.octets;
      this.#work();
    }
    this.#blocked ||= !this.ready;
  }

  async flush(): Promise<void> {
    while (this.#working) await this.#working;
  }

  reopen(): void {
    this.#turn(this.#rotates ? 'rotate' : 'reopen');
  }

  async close(deadlineMs: number): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelRotation?.();
    const cancel = this.#clock.after(deadlineMs, () => {
      this.#giveUp = true;
      this.#wake?.();
      this.#finished.abandon();
    });
    await this.flush();
    try {
      await this.#finish();
    } catch (error) {
      this.#failed(error);
    }
    await this.#finished.settled();
    cancel();
  }

  get #rotates(): boolean {
    return this.#options.rotateSeconds > 0 || this.#options.rotateOctets > 0;
  }

  /** Octets that may still go into this file; after templates alone there is room for one unit at least. */
  #room(): number {
    const limit = this.#options.rotateOctets;
    if (limit === 0) return Number.MAX_SAFE_INTEGER;
    return this.#takenRecords === 0 ? Math.max(1, limit - this.#taken) : limit - this.#taken;
  }

  #turn(next: 'rotate' | 'reopen'): void {
    if (this.#closed || this.#handle === undefined) return;
    this.#next = next;
    this.#blocked = true;
    this.#work();
  }

  #work(): void {
    this.#working ??= this.#run().finally(() => {
      this.#working = undefined;
      if (this.#busy) this.#work(); // came in while the last step was ending
    });
  }

  get #busy(): boolean {
    return this.#chunks.length > 0 || this.#due !== undefined;
  }

  /** The only place that touches the file between open() and close(). */
  async #run(): Promise<void> {
    for (;;) {
      const stuck = this.#failing && this.#due !== undefined && this.#chunks.length > 0;
      if (stuck && (await this.#leaves())) this.#returnWaiting();
      const chunk = this.#chunks[0];
      const due = this.#due;
      if (chunk !== undefined) await this.#store(chunk);
      else if (due !== undefined) await this.#change(due);
      else return;
    }
  }

  /** What becomes of the file; once closed it only ends. */
  get #due(): 'rotate' | 'reopen' | undefined {
    return this.#closed ? undefined : this.#next;
  }

  /** Whether this file ends; one that is to be reopened and is still in its place goes on. */
  async #leaves(): Promise<boolean> {
    if (this.#next === 'rotate' || !(await this.#inPlace())) return true;
    this.#next = undefined;
    return false;
  }

  #returnWaiting(): void {
    const waiting = this.#chunks;
    this.#chunks = [];
    this.#queued = 0;
    giveBack(this.#events, [], waiting);
  }

  /** Tries for as long as it is worth it; when this file is to end meanwhile the chunk is still there. */
  async #store(chunk: HeldUnits): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.#append(chunk.bytes);
        this.#recovered();
        this.#records += chunk.flowRecords;
        this.counters.units += chunk.units;
        this.counters.octets += chunk.octets;
        this.#drop(chunk);
        this.#events?.sent(chunk.flowRecords, chunk.units, chunk.octets);
        break;
      } catch (error) {
        this.#failed(error);
        if (this.#regular) await this.#handle?.truncate(this.#size).catch(() => undefined);
        if (!this.#giveUp && this.#due === undefined && tries < triesPerChunk) await this.#pause();
        if (this.#due !== undefined) return;
        if (this.#giveUp || tries >= triesPerChunk) {
          this.#drop(chunk);
          this.#events?.lost(this.#giveUp ? 'shutdown' : 'fileError', chunk.flowRecords, chunk.units);
          break;
        }
      }
    }
    if (this.#blocked && this.ready) this.#drained();
  }

  async #append(data: Uint8Array): Promise<void> {
    let done = 0;
    while (done < data.length) {
      const { bytesWritten } = await (this.#handle as FileHandle).write(data, done, data.length - done, null);
      done += bytesWritten;
    }
    this.#size += data.length;
  }

  #drop(chunk: HeldUnits): void {
    this.#chunks.shift();
    this.#queued -= chunk.octets;
  }

  /** Ends this file and begins the next one. */
  async #change(next: 'rotate' | 'reopen'): Promise<void> {
    try {
      if (next === 'reopen' && (await this.#inPlace())) {
        this.#next = undefined;
        if (this.#blocked) this.#drained();
        return;
      }
      await this.#finish();
      await this.#begin('append');
      this.#next = undefined;
      this.#blocked = false;
      this.#events?.session();
    } catch (error) {
      this.#failed(error);
      if (!this.#giveUp) await this.#pause();
      if (this.#giveUp || this.#closed) this.#next = undefined;
    }
  }

  /** Whether the path still leads to the open file (nobody moved it away). */
  async #inPlace(): Promise<boolean> {
    try {
      const [there, here] = await Promise.all([stat(this.#path), (this.#handle as FileHandle).stat()]);
      return there.ino === here.ino && there.dev === here.dev;
    } catch {
      return false;
    }
  }

  async #begin(mode: 'append' | 'truncate'): Promise<void> {
    const { path, rotateSeconds, openFile } = this.#options;
    const wall = this.#clock.wall();
    this.#path = this.#rotates ? await freeFinishedPath(path, wall) : path;
    const handle = await openFile(this.#rotates ? partPath(this.#path) : path, 'a');
    const found = await handle.stat();
    this.#regular = found.isFile();
    if (mode === 'truncate' && this.#regular) await handle.truncate(0);
    this.#handle = handle;
    this.#size = mode === 'append' && this.#regular ? await this.#endLine(handle, found.size) : 0;
    this.#taken = this.#size;
    this.#records = this.#takenRecords = 0;
    this.counters.sessions++;
    if (rotateSeconds > 0) this.#armRotation(wall, nextBoundary(wall, rotateSeconds));
  }

  /** A line that a crash has torn must not spoil the next one; returns the octets of the file. */
  async #endLine(handle: FileHandle, size: number): Promise<number> {
    if (size === 0 || !(await endsWithin(this.#path))) return size;
    await handle.write('\n');
    return size + 1;
  }

  /** Timers do not follow a clock that is set: it is looked at often. Set back to before the file's period, it ends too. */
  #armRotation(begun: number, boundary: number): void {
    this.#cancelRotation?.();
    const wait = Math.min(Math.max(1, boundary - this.#clock.wall()), lookMs);
    this.#cancelRotation = this.#clock.after(wait, () => {
      const wall = this.#clock.wall();
      const before = nextBoundary(wall, this.#options.rotateSeconds) <= begun;
      if (before || wall >= boundary) this.#turn('rotate');
      else this.#armRotation(begun, boundary);
    });
  }

  async #finish(): Promise<void> {
    const handle = this.#handle;
    if (handle === undefined) return;
    this.#handle = undefined;
    this.#cancelRotation?.();
    if (!this.#rotates) {
      await handle.close();
      return;
    }
    await handle.datasync().catch((error: unknown) => this.#failed(error));
    await handle.close();
    if (this.#records === 0) await unlink(partPath(this.#path));
    else await this.#finished.add(this.#path);
  }

  /** What is beyond the limits leaves the disk; it had been exported. */
  async #removeOld(): Promise<void> {
    const { path, keepFiles, keepOctets } = this.#options;
    if (!this.#rotates || (keepFiles === 0 && keepOctets === 0)) return;
    try {
      const growing = (): string => partPath(this.#path);
      const removed = await removeOldFiles(path, { keepFiles, keepOctets }, this.#clock.wall(), growing);
      for (const name of removed)
        this.#events?.notice('info', `${name} removed, since newer ones are as much as is kept`);
    } catch (error) {
      this.counters.errors++;
      this.#removing.failed(`old files cannot be removed: ${errorText(error)}`, 'they stay');
    }
  }

  #drained(): void {
    this.#blocked = false;
    this.#events?.drain();
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(retryMs, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }

  #failed(error: unknown): void {
    this.counters.errors++;
    this.#failing = true;
    this.#log.failed(errorText(error), 'trying again every second');
  }

  #recovered(): void {
    if (!this.#failing) return;
    this.#failing = false;
    this.#log.succeeded('writing again');
  }
}
