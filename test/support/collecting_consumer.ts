// A consumer of batches that remembers the numbers of the fakes' records.
import type { BatchConsumer } from '../../src/metering/consumer.js';
import type { Batch } from '../../src/native/boundary.js';

export class CollectingConsumer implements BatchConsumer {
  ready = true;
  onReady: () => void = () => {};
  ids: number[] = [];
  sizes: number[] = [];

  accept(batch: Batch): void {
    const view = new DataView(batch.records.buffer, batch.records.byteOffset);
    this.sizes.push(batch.count);
    for (let index = 0; index < batch.count; index++) this.ids.push(Number(view.getBigUint64(index * batch.stride)));
  }
}

export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);
