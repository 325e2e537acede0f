// What a sink says in the log when its collector fails: each new reason at once, the same one again after a minute and
// then in pauses that double, up to ten minutes, with the number of failures, and once that all is well again.

import type { Clock, NoticeLevel } from './sink.js';

const repeatMs = 60_000;
const longestRepeatMs = 600_000;

export class FailureLog {
  #name: string;
  #clock: Clock;
  #notice: (level: NoticeLevel, text: string) => void;
  #reason = '';
  #saidAt = -Infinity;
  #repeatMs = repeatMs;
  #failures = 0; // since the last success
  #unheard = true; // the next success is news

  constructor(name: string, clock: Clock, notice: (level: NoticeLevel, text: string) => void) {
    this.#name = name;
    this.#clock = clock;
    this.#notice = notice;
  }

  /** then: what follows, such as 'next attempt in 60 s'; it alone makes no news. */
  failed(reason: string, then: string): void {
    this.#failures++;
    const now = this.#clock.now();
    if (reason === this.#reason && now - this.#saidAt < this.#repeatMs) return;
    const again = reason === this.#reason && this.#unheard;
    this.#repeatMs = again ? Math.min(this.#repeatMs * 2, longestRepeatMs) : repeatMs;
    this.#reason = reason;
    this.#saidAt = now;
    this.#unheard = true;
    const count = this.#failures > 1 ? ` (${this.#failures} times now)` : '';
    this.#notice('warning', `${this.#name}: ${reason}${count}; ${then}`);
  }

  succeeded(text: string): void {
    this.#failures = 0;
    if (!this.#unheard) return;
    this.#unheard = false;
    this.#notice('info', `${this.#name}: ${text}`);
  }
}

/** The words of an error. When every address of a name failed, Node gives them one by one. */
export function errorText(error: unknown): string {
  if (error instanceof AggregateError) return [...new Set(error.errors.map(errorText))].join(', ');
  return error instanceof Error ? error.message : String(error);
}
