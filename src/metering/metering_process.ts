// The Metering Process as TypeScript sees it: takes flow records from the native Meter when it wakes us, hands them to
// the exporters, and yields. Offline it waits for exporters that are full, so that nothing is lost; live it never
// waits.

import type { Batch, Counters, Meter, MeterEvent, ObservationPoint } from '../native/boundary.js';
import { newBatch } from './batch.js';
import type { BatchConsumer } from './consumer.js';

export type Notice = Extract<MeterEvent, { kind: 'notice' }>;

export interface MeteringOptions {
  /** Makes the Meter; onWake is what it calls, on the Node thread, when records or events wait. */
  createMeter: (onWake: () => void) => Meter;
  /** Who takes the records; may be given later by setConsumers(). */
  consumers?: readonly BatchConsumer[];
  /** True when every source is a file: back-pressure instead of drops. */
  offline: boolean;
  onNotice: (notice: Notice) => void;
  /** Batches and milliseconds of one turn, before other work of the process has its turn. */
  budgetBatches?: number;
  budgetMs?: number;
  /** Live: wait so long after a wake-up, so that more records share a message. Not while records come fast. */
  coalesceMs?: number;
  batchCapacity?: number;
  /** Monotonic milliseconds. */
  now?: () => number;
  /** Calls later, after other work (setImmediate), or after ms. */
  defer?: (call: () => void, ms: number) => void;
}

const laterByDefault = (call: () => void, ms: number): void => {
  if (ms > 0) setTimeout(call, ms);
  else setImmediate(call);
};

export class MeteringProcess {
  readonly meter: Meter;
  /** Resolves when every worker is done and every record was handed on; rejects when the Meter throws. */
  readonly ended: Promise<void>;
  /** Flow records handed to the consumers. */
  records = 0;
  #options: Required<Omit<MeteringOptions, 'createMeter'>>;
  #batch: Batch;
  #scheduled = false;
  #finished = false;
  #done = false;
  #waits: boolean;
  #hurry = false;
  #last: Counters | undefined;
  #resolve: () => void = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor(options: MeteringOptions) {
    this.#options = {
      budgetBatches: 16,
      budgetMs: 10,
      coalesceMs: options.offline ? 0 : 20,
      batchCapacity: 1024,
      now: () => performance.now(),
      defer: laterByDefault,
      consumers: [],
      ...options,
    };
    this.#waits = options.offline;
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.meter = options.createMeter(() => this.#wake());
    this.#batch = newBatch(this.meter.stride, this.#options.batchCapacity);
    this.setConsumers(this.#options.consumers);
  }

  /** Before start(). */
  setConsumers(consumers: readonly BatchConsumer[]): void {
    this.#options.consumers = consumers;
    for (const consumer of consumers) consumer.onReady = () => this.#schedule(0);
  }

  /** Starts the workers; throws NativeError when an Observation Point cannot be opened. */
  start(): void {
    this.meter.start();
    this.#schedule(0);
  }

  /** All flows leave with reason forced; `ended` follows. */
  stop(): void {
    this.meter.stop();
    this.#schedule(0);
  }

  /** From now on exporters that are full are not waited for: they drop and count. For the end of the time to stop. */
  stopWaiting(): void {
    this.#waits = false;
    this.#schedule(0);
  }

  counters(): Counters {
    this.#last = this.#done ? (this.#last ?? this.meter.counters()) : this.meter.counters();
    return this.#last;
  }

  observationPoints(): ObservationPoint[] {
    return this.meter.observationPoints();
  }

  /** Frees the Meter; counters() keeps answering with the last values. */
  close(): void {
    if (this.#done && this.#last === undefined) return;
    this.counters();
    this.#done = true;
    this.meter.close();
  }

  #wake(): void {
    this.#schedule(this.#hurry ? 0 : this.#options.coalesceMs);
  }

  /** One turn at most is under way, however often the Meter wakes us. */
  #schedule(ms: number): void {
    if (this.#scheduled || this.#done) return;
    this.#scheduled = true;
    this.#options.defer(() => {
      this.#scheduled = false;
      if (!this.#done) this.#turn();
    }, ms);
  }

  #turn(): void {
    try {
      this.#readEvents();
      const left = this.#drain();
      if (left === 'more') this.#schedule(0);
      // 'finished' was read before the rings were found empty: nothing can come any more.
      else if (left === 'empty' && this.#finished) this.#end();
    } catch (error) {
      this.#done = true;
      this.#reject(error);
    }
  }

  /** Takes until nothing is there, the budget is spent, or (offline) an exporter is full. */
  #drain(): 'empty' | 'more' | 'blocked' {
    const { consumers, budgetBatches, budgetMs, now } = this.#options;
    const start = now();
    this.#hurry = false;
    for (let batches = 0; ; batches++) {
      if (this.#waits && !consumers.every((consumer) => consumer.ready)) return 'blocked';
      if (batches >= budgetBatches || now() - start >= budgetMs) return 'more';
      const count = this.meter.take(this.#batch);
      if (count === 0) return 'empty';
      if (count === this.#batch.capacity) this.#hurry = true;
      this.records += count;
      for (const consumer of consumers) consumer.accept(this.#batch);
    }
  }

  #readEvents(): void {
    for (const event of this.meter.events()) {
      if (event.kind === 'finished') this.#finished = true;
      else this.#options.onNotice(event);
    }
  }

  #end(): void {
    this.counters();
    this.#done = true;
    this.#resolve();
  }
}
