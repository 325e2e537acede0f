// UDP: one message a datagram, path MTU respected, never fragmented (RFC 7011 section 10.3).

import { lookup as dnsLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { WeirError } from '../errors.js';
import {
  type Clock,
  newCounters,
  recordsOf,
  type Sink,
  type SinkEvents,
  startOf,
  systemClock,
  type UnitRun,
} from './sink.js';

/** The native socket, as native/boundary.ts describes UdpSender. */
export interface DatagramSender {
  readonly payloadSize: number;
  readonly lastError: string;
  send(bytes: Uint8Array, ends: Uint32Array, from: number, units: number): number;
  close(): void;
}

export interface DatagramOptions {
  address: string;
  port: number;
  family: 4 | 6;
  maxPayload: number;
  sendBuffer: number;
  bind: string;
  /** The IP layer may fragment what the path does not take whole; default false. */
  fragment?: boolean;
}

export interface UdpSinkOptions {
  name: string;
  host: string;
  port: number;
  /** UDP payload octets at most, 0 = what the path allows. */
  maxPayload?: number;
  /** SO_SNDBUF octets, 0 = the system's default. */
  sendBuffer?: number;
  /** Local address, '' = any. */
  bind?: string;
  openSender: (options: DatagramOptions) => DatagramSender;
  lookup?: (host: string) => Promise<{ address: string; family: number }>;
  clock?: Clock;
}

const retryMs = 2; // a full socket buffer empties at wire speed
const resolveEveryMs = 30_000; // at most so often is a name looked up again after errors
const triesPerMessage = 3; // an ICMP error of an earlier datagram is reported on the next one, once
const busy = new Set(['', 'EAGAIN', 'EWOULDBLOCK', 'ENOBUFS']);
const elsewhere = new Set(['ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH', 'EHOSTDOWN', 'EADDRNOTAVAIL', 'ENETDOWN']);

export class UdpSink implements Sink {
  readonly name: string;
  readonly counters = newCounters();
  /** Errors by their name (ECONNREFUSED ...). */
  readonly errors = new Map<string, number>();
  #options: UdpSinkOptions;
  #clock: Clock;
  #events: SinkEvents | undefined;
  #sender: DatagramSender | undefined;
  #address = '';
  #waiting: (() => void) | undefined;
  #resolvedAt = 0;
  #resolving = false;
  #closed = false;
  #lastNotice = '';
  #lastCode: unknown;
  #cancelRetry: (() => void) | undefined;

  constructor(options: UdpSinkOptions) {
    this.#options = options;
    this.name = options.name;
    this.#clock = options.clock ?? systemClock;
  }

  get ready(): boolean {
    return this.#sender !== undefined && this.#waiting === undefined;
  }

  get messageSize(): number {
    return this.#sender?.payloadSize ?? 0;
  }

  async open(events: SinkEvents): Promise<void> {
    this.#events = events;
    await this.#resolve();
    // A name server may be away at boot; an unknown name or an address that cannot be used is the user's to correct.
    if (this.#sender === undefined && (isIP(this.#options.host) !== 0 || this.#lastCode === 'ENOTFOUND')) {
      await this.close();
      throw new WeirError('WEIR_SOCKET', `${this.name}: ${this.#lastNotice}`);
    }
  }

  write(run: UnitRun): void {
    const sender = this.#sender;
    if (sender === undefined || this.#waiting !== undefined) return;
    let tries = 0;
    while (run.from < run.to) {
      const first = run.from;
      const next = sender.send(run.bytes, run.ends, first, run.to);
      if (next > first) {
        this.#sent(run, first, next);
        run.from = next;
        tries = 0;
      }
      if (run.from >= run.to) return;
      const error = sender.lastError;
      if (busy.has(error)) {
        this.#wait();
        return;
      }
      this.#failed(error);
      tries++;
      if (error === 'EMSGSIZE') {
        this.#events?.messageSize(sender.payloadSize);
        this.#skipTooLong(run, sender.payloadSize);
      } else if (tries >= triesPerMessage) {
        this.#events?.lost('socketError', run.records[run.from] ?? 0, 1);
        run.from++;
        tries = 0;
      }
    }
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  reopen(): void {}

  close(): Promise<void> {
    this.#closed = true;
    this.#waiting?.();
    this.#waiting = undefined;
    this.#cancelRetry?.();
    this.#sender?.close();
    this.#sender = undefined;
    return Promise.resolve();
  }

  #sent(run: UnitRun, from: number, to: number): void {
    const octets = (run.ends[to - 1] ?? 0) - startOf(run, from);
    this.counters.units += to - from;
    this.counters.octets += octets;
    this.#events?.sent(recordsOf(run, from, to), to - from, octets);
  }

  /** The message at run.from was refused as too long: it is lost, and so is each one behind it that cannot fit. */
  #skipTooLong(run: UnitRun, payload: number): void {
    do {
      this.#events?.lost('messageTooLong', run.records[run.from] ?? 0, 1);
      run.from++;
    } while (run.from < run.to && (run.ends[run.from] ?? 0) - startOf(run, run.from) > payload);
  }

  #wait(): void {
    this.#waiting = this.#clock.after(retryMs, () => {
      this.#waiting = undefined;
      this.#events?.drain();
    });
  }

  #failed(error: string): void {
    this.counters.errors++;
    this.errors.set(error, (this.errors.get(error) ?? 0) + 1);
    if (this.errors.get(error) === 1) {
      this.#events?.notice('warning', `${this.name}: ${error} (counted; further ones are not logged)`);
    }
    const due = this.#clock.now() - this.#resolvedAt >= resolveEveryMs;
    if (elsewhere.has(error) && due && !this.#resolving) void this.#resolve();
  }

  /** Looks the host up and opens a socket to it; keeps the session when the address is still the same. */
  async #resolve(): Promise<void> {
    this.#resolving = true;
    this.#resolvedAt = this.#clock.now();
    try {
      const found = await (this.#options.lookup ?? dnsLookup)(this.#options.host);
      if (!this.#closed && found.address !== this.#address) this.#connect(found.address, found.family === 6 ? 6 : 4);
    } catch (error) {
      this.counters.errors++;
      const text = error instanceof Error ? error.message : String(error);
      if (text !== this.#lastNotice) this.#events?.notice('error', `${this.name}: ${text}`);
      this.#lastNotice = text;
      this.#lastCode = (error as NodeJS.ErrnoException).code;
      if (this.#sender === undefined && !this.#closed) {
        this.#cancelRetry = this.#clock.after(resolveEveryMs, () => void this.#resolve());
      }
    } finally {
      this.#resolving = false;
    }
  }

  #connect(address: string, family: 4 | 6): void {
    const { port, maxPayload = 0, sendBuffer = 0, bind = '', openSender } = this.#options;
    const sender = openSender({ address, port, family, maxPayload, sendBuffer, bind });
    this.#sender?.close();
    this.#sender = sender;
    this.#address = address;
    this.counters.sessions++;
    this.#events?.messageSize(sender.payloadSize);
    this.#events?.session();
  }
}
