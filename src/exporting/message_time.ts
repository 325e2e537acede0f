// The time in the headers of messages, over steps of the system clock.

import type { Clock } from '../sinks/sink.js';
import type { ExportTime, Framing } from './units.js';

export interface MessageTimeOptions {
  framing: Framing;
  /** NetFlow of a capture file: the time of its packets, not of the run. */
  packetTime: boolean;
  /** When the probe started, ms since 1970: NetFlow's sysUptime counts from it. */
  startMs: number;
  clock: Clock;
}

/** A clock that goes back by less is waited for; by more, it was set. */
const setBackMs = 2000;

export class MessageTime {
  #options: MessageTimeOptions;
  #startMs: number;
  #last = 0;
  #latestMs = 0;
  /** The furthest that the system clock was ahead of the monotonic one since it was set back last. */
  #ahead: number;
  #onSetBack: () => void;

  /** onSetBack: the system clock was set back, and with it startMs. */
  constructor(options: MessageTimeOptions, onSetBack: () => void = () => {}) {
    this.#options = options;
    this.#onSetBack = onSetBack;
    this.#startMs = options.startMs;
    this.#ahead = this.#aheadNow();
  }

  /**
   * The start by the clock as it is now. A clock that was set back takes it along, since record times count from it and
   * cannot be before it; forward it stays, and sysUptime leaps with the clock.
   */
  get startMs(): number {
    return this.#startMs;
  }

  /** Records up to this end time, ms since 1970, were given. */
  note(latestMs: number): void {
    this.#latestMs = Math.max(this.#latestMs, latestMs);
  }

  /**
   * Seconds since the epoch. IPFIX: goes back with a clock that was set alone (RFC 7011 section 8.2). NetFlow: rounded up,
   * so that no record ends behind its export, which collectors take for a wrap of sysUptime.
   */
  seconds(): number {
    const { framing, packetTime, clock } = this.#options;
    if (packetTime && this.#latestMs > 0) return Math.ceil(this.#latestMs / 1000);
    this.#watch();
    if (framing === 'netflow9' || framing === 'netflow5') return Math.ceil(clock.wall() / 1000);
    this.#last = Math.max(this.#last, Math.floor(clock.wall() / 1000));
    return this.#last;
  }

  /** sysUptime is of the same instant as the seconds: their difference is what collectors add to each record's times. */
  now(): ExportTime {
    const seconds = this.seconds();
    return { seconds, upTimeMs: Math.max(0, seconds * 1000 - this.#startMs) };
  }

  #aheadNow(): number {
    return this.#options.clock.wall() - this.#options.clock.now();
  }

  #watch(): void {
    const ahead = this.#aheadNow();
    const back = this.#ahead - ahead;
    if (back < setBackMs) {
      this.#ahead = Math.max(this.#ahead, ahead);
      return;
    }
    this.#ahead = ahead;
    this.#last = 0;
    this.#startMs = Math.max(0, Math.round(this.#startMs - back));
    this.#onSetBack();
  }
}
