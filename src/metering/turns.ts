// Turns on the Node thread: a wake-up from native makes one turn soon, which takes batches until nothing is there or its
// budget is spent, so that other work of the process has its turn too.

import type { Batch } from '../native/boundary.js';

export interface TurnOptions {
  /** Batches and milliseconds of one turn, before other work of the process has its turn. */
  budgetBatches?: number;
  budgetMs?: number;
  /** Wait so long after a wake-up, so that more records share a message. Not while records come fast. */
  coalesceMs?: number;
  /** Monotonic milliseconds. */
  now?: () => number;
  /** Calls later, after other work (setImmediate), or after ms. */
  defer?: (call: () => void, ms: number) => void;
}

const laterByDefault = (call: () => void, ms: number): void => {
  if (ms > 0) setTimeout(call, ms);
  else setImmediate(call);
};

export class Turns {
  readonly #options: Required<TurnOptions>;
  readonly #turn: () => void;
  #scheduled = false;
  #ended = false;
  #hurry = false;

  constructor(turn: () => void, options: TurnOptions = {}) {
    this.#turn = turn;
    this.#options = {
      budgetBatches: 16,
      budgetMs: 10,
      coalesceMs: 20,
      now: () => performance.now(),
      defer: laterByDefault,
      ...options,
    };
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Something waits. */
  wake(): void {
    this.schedule(this.#hurry ? 0 : this.#options.coalesceMs);
  }

  /** One turn at most is under way, however often it is asked for. */
  schedule(ms = 0): void {
    if (this.#scheduled || this.#ended) return;
    this.#scheduled = true;
    this.#options.defer(() => {
      this.#scheduled = false;
      if (!this.#ended) this.#turn();
    }, ms);
  }

  /** No turn any more. */
  end(): void {
    this.#ended = true;
  }

  /** Hands on full batches until nothing is there, the budget is spent, or `blocked` says so before a batch is taken. */
  drain(
    batch: Batch,
    take: () => number,
    handOn: () => void,
    blocked: () => boolean = () => false,
  ): 'empty' | 'more' | 'blocked' {
    const { budgetBatches, budgetMs, now } = this.#options;
    const start = now();
    this.#hurry = false;
    for (let batches = 0; ; batches++) {
      if (blocked()) return 'blocked';
      if (batches >= budgetBatches || now() - start >= budgetMs) return 'more';
      const count = take();
      if (count === 0) return 'empty';
      if (count === batch.capacity) this.#hurry = true;
      handOn();
    }
  }
}
