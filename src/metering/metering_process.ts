// The Metering Process as TypeScript sees it: takes flow records from the native Meter when it wakes us, hands them to
// the exporters, and yields. Offline it waits for exporters that are full, so that nothing is lost; live it never
// waits.

import type { Batch, Counters, Meter, MeterEvent, ObservationPoint } from '../native/boundary.js';
import { newBatch } from './batch.js';
import type { BatchConsumer } from './consumer.js';
import { type TurnOptions, Turns } from './turns.js';

export type Notice = Extract<MeterEvent, { kind: 'notice' }>;

export interface MeteringOptions extends TurnOptions {
  /** Makes the Meter; onWake is what it calls, on the Node thread, when records or events wait. */
  createMeter: (onWake: () => void) => Meter;
  /** Who takes the records; may be given later by setConsumers(). */
  consumers?: readonly BatchConsumer[];
  /** True when every source is a file: back-pressure instead of drops. */
  offline: boolean;
  onNotice: (notice: Notice) => void;
  batchCapacity?: number;
  /** For the variable parts of a batch's records. */
  heapOctets?: number;
}

export class MeteringProcess {
  readonly meter: Meter;
  /** Resolves when every worker is done and every record was handed on; rejects when the Meter throws. */
  readonly ended: Promise<void>;
  /** Flow records handed to the consumers. */
  records = 0;
  readonly #onNotice: (notice: Notice) => void;
  readonly #batch: Batch;
  readonly #turns: Turns;
  #consumers: readonly BatchConsumer[] = [];
  #finished = false;
  #waits: boolean;
  #last: Counters | undefined;
  #resolve: () => void = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor(options: MeteringOptions) {
    this.#onNotice = options.onNotice;
    this.#turns = new Turns(() => this.#turn(), { coalesceMs: options.offline ? 0 : 20, ...options });
    this.#waits = options.offline;
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.meter = options.createMeter(() => this.#turns.wake());
    this.#batch = newBatch(this.meter.stride, options.batchCapacity, options.heapOctets);
    this.setConsumers(options.consumers ?? []);
  }

  /** Before start(). */
  setConsumers(consumers: readonly BatchConsumer[]): void {
    this.#consumers = consumers;
    for (const consumer of consumers) consumer.onReady = () => this.#turns.schedule();
  }

  /** Starts the workers; throws NativeError when an Observation Point cannot be opened. */
  start(): void {
    this.meter.start();
    this.#turns.schedule();
  }

  /** All flows leave with reason forced; `ended` follows. */
  stop(): void {
    this.meter.stop();
    this.#turns.schedule();
  }

  /** From now on exporters that are full are not waited for: they drop and count. For the end of the time to stop. */
  stopWaiting(): void {
    this.#waits = false;
    this.#turns.schedule();
  }

  counters(): Counters {
    this.#last = this.#turns.ended ? (this.#last ?? this.meter.counters()) : this.meter.counters();
    return this.#last;
  }

  observationPoints(): ObservationPoint[] {
    return this.meter.observationPoints();
  }

  /** Frees the Meter; counters() keeps answering with the last values. */
  close(): void {
    if (this.#turns.ended && this.#last === undefined) return;
    this.counters();
    this.#turns.end();
    this.meter.close();
  }

  #turn(): void {
    try {
      this.#readEvents();
      const left = this.#drain();
      if (left === 'more') this.#turns.schedule();
      // 'finished' was read before the rings were found empty: nothing can come any more.
      else if (left === 'empty' && this.#finished) this.#end();
    } catch (error) {
      this.#turns.end();
      this.#reject(error);
    }
  }

  /** Takes until nothing is there, the budget is spent, or (offline) an exporter is full. */
  #drain(): 'empty' | 'more' | 'blocked' {
    return this.#turns.drain(
      this.#batch,
      () => this.meter.take(this.#batch),
      () => this.#handOn(),
      () => this.#waits && !this.#consumers.every((consumer) => consumer.ready),
    );
  }

  #handOn(): void {
    this.records += this.#batch.count;
    for (const consumer of this.#consumers) consumer.accept(this.#batch);
  }

  #readEvents(): void {
    for (const event of this.meter.events()) {
      if (event.kind === 'finished') this.#finished = true;
      else this.#onNotice(event);
    }
  }

  #end(): void {
    this.counters();
    this.#turns.end();
    this.#resolve();
  }
}
