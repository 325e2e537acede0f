// A clock that tests move on by hand.
import type { Clock } from '../../src/sinks/sink.js';

export class ManualClock implements Clock {
  #now = 0;
  #epoch: number;
  #timers: { at: number; call: () => void }[] = [];

  constructor(epochMs = Date.UTC(2026, 10, 21, 5, 59, 30)) {
    this.#epoch = epochMs;
  }

  now(): number {
    return this.#now;
  }

  wall(): number {
    return this.#epoch + this.#now;
  }

  /** The system clock is set, forward or back. */
  set(byMs: number): void {
    this.#epoch += byMs;
  }

  after(ms: number, call: () => void): () => void {
    const timer = { at: this.#now + ms, call };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Timers that wait, by their delay from now. */
  get waiting(): number[] {
    return this.#timers.map((timer) => timer.at - this.#now).sort((a, b) => a - b);
  }

  /** Moves on by ms and runs what is due, in order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].sort((a, b) => a.at - b.at);
      if (next === undefined || next.at > end) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = Math.max(this.#now, next.at);
      next.call();
    }
    this.#now = end;
  }
}
