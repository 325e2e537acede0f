// One exporter a sink: batch -> encoder -> units -> Transport Session, with a backlog of its own for a slow sink.
// Exporters share nothing, so a sink that is stuck delays no other one. Past 500 lines, since it is one state machine.

import type { BatchConsumer } from '../metering/consumer.js';
import type { Batch, Encoder } from '../native/boundary.js';
import {
  type Clock,
  type DropCause,
  type NoticeLevel,
  recordsOf,
  repeatedOf,
  type Sink,
  type SinkEvents,
  systemClock,
  type UnitRun,
} from '../sinks/sink.js';
import { Backlog, type SpooledUnits, type SpoolLost, type SpoolStore } from './backlog.js';
import { DropReporter, type ExporterCounters, newExporterCounters } from './exporter_counters.js';
import { MessageTime } from './message_time.js';
import type { SessionControl } from './session_control.js';
import { TokenBucket } from './token_bucket.js';
import { asUnits, type Framing, newOutput, Sequences, type Units } from './units.js';

export interface ExporterOptions {
  encoder: Encoder;
  sink: Sink;
  framing: Framing;
  /** Templates and options records. */
  control: SessionControl;
  /** A full queue: drop the oldest (live), or let the Metering Process wait (offline). With a spool neither. */
  overflow: 'dropOldest' | 'block';
  /** Octets that may wait in memory; `block` goes above it by one batch at most. */
  queueOctets?: number;
  spool?: SpoolStore | undefined;
  /** Makes spooled units of another template fit this session. */
  adapt?: (units: SpooledUnits) => void;
  /** Live: units that the sink has not taken after so long go to the spool. */
  spillMs?: number;
  /** Octets of a message as configured, 0 = as the sink says. */
  messageSize?: number;
  /** Flow records a second, 0 = as fast as it goes. */
  maxExportRate?: number;
  /** Size of the output buffer, octets and units. */
  outputOctets?: number;
  outputUnits?: number;
  /** What NetFlow's sysUptime counts from, ms since 1970. */
  startMs?: number;
  /** NetFlow of a capture file: export times follow its packets, since record times are relative to them modulo 2^32 ms. */
  packetTime?: boolean;
  clock?: Clock;
  onNotice: (level: NoticeLevel, text: string) => void;
  /** How long units waited before the sink took them. */
  onLatency?: (seconds: number, units: number) => void;
  /** The sink's reader is gone for good. */
  onEnded?: () => void;
}

export class Exporter implements BatchConsumer {
  onReady: () => void = () => {};
  #options: Required<Omit<ExporterOptions, 'spool'>>;
  #encoder: Encoder;
  #sink: Sink;
  #clock: Clock;
  #output: Units;
  #backlog: Backlog;
  /** Templates and options records to be written before any data. */
  #pending: Units[] = [];
  #control: SessionControl;
  #bucket: TokenBucket;
  #drops: DropReporter;
  #session = false;
  /** What was sent or dropped in this session (RFC 7011 section 3.1). */
  #sequences: Sequences;
  /** Of statistics where they go another way (Kafka's second topic). */
  #statisticsSequences: Sequences;
  #time: MessageTime;
  #inSink = 0; // flow records taken by the sink, not yet sent, lost or returned
  #connectedAt = 0; // while finishing: when a session stood last
  #closing = false; // no further segment of the spool is begun
  #closed = false;
  #full = false; // the Metering Process was asked to wait
  #waitSaid = false;
  #spoolingSaid: boolean;
  #spoolingSaidAt = -Infinity;
  #cancelPace: (() => void) | undefined;
  #cancelDue: (() => void) | undefined;
  #cancelSpill: (() => void) | undefined;
  #cancelWatch: (() => void) | undefined;
  #waiters: (() => void)[] = [];
  #counters: ExporterCounters = newExporterCounters();

  constructor(options: ExporterOptions) {
    this.#options = {
      queueOctets: 8 << 20,
      adapt: () => {},
      spillMs: 2_000,
      messageSize: 0,
      maxExportRate: 0,
      outputOctets: 256 << 10,
      outputUnits: 4096,
      startMs: 0,
      packetTime: false,
      clock: systemClock,
      onLatency: () => {},
      onEnded: () => {},
      ...options,
    };
    this.#encoder = options.encoder;
    this.#sink = options.sink;
    this.#control = options.control;
    this.#clock = this.#options.clock;
    this.#output = newOutput(this.#options.outputOctets, this.#options.outputUnits);
    this.#backlog = new Backlog({
      queueOctets: this.#options.queueOctets,
      spool: options.spool,
      adapt: this.#options.adapt,
      onReplenished: () => this.#pump(),
      onSpooling: (begins) => this.#saySpooling(begins),
    });
    this.#time = new MessageTime(this.#options, () => {
      this.#encoder.setStart(this.#time.startMs);
      this.#control.clockSetBack();
    });
    this.#sequences = new Sequences(options.framing);
    this.#statisticsSequences = new Sequences(options.framing);
    this.#bucket = new TokenBucket(this.#options.maxExportRate, this.#clock.now());
    this.#drops = new DropReporter(this.name, options.onNotice);
    const { recovered } = this.#backlog;
    this.#spoolingSaid = recovered > 0;
    if (recovered > 0)
      options.onNotice('info', `${this.name}: ${recovered} flow records of an earlier run wait in the spool`);
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

  /** When the probe started, by the system clock as it is now, ms since 1970. */
  get startMs(): number {
    return this.#time.startMs;
  }

  /** True while a session stands and the collector or medium does not fail. */
  get connected(): boolean {
    return this.#session && (this.#sink.connected ?? true);
  }

  /** Why it is not connected, '' = it is, or nobody knows. */
  get failure(): string {
    return this.connected ? '' : (this.#sink.failure ?? '');
  }

  /** True when what the sink cannot take goes to a spool that can be written. */
  get spooling(): boolean {
    return this.#backlog.spoolWorks;
  }

  accept(batch: Batch): void {
    this.#counters.created += batch.count;
    if (this.#closed) {
      this.#drop('shutdown', batch.count);
      return;
    }
    this.#time.note(batch.latestMs);
    for (let first = 0; first < batch.count; ) {
      const output = this.#output;
      const result = this.#encoder.encode(batch, first, this.#time.seconds(), output);
      if (result.records === 0) {
        this.#drop('unencodable', batch.count - first); // the output buffer is smaller than one record
        break;
      }
      first += result.records;
      this.#counters.created -= result.elsewhere;
      this.#counters.truncated += result.truncated;
      this.#counters.dataRecords += result.dataRecords;
      this.#drop('unencodable', result.unencodable);
      output.from = 0;
      output.to = result.units;
      output.since = this.#clock.now();
      this.#offer(output);
    }
  }

  /** A snapshot; the sums hold at any moment. */
  counters(): ExporterCounters {
    const sink = this.#sink.counters;
    return {
      ...this.#counters,
      dropped: { ...this.#counters.dropped },
      queued: this.#backlog.records + this.#inSink,
      queuedOctets: this.#backlog.octets,
      spooled: this.#backlog.spooled,
      spooledOctets: this.#backlog.spooledOctets,
      recovered: this.#backlog.recovered,
      sessions: sink.sessions,
      socketErrors: sink.errors,
    };
  }

  /** Flow records that the spool gave up. Of its own troubles it speaks itself. */
  spoolLost(cause: DropCause, { records, repeated }: SpoolLost): void {
    this.#counters.unconfirmed += repeated;
    if (cause === 'spoolError') this.#counters.dropped[cause] += records;
    else this.#drop(cause, records);
  }

  /** Interfaces may have come: what options records say of them goes out before their flows. */
  lookForChanges(): void {
    this.#control.lookForChanges();
    this.#pump();
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
   * dropped by 'shutdown'; with a spool it stays there, also when the sink is away. With a deadline only a segment that
   * was begun is replayed to its end, so that the next run does not send its first part again. Nothing may be accepted
   * afterwards.
   */
  async finish(deadlineMs: number): Promise<void> {
    const end = this.#clock.now() + deadlineMs;
    this.#closing = deadlineMs < Infinity;
    this.#connectedAt = this.#clock.now();
    this.#settled();
    this.#watch();
    await this.#idle(deadlineMs);
    if (this.#session && this.#backlog.isIdle && this.#sink.ready) this.#writeLast();
    this.#closed = true;
    for (const cancel of [this.#cancelPace, this.#cancelDue, this.#cancelSpill, this.#cancelWatch]) cancel?.();
    const left = Math.max(closeMs, end - this.#clock.now());
    if (!this.#backlog.hasSpool) this.#dropQueue('shutdown');
    await this.#sink.close(Math.min(left, maxCloseMs));
    await this.#backlog.close();
    this.#dropQueue('shutdown');
    this.#drop('shutdown', this.#inSink); // a sink reports each unit; whatever it did not report is not sent
    this.#inSink = 0;
    this.#drops.last(this.#clock.now());
    const { spooled } = this.counters();
    const { repeated } = this.#backlog;
    const again = repeated > 0 ? `; the next run sends ${repeated} again that are in a segment begun` : '';
    if (spooled + repeated > 0)
      this.#options.onNotice('info', `${this.name}: ${spooled} flow records stay in the spool${again}`);
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
        this.#settled();
      },
      lost: (cause, records) => {
        this.#inSink -= records;
        this.#drop(cause, records);
        this.#settled();
      },
      returned: (run, reported) => this.#takeBack(run, reported),
      unconfirmed: (records) => {
        this.#counters.unconfirmed += records;
      },
      messageSize: (octets) => this.#setMessageSize(octets),
      ended: () => this.#options.onEnded(),
      notice: (level, text) => this.#options.onNotice(level, text),
    };
  }

  #newSession(): void {
    this.#session = true;
    this.#sequences.newSession();
    this.#statisticsSequences.newSession();
    this.#pending = [];
    this.#encoder.reset();
    this.#control.newSession(this.#clock.now());
    this.#pump();
  }

  /** Units that the sink could not send come first again; those it had reported are counted once in exported. */
  #takeBack(run: UnitRun, reported: number): void {
    const first = run.from;
    const resent = recordsOf(run, first, first + reported);
    this.#counters.resent += resent;
    run.records.fill(0, first, first + reported);
    this.#inSink -= recordsOf(run, run.from, run.to);
    const units = asUnits(run);
    units.since = this.#clock.now();
    this.#backlog.putBack(units);
    if (!this.#backlog.hasSpool) this.#trim();
    this.#armSpill();
    this.#pump();
  }

  #setMessageSize(octets: number): void {
    const configured = this.#options.messageSize;
    if (octets <= 0) return;
    const size = configured > 0 ? Math.min(configured, octets) : octets;
    this.#encoder.setMessageSize(size);
    this.#control.setMessageSize(size);
  }

  /** Sends fresh units at once when nothing waits before them; keeps a copy of the rest. */
  #offer(run: Units): void {
    if (this.#backlog.isEmpty && this.#mayWrite()) this.#writeAll(run);
    if (run.from < run.to) {
      this.#backlog.push(run, this.#clock.now());
      if (!this.#backlog.hasSpool) this.#trim();
      this.#armSpill();
    }
    if (!this.#backlog.isEmpty && this.#sink.ready && this.#cancelPace === undefined) this.#pump();
  }

  /** Sends what waits, as far as the sink and the pace allow. */
  #pump(): void {
    while (this.#mayWrite()) {
      const run = this.#backlog.front;
      if (run === undefined) break;
      const from = run.from;
      const all = this.#writeAll(run);
      this.#backlog.moved(from);
      if (!all) break;
    }
    if (this.#backlog.isIdle) {
      this.#cancelSpill?.();
      this.#cancelSpill = undefined;
    }
    this.#settled();
    if (!this.#full || this.#backlog.octets > this.#options.queueOctets / 2) return;
    this.#full = false;
    this.onReady();
  }

  /** The sink reported something: perhaps the spool can go on, or finish() ends. */
  #settled(): void {
    if (this.#session && this.#sink.ready) this.#backlog.replenish(this.#inSink <= 0, this.#closing);
    if (this.#waiters.length === 0 || !this.#isDone()) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }

  /** True when the sink takes data now; sends templates and options records first when they are due. */
  #mayWrite(): boolean {
    if (!this.#session || this.#closed || !this.#sink.ready) return false;
    const now = this.#clock.now();
    if (this.#pending.length === 0 && this.#control.due(now)) {
      const { templates, statistics } = this.#control.make(now, this.#time.seconds());
      this.#pending = [templates, statistics].filter((run) => run !== undefined);
      this.#armDue();
    }
    return this.#writePending();
  }

  #writePending(): boolean {
    for (let run = this.#pending[0]; run !== undefined; run = this.#pending[0]) {
      const from = run.from;
      const apart = run.statistics === true && this.#control.hasOwnStream;
      const sequences = apart ? this.#statisticsSequences : this.#sequences;
      sequences.stamp(run, from, run.to, this.#time.now());
      this.#sink.write(run);
      sequences.passed(run, from, run.from);
      this.#counters.templateMessages += run.from - from;
      if (run.from < run.to) return false;
      this.#pending.shift();
    }
    return this.#sink.ready;
  }

  /** Statistics up to now, after the last flow record of the session. */
  #writeLast(): void {
    const last = this.#control.last(this.#time.seconds());
    if (last === undefined) return;
    this.#pending.push(last);
    this.#writePending();
  }

  /** Idle or not, a collector gets its templates and statistics in time. */
  #armDue(): void {
    this.#cancelDue?.();
    const wait = this.#control.waitMs(this.#clock.now());
    if (wait !== undefined) this.#cancelDue = this.#clock.after(wait, () => this.#sendDue());
  }

  #sendDue(): void {
    this.#pump();
    if (!this.#control.due(this.#clock.now())) return;
    // The sink takes nothing now; what is due goes before its next message in any case.
    this.#cancelDue = this.#clock.after(dueRetryMs, () => this.#sendDue());
  }

  /** Live units do not wait in memory for long: what the sink has not taken by then is safer on disk. */
  #armSpill(): void {
    if (!this.#backlog.hasSpool || this.#cancelSpill !== undefined || this.#backlog.isIdle) return;
    this.#cancelSpill = this.#clock.after(this.#options.spillMs, () => {
      this.#cancelSpill = undefined;
      if (!this.#session || !this.#sink.ready) this.#backlog.spill();
      this.#armSpill();
    });
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
    const { messagesLeft } = this.#control.timing;
    if (allowed === Infinity && messagesLeft === Infinity) return run.to;
    let to = run.from;
    let records = 0;
    while (to < run.to && records < allowed && to - run.from < Math.max(1, messagesLeft))
      records += run.records[to++] ?? 0;
    return to;
  }

  #write(run: Units, to: number): void {
    const { from, to: end } = run;
    this.#sequences.stamp(run, from, to, this.#time.now());
    run.to = to;
    this.#sink.write(run);
    run.to = end;
    const records = recordsOf(run, from, run.from);
    this.#sequences.passed(run, from, run.from);
    this.#inSink += records;
    this.#bucket.take(records);
    this.#control.timing.messagesSent(run.from - from);
    const waited = run.since === undefined ? 0 : (this.#clock.now() - run.since) / 1000;
    if (run.from > from) this.#options.onLatency(waited, run.from - from);
  }

  #pace(): void {
    if (this.#cancelPace !== undefined) return;
    this.#cancelPace = this.#clock.after(this.#bucket.waitMs(), () => {
      this.#cancelPace = undefined;
      this.#pump();
    });
  }

  /** Drops the oldest units until the queue is within its bound; the gap in sequence numbers tells the collector. */
  #trim(): void {
    if (this.#options.overflow === 'block') {
      this.#full = this.#backlog.isFull;
      if (this.#full && !this.#waitSaid && !this.#session) {
        this.#waitSaid = true;
        this.#options.onNotice('info', `${this.name}: reading waits until it takes flows`);
      }
      return;
    }
    while (this.#backlog.octets > this.#options.queueOctets) this.#dropUnit('queueFull');
  }

  #dropQueue(cause: DropCause): void {
    while (this.#backlog.front !== undefined) this.#dropUnit(cause);
  }

  #dropUnit(cause: DropCause): void {
    const run = this.#backlog.front;
    if (run === undefined) return;
    const unit = run.from++;
    if (this.#session) this.#sequences.passed(run, unit, unit + 1);
    this.#backlog.moved(unit);
    this.#drop(cause, run.records[unit] ?? 0);
    this.#counters.unconfirmed += repeatedOf(run, unit, unit + 1);
  }

  /** Said at the begin of an outage and at its end; a sink that comes and goes is not told of more than once a minute. */
  #saySpooling(begins: boolean): void {
    if (this.#closed || (begins && this.#clock.now() - this.#spoolingSaidAt < sayEveryMs)) return;
    if (!begins && !this.#spoolingSaid) return;
    this.#spoolingSaid = begins;
    if (begins) this.#spoolingSaidAt = this.#clock.now();
    const text = begins ? 'what it cannot take now goes to the spool' : 'all of the spool is delivered';
    this.#options.onNotice('info', `${this.name}: ${text}`);
  }

  #drop(cause: DropCause, records: number): void {
    this.#counters.dropped[cause] += records;
    this.#drops.dropped(cause, records, this.#clock.now());
  }

  /**
   * Nothing is left to be sent, or what is left is for the spool, which need not wait for a sink that is away. Without a
   * deadline it may come (back) within moments: a short file is read before the first session stands.
   */
  #isDone(): boolean {
    if (this.connected) this.#connectedAt = this.#clock.now();
    else if (this.#backlog.hasSpool && (this.#closing || this.#clock.now() - this.#connectedAt >= graceMs)) return true;
    return this.#backlog.isIdle && this.#inSink <= 0 && !this.#backlog.isReplaying(this.#closing);
  }

  /** Not every sink tells when it fails: looks each second whether there is still something to wait for. */
  #watch(): void {
    if (this.#closed || !this.#backlog.hasSpool) return;
    this.#cancelWatch?.();
    this.#cancelWatch = this.#clock.after(watchMs, () => {
      this.#settled();
      this.#watch();
    });
  }

  #idle(deadlineMs: number): Promise<void> {
    if (deadlineMs <= 0 || this.#isDone()) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = deadlineMs === Infinity ? (): void => {} : this.#clock.after(deadlineMs, resolve);
      this.#waiters.push(() => {
        cancel();
        resolve();
      });
    });
  }
}

const closeMs = 100; // a session ends cleanly even when the time to stop has passed
const maxCloseMs = 600_000; // files may still be compressed
const dueRetryMs = 1_000;
const sayEveryMs = 60_000;
const watchMs = 1_000;
const graceMs = 3_000;
