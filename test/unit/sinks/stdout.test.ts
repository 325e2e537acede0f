import assert from 'node:assert/strict';
import { PassThrough, Writable } from 'node:stream';
import { test } from 'node:test';
import { StdoutSink } from '../../../src/sinks/stdout.js';
import { ManualClock } from '../../support/manual_clock.js';
import { Recorder, unitRun } from '../../support/sink_run.js';

test('lines go to the stream; a slow reader is waited for', async () => {
  const stream = new PassThrough({ highWaterMark: 100 });
  const events = new Recorder();
  const sink = new StdoutSink({ name: '-', stream, bufferOctets: 200 });
  await sink.open(events);
  assert.equal(events.sessions, 1);
  const line = `${'x'.repeat(99)}\n`;
  for (let count = 0; count < 100 && sink.ready; count++) sink.write(unitRun([line]));
  assert.equal(sink.ready, false);
  const blocked = unitRun([line]);
  sink.write(blocked);
  assert.equal(blocked.from, 0);
  let text = '';
  stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await events.until(() => events.drains > 0);
  sink.write(blocked);
  await sink.flush();
  await sink.close(1000);
  assert.equal(text, line.repeat(events.records));
  assert.deepEqual(events.dropped, {});
});

test('EPIPE ends the probe cleanly: said once, counted, never thrown', async () => {
  const broken = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
  });
  const events = new Recorder();
  const sink = new StdoutSink({ name: '-', stream: broken });
  await sink.open(events);
  sink.write(unitRun(['a\n', 'b\n']));
  await events.until(() => events.ends === 1);
  sink.write(unitRun(['c\n']));
  assert.deepEqual([events.dropped, events.records, events.notices], [{ fileError: 3 }, 0, []]);
  await sink.close(0);
});

test('close waits for the reader no longer than its deadline', async () => {
  const stuck = new Writable({ write: () => undefined });
  const [events, clock] = [new Recorder(), new ManualClock()];
  const sink = new StdoutSink({ name: '-', stream: stuck, clock });
  await sink.open(events);
  sink.write(unitRun(['a\n', 'b\n']));
  const closing = sink.close(500);
  clock.advance(500);
  await closing;
  assert.deepEqual(events.dropped, { shutdown: 2 });
});
