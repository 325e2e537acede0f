// The batch that JavaScript owns and native fills: fixed-stride records and a heap for texts and packet sequences.

import type { Batch } from '../native/boundary.js';

export const batchCapacity = 1024;
const heapOctetsPerRecord = 1024;
/** Octets of heap for records that say who is at their ends: texts of processes, containers and pods. */
export const namedHeapOctets = batchCapacity * 2048;

/** stride: octets a record, as the Meter says; heap: octets for the variable parts of all records. */
export function newBatch(stride: number, capacity = batchCapacity, heap = capacity * heapOctetsPerRecord): Batch {
  const records = new Uint8Array(stride * capacity);
  return { records, heap: new Uint8Array(heap), capacity, stride, count: 0, latestMs: 0 };
}
