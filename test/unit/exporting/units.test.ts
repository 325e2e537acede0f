import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TokenBucket } from '../../../src/exporting/token_bucket.js';
import { newOutput, Sequences, UnitQueue, type Units } from '../../../src/exporting/units.js';

/** A run of messages that hold so many Data Records each, as an encoder leaves it. */
function messages(dataRecords: number[], firstSequence = 0): Units {
  const run = newOutput(1000, 20);
  let sequence = firstSequence;
  dataRecords.forEach((count, index) => {
    run.view.setUint32(index * 20 + 8, sequence);
    sequence = (sequence + count) >>> 0;
    run.ends[index] = (index + 1) * 20;
    run.records[index] = count;
    run.dataRecords[index] = count;
  });
  run.to = dataRecords.length;
  return run;
}

test("messages get export time and sequence numbers, which wrap at 2^32 and are each domain's own", () => {
  const before = messages([0xfffffffe]);
  const run = messages([1, 2, 3, 4]);
  run.view.setUint32(2 * 20 + 12, 7); // the third one is of domain 7
  const sequences = new Sequences('ipfix');
  sequences.passed(before, 0, 1);
  sequences.stamp(run, 0, 4, { seconds: 1_795_000_000, upTimeMs: 0 });
  const numbers = (): number[] => [0, 20, 40, 60].map((at) => run.view.getUint32(at + 8));
  assert.deepEqual(numbers(), [0xfffffffe, 0xffffffff, 0, 1]);
  sequences.passed(run, 0, 3); // the last one was not taken
  sequences.stamp(run, 2, 4, { seconds: 1_795_000_000, upTimeMs: 0 });
  assert.deepEqual(numbers(), [0xfffffffe, 0xffffffff, 3, 1]);
  sequences.newSession();
  sequences.stamp(run, 0, 1, { seconds: 1_795_000_000, upTimeMs: 0 });
  assert.equal(numbers()[0], 0);
  assert.deepEqual(
    [0, 20, 40].map((at) => run.view.getUint32(at + 4)),
    [1_795_000_000, 1_795_000_000, 1_795_000_000],
  );
});

test('the queue keeps copies of what waits, and counts octets and records', () => {
  const queue = new UnitQueue();
  const run = messages([1, 2, 3]);
  run.from = 1; // the first one is sent already
  queue.push(run);
  run.bytes.fill(0xff);
  const slab = queue.front as Units;
  assert.deepEqual([slab.from, slab.to, queue.octets, queue.records], [0, 2, 40, 5]);
  assert.deepEqual([...slab.ends.subarray(0, 2)], [20, 40]);
  assert.deepEqual([...slab.dataRecords.subarray(0, 2)], [2, 3]);
  assert.equal(slab.view.getUint32(8), 1);
});

test('the queue empties in order, whatever the sizes, and then counts nothing', () => {
  const queue = new UnitQueue();
  const sizes = [20, 70_000, 20, 65_536, 30_000, 40_000, 1];
  for (const [index, size] of sizes.entries()) {
    const run = newOutput(80_000, 4);
    run.bytes.fill(index, 0, size);
    run.ends[0] = size;
    run.records[0] = index;
    run.to = 1;
    queue.push(run);
  }
  assert.deepEqual([queue.octets, queue.records], [sizes.reduce((sum, size) => sum + size, 0), 21]);
  const seen: number[][] = [];
  for (let front = queue.front; front !== undefined; front = queue.front) {
    const from = front.from++;
    const start = from === 0 ? 0 : (front.ends[from - 1] ?? 0);
    seen.push([front.bytes[start] ?? -1, (front.ends[from] ?? 0) - start]);
    queue.moved(from);
  }
  assert.deepEqual(
    seen,
    [...sizes.entries()].map(([index, size]) => [index, size]),
  );
  assert.deepEqual([queue.octets, queue.records], [0, 0]);
});

test('many small units cost little more memory than their octets', () => {
  const queue = new UnitQueue();
  for (let index = 0; index < 512; index++) {
    const run = messages([1]);
    queue.push(run);
  }
  assert.equal((queue.front as Units).to, 512);
});

test('a token bucket fills with time, holds a short burst, and lets a large unit make a debt', () => {
  const bucket = new TokenBucket(1000, 0);
  assert.equal(bucket.available(0), 10);
  bucket.take(60);
  assert.equal(bucket.available(0), -50);
  assert.equal(bucket.waitMs(), 51);
  assert.ok(bucket.available(51) > 0);
  assert.equal(bucket.available(100_000), 10);
  assert.equal(new TokenBucket(0, 0).available(0), Infinity);
});
