import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WeirError } from '../../../src/errors.js';
import { TcpSink } from '../../../src/sinks/tcp.js';
import type { Clock } from '../../../src/sinks/sink.js';
import { UnixSink } from '../../../src/sinks/unix.js';
import { unitRun } from '../../support/sink_run.js';
import { opened, received, StreamCollector, streamKinds } from '../../support/stream_collector.js';

const [tcp] = streamKinds as [(typeof streamKinds)[0]];

test('a buffer filled exactly is told to have room again', async (context) => {
  const collector = await tcp.listen(context);
  const { sink, events } = await tcp.open(context, collector, { bufferOctets: 20 << 20 });
  await events.until(() => events.sessions === 1);
  const run = unitRun([Buffer.alloc(20 << 20)]);
  sink.write(run);
  assert.deepEqual([run.from, sink.ready], [1, false]);
  (await collector.accepted()).socket.resume();
  await events.until(() => events.drains === 1);
  assert.deepEqual([sink.ready, events.records], [true, 1]);
});

test('a name is tried at all its addresses, from the local address asked for', async (context) => {
  const collector = await StreamCollector.listen(context);
  const { sink, events } = await opened(
    context,
    (clock) => new TcpSink({ name: 'tcp', host: 'localhost', port: collector.port, clock, bind: '127.0.0.1' }),
  );
  await events.until(() => events.sessions === 1);
  const session = await collector.accepted();
  assert.equal(session.socket.remoteAddress, '127.0.0.1');
  const whole = received(session);
  sink.write(unitRun(['x']));
  await sink.close(5000);
  assert.equal((await whole).toString(), 'x');
});

test('when no address of a name answers, the log says which ones', async (context) => {
  const collector = await StreamCollector.listen(context);
  const { port } = collector;
  collector.stop();
  const made = (clock: Clock): TcpSink => new TcpSink({ name: 'tcp', host: 'localhost', port, clock });
  const { sink, events } = await opened(context, made);
  await events.until(() => events.notices.length > 0);
  assert.match(sink.failure, new RegExp(`ECONNREFUSED 127.0.0.1:${port}`));
  assert.match(events.notices[0]!, new RegExp(`^tcp: .*ECONNREFUSED 127.0.0.1:${port}.*; next attempt in 1 s$`));
});

test('a Unix socket path that is too long is an error before anything starts', async () => {
  const sink = new UnixSink({ name: 'unix', path: `/${'x'.repeat(107)}` });
  await assert.rejects(sink.open({} as never), WeirError);
});
