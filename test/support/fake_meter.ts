// A Meter in memory: gives the records the test put into it.
import type { Batch, Counters, Meter, MeterEvent, ObservationPoint } from '../../src/native/boundary.js';
import { fakeStride } from './fake_encoder.js';

export class FakeMeter implements Meter {
  readonly stride = fakeStride;
  started = false;
  stopped = false;
  closed = false;
  takes = 0;
  reloads = 0;
  /** What reloadDpi() throws. */
  wrongFile: Error | undefined;
  ids: number[] = [];
  stalledNow: string[] = [];
  #events: MeterEvent[] = [];
  #wake: () => void;

  constructor(onWake: () => void) {
    this.#wake = onWake;
  }

  /** Records and events arrive. */
  add(ids: readonly number[], ...events: MeterEvent[]): void {
    this.ids.push(...ids);
    this.#events.push(...events);
    this.#wake();
  }

  start(): void {
    this.started = true;
  }

  take(batch: Batch): number {
    this.takes++;
    const ids = this.ids.splice(0, batch.capacity);
    const view = new DataView(batch.records.buffer, batch.records.byteOffset);
    for (const [index, id] of ids.entries()) view.setBigUint64(index * fakeStride, BigInt(id));
    batch.count = ids.length;
    return ids.length;
  }

  events(): MeterEvent[] {
    return this.#events.splice(0);
  }

  counters(): Counters {
    if (this.closed) throw new Error('the Meter is closed');
    return {
      frames: 7,
      wireOctets: 0,
      kernelDrops: 0,
      filtered: 0,
      readErrors: 0,
      interfaceLosses: 0,
      reattached: 0,
      outcomes: {},
      wirePackets: 0,
      fragmentsUnmatched: 0,
      fragmentsEvicted: 0,
      misplaced: 0,
      packets: 0,
      octets: 0,
      flowsCreated: 0,
      flows: 0,
      cacheCapacity: 0,
      records: {},
      recordsDropped: 0,
      recordsNotSelected: 0,
      recordsNotWanted: 0,
      dpiStates: 0,
      dpiStatesMissing: 0,
      dpiPackets: 0,
      dpiClassified: 0,
      dpiGuessed: 0,
      dpiGivenUp: 0,
      dpiFactsOctets: 0,
      ringUsed: 0,
      ringCapacity: 0,
      filePosition: 0,
      fileSize: 0,
    };
  }

  stalled(): string[] {
    return this.stalledNow;
  }

  observationPoints(): ObservationPoint[] {
    return [];
  }

  setTimeouts(): void {}

  reloadDpi(): void {
    this.reloads++;
    if (this.wrongFile) throw this.wrongFile;
  }

  stop(): void {
    this.stopped = true;
  }

  close(): void {
    this.closed = true;
  }
}
