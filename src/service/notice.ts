// What weir tells the service manager over its life (sd_notify(3)): ready, reloading, stopping, how it is in one line, and
// that it lives. The watchdog is fed while Node's loop turns and every worker does; what cannot be told is logged, no more.
import { escapeText } from '../telemetry/escape.js';
import type { Logger } from '../telemetry/log.js';
import { assignment, type ServiceManager } from './systemd.js';

/** A start takes no longer than this: TimeoutStartSec of the unit, and how long one is fed that has not got ready. */
export const startLimitMs = 90_000;
const statusMs = 10_000;
/** What the manager could not take is said again after this time. */
const againMs = 200;
/** Its queue is full, or memory is short: that passes. */
const passing: ReadonlySet<string> = new Set(['EAGAIN', 'ENOBUFS', 'ENOMEM']);

/** The probe as the service manager sees it. */
export interface Noticed {
  /** One line for people. */
  status(): string;
  /** Threads whose loop has not turned for so many ms. */
  stalled(ms: number): string[];
}

export interface NoticeClock {
  /** Milliseconds of a clock that only goes forward. */
  now(): number;
  /** CLOCK_MONOTONIC. */
  monotonicMicroseconds(): bigint;
  /** Calls once; returns how to take it back. */
  setTimer(call: () => void, ms: number): () => void;
}

export interface NoticeOptions {
  log: Logger;
  clock: NoticeClock;
  /** A supervisor of ours is above: that the service stops is its word, since this process may only be replaced. */
  supervised: boolean;
}

export class ServiceNotice {
  readonly #manager: ServiceManager;
  readonly #log: Logger;
  readonly #clock: NoticeClock;
  readonly #supervised: boolean;
  readonly #timers = new Map<string, () => void>();
  /** The newest state, while it could not be told. */
  #unsent: string | undefined;
  #probe: Noticed | undefined;
  #startedAt = 0;
  #stopping = false;
  #stalled = '';

  constructor(manager: ServiceManager, { log, clock, supervised }: NoticeOptions) {
    this.#manager = manager;
    this.#log = log;
    this.#clock = clock;
    this.#supervised = supervised;
  }

  /** Before anything is opened: a supervised start after a crash is watched already. */
  starting(): void {
    this.#startedAt = this.#clock.now();
    this.#tell('STATUS=starting');
    if (this.#manager.watchdogMs > 0) this.#feed();
  }

  /** Metering and sinks were started. */
  ready(probe: Noticed): void {
    this.#probe = probe;
    this.#tellSurely('READY=1', assignment('STATUS', escapeText(probe.status())));
    this.#arm('status', statusMs, () => this.#refresh());
  }

  reloading(): void {
    this.#tellSurely('RELOADING=1', `MONOTONIC_USEC=${this.#clock.monotonicMicroseconds()}`, 'STATUS=reloading');
  }

  /** why: what was wrong with the new configuration, '' = it is in use. */
  reloaded(why: string): void {
    const status = why === '' ? (this.#probe?.status() ?? '') : `not reloaded: ${why}`;
    this.#tellSurely('READY=1', assignment('STATUS', escapeText(status)));
  }

  stopping(reason: string): void {
    this.#stopping = true;
    this.#disarm('status');
    const status = assignment('STATUS', escapeText(`stopping: ${reason}`));
    if (this.#supervised) this.#tell(status);
    else this.#tellSurely('STOPPING=1', status);
  }

  /** Nothing more is told. */
  close(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  #refresh(): void {
    this.#tell(assignment('STATUS', escapeText(this.#probe?.status() ?? '')));
    this.#arm('status', statusMs, () => this.#refresh());
  }

  /** Half of the time leaves room for one that comes late (sd_watchdog_enabled(3)). */
  #feed(): void {
    if (this.#lives()) this.#tell('WATCHDOG=1');
    this.#arm('watchdog', this.#manager.watchdogMs / 2, () => this.#feed());
  }

  #lives(): boolean {
    if (this.#stopping) return true; // the end has a bound of its own
    const stalled = this.#probe ? this.#standsStill(this.#probe) : this.#startIsLate();
    if (stalled !== this.#stalled) {
      if (stalled === '') this.#log.info('the watchdog of the service manager is fed again');
      else this.#log.error(`${stalled}: the watchdog of the service manager is not fed, it will end weir`);
      this.#stalled = stalled;
    }
    return stalled === '';
  }

  #standsStill(probe: Noticed): string {
    const longestMs = this.#manager.watchdogMs / 2;
    const threads = probe.stalled(longestMs);
    return threads.length === 0 ? '' : `standing still for more than ${longestMs / 1000} s: ${threads.join(', ')}`;
  }

  #startIsLate(): string {
    const late = this.#clock.now() - this.#startedAt > startLimitMs;
    return late ? `not started within ${startLimitMs / 1000} s` : '';
  }

  /** false: worth another try. */
  #tell(message: string): boolean {
    const error = this.#manager.send(message);
    if (error === '') return true;
    const where = `the service manager at ${this.#manager.socket} (NOTIFY_SOCKET)`;
    this.#log.repeated('service manager', 'warning', `cannot tell ${where} ${message.split('\n')[0]}: ${error}`);
    return !passing.has(error);
  }

  /** Again until it is taken, or a newer one stands in its place. */
  #tellSurely(...lines: string[]): void {
    this.#unsent = lines.join('\n');
    this.#sendUnsent();
  }

  #sendUnsent(): void {
    if (this.#unsent !== undefined && this.#tell(this.#unsent)) this.#unsent = undefined;
    if (this.#unsent !== undefined) this.#arm('unsent', againMs, () => this.#sendUnsent());
  }

  #arm(name: string, ms: number, call: () => void): void {
    this.#disarm(name);
    this.#timers.set(name, this.#clock.setTimer(call, ms));
  }

  #disarm(name: string): void {
    this.#timers.get(name)?.();
    this.#timers.delete(name);
  }
}
