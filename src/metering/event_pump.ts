// Takes event records from the Attribution when it wakes us and hands them to the event exporters; notices and containers
// to be looked up go their ways in the same turn. Events are live: exporters that are full drop and count.

import type { Attribution, Batch, WantedContainer } from '../native/boundary.js';
import { batchCapacity, namedHeapOctets, newBatch } from './batch.js';
import type { BatchConsumer } from './consumer.js';
import type { Notice } from './metering_process.js';
import { type TurnOptions, Turns } from './turns.js';

export interface EventPumpOptions extends TurnOptions {
  /** Makes the Attribution; onWake is what it calls, on the Node thread. */
  createAttribution: (onWake: () => void) => Attribution;
  onNotice: (notice: Notice) => void;
  onWanted: (wanted: readonly WantedContainer[]) => void;
  onFailure: (error: unknown) => void;
  batchCapacity?: number;
}

/** Batches handed on at the end at most: a busy host never stops making events. */
const lastBatches = 256;

export class EventPump {
  readonly attribution: Attribution;
  /** Event records handed to the consumers. */
  records = 0;
  readonly #options: EventPumpOptions;
  readonly #batch: Batch;
  readonly #turns: Turns;
  #consumers: readonly BatchConsumer[] = [];

  constructor(options: EventPumpOptions) {
    this.#options = options;
    this.#turns = new Turns(() => this.#turn(), options);
    this.attribution = options.createAttribution(() => this.#turns.wake());
    this.#batch = newBatch(this.attribution.stride, options.batchCapacity ?? batchCapacity, namedHeapOctets);
  }

  /** Before start(). */
  setConsumers(consumers: readonly BatchConsumer[]): void {
    this.#consumers = consumers;
  }

  /** Throws NativeError when the tier that was asked for cannot be had. */
  start(): void {
    this.attribution.start();
    this.#turns.schedule();
  }

  /** Hands on what waits; no turn any more. */
  finish(): void {
    if (this.#turns.ended) return;
    this.#turns.end();
    this.#readNotices();
    for (let batches = 0; batches < lastBatches && this.#take() > 0; batches++) this.#handOn();
  }

  #turn(): void {
    try {
      this.#readNotices();
      const wanted = this.attribution.wantedContainers();
      if (wanted.length > 0) this.#options.onWanted(wanted);
      const left = this.#turns.drain(
        this.#batch,
        () => this.#take(),
        () => this.#handOn(),
      );
      if (left === 'more') this.#turns.schedule();
    } catch (error) {
      this.#turns.end();
      this.#options.onFailure(error);
    }
  }

  #readNotices(): void {
    for (const notice of this.attribution.notices()) this.#options.onNotice(notice);
  }

  #take(): number {
    return this.attribution.takeEvents(this.#batch);
  }

  #handOn(): void {
    this.records += this.#batch.count;
    for (const consumer of this.#consumers) consumer.accept(this.#batch);
  }
}
