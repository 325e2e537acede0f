// A session that is a stream of octets (TCP, TLS, Unix, SCTP): connected again and again (RFC 7011 section 10.4), and
// nothing is lost when it breaks: what the kernel had not taken, and what it had taken in the last seconds, goes back to
// the exporter. How to connect, and how a unit is framed, is the transport's.

import type { Duplex } from 'node:stream';
import { errorText, FailureLog } from './failure_log.js';
import { giveBack, type HeldUnits, hold, unitOf } from './held_units.js';
import { Retention, type RetentionOptions } from './retention.js';
import { type Clock, newCounters, type Sink, type SinkEvents, systemClock, unitsWithin, type UnitRun } from './sink.js';

export interface StreamOptions extends RetentionOptions {
  name: string;
  /** Seconds between two connection attempts, RFC 7011 section 10.4.4: default 60. */
  reconnectSeconds?: number;
  /** Octets waiting inside this process for the socket; beyond, the exporter's queue fills. Default 1 MiB. */
  bufferOctets?: number;
  clock?: Clock;
}

export interface StreamTransport {
  /** The far end, for the log: 'HOST port PORT'. */
  readonly target: string;
  /** Rejects with WeirError for what the user must correct; before the first attempt. */
  check?(): Promise<void>;
  /** What has to be read before an attempt; a rejection is an attempt that failed. */
  prepare?(): Promise<void>;
  /** Begins one attempt. */
  connect(): Duplex;
  /** Calls back once when the session stands; by default at the socket's 'connect'. */
  whenOpen?(socket: Duplex, opened: () => void): void;
  /** Why an attempt or a session ended, in words. error: undefined when the collector closed it. */
  explain?(socket: Duplex, error: Error | undefined): string | undefined;
  /** What is sent for a unit, made when it is sent. */
  frame?(unit: Uint8Array): Uint8Array;
  /** Units in one write of the socket at most. */
  unitsPerWrite?: number;
}

// Before the first session of a run the collector may just be starting: three attempts come sooner than the RFC's
// minute.
const earlyRetriesMs = [1_000, 2_000, 4_000];
const afterLossMs = 1_000; // a session older than the reconnect interval is replaced at once
const connectTimeoutMs = 10_000;
const farewellMs = 500;
const writeOctets = 65_536; // handed to the socket in pieces, so that little is in doubt when it breaks

export class StreamSink implements Sink {
  readonly name: string;
  readonly counters = newCounters();
  readonly messageSize = 0;
  #transport: StreamTransport;
  #reconnectMs: number;
  #bufferOctets: number;
  #clock: Clock;
  #events: SinkEvents | undefined;
  #log: FailureLog;
  #socket: Duplex | undefined;
  #connected = false;
  /** Taken and not handed to the kernel: the first of them is with the socket when #writing. */
  #waiting: HeldUnits[] = [];
  #waitingOctets = 0;
  #writing = false;
  #writingSince = 0;
  #retained: Retention;
  /** The exporter waits for drain(). */
  #blocked = false;
  #everConnected = false;
  #attempts = 0;
  #attemptAt = 0;
  #cancel: (() => void) | undefined;
  #closing: Promise<void> | undefined;
  #endClosing: (() => void) | undefined;
  #deadlineMs = 0;
  #flushers: (() => void)[] = [];

  constructor(options: StreamOptions, transport: StreamTransport) {
    this.name = options.name;
    this.#transport = transport;
    this.#reconnectMs = (options.reconnectSeconds ?? 60) * 1000;
    this.#bufferOctets = options.bufferOctets ?? 1 << 20;
    this.#clock = options.clock ?? systemClock;
    this.#retained = new Retention(options);
    this.#log = new FailureLog(this.name, this.#clock, (level, text) => this.#events?.notice(level, text));
  }

  get ready(): boolean {
    return this.#connected && this.#closing === undefined && this.#waitingOctets < this.#bufferOctets;
  }

  get connected(): boolean {
    return this.#connected;
  }

  get failure(): string {
    return this.#log.last;
  }

  async open(events: SinkEvents): Promise<void> {
    this.#events = events;
    await this.#transport.check?.();
    if (this.#closing === undefined) void this.#connect();
  }

  write(run: UnitRun): void {
    const atOnce = this.#transport.unitsPerWrite ?? Infinity;
    while (run.from < run.to && this.ready) {
      const held = hold(run, Math.min(unitsWithin(run, writeOctets), run.from + atOnce));
      this.#waiting.push(held);
      this.#waitingOctets += held.octets;
      this.#handOver();
    }
    this.#blocked = !this.ready;
  }

  flush(): Promise<void> {
    if (this.#waiting.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#flushers.push(resolve));
  }

  reopen(): void {}

  close(deadlineMs: number): Promise<void> {
    this.#closing ??= this.#close(deadlineMs);
    return this.#closing;
  }

  async #close(deadlineMs: number): Promise<void> {
    this.#cancel?.();
    const socket = this.#socket;
    if (socket === undefined || !this.#connected) {
      socket?.destroy();
      return;
    }
    this.#deadlineMs = deadlineMs;
    const ended = new Promise<void>((resolve) => {
      this.#endClosing = resolve;
    });
    this.#cancel = this.#clock.after(deadlineMs, () => socket.destroy());
    if (this.#waiting.length === 0) this.#sayFarewell(socket);
    await ended;
    this.#cancel();
  }

  /** FIN behind the last octet; the collector's own FIN closes the session, but not every collector sends one. */
  #sayFarewell(socket: Duplex): void {
    socket.end(() => {
      this.#cancel?.();
      this.#cancel = this.#clock.after(Math.min(this.#deadlineMs, farewellMs), () => socket.destroy());
    });
  }

  async #connect(): Promise<void> {
    this.#attemptAt = this.#clock.now();
    this.#attempts++;
    try {
      if (this.#transport.prepare) await this.#transport.prepare();
      if (this.#closing === undefined) this.#attach(this.#transport.connect());
    } catch (error) {
      this.counters.errors++;
      this.#ended(errorText(error));
    }
  }

  #attach(socket: Duplex): void {
    this.#socket = socket;
    let failure: Error | undefined;
    const giveUp = this.#clock.after(connectTimeoutMs, () =>
      socket.destroy(new Error(`no answer within ${connectTimeoutMs / 1000} s`)),
    );
    const opened = (): void => {
      giveUp();
      if (!socket.destroyed && this.#closing === undefined) this.#opened();
    };
    if (this.#transport.whenOpen) this.#transport.whenOpen(socket, opened);
    else socket.once('connect', opened);
    socket.on('error', (error) => {
      failure ??= error;
      this.counters.errors++;
    });
    socket.on('end', () => {
      // A collector that closes its half may never read the rest. While we say farewell it is the answer.
      if (this.#closing === undefined || this.#waiting.length > 0) socket.destroy();
    });
    socket.on('close', () => {
      giveUp();
      const words = this.#transport.explain?.(socket, failure);
      if (failure === undefined && !this.#connected && this.#closing === undefined) this.counters.errors++;
      this.#broken(failure !== undefined);
      this.#ended(words ?? (failure ? errorText(failure) : 'closed by the collector'));
    });
    socket.resume(); // a collector sends nothing; reading shows when it closes
  }

  #opened(): void {
    this.#connected = true;
    this.#everConnected = true;
    this.counters.sessions++;
    this.#log.succeeded(`connected to ${this.#transport.target}`);
    this.#events?.session();
  }

  /** Hands the next piece to the socket, one at a time. */
  #handOver(): void {
    const socket = this.#socket;
    const held = this.#waiting[0];
    if (this.#writing || held === undefined || socket === undefined) return;
    this.#writing = true;
    this.#writingSince = this.#clock.now();
    socket.write(this.#framed(held), (error) => {
      // A destroyed socket answers its unfinished writes without an error.
      if (!error && !socket.destroyed && this.#socket === socket) this.#written();
    });
  }

  #framed(held: HeldUnits): Uint8Array {
    const transport = this.#transport;
    const { frame } = transport;
    if (frame === undefined) return held.bytes;
    return Buffer.concat(Array.from({ length: held.units }, (_, unit) => frame.call(transport, unitOf(held, unit))));
  }

  #written(): void {
    const held = this.#waiting.shift() as HeldUnits;
    this.#waitingOctets -= held.octets;
    this.#writing = false;
    this.#retained.add(held, this.#clock.now());
    this.counters.units += held.units;
    this.counters.octets += held.octets;
    this.#handOver();
    this.#events?.sent(held.flowRecords, held.units, held.octets);
    if (this.#waiting.length === 0) {
      this.#flushed();
      if (this.#closing !== undefined) this.#sayFarewell(this.#socket as Duplex);
    }
    if (this.#blocked && this.ready) {
      this.#blocked = false;
      this.#events?.drain();
    }
  }

  /** Gives back what the session that just ended may not have delivered. */
  #broken(failed: boolean): void {
    const unsent = this.#waiting;
    const clean = this.#closing !== undefined && unsent.length === 0 && !failed;
    // While the socket takes nothing, what it took before is as much in doubt as then.
    const { held, unconfirmed } = this.#retained.take(this.#writing ? this.#writingSince : this.#clock.now());
    this.#connected = false;
    this.#socket = undefined;
    this.#writing = false;
    this.#blocked = false;
    this.#waiting = [];
    this.#waitingOctets = 0;
    if (this.#closing === undefined) {
      giveBack(this.#events, held, unsent);
      if (unconfirmed > 0) this.#events?.unconfirmed(unconfirmed);
    } else {
      // There is no further session to send it again.
      giveBack(this.#events, [], unsent);
      const doubtful = held.reduce((sum, part) => sum + part.flowRecords + part.repeated, unconfirmed);
      if (!clean && doubtful > 0) this.#events?.unconfirmed(doubtful);
    }
    this.#flushed();
  }

  /** An attempt or a session ended: the next one comes later. */
  #ended(reason: string): void {
    this.#endClosing?.();
    if (this.#closing !== undefined) return;
    const wait = this.#retryAfter();
    this.#log.failed(reason, `next attempt in ${Math.round(wait / 1000)} s`);
    this.#cancel = this.#clock.after(wait, () => void this.#connect());
  }

  #retryAfter(): number {
    const early = earlyRetriesMs[this.#attempts - 1];
    if (!this.#everConnected && early !== undefined) return Math.min(early, this.#reconnectMs);
    return Math.max(Math.min(afterLossMs, this.#reconnectMs), this.#attemptAt + this.#reconnectMs - this.#clock.now());
  }

  #flushed(): void {
    const waiting = this.#flushers;
    this.#flushers = [];
    for (const resolve of waiting) resolve();
  }
}
