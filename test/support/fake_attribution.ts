// An Attribution in memory: gives the events, notices and wanted containers that the test put into it.
import type {
  Attribution,
  AttributionCounters,
  AttributionOptions,
  AttributionStatus,
  Batch,
  ContainerFacts,
  MeterEvent,
  WantedContainer,
} from '../../src/native/boundary.js';
import { attributionCounters, attributionStatus } from './counter_readings.js';
import { fakeStride } from './fake_encoder.js';

type Notice = Extract<MeterEvent, { kind: 'notice' }>;

export class FakeAttribution implements Attribution {
  readonly stride = fakeStride;
  readonly options: AttributionOptions | undefined;
  started = false;
  closed = false;
  ids: number[] = [];
  facts: ContainerFacts[] = [];
  statusNow = attributionStatus();
  stalledNow: string[] = [];
  #notices: Notice[] = [];
  #wanted: WantedContainer[] = [];
  #wake: () => void;

  constructor(onWake: () => void, options?: AttributionOptions) {
    this.#wake = onWake;
    this.options = options;
  }

  /** Events and what comes with them. */
  add(ids: readonly number[], more: { notices?: Notice[]; wanted?: WantedContainer[] } = {}): void {
    this.ids.push(...ids);
    this.#notices.push(...(more.notices ?? []));
    this.#wanted.push(...(more.wanted ?? []));
    this.#wake();
  }

  start(): void {
    this.started = true;
  }

  status(): AttributionStatus {
    return this.statusNow;
  }

  counters(): AttributionCounters {
    if (this.closed) throw new Error('the Attribution is closed');
    return attributionCounters();
  }

  stalled(): string[] {
    return this.stalledNow;
  }

  takeEvents(batch: Batch): number {
    if (this.closed) throw new Error('the Attribution is closed');
    const ids = this.ids.splice(0, batch.capacity);
    const view = new DataView(batch.records.buffer, batch.records.byteOffset);
    for (const [index, id] of ids.entries()) view.setBigUint64(index * fakeStride, BigInt(id));
    batch.count = ids.length;
    return ids.length;
  }

  wantedContainers(): WantedContainer[] {
    return this.#wanted.splice(0);
  }

  setContainers(facts: readonly ContainerFacts[]): void {
    this.facts.push(...facts);
  }

  notices(): Notice[] {
    return this.#notices.splice(0);
  }

  close(): void {
    this.closed = true;
  }
}
