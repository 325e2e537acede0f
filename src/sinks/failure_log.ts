// What a sink says in the log when its collector fails: each new reason at once, the same one again after a minute and
// then in pauses that double, up to ten minutes, with the number of failures, and once that all is well again.

import type { Clock, NoticeLevel } from './sink.js';

const repeatMs = 60_000;
const longestRepeatMs = 600_000;
/** Reasons remembered: a collector that resets is told of as read, write and connect, in turn. */
const maxReasons = 16;

export class FailureLog {
  #name: string;
  #clock: Clock;
  #notice: (level: NoticeLevel, text: string) => void;
  /** When each reason was said and how long it is held back then, oldest first. */
  readonly #said = new Map<string, { at: number; pauseMs: number }>();
  #failures = 0; // since the last success that was told
  #unheard = true; // the next success is news
  #last = '';

  constructor(name: string, clock: Clock, notice: (level: NoticeLevel, text: string) => void) {
    this.#name = name;
    this.#clock = clock;
    this.#notice = notice;
  }

  /** Why it failed last, '' since it went well. */
  get last(): string {
    return this.#last;
  }

  /** then: what follows, such as 'next attempt in 60 s'; it alone makes no news. */
  failed(reason: string, then: string): void {
    this.#failures++;
    this.#last = reason;
    const now = this.#clock.now();
    const said = this.#said.get(reason);
    if (said && now - said.at < said.pauseMs) return;
    const pauseMs = said && this.#unheard ? Math.min(said.pauseMs * 2, longestRepeatMs) : repeatMs;
    this.#said.delete(reason);
    this.#said.set(reason, { at: now, pauseMs });
    if (this.#said.size > maxReasons) this.#said.delete(this.#said.keys().next().value as string);
    this.#unheard = true;
    const count = this.#failures > 1 ? ` (${this.#failures} times now)` : '';
    this.#notice('warning', `${this.#name}: ${reason}${count}; ${then}`);
  }

  succeeded(text: string): void {
    this.#last = '';
    if (!this.#unheard) return; // what was held back is counted on
    this.#failures = 0;
    this.#unheard = false;
    this.#notice('info', `${this.#name}: ${text}`);
  }
}

/** The words of an error. When every address of a name failed, Node gives them one by one. */
export function errorText(error: unknown): string {
  if (error instanceof AggregateError) return [...new Set(error.errors.map(errorText))].join(', ');
  return error instanceof Error ? error.message : String(error);
}
