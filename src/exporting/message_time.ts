// The time in the headers of messages.

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

export class MessageTime {
  #options: MessageTimeOptions;
  #last = 0;
  #latestMs = 0;

  constructor(options: MessageTimeOptions) {
    this.#options = options;
  }

  /** Records up to this end time, ms since 1970, were given. */
  note(latestMs: number): void {
    this.#latestMs = Math.max(this.#latestMs, latestMs);
  }

  /**
   * Seconds since the epoch. IPFIX: never goes back (RFC 7011 section 8.2). NetFlow: rounded up, so that no record ends
   * behind its export, which collectors take for a wrap of sysUptime.
   */
  seconds(): number {
    const { framing, packetTime, clock } = this.#options;
    if (framing === 'netflow9' || framing === 'netflow5') {
      return Math.ceil((packetTime && this.#latestMs > 0 ? this.#latestMs : clock.wall()) / 1000);
    }
    this.#last = Math.max(this.#last, Math.floor(clock.wall() / 1000));
    return this.#last;
  }

  /** sysUptime is of the same instant as the seconds: their difference is what collectors add to each record's times. */
  now(): ExportTime {
    const seconds = this.seconds();
    return { seconds, upTimeMs: Math.max(0, seconds * 1000 - this.#options.startMs) };
  }
}
