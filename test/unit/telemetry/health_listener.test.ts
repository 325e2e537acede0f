import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import {
  HealthListener,
  type HealthListenerOptions,
  notReady,
  type ReadinessReading,
} from '../../../src/telemetry/health_listener.js';
import { keepSecret } from '../../../src/secrets.js';
import { type ListenAddress, listenAddressText, parseListenAddress } from '../../../src/telemetry/listen_address.js';
import { Metrics } from '../../../src/telemetry/metrics.js';
import { exporterCounters, meterCounters } from '../../support/counter_readings.js';
import { parsePrometheus, sampleValue } from '../../support/prometheus_text.js';
import { statusDocument } from '../../support/status_documents.js';
import { temporaryFolder } from '../../support/weir.js';

const ready: ReadinessReading = {
  metering: true,
  sinks: [{ name: 'udp://collector:4739', session: true, spooling: false, reason: '' }],
};

interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

const counters = (): Metrics =>
  new Metrics({
    meter: () => meterCounters(),
    attribution: () => ({ status: { tier: 'off', programs: [] } }),
    sinks: () => [{ name: 'udp://collector:4739', counters: exporterCounters() }],
    versions: { version: '0.1.0' },
  });

async function listening(context: TestContext, change: Partial<HealthListenerOptions> = {}): Promise<HealthListener> {
  const listener = new HealthListener({
    address: parseListenAddress('127.0.0.1:0'),
    metrics: counters(),
    readiness: () => ready,
    stalled: () => [],
    status: statusDocument,
    onNotice: () => undefined,
    ...change,
  });
  context.after(() => listener.close());
  await listener.listen();
  return listener;
}

function place(address: ListenAddress): { host?: string; port?: number; socketPath?: string } {
  return address.kind === 'tcp' ? { host: address.host, port: address.port } : { socketPath: address.path };
}

function ask(listener: HealthListener, path: string, method = 'GET', agent?: Agent): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const asked = request({ ...place(listener.address), path, method, agent }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end();
  });
}

test('/metrics gives the text of the counters', async (context) => {
  const listener = await listening(context);
  assert.ok(listener.address.kind === 'tcp' && listener.address.port > 0);
  const { status, headers, body } = await ask(listener, '/metrics?name=x');
  assert.equal(status, 200);
  assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  assert.equal(headers['cache-control'], 'no-store');
  const families = parsePrometheus(body);
  assert.equal(sampleValue(families, 'weir_frames_total'), 1001);
  const labels = { sink: 'udp://collector:4739', scheme: 'udp', cause: 'spoolFull' };
  assert.equal(sampleValue(families, 'weir_sink_records_dropped_total', labels), 33);
});

test('/healthz is 200 while the loop turns', async (context) => {
  const { status, body } = await ask(
    await listening(context, { readiness: () => ({ metering: false, sinks: [] }) }),
    '/healthz',
  );
  assert.deepEqual([status, body], [200, 'ok\n']);
});

test('/healthz is 503 with the names of threads that stand still', async (context) => {
  let stalled = ['weir eth0/1', 'weir\nproc'];
  const listener = await listening(context, { stalled: () => stalled });
  const { status, body } = await ask(listener, '/healthz');
  assert.deepEqual([status, body], [503, 'standing still: weir eth0/1\nstanding still: weir\\nproc\n']);
  stalled = [];
  assert.equal((await ask(listener, '/healthz')).status, 200);
});

test('/readyz: 200 when all is up, else 503 with one line a sink and no secrets', async (context) => {
  let reading = ready;
  const listener = await listening(context, { readiness: () => reading });
  assert.deepEqual(await ask(listener, '/readyz').then(({ status, body }) => [status, body]), [200, 'ready\n']);
  keepSecret('token-9f');
  reading = {
    metering: false,
    sinks: [
      { name: 'tcp://a:4739', session: false, spooling: true, reason: 'ECONNREFUSED' },
      { name: 'kafka://u:secret@b:9092/t', session: false, spooling: false, reason: 'no token-9f\nx' },
      { name: 'udp://c:1', session: false, spooling: false, reason: '' },
    ],
  };
  const { status, body } = await ask(listener, '/readyz');
  assert.equal(status, 503);
  assert.equal(body, 'metering: not started\nkafka://***@b:9092/t: no session: no ***\\nx\nudp://c:1: no session\n');
  assert.deepEqual(notReady({ metering: true, sinks: [] }), []);
});

test('404 elsewhere, 405 for other methods, HEAD without a body', async (context) => {
  const listener = await listening(context);
  assert.equal((await ask(listener, '/else')).status, 404);
  assert.equal((await ask(listener, '/metrics/x', 'POST')).status, 404);
  const post = await ask(listener, '/metrics', 'POST');
  assert.deepEqual([post.status, post.headers.allow], [405, 'GET, HEAD']);
  const head = await ask(listener, '/healthz', 'HEAD');
  assert.deepEqual([head.status, head.headers['content-length'], head.body], [200, '3', '']);
  assert.ok(Number((await ask(listener, '/metrics', 'HEAD')).headers['content-length']) > 1000);
});

test('no connection is kept, also for a client that wants it', async (context) => {
  const listener = await listening(context);
  const agent = new Agent({ keepAlive: true });
  context.after(() => agent.destroy());
  const ports = new Set<number>();
  agent.on('free', (socket: Socket) => ports.add(socket.localPort ?? 0));
  for (let turn = 0; turn < 3; turn++) {
    const { headers } = await ask(listener, '/healthz', 'GET', agent);
    assert.equal(headers.connection, 'close');
  }
  assert.equal(ports.size, 0);
});

test('200 connections that ask nothing keep nobody out: the oldest of them is dropped, not who comes or waits', async (context) => {
  let answerNow: (text: string) => void = () => undefined;
  let entered: () => void = () => undefined;
  const rendering = new Promise<void>((resolve) => {
    entered = resolve;
  });
  const render = (): Promise<string> => {
    entered();
    return new Promise((resolve) => {
      answerNow = resolve;
    });
  };
  const listener = await listening(context, { metrics: { contentType: 'text/plain', render } });
  const { address } = listener;
  assert.ok(address.kind === 'tcp');
  const waiting = ask(listener, '/metrics');
  await rendering;
  const idle: Socket[] = [];
  const closed: Promise<unknown>[] = [];
  for (let count = 0; count < 200; count++) {
    const socket = connect(address.port, address.host).on('error', () => undefined);
    closed.push(once(socket, 'close'));
    idle.push(socket);
    socket.resume();
    await once(socket, 'connect');
  }
  assert.deepEqual(await ask(listener, '/healthz').then(({ status }) => status), 200);
  await Promise.all(closed.slice(0, 137)); // 64 in all: the one that waits, and the last of these
  assert.equal(idle.at(-1)!.destroyed, false);
  answerNow('late\n');
  assert.equal((await waiting).body, 'late\n');
});

test('headers are bounded, and what is no HTTP is refused', async (context) => {
  const listener = await listening(context);
  const say = async (text: string): Promise<string> => {
    const { address } = listener;
    assert.ok(address.kind === 'tcp');
    const socket = connect(address.port, address.host);
    let said = '';
    socket.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    socket.on('error', () => undefined);
    socket.write(text);
    await once(socket, 'close');
    return said;
  };
  assert.match(await say(`GET /healthz HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`), /^HTTP\/1\.1 431 /);
  assert.match(await say('hello\r\n\r\n'), /^HTTP\/1\.1 400 /);
});

test('an error while rendering is a 500 and a notice, not the end', async (context) => {
  const notices: string[] = [];
  const listener = await listening(context, {
    metrics: { contentType: 'text/plain', render: () => Promise.reject(new Error('no meter')) },
    onNotice: (_, text) => notices.push(text),
  });
  const { status, body } = await ask(listener, '/metrics');
  assert.deepEqual([status, body], [500, 'internal error\n']);
  assert.deepEqual(notices, ['listener: /metrics failed: no meter']);
  assert.equal((await ask(listener, '/healthz')).status, 200);
});

test('an address in use is an error that names it', async (context) => {
  const first = await listening(context);
  const second = new HealthListener({
    address: first.address,
    metrics: counters(),
    readiness: () => ready,
    stalled: () => [],
    status: statusDocument,
    onNotice: () => undefined,
  });
  const text = listenAddressText(first.address);
  await assert.rejects(second.listen(), {
    code: 'WEIR_LISTEN',
    message: `cannot listen on ${text}: the address is in use (EADDRINUSE)`,
  });
  await second.close(); // of a listener that never listened
});

test('other refusals are errors that name the address', async (context) => {
  const refused = async (text: string, expected: RegExp): Promise<void> => {
    const listener = new HealthListener({
      address: parseListenAddress(text),
      metrics: counters(),
      readiness: () => ready,
      stalled: () => [],
      status: statusDocument,
      onNotice: () => undefined,
    });
    await assert.rejects(
      listener.listen(),
      (error: Error & { code?: string }) => error.code === 'WEIR_LISTEN' && expected.test(error.message),
    );
    await listener.close();
  };
  await refused('192.0.2.1:9', /^cannot listen on 192\.0\.2\.1:9: this host has no such address/);
  const folder = temporaryFolder(context);
  await refused(join(folder, 'missing', 'weir.sock'), /^cannot listen on unix:\/.*weir\.sock: .*(ENOENT|permission)/);
});

const isRoot = process.getuid?.() === 0;
const dropped = isRoot && spawnSync('setpriv', ['--version']).status === 0;
test('no permission for a port below 1024', {
  skip: dropped ? false : 'needs root and setpriv to take the right away from a process of its own',
}, () => {
  const program = `
    import { HealthListener } from ${JSON.stringify(new URL('../../../src/telemetry/health_listener.js', import.meta.url).href)};
    const listener = new HealthListener({ address: { kind: 'tcp', host: '127.0.0.1', port: 81 } });
    await listener.listen().then(() => process.stdout.write('listens'), (error) => process.stdout.write(error.code + ' ' + error.message));
    await listener.close();`;
  const bounds = spawnSync('sysctl', ['-n', 'net.ipv4.ip_unprivileged_port_start'], { encoding: 'utf8' }).stdout;
  const run = spawnSync(
    'setpriv',
    [
      '--bounding-set=-net_bind_service',
      '--inh-caps=-net_bind_service',
      process.execPath,
      '--input-type=module',
      '-e',
      program,
    ],
    { encoding: 'utf8' },
  );
  const expected =
    Number(bounds) <= 81 ? 'listens' : 'WEIR_LISTEN cannot listen on 127.0.0.1:81: no permission (EACCES)';
  assert.equal(run.stdout, expected, run.stderr);
});

test('unix socket: served, gone after close; a stale one is replaced, a living one and a file are not', async (context) => {
  const path = join(temporaryFolder(context), 'weir.sock');
  const address = parseListenAddress(path);
  const first = await listening(context, { address });
  assert.equal((await ask(first, '/healthz')).body, 'ok\n');
  await assert.rejects(listening(context, { address }), { code: 'WEIR_LISTEN' });
  await first.close();
  assert.equal(existsSync(path), false);
  // A process that dies leaves its socket file behind.
  const died = spawnSync(process.execPath, [
    '-e',
    `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`,
  ]);
  assert.equal(died.signal, 'SIGKILL');
  assert.equal(existsSync(path), true);
  const second = await listening(context, { address });
  assert.equal((await ask(second, '/healthz')).body, 'ok\n');
  await second.close();
  writeFileSync(path, 'mine');
  await assert.rejects(listening(context, { address }), { code: 'WEIR_LISTEN' });
  assert.equal(existsSync(path), true);
});

test('close ends at once, with a client that never asks and one whose answer is on its way', async (context) => {
  let entered: () => void = () => undefined;
  const rendering = new Promise<void>((resolve) => {
    entered = resolve;
  });
  const listener = await listening(context, {
    metrics: {
      contentType: 'text/plain',
      render: () => {
        entered();
        return new Promise(() => undefined);
      },
    },
  });
  const { address } = listener;
  assert.ok(address.kind === 'tcp');
  const silent = connect(address.port, address.host);
  await once(silent, 'connect');
  const ended = once(silent, 'close');
  silent.on('error', () => undefined);
  const waiting = assert.rejects(ask(listener, '/metrics'));
  await rendering;
  await listener.close();
  await Promise.all([ended, waiting]);
  await listener.close();
  const free = createServer().listen(address.port, address.host);
  await once(free, 'listening');
  free.close();
});
