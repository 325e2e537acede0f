// What a sink says in the log when its collector fails: each new reason at once, the same one again at most once a
// minute with the number of failures, and once that all is well again.

import type { Clock, NoticeLevel } from './sink.js';

const repeatMs = 60_000;
/** Reasons remembered: a collector that resets is told of as read, write and connect, in turn. */
const maxReasons = 16;

export class FailureLog {
  #name: string;
  #clock: Clock;
  #notice: (level: NoticeLevel, text: string) => void;
  /** When each reason was said, oldest first. */
  readonly #saidAt = new Map<string, number>();
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
    if (now - (this.#saidAt.get(reason) ?? -Infinity) < repeatMs) return;
    this.#saidAt.delete(reason);
    this.#saidAt.set(reason, now);
    if (this.#saidAt.size > maxReasons) this.#saidAt.delete(this.#saidAt.keys().next().value as string);
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
