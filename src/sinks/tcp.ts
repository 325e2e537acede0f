// TCP: a stream of messages or lines to one collector, connected again and again (RFC 7011 section 10.4).

import { connect, type Socket } from 'node:net';
import {
  type Clock,
  newCounters,
  recordsOf,
  type Sink,
  type SinkEvents,
  startOf,
  systemClock,
  unitsWithin,
  type UnitRun,
} from './sink.js';

export interface TcpSinkOptions {
  name: string;
  host: string;
  port: number;
  /** Local address, '' = any. */
  bind?: string;
  /** Seconds between two connection attempts, RFC 7011 section 10.4.4: default 60. */
  reconnectSeconds?: number;
  /** Octets waiting inside this process for the socket; beyond, the exporter's queue fills. */
  bufferOctets?: number;
  clock?: Clock;
}

// Before the first session of a run the collector may just be starting: three attempts come sooner than the RFC's
// minute.
const earlyRetriesMs = [1_000, 2_000, 4_000];
const afterLossMs = 1_000; // a session older than the reconnect interval is replaced at once
const connectTimeoutMs = 10_000;
const farewellMs = 500;

interface Pending {
  records: number;
  units: number;
  octets: number;
}

export class TcpSink implements Sink {
  readonly name: string;
  readonly counters = newCounters();
  readonly messageSize = 0;
  #options: Required<Omit<TcpSinkOptions, 'clock'>>;
  #clock: Clock;
  #events: SinkEvents | undefined;
  #socket: Socket | undefined;
  #connected = false;
  /** Written to the socket object, not yet handed to the kernel. */
  #pending: Pending[] = [];
  /** The exporter waits for drain(). */
  #blocked = false;
  #everConnected = false;
  #attempts = 0;
  #attemptAt = 0;
  #cancel: (() => void) | undefined;
  #closed = false;
  #lastNotice = '';
  #flushers: (() => void)[] = [];

  constructor(options: TcpSinkOptions) {
    const { clock, ...given } = options;
    this.#options = { bind: '', reconnectSeconds: 60, bufferOctets: 1 << 20, ...given };
    this.name = options.name;
    this.#clock = clock ?? systemClock;
  }

  get ready(): boolean {
    return this.#connected && !this.#full();
  }

  open(events: SinkEvents): Promise<void> {
    this.#events = events;
    this.#connect();
    return Promise.resolve();
  }

  write(run: UnitRun): void {
    while (run.from < run.to && this.ready) {
      const socket = this.#socket as Socket;
      const to = unitsWithin(run, Math.max(1, this.#options.bufferOctets - socket.writableLength));
      const start = startOf(run, run.from);
      const octets = (run.ends[to - 1] ?? 0) - start;
      const pending = { records: recordsOf(run, run.from, to), units: to - run.from, octets };
      run.from = to;
      this.#pending.push(pending);
      // The socket keeps the buffer until the kernel took it: a copy, because the exporter reuses its own.
      socket.write(Buffer.from(run.bytes.subarray(start, start + octets)), (error) => {
        // A destroyed socket answers its unfinished writes without an error.
        if (!error && !socket.destroyed) this.#written(pending);
      });
    }
    this.#blocked = !this.ready;
  }

  flush(): Promise<void> {
    if (this.#pending.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#flushers.push(resolve));
  }

  reopen(): void {}

  async close(deadlineMs: number): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancel?.();
    const socket = this.#socket;
    if (socket === undefined || !this.#connected) {
      socket?.destroy();
      return;
    }
    await new Promise<void>((resolve) => {
      let cancel = this.#clock.after(deadlineMs, () => socket.destroy());
      socket.once('close', () => {
        cancel();
        resolve();
      });
      // FIN behind the last octet; the collector's own FIN closes the session, but not every collector sends one.
      socket.end(() => {
        cancel();
        cancel = this.#clock.after(Math.min(deadlineMs, farewellMs), () => socket.destroy());
      });
    });
  }

  #full(): boolean {
    return (this.#socket?.writableLength ?? 0) >= this.#options.bufferOctets;
  }

  #connect(): void {
    const { host, port, bind } = this.#options;
    this.#attemptAt = this.#clock.now();
    this.#attempts++;
    const socket = connect({
      host,
      port,
      ...(bind === '' ? {} : { localAddress: bind }),
      keepAlive: true,
      noDelay: true,
    });
    this.#socket = socket;
    let reason = 'closed by the collector';
    const giveUp = this.#clock.after(connectTimeoutMs, () => {
      if (!this.#connected) socket.destroy(new Error('connection attempt timed out'));
    });
    socket.on('connect', () => this.#opened());
    socket.on('error', (error) => {
      reason = error.message;
      this.counters.errors++;
    });
    socket.on('close', () => {
      giveUp();
      this.#lostSession(reason);
    });
    socket.resume(); // a collector sends nothing; reading shows when it closes
  }

  #opened(): void {
    this.#connected = true;
    this.#everConnected = true;
    this.counters.sessions++;
    this.#notice('info', `connected to ${this.#options.host} port ${this.#options.port}`);
    this.#events?.session();
  }

  #written(done: Pending): void {
    const index = this.#pending.indexOf(done); // always the first, but a late callback of an old session finds nothing
    if (index < 0) return;
    this.#pending.splice(index, 1);
    this.counters.units += done.units;
    this.counters.octets += done.octets;
    this.#events?.sent(done.records, done.units, done.octets);
    if (this.#pending.length === 0) this.#flushed();
    if (this.#blocked && this.ready) {
      this.#blocked = false;
      this.#events?.drain();
    }
  }

  #lostSession(reason: string): void {
    this.#connected = false;
    this.#socket = undefined;
    const lost = this.#pending;
    this.#pending = [];
    for (const { records, units } of lost)
      this.#events?.lost(this.#closed ? 'shutdown' : 'socketError', records, units);
    this.#flushed();
    if (this.#closed) return;
    const wait = this.#retryAfter();
    this.#notice('warning', `${reason}; next attempt in ${Math.round(wait / 1000)} s`);
    this.#cancel = this.#clock.after(wait, () => this.#connect());
  }

  #retryAfter(): number {
    const interval = this.#options.reconnectSeconds * 1000;
    const early = earlyRetriesMs[this.#attempts - 1];
    if (!this.#everConnected && early !== undefined) return Math.min(early, interval);
    return Math.max(Math.min(afterLossMs, interval), this.#attemptAt + interval - this.#clock.now());
  }

  #flushed(): void {
    const waiting = this.#flushers;
    this.#flushers = [];
    for (const resolve of waiting) resolve();
  }

  /** The same words again are not news: a collector that is down for a day makes one line. */
  #notice(level: 'info' | 'warning', text: string): void {
    const key = text.replace(/; next attempt.*/, '');
    if (key !== this.#lastNotice) this.#events?.notice(level, `${this.name}: ${text}`);
    this.#lastNotice = key;
  }
}
