// One exporter a sink: batch -> encoder -> units -> Transport Session, and a bounded queue of its own for a slow sink.
// Exporters share nothing, so a sink that is stuck delays no other one.

import type { BatchConsumer } from '../metering/consumer.js';
import type { Batch, Encoder } from '../native/boundary.js';
import {
  type Clock,
  type DropCause,
  type NoticeLevel,
  type Sink,
  type SinkEvents,
  systemClock,
} from '../sinks/sink.js';
import { DropReporter, type ExporterCounters, noDrops } from './exporter_counters.js';
import { TemplateTiming } from './template_timing.js';
import { TokenBucket } from './token_bucket.js';
import { type Framing, newOutput, stamp, UnitQueue, type Units } from './units.js';

export interface ExporterOptions {
  encoder: Encoder;
  sink: Sink;
  framing: Framing;
  /** A full queue: drop the oldest (live), or let the Metering Process wait (offline). */
  overflow: 'dropOldest' | 'block';
  /** Octets that may wait for the sink; `block` goes above it by one batch at most. */
  queueOctets?: number;
  /** UDP: templateRefreshTimeout and messages between refreshes; both 0 elsewhere (RFC 7011 section 8). */
  templateRefreshMs?: number;
  templateRefreshMessages?: number;
  /** How often templates are sent at the begin of a session; UDP should send them more than once. */
  templateCopies?: number;
  /** Octets of a message as configured, 0 = as the sink says. */
  messageSize?: number;
  /** Flow records a second, 0 = as fast as it goes. */
  maxExportRate?: number;
  /** Size of the output buffer, octets and units. */
  outputOctets?: number;
  outputUnits?: number;
  clock?: Clock;
  onNotice: (level: NoticeLevel, text: string) => void;
  /** The sink's reader is gone for good. */
  onEnded?: () => void;
}

export class Exporter implements BatchConsumer {
  onReady: () => void = () => {};
  #options: Required<ExporterOptions>;
  #encoder: Encoder;
  #sink: Sink;
  #clock: Clock;
  #output: Units;
  #queue = new UnitQueue();
  /** Template messages to be written before any data. */
  #control: Units | undefined;
  #timing: TemplateTiming;
  #bucket: TokenBucket;
  #drops: DropReporter;
  #session = false;
  /** Data Records sent or dropped in this session: the next message's sequence number (RFC 7011 section 3.1). */
  #sequence = 0;
  #exportSeconds = 0;
  #inSink = 0; // flow records taken by the sink, not yet sent or lost
  #closed = false;
  #full = false; // the Metering Process was asked to wait
  #cancelPace: (() => void) | undefined;
  #cancelRefresh: (() => void) | undefined;
  #waiters: (() => void)[] = [];
  #counters: ExporterCounters = {
    created: 0,
    exported: 0,
    dropped: noDrops(),
    queued: 0,
    queuedOctets: 0,
    spooled: 0,
    spooledOctets: 0,
    recovered: 0,
    resent: 0,
    unconfirmed: 0,
    truncated: 0,
    dataRecords: 0,
    units: 0,
    octets: 0,
    templateMessages: 0,
    sessions: 0,
    socketErrors: 0,
  };

  constructor(options: ExporterOptions) {
    this.#options = {
      queueOctets: 8 << 20,
      templateRefreshMs: 0,
      templateRefreshMessages: 0,
      templateCopies: 1,
      messageSize: 0,
      maxExportRate: 0,
      outputOctets: 256 << 10,
      outputUnits: 4096,
      clock: systemClock,
      onEnded: () => {},
      ...options,
    };
    this.#encoder = options.encoder;
    this.#sink = options.sink;
    this.#clock = this.#options.clock;
    this.#output = newOutput(this.#options.outputOctets, this.#options.outputUnits);
    this.#timing = new TemplateTiming({
      refreshMs: this.#options.templateRefreshMs,
      refreshMessages: this.#options.templateRefreshMessages,
    });
    this.#bucket = new TokenBucket(this.#options.maxExportRate, this.#clock.now());
    this.#drops = new DropReporter(this.name, options.onNotice);
  }

  get name(): string {
    return this.#sink.name;
  }

  get ready(): boolean {
    return !this.#full;
  }

  /** Opens the sink; rejects with WeirError when the user must correct something. */
  open(): Promise<void> {
    return this.#sink.open(this.#events());
  }

  accept(batch: Batch): void {
    this.#counters.created += batch.count;
    if (this.#closed) {
      this.#drop('shutdown', batch.count);
      return;
    }
    for (let first = 0; first < batch.count; ) {
      const output = this.#output;
      const result = this.#encoder.encode(batch, first, this.#seconds(), output);
      if (result.records === 0) {
        this.#drop('unencodable', batch.count - first); // the output buffer is smaller than one record
        break;
      }
      first += result.records;
      this.#counters.truncated += result.truncated;
      this.#counters.dataRecords += result.dataRecords;
      this.#drop('unencodable', result.unencodable);
      output.from = 0;
      output.to = result.units;
      this.#offer(output);
    }
  }

  /** A snapshot; the sums hold at any moment. */
  counters(): ExporterCounters {
    const sink = this.#sink.counters;
    return {
      ...this.#counters,
      dropped: { ...this.#counters.dropped },
      queued: this.#queue.records + this.#inSink,
      queuedOctets: this.#queue.octets,
      sessions: sink.sessions,
      socketErrors: sink.errors,
    };
  }

  /** SIGHUP. */
  reopen(): void {
    this.#sink.reopen();
  }

  /** The Metering Process waits no more: from now on a full queue drops. */
  stopBlocking(): void {
    this.#options.overflow = 'dropOldest';
    this.#trim();
    this.#full = false;
    this.onReady();
  }

  /**
   * Sends what waits, then ends the session. What is still unsent after deadlineMs (Infinity: however long it takes) is
   * dropped by 'shutdown'. Nothing may be accepted afterwards.
   */
  async finish(deadlineMs: number): Promise<void> {
    const end = this.#clock.now() + deadlineMs;
    await this.#idle(deadlineMs);
    this.#closed = true;
    this.#cancelPace?.();
    this.#cancelRefresh?.();
    this.#dropQueue();
    const left = Math.max(closeMs, end - this.#clock.now());
    await this.#sink.close(Math.min(left, maxCloseMs));
    this.#drop('shutdown', this.#inSink); // a sink reports each unit; whatever it did not report is not sent
    this.#inSink = 0;
    this.#drops.last(this.#clock.now());
  }

  #events(): SinkEvents {
    return {
      session: () => this.#newSession(),
      drain: () => this.#pump(),
      sent: (records, units, octets) => {
        this.#inSink -= records;
        this.#counters.exported += records;
        this.#counters.units += units;
        this.#counters.octets += octets;
        this.#checkIdle();
      },
      lost: (cause, records) => {
        this.#inSink -= records;
        this.#drop(cause, records);
        this.#checkIdle();
      },
      returned: () => {},
      unconfirmed: () => {},
      messageSize: (octets) => this.#setMessageSize(octets),
      ended: () => this.#options.onEnded(),
      notice: (level, text) => this.#options.onNotice(level, text),
    };
  }

  #newSession(): void {
    this.#session = true;
    this.#sequence = 0;
    this.#control = undefined;
    this.#encoder.reset();
    this.#timing.newSession();
    this.#pump();
  }

  #setMessageSize(octets: number): void {
    const configured = this.#options.messageSize;
    if (octets > 0) this.#encoder.setMessageSize(configured > 0 ? Math.min(configured, octets) : octets);
  }

  /** Sends fresh units at once when nothing waits before them; keeps a copy of the rest. */
  #offer(run: Units): void {
    if (this.#queue.front === undefined && this.#mayWrite()) this.#writeAll(run);
    if (run.from >= run.to) return;
    this.#queue.push(run);
    this.#trim();
    if (this.#sink.ready && this.#cancelPace === undefined) this.#pump();
  }

  /** Sends what waits, as far as the sink and the pace allow. */
  #pump(): void {
    while (this.#mayWrite()) {
      const run = this.#queue.front;
      if (run === undefined) break;
      const from = run.from;
      const all = this.#writeAll(run);
      this.#queue.moved(from);
      if (!all) break;
    }
    this.#checkIdle();
    if (!this.#full || this.#queue.octets > this.#options.queueOctets / 2) return;
    this.#full = false;
    this.onReady();
  }

  /** True when the sink takes data now; sends templates first when they are due. */
  #mayWrite(): boolean {
    if (!this.#session || this.#closed || !this.#sink.ready) return false;
    if (this.#control === undefined && this.#timing.due(this.#clock.now())) this.#makeTemplates();
    return this.#writeControl();
  }

  #makeTemplates(): void {
    const copies = this.#timing.first ? this.#options.templateCopies : 1;
    const bytes = newOutput(65_536, 64);
    const result = this.#encoder.templates(this.#seconds(), bytes);
    bytes.to = result.units;
    this.#timing.templatesSent(this.#clock.now());
    this.#armRefresh();
    if (result.units === 0) return;
    this.#control = repeat(bytes, copies);
  }

  #writeControl(): boolean {
    const control = this.#control;
    if (control === undefined) return true;
    const from = control.from;
    stamp(control, from, control.to, this.#seconds(), this.#sequence);
    this.#sink.write(control);
    this.#counters.templateMessages += control.from - from;
    if (control.from < control.to) return false;
    this.#control = undefined;
    return this.#sink.ready;
  }

  /** Idle or not, a UDP collector gets its templates in time. */
  #armRefresh(): void {
    this.#cancelRefresh?.();
    const wait = this.#timing.waitMs(this.#clock.now());
    if (wait !== undefined) this.#cancelRefresh = this.#clock.after(wait, () => this.#refresh());
  }

  #refresh(): void {
    this.#pump();
    if (!this.#timing.due(this.#clock.now())) return;
    // The sink takes nothing now; templates go before its next message in any case.
    this.#cancelRefresh = this.#clock.after(refreshRetryMs, () => this.#refresh());
  }

  /** Writes the run's units; false when some are left. */
  #writeAll(run: Units): boolean {
    while (run.from < run.to) {
      const allowed = this.#bucket.available(this.#clock.now());
      if (allowed <= 0) {
        this.#pace();
        return false;
      }
      const to = this.#limit(run, allowed);
      this.#write(run, to);
      if (run.from < to || (run.from < run.to && !this.#mayWrite())) return false;
    }
    return true;
  }

  /** Behind the last unit that may go now by pace and template refresh; at least one. */
  #limit(run: Units, allowed: number): number {
    const { messagesLeft } = this.#timing;
    if (allowed === Infinity && messagesLeft === Infinity) return run.to;
    let to = run.from;
    let records = 0;
    while (to < run.to && records < allowed && to - run.from < Math.max(1, messagesLeft))
      records += run.records[to++] ?? 0;
    return to;
  }

  #write(run: Units, to: number): void {
    const { from, to: end } = run;
    const seconds = this.#seconds();
    if (this.#options.framing === 'ipfix') stamp(run, from, to, seconds, this.#sequence);
    run.to = to;
    this.#sink.write(run);
    run.to = end;
    let records = 0;
    for (let unit = from; unit < run.from; unit++) {
      records += run.records[unit] ?? 0;
      this.#sequence = (this.#sequence + (run.dataRecords[unit] ?? 0)) >>> 0;
    }
    this.#inSink += records;
    this.#bucket.take(records);
    this.#timing.messagesSent(run.from - from);
  }

  #pace(): void {
    if (this.#cancelPace !== undefined) return;
    this.#cancelPace = this.#clock.after(this.#bucket.waitMs(), () => {
      this.#cancelPace = undefined;
      this.#pump();
    });
  }

  /** Seconds since the epoch for message headers; never goes back (RFC 7011 section 8.2). */
  #seconds(): number {
    this.#exportSeconds = Math.max(this.#exportSeconds, Math.floor(this.#clock.wall() / 1000));
    return this.#exportSeconds;
  }

  /** Drops the oldest units until the queue is within its bound; the gap in sequence numbers tells the collector. */
  #trim(): void {
    if (this.#options.overflow === 'block') {
      this.#full = this.#queue.octets >= this.#options.queueOctets;
      return;
    }
    while (this.#queue.octets > this.#options.queueOctets) this.#dropUnit('queueFull');
  }

  #dropQueue(): void {
    while (this.#queue.front !== undefined) this.#dropUnit('shutdown');
  }

  #dropUnit(cause: DropCause): void {
    const run = this.#queue.front;
    if (run === undefined) return;
    const unit = run.from++;
    if (this.#session) this.#sequence = (this.#sequence + (run.dataRecords[unit] ?? 0)) >>> 0;
    this.#queue.moved(unit);
    this.#drop(cause, run.records[unit] ?? 0);
  }

  #drop(cause: DropCause, records: number): void {
    this.#counters.dropped[cause] += records;
    this.#drops.dropped(cause, records, this.#clock.now());
  }

  #isIdle(): boolean {
    return this.#queue.front === undefined && this.#inSink <= 0;
  }

  #idle(deadlineMs: number): Promise<void> {
    if (this.#isIdle()) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = deadlineMs === Infinity ? (): void => {} : this.#clock.after(deadlineMs, resolve);
      this.#waiters.push(() => {
        cancel();
        resolve();
      });
    });
  }

  #checkIdle(): void {
    if (this.#waiters.length === 0 || !this.#isIdle()) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }
}

const closeMs = 100; // a session ends cleanly even when the time to stop has passed
const maxCloseMs = 600_000; // files may still be compressed
const refreshRetryMs = 1_000;

/** The same units, `copies` times one after the other. */
function repeat(run: Units, copies: number): Units {
  const octets = run.ends[run.to - 1] ?? 0;
  const result = newOutput(octets * copies, run.to * copies);
  for (let copy = 0; copy < copies; copy++) {
    result.bytes.set(run.bytes.subarray(0, octets), copy * octets);
    for (let unit = 0; unit < run.to; unit++) result.ends[copy * run.to + unit] = (run.ends[unit] ?? 0) + copy * octets;
  }
  result.to = run.to * copies;
  return result;
}
