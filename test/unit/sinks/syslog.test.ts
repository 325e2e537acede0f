import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { loadAddon } from '../../../src/native/load.js';
import { SyslogHeader } from '../../../src/sinks/syslog_header.js';
import { syslogSink, type SyslogSinkOptions } from '../../../src/sinks/syslog.js';
import { sharedCertificates } from '../../support/certificates.js';
import { ManualClock } from '../../support/manual_clock.js';
import { Recorder, unitRun } from '../../support/sink_run.js';
import { received, StreamCollector } from '../../support/stream_collector.js';

const head = '<30>1 2026-11-21T05:59:30.000Z probe weir 4711 flow - ';

async function opened(context: TestContext, options: Partial<SyslogSinkOptions> & { port: number }) {
  const clock = new ManualClock();
  const events = new Recorder();
  const sink = syslogSink({
    name: 'syslog',
    transport: 'tcp',
    host: '127.0.0.1',
    hostName: 'probe',
    processId: '4711',
    openSender: (given) => new (loadAddon().UdpSender)(given),
    clock,
    ...options,
  });
  context.after(() => {
    void sink.close(0);
    clock.advance(1000);
  });
  await sink.open(events);
  return { sink, events, clock };
}

/** Messages of an octet-counted stream, RFC 6587 section 3.4.1. */
function counted(stream: Buffer): string[] {
  const messages: string[] = [];
  for (let at = 0; at < stream.length; ) {
    const space = stream.indexOf(' ', at);
    const length = Number(stream.subarray(at, space).toString());
    messages.push(stream.subarray(space + 1, space + 1 + length).toString());
    at = space + 1 + length;
  }
  return messages;
}

test('the header: priority, time when sent, names within what RFC 5424 allows', () => {
  const clock = new ManualClock();
  const line = Buffer.from('{"a":"ü"}\n');
  assert.equal(
    new SyslogHeader({ hostName: 'probe', processId: '4711' }, clock).message(line).toString(),
    `${head}{"a":"ü"}`,
  );
  clock.advance(1234);
  const odd = new SyslogHeader(
    {
      facility: 'local7',
      severity: 'debug',
      appName: `my app ${'x'.repeat(60)}`,
      hostName: '',
      processId: '',
      messageId: 'ö',
    },
    clock,
  );
  assert.equal(
    odd.message(Buffer.from('no line feed')).toString(),
    `<191>1 2026-11-21T05:59:31.234Z - my_app_${'x'.repeat(41)} - _ - no line feed`,
  );
  assert.equal(odd.octets, odd.message(Buffer.alloc(0)).length);
});

for (const transport of ['tcp', 'tls'] as const) {
  test(`${transport}: each line with its length in octets in front`, async (context) => {
    const { authority, server, client } = sharedCertificates();
    const tls = { cert: readFileSync(server.cert), key: readFileSync(server.key), ca: readFileSync(authority.ca) };
    const collector = await StreamCollector.listen(
      context,
      transport === 'tls' ? { tls: { ...tls, requestCert: true } } : {},
    );
    const files = transport === 'tls' ? { ca: authority.ca, ...client } : {};
    const { sink, events } = await opened(context, { transport, port: collector.port, ...files });
    await events.until(() => events.sessions === 1);
    const lines = ['{"a":1}\n', '{"b":"über"}\n', '{"c":3}\n'];
    sink.write(unitRun(lines));
    const whole = received(await collector.accepted());
    await sink.close(5000);
    assert.deepEqual(
      counted(await whole),
      lines.map((line) => head + line.trimEnd()),
    );
    assert.deepEqual([events.records, events.accounted], [3, 3]);
  });
}

test('tcp: lines that come back are the lines, without a header; sent again they bear the new time', async (context) => {
  const collector = await StreamCollector.listen(context);
  const { sink, events, clock } = await opened(context, { port: collector.port });
  await events.until(() => events.sessions === 1);
  const lines = ['{"a":1}\n', '{"b":2}\n'];
  sink.write(unitRun(lines));
  await sink.flush();
  (await collector.accepted()).reset();
  await events.until(() => events.returns.length === 1);
  assert.deepEqual(events.returns, [{ units: lines, records: 2, reported: 2 }]);
  clock.advance(60_000);
  await events.until(() => events.sessions === 2);
  sink.write(unitRun(lines));
  const whole = received(await collector.accepted());
  await sink.close(5000);
  assert.match(counted(await whole)[0] ?? '', /^<30>1 2026-11-21T06:00:30.000Z .* - \{"a":1\}$/);
});

async function receiver(context: TestContext): Promise<{ socket: Socket; messages: Buffer[]; port: number }> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
  const messages: Buffer[] = [];
  socket.on('message', (message) => messages.push(message));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  context.after(() => socket.close());
  return { socket, messages, port: socket.address().port };
}

test('udp: one datagram a line, also a long one; what no datagram holds is lost as too long', async (context) => {
  const { socket, messages, port } = await receiver(context);
  const { sink, events } = await opened(context, { transport: 'udp', port });
  assert.deepEqual([events.sessions, events.sizes], [1, [65_507 - head.length]]);
  const fits = 'x'.repeat(65_507 - head.length);
  sink.write(unitRun(['{"a":1}\n', fits, `${fits}y`, '{"b":2}\n'], [1, 10, 100, 1000]));
  while (messages.length < 3) await once(socket, 'message');
  assert.deepEqual(
    messages.map((message) => message.toString()),
    ['{"a":1}', fits, '{"b":2}'].map((line) => head + line),
  );
  assert.deepEqual([events.records, events.dropped, events.accounted], [1011, { messageTooLong: 100 }, 1111]);
});

test('udp: more lines than one call takes all go, in order', async (context) => {
  const { socket, messages, port } = await receiver(context);
  const { sink, events } = await opened(context, { transport: 'udp', port });
  const lines = Array.from({ length: 150 }, (_, index) => `{"line":${index}}\n`);
  sink.write(unitRun(lines));
  while (messages.length < 150) await once(socket, 'message');
  assert.deepEqual(
    messages.map((message) => message.toString()),
    lines.map((line) => head + line.trimEnd()),
  );
  assert.equal(events.accounted, 150);
});
