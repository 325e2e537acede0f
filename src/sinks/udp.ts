// UDP: one message a datagram, path MTU respected, never fragmented (RFC 7011 section 10.3). The collector's name is looked
// up until there is an address that can be used, again after errors, and now and then, since collectors move.

import { lookup as dnsLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { WeirError } from '../errors.js';
import { errorText, FailureLog } from './failure_log.js';
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
  /** A name that is unknown when the run begins is an error: runs that read files do not wait for it. */
  mustResolve?: boolean;
  lookup?: Lookup;
  clock?: Clock;
}

/** All addresses of a name, the best one first. */
export type Lookup = (host: string) => Promise<readonly { address: string; family: number }[]>;

const retryMs = 2; // a full socket buffer empties at wire speed
const resolveEveryMs = 30_000; // at most so often is a name looked up again after errors
const firstRetriesMs = [1_000, 2_000, 5_000, 10_000]; // until there is an address; then every 30 s
const lookAgainMs = 300_000; // whether the collector has moved
const startPatienceMs = 2_000; // a name server that does not answer must not hold up the run
const triesPerMessage = 3; // an ICMP error of an earlier datagram is reported on the next one, once
const busy = new Set(['', 'EAGAIN', 'EWOULDBLOCK', 'ENOBUFS']);
const refused = 'ECONNREFUSED';
/** Another address or another socket may help. EINVAL: the address that the socket sends from is gone. */
const elsewhere = new Set([refused, 'ENETUNREACH', 'EHOSTUNREACH', 'EHOSTDOWN', 'EADDRNOTAVAIL', 'ENETDOWN', 'EINVAL']);

const lookupAll: Lookup = (host) => dnsLookup(host, { all: true });

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
  #failures = 0; // lookups in a row
  #closed = false;
  #log: FailureLog;
  #cancelLookup: (() => void) | undefined;

  constructor(options: UdpSinkOptions) {
    this.#options = options;
    this.name = options.name;
    this.#clock = options.clock ?? systemClock;
    this.#log = new FailureLog(this.name, this.#clock, (level, text) => this.#events?.notice(level, text));
  }

  get ready(): boolean {
    return this.#sender !== undefined && this.#waiting === undefined;
  }

  get messageSize(): number {
    return this.#sender?.payloadSize ?? 0;
  }

  get failure(): string {
    return this.#log.last;
  }

  async open(events: SinkEvents): Promise<void> {
    this.#events = events;
    const found = this.#resolve(false);
    if (this.#options.mustResolve !== true) {
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.after(startPatienceMs, resolve);
        void found.then(cancel).then(resolve);
      });
      return;
    }
    const error = await found;
    // A name server may be away; an unknown name or an address that cannot be used is the user's to correct.
    const unknown = (error as NodeJS.ErrnoException | undefined)?.code === 'ENOTFOUND';
    if (error !== undefined && (isIP(this.#options.host) !== 0 || unknown)) {
      await this.close();
      throw new WeirError('WEIR_SOCKET', `${this.name}: ${errorText(error)}`, { cause: error });
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
    this.#cancelLookup?.();
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
    if (elsewhere.has(error) && due) void this.#resolve(error !== refused);
  }

  /**
   * Looks the host up and opens a socket to the first address that can be used; keeps the session when its address is
   * still among them, unless it is to be `anew`. Returns what went wrong.
   */
  async #resolve(anew: boolean): Promise<unknown> {
    if (this.#resolving) return undefined;
    this.#resolving = true;
    this.#resolvedAt = this.#clock.now();
    this.#cancelLookup?.();
    let failure: unknown;
    try {
      const found = await (this.#options.lookup ?? lookupAll)(this.#options.host);
      if (!this.#closed && (anew || found.every(({ address }) => address !== this.#address))) this.#connectFirst(found);
      this.#failures = 0;
      if (!this.#closed) this.#log.succeeded(`sending to ${this.#address} port ${this.#options.port}`);
    } catch (error) {
      failure = error;
      this.counters.errors++;
      this.#failures++;
    }
    this.#resolving = false;
    if (!this.#closed) this.#lookLater(failure);
    return failure;
  }

  /** The next lookup: soon while there is no address to send to. */
  #lookLater(failure: unknown): void {
    const early = firstRetriesMs[this.#failures - 1] ?? resolveEveryMs;
    const named = isIP(this.#options.host) === 0;
    const wait = failure === undefined ? lookAgainMs : this.#sender === undefined ? early : resolveEveryMs;
    if (failure !== undefined)
      this.#log.failed(
        errorText(failure),
        this.#sender === undefined ? `looking again in ${wait / 1000} s` : `sending to ${this.#address} as before`,
      );
    if (failure !== undefined || named) this.#cancelLookup = this.#clock.after(wait, () => void this.#resolve(false));
  }

  /** Throws what the last one was refused with when none can be used. */
  #connectFirst(found: readonly { address: string; family: number }[]): void {
    let failure: unknown = new Error(`${this.#options.host} has no address`);
    for (const { address, family } of found) {
      try {
        this.#connect(address, family === 6 ? 6 : 4);
        return;
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  #connect(address: string, family: 4 | 6): void {
    const { port, maxPayload = 0, sendBuffer = 0, bind = '', openSender } = this.#options;
    const sender = openSender({ address, port, family, maxPayload, sendBuffer, bind });
    if (this.#sender !== undefined && address !== this.#address)
      this.#events?.notice('info', `${this.name}: the collector has moved from ${this.#address} to ${address}`);
    this.#sender?.close();
    this.#sender = sender;
    this.#address = address;
    this.counters.sessions++;
    this.#events?.messageSize(sender.payloadSize);
    this.#events?.session();
  }
}
