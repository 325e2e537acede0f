import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { TcpSink, type TcpSinkOptions } from '../../../src/sinks/tcp.js';
import { ManualClock } from '../../support/manual_clock.js';
import { Recorder, unitRun } from '../../support/sink_run.js';

interface Collector {
  server: Server;
  port: number;
  accepted: () => Promise<Socket>;
}

async function collector(context: TestContext): Promise<Collector> {
  const server = createServer({ pauseOnConnect: true });
  const sockets: Socket[] = [];
  const waiting: ((socket: Socket) => void)[] = [];
  server.on('connection', (socket) => {
    socket.on('error', () => undefined);
    const take = waiting.shift();
    if (take) take(socket);
    else sockets.push(socket);
    context.after(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const accepted = (): Promise<Socket> => {
    const socket = sockets.shift();
    return socket ? Promise.resolve(socket) : new Promise((resolve) => waiting.push(resolve));
  };
  return { server, port: (server.address() as AddressInfo).port, accepted };
}

async function connected(context: TestContext, port: number, options: Partial<TcpSinkOptions> = {}) {
  const clock = new ManualClock();
  const events = new Recorder();
  const sink = new TcpSink({ name: `tcp://127.0.0.1:${port}`, host: '127.0.0.1', port, clock, ...options });
  context.after(() => {
    void sink.close(0);
    clock.advance(1000); // the collector may never answer
  });
  await sink.open(events);
  return { sink, events, clock };
}

async function received(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

test('units arrive in order, and close ends the session behind the last octet', async (context) => {
  const { port, accepted } = await collector(context);
  const { sink, events } = await connected(context, port);
  await events.until(() => events.sessions === 1);
  const units = Array.from({ length: 500 }, (_, index) => `message ${index};`);
  const run = unitRun(units);
  sink.write(run);
  assert.equal(run.from, 500);
  run.bytes.fill(0); // the exporter uses its buffer again
  const whole = received(await accepted());
  await sink.close(5000);
  assert.equal((await whole).toString(), units.join(''));
  assert.deepEqual([events.records, events.dropped], [500, {}]);
});

test('a collector that does not read fills a bounded buffer, and reading empties it without loss', async (context) => {
  const { port, accepted } = await collector(context);
  const { sink, events } = await connected(context, port, { bufferOctets: 100_000 });
  await events.until(() => events.sessions === 1);
  const big = unitRun(Array.from({ length: 10_000 }, (_, index) => Buffer.alloc(1000, index)));
  sink.write(big);
  while (sink.ready && big.from < big.to) {
    sink.write(big);
    await new Promise((resolve) => setImmediate(resolve)); // what the kernel takes at once is not the sink's to hold
  }
  assert.ok(big.from < big.to, 'ten megabytes do not fit');
  assert.equal(sink.ready, false);
  const socket = await accepted();
  let octets = 0;
  socket.on('data', (chunk) => (octets += chunk.length)).resume();
  while (big.from < big.to) {
    const drains = events.drains;
    await events.until(() => events.drains > drains || sink.ready);
    sink.write(big);
  }
  await sink.flush();
  assert.equal(events.records, 10_000);
  const ended = once(socket, 'end');
  await sink.close(5000);
  await ended;
  assert.equal(octets, 10_000_000);
});

test('a buffer filled exactly is told to have room again', async (context) => {
  const { port, accepted } = await collector(context);
  const { sink, events } = await connected(context, port, { bufferOctets: 20 << 20 });
  await events.until(() => events.sessions === 1);
  const run = unitRun([Buffer.alloc(20 << 20)]);
  sink.write(run);
  assert.deepEqual([run.from, sink.ready], [1, false]);
  (await accepted()).resume();
  await events.until(() => events.drains === 1);
  assert.deepEqual([sink.ready, events.records], [true, 1]);
});

test('a reset loses what the kernel had not taken, counted, and the session begins anew after the interval', async (context) => {
  const { port, accepted } = await collector(context);
  const { sink, events, clock } = await connected(context, port, { reconnectSeconds: 60, bufferOctets: 50 << 20 });
  await events.until(() => events.sessions === 1);
  clock.advance(5000);
  sink.write(unitRun(Array.from({ length: 30 }, () => Buffer.alloc(1 << 20))));
  const socket = await accepted();
  socket.resetAndDestroy();
  await events.until(() => events.notices.some((text) => text.includes('next attempt')));
  assert.equal(events.records + (events.dropped.socketError ?? 0), 30);
  assert.ok((events.dropped.socketError ?? 0) > 0);
  assert.equal(sink.ready, false);
  assert.match(events.notices.at(-1) ?? '', /next attempt in 55 s/);
  clock.advance(54_999);
  assert.equal(events.sessions, 1);
  clock.advance(1);
  await events.until(() => events.sessions === 2);
  assert.equal(sink.ready, true);
});

test('a session older than the interval is replaced after a second', async (context) => {
  const { port, accepted } = await collector(context);
  const { events, clock } = await connected(context, port);
  await events.until(() => events.sessions === 1);
  clock.advance(3_600_000);
  (await accepted()).resume().end();
  await events.until(() =>
    events.notices.some((text) => text.includes('closed by the collector; next attempt in 1 s')),
  );
  clock.advance(1000);
  await events.until(() => events.sessions === 2);
});

test('a collector that is away at start is tried soon, then once a minute, and the log says it once', async (context) => {
  const { server, port } = await collector(context);
  server.close();
  await once(server, 'close');
  const { sink, events, clock } = await connected(context, port);
  const attemptLimit = 10_000; // the timer of an attempt under way
  for (const wait of [1000, 2000, 4000, 60_000, 60_000]) {
    while (clock.waiting[0] === attemptLimit) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(clock.waiting, [wait]);
    clock.advance(wait);
  }
  assert.ok(sink.counters.errors >= 5);
  assert.equal(events.notices.filter((text) => text.includes('ECONNREFUSED')).length, 1);
  assert.equal(events.sessions, 0);
});

test('close gives up at its deadline, and counts what a stuck collector never took', async (context) => {
  const { port } = await collector(context);
  const { sink, events, clock } = await connected(context, port, { bufferOctets: 50 << 20 });
  await events.until(() => events.sessions === 1);
  sink.write(unitRun(Array.from({ length: 30 }, () => Buffer.alloc(1 << 20))));
  const closing = sink.close(3000);
  clock.advance(3000);
  await closing;
  assert.ok((events.dropped.shutdown ?? 0) > 0);
  assert.equal(events.records + (events.dropped.shutdown ?? 0), 30);
});
