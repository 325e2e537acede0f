import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlowBook, type FlowNews } from '../../../src/top/flow_book.js';

const news = (changes: Partial<FlowNews> = {}): FlowNews => ({
  text: 'TCP a > b',
  tcp: true,
  startMs: 0,
  endMs: 1000,
  flags: [0x1b, 0x1b],
  packets: [5, 5],
  reason: 2,
  recordIndex: 0,
  twin: false,
  ...changes,
});

test('a connection is counted once, over all its records and its idle times', () => {
  const book = new FlowBook();
  assert.equal(book.note(news()).connection, true);
  assert.equal(book.note(news({ recordIndex: 1, startMs: 1000, endMs: 2000, reason: 1 })).connection, false);
  const back = book.note(news({ startMs: 9000, endMs: 9500, flags: [0x18, 0x10] }));
  assert.deepEqual([back.connection, back.first], [false, true], 'it went idle: a flow again, no connection');
  assert.equal(book.note(news({ startMs: 9500, endMs: 9900, reason: 3 })).connection, false);
  assert.equal(book.note(news({ startMs: 9950, endMs: 9990 })).connection, true, 'the port is used again behind a FIN');
});

test('a connection whose start was not seen is none', () => {
  const book = new FlowBook();
  assert.equal(book.note(news({ flags: [0x18, 0x18] })).connection, false);
  assert.equal(book.note(news({ text: 'TCP c > d', recordIndex: 4 })).connection, false);
  assert.equal(book.note(news({ text: 'UDP a > b', tcp: false, flags: [undefined, undefined] })).connection, true);
  assert.equal(book.note(news({ text: 'TCP e > f', recordIndex: undefined })).connection, true);
});

test('failed: refused, not answered; once for each attempt', () => {
  const failed = (changes: Partial<FlowNews>) => new FlowBook().note(news(changes)).failed;
  assert.equal(failed({ flags: [2, 0x14], packets: [1, 1], reason: 3 }), true, 'RST');
  assert.equal(failed({ flags: [2, 0], packets: [2, 0] }), true, 'SYN, SYN, nothing');
  assert.equal(failed({ flags: [2, 0], packets: [1, 0], reason: 1 }), true, 'SYN, then nothing for the idle timeout');
  assert.equal(failed({ flags: [2, 0], packets: [1, 0], reason: 4 }), false, 'SYN that was just sent when we ended');
  assert.equal(failed({ flags: [2, 0x12], packets: [1, 1] }), false, 'SYN-ACK');
  assert.equal(failed({ flags: [0x1b, 0x1e], packets: [5, 5] }), false, 'RST in the end');
  assert.equal(failed({ flags: [2, undefined], packets: [3, 0] }), false, 'a uniflow knows nothing of answers');
  assert.equal(failed({ flags: [0x10, 4], packets: [1, 1] }), false, 'RST to something else than a SYN');
  const book = new FlowBook();
  const again = (startMs: number) =>
    book.note(news({ startMs, endMs: startMs, flags: [2, 0], packets: [1, 0], reason: 1 }));
  assert.deepEqual(
    [again(0), again(3000), again(7000)].map(({ failed: one, connection }) => [one, connection]),
    [
      [true, true],
      [false, false],
      [false, false],
    ],
  );
});

test('memory is bounded: what is not in use is forgotten, by room and by time', () => {
  const book = new FlowBook(10, 1000);
  for (let i = 0; i < 100; i++) {
    book.note(news({ text: `TCP ${i}`, endMs: 500 }));
    book.note(news({ text: 'in use', endMs: 500, recordIndex: i }));
    assert.ok(book.size <= 11);
  }
  assert.equal(book.note(news({ text: 'in use', recordIndex: undefined })).connection, false);
  book.note(news({ text: 'in use', endMs: 1700 }));
  for (const ms of [2800, 3900]) book.note(news({ text: `at ${ms}`, endMs: ms }));
  assert.equal(book.size, 2, 'the last two minutes, here seconds');
});
