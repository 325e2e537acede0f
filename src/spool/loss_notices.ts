// One line a minute at most while units are being lost, with the counts since the last line, and one when it is over.

import type { Clock, NoticeLevel } from '../sinks/sink.js';
import type { UnitCount } from './scan.js';

const intervalMs = 60_000;

export class LossNotices {
  #clock: Clock;
  #notice: (level: NoticeLevel, text: string) => void;
  #next = Number.NEGATIVE_INFINITY;
  #unsaid: UnitCount = { units: 0, records: 0 };
  #announced = false;

  constructor(clock: Clock, notice: (level: NoticeLevel, text: string) => void) {
    this.#clock = clock;
    this.#notice = notice;
  }

  /** Says `what` and the loss, unless it spoke within the last minute: then the next line has the sum. */
  lost(what: string, units: number, records: number): void {
    this.#unsaid.units += units;
    this.#unsaid.records += records;
    const now = this.#clock.now();
    if (now < this.#next) return;
    this.#next = now + intervalMs;
    this.#announced = true;
    this.#say('error', what);
  }

  /** The trouble is over: said when the trouble was. */
  over(what: string): void {
    if (this.#announced) this.#say('info', what);
    this.#announced = false;
  }

  #say(level: NoticeLevel, what: string): void {
    const { units, records } = this.#unsaid;
    this.#unsaid = { units: 0, records: 0 };
    this.#notice(level, units > 0 ? `${what}; lost: ${units} units with ${records} flow records` : what);
  }
}
