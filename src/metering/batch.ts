// The batch that JavaScript owns and native fills: fixed-stride records and a heap for texts and packet sequences.

import type { Batch } from '../native/boundary.js';

export const batchCapacity = 1024;
const heapOctetsPerRecord = 512;
/** A record so long says who is at its ends; each of many short-lived processes has a profile of its own in the heap. */
const strideWithEnds = 640;
const profileOctetsPerRecord = 2048;

/** stride: octets a record, as the Meter says; heap: octets for the variable parts of all records. */
export function newBatch(
  stride: number,
  capacity = batchCapacity,
  heap = capacity * (heapOctetsPerRecord + (stride >= strideWithEnds ? profileOctetsPerRecord : 0)),
): Batch {
  const records = new Uint8Array(stride * capacity);
  return { records, heap: new Uint8Array(heap), capacity, stride, count: 0, latestMs: 0 };
}
