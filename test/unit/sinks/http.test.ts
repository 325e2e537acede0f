import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { WeirError } from '../../../src/errors.js';
import { HttpSink, type HttpSinkOptions } from '../../../src/sinks/http.js';
import { Authority, sharedCertificates } from '../../support/certificates.js';
import { ManualClock } from '../../support/manual_clock.js';
import { seededRandom } from '../../support/seeded_random.js';
import { Recorder, unitRun } from '../../support/sink_run.js';
import { temporaryFolder } from '../../support/weir.js';

interface Seen {
  request: IncomingMessage;
  /** Decompressed. */
  body: string;
}

/** What the server does with a request; the last one of a script is for all further ones. */
type Reply = (response: ServerResponse, seen: Seen) => void;

const reply =
  (status: number, headers: Record<string, string> = {}, body = ''): Reply =>
  (response) =>
    response.writeHead(status, headers).end(body);
const ok = reply(200, {}, '{}');

class FakeServer {
  readonly seen: Seen[] = [];
  readonly server: Server;
  script: Reply[];
  connections = 0;
  #waiting: (() => void)[] = [];

  private constructor(server: Server, script: Reply[]) {
    this.server = server;
    this.script = script;
    server.on('connection', () => this.connections++);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void this.#answer(request, response));
  }

  static async listen(context: TestContext, script: Reply[], tls?: ServerOptions): Promise<FakeServer> {
    const fake = new FakeServer(tls ? createHttpsServer(tls) : createServer(), script);
    fake.server.on('tlsClientError', () => undefined);
    await fake.start(0);
    context.after(() => fake.stop());
    return fake;
  }

  async start(port: number): Promise<void> {
    await once(this.server.listen(port, '127.0.0.1'), 'listening');
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async requests(count: number): Promise<void> {
    while (this.seen.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    request.on('error', () => undefined);
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(request, 'end');
    const bytes = Buffer.concat(chunks);
    const seen = {
      request,
      body: (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString(),
    };
    this.seen.push(seen);
    const next = this.script.length > 1 ? this.script.shift() : this.script[0];
    next?.(response, seen);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

async function opened(context: TestContext, options: Partial<HttpSinkOptions> & { url: string }) {
  const clock = new ManualClock();
  const events = new Recorder();
  const sink = new HttpSink({ name: 'http', clock, random: () => 1, ...options });
  context.after(async () => {
    const closing = sink.close(0);
    clock.advance(0);
    await closing;
  });
  await sink.open(events);
  return { sink, events, clock };
}

const url = (fake: FakeServer, path = '/flows', scheme = 'http'): string => `${scheme}://127.0.0.1:${fake.port}${path}`;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Moves the clock on to the next attempt, the longest timer below the time limit of a request. */
async function retry(clock: ManualClock, events: Recorder, ms: number): Promise<void> {
  await events.until(() => events.notices.some((text) => text.includes('next attempt')));
  while (!clock.waiting.includes(ms)) await turn();
  clock.advance(ms);
}

test('lines wait a second for their batch, and go together, compressed, over one connection', async (context) => {
  const fake = await FakeServer.listen(context, [ok]);
  const { sink, events, clock } = await opened(context, {
    url: url(fake),
    user: 'weir',
    password: 'se:cret',
    headers: { 'X-Origin': 'probe' },
  });
  assert.deepEqual([events.sessions, sink.ready], [1, true]);
  const run = unitRun(['{"a":1}\n', '{"b":2}\n']);
  sink.write(run);
  run.bytes.fill(0); // the exporter uses its buffer again
  clock.advance(999);
  await turn();
  assert.equal(fake.seen.length, 0);
  sink.write(unitRun(['{"c":3}\n'], [7]));
  clock.advance(1);
  await events.until(() => events.records === 9);
  sink.write(unitRun(['{"d":4}\n']));
  await sink.flush();
  assert.deepEqual(
    fake.seen.map(({ body }) => body),
    ['{"a":1}\n{"b":2}\n{"c":3}\n', '{"d":4}\n'],
  );
  const { headers, method, url: path } = fake.seen[0]!.request;
  assert.deepEqual([method, path], ['POST', '/flows']);
  assert.equal(headers.authorization, `Basic ${Buffer.from('weir:se:cret').toString('base64')}`);
  assert.deepEqual([headers['content-type'], headers['x-origin']], ['application/x-ndjson', 'probe']);
  assert.deepEqual([fake.connections, events.accounted, sink.counters.units], [1, 10, 4]);
});

test('a full batch goes at once; order stays, one request at a time; without gzip when asked', async (context) => {
  let open = 0;
  let most = 0;
  const slow: Reply = (response) => {
    most = Math.max(most, ++open);
    setImmediate(() => {
      open--;
      response.end();
    });
  };
  const fake = await FakeServer.listen(context, [slow]);
  const { sink, events } = await opened(context, {
    url: url(fake),
    batchOctets: 1000,
    bufferOctets: 1 << 20,
    gzip: false,
  });
  const lines = Array.from({ length: 500 }, (_, index) => `{"line":${index}}\n`);
  sink.write(unitRun(lines));
  await sink.flush();
  assert.equal(fake.seen.map(({ body }) => body).join(''), lines.join(''));
  assert.ok(fake.seen.length >= 7 && fake.seen.every(({ body }) => body.length <= 1000));
  assert.equal(fake.seen[0]!.request.headers['content-encoding'], undefined);
  assert.deepEqual([most, events.records], [1, 500]);
});

test('a server that takes nothing fills a bounded buffer; a request is given up after its time and tried again', async (context) => {
  const fake = await FakeServer.listen(context, [() => undefined, ok]);
  const { sink, events, clock } = await opened(context, { url: url(fake), batchOctets: 1000, timeoutSeconds: 30 });
  const run = unitRun(Array.from({ length: 100 }, () => Buffer.alloc(100, 'x')));
  sink.write(run);
  assert.deepEqual([run.from < 100, sink.ready], [true, false]);
  await fake.requests(1);
  clock.advance(30_000);
  await retry(clock, events, 1000);
  assert.match(events.notices[0]!, /^http: no answer within 30 s; next attempt in 1 s$/);
  while (run.from < run.to) {
    await events.until(() => sink.ready);
    sink.write(run);
  }
  await sink.flush();
  assert.ok(events.drains > 0);
  assert.deepEqual([events.records, events.accounted], [100, 100]);
});

test('what fails for the moment is tried again with doubled pauses and jitter, up to a minute', async (context) => {
  const reset: Reply = (response) => void (response.socket as import('node:net').Socket).resetAndDestroy();
  const halfClose: Reply = (response) => response.socket?.end();
  const cutOff: Reply = (response) => {
    response.writeHead(200, { 'Content-Length': '100' }).write('half');
    setImmediate(() => response.destroy());
  };
  const failing = [reset, halfClose, cutOff, reply(500), reply(503), reply(408), reply(502), reply(504)];
  const fake = await FakeServer.listen(context, [...failing, ok]);
  let jitter = 1;
  const { sink, events, clock } = await opened(context, { url: url(fake), random: () => jitter });
  sink.write(unitRun(['x\n'], [5]));
  clock.advance(1000);
  for (const pause of [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000]) await retry(clock, events, pause);
  jitter = 0;
  while (!clock.waiting.includes(60_000) && !clock.waiting.includes(30_000)) await turn();
  clock.advance(60_000);
  await events.until(() => events.records === 5);
  assert.equal(fake.seen.length, 9);
  assert.deepEqual([events.dropped, events.accounted], [{}, 5]);
  assert.ok(events.notices.includes('http: HTTP 503 (5 times now); next attempt in 16 s'));
  assert.match(events.notices.at(-1)!, /^http: sending to http:\/\/127\.0\.0\.1:\d+\/flows$/);
});

test('refused at start, then there: nothing is lost, and the log says it once', async (context) => {
  const fake = await FakeServer.listen(context, [ok]);
  const { port } = fake;
  const target = url(fake);
  fake.stop();
  await once(fake.server, 'close');
  const { sink, events, clock } = await opened(context, { url: target });
  sink.write(unitRun(['x\n']));
  clock.advance(1000);
  await retry(clock, events, 1000);
  await retry(clock, events, 2000);
  while (!clock.waiting.includes(4000)) await turn();
  assert.equal(events.notices.length, 1);
  assert.match(events.notices[0]!, /ECONNREFUSED/);
  await fake.start(port);
  clock.advance(4000);
  await events.until(() => events.records === 1);
});

test('Retry-After is honoured, as seconds and as a date', async (context) => {
  const date = new Date(Date.UTC(2026, 10, 21, 5, 59, 31) + 137_000 + 90_000).toUTCString();
  const fake = await FakeServer.listen(context, [
    reply(429, { 'Retry-After': '137' }),
    reply(503, { 'Retry-After': date }),
    ok,
  ]);
  const { sink, events, clock } = await opened(context, { url: url(fake) });
  sink.write(unitRun(['x\n']));
  clock.advance(1000);
  await retry(clock, events, 137_000);
  await retry(clock, events, 90_000);
  await events.until(() => events.records === 1);
  assert.match(events.notices[0]!, /HTTP 429; next attempt in 137 s/);
});

test('what the server refuses is counted, said in one line, and does not hold up the rest', async (context) => {
  const fake = await FakeServer.listen(context, [reply(400, {}, 'bad\n  line'), reply(415), reply(415), ok]);
  const { sink, events } = await opened(context, { url: url(fake) });
  for (const records of [1, 2, 4, 8]) {
    sink.write(unitRun(['x\n'], [records]));
    await sink.flush();
  }
  assert.deepEqual([events.dropped, events.records, events.accounted], [{ rejected: 7 }, 8, 15]);
  assert.deepEqual(events.notices.slice(0, 2), [
    'http: HTTP 400 (bad line): check the format; what it refuses is dropped',
    'http: HTTP 415: check the content type, or switch gzip off (2 times now); what it refuses is dropped',
  ]);
});

test('what can be put right at the server is tried again until it is', async (context) => {
  const elsewhere = reply(301, { Location: 'https://elsewhere/' });
  const fake = await FakeServer.listen(context, [reply(401), reply(404), elsewhere, ok]);
  const { sink, events, clock } = await opened(context, { url: url(fake) });
  sink.write(unitRun(['x\n']));
  clock.advance(1000);
  for (const pause of [1_000, 2_000, 4_000]) await retry(clock, events, pause);
  await events.until(() => events.records === 1);
  assert.deepEqual(events.dropped, {});
  assert.match(events.notices[0]!, /^http: HTTP 401: check user and password, or the token; next attempt in/);
});

test('413: requests become smaller until they fit; a single line that does not fit is refused', async (context) => {
  const small: Reply = (response, { body }) => response.writeHead(body.length > 100 ? 413 : 200).end();
  const fake = await FakeServer.listen(context, [small]);
  const { sink, events } = await opened(context, { url: url(fake), batchOctets: 1000 });
  const lines = Array.from({ length: 40 }, (_, index) => `{"line":${index + 10}}\n`);
  sink.write(unitRun(lines));
  await sink.flush();
  const taken = fake.seen.filter(({ body }) => body.length <= 100).map(({ body }) => body);
  assert.equal(taken.join(''), lines.join(''));
  sink.write(unitRun(['x'.repeat(200)], [9]));
  await sink.flush();
  assert.deepEqual([events.records, events.dropped, events.accounted], [40, { rejected: 9 }, 49]);
});

test('close sends what waits; at its deadline the rest is given back, without statistics', async (context) => {
  const fake = await FakeServer.listen(context, [ok]);
  const first = await opened(context, { url: url(fake) });
  first.sink.write(unitRun(['a\n', 'b\n']));
  await first.sink.close(5000);
  assert.deepEqual([first.events.records, fake.seen[0]?.body], [2, 'a\nb\n']);

  const stuck = await FakeServer.listen(context, [() => undefined]);
  const { sink, events, clock } = await opened(context, { url: url(stuck) });
  sink.write(unitRun(['a\n', 'b\n'], [1, 2]));
  sink.write({ ...unitRun(['statistics\n'], [0]), dataRecords: Uint32Array.of(1), statistics: true });
  const closing = sink.close(3000);
  await stuck.requests(1);
  clock.advance(3000);
  await closing;
  assert.deepEqual(events.returns, [{ units: ['a\n', 'b\n'], records: 3, reported: 0 }]);
  assert.deepEqual([events.dropped, events.accounted], [{}, 3]);
});

test('close while a pause is on tries once more, and gives back what still fails', async (context) => {
  const fake = await FakeServer.listen(context, [reply(500)]);
  const { sink, events, clock } = await opened(context, { url: url(fake) });
  sink.write(unitRun(['a\n']));
  clock.advance(1000);
  await events.until(() => events.notices.length > 0);
  while (!clock.waiting.includes(1000)) await turn();
  const closing = sink.close(1500);
  await fake.requests(2);
  clock.advance(1500);
  await closing;
  assert.deepEqual([fake.seen.length, events.returns.length, events.accounted], [2, 1, 1]);
});

interface BulkItem {
  status: number;
  error?: { type: string; reason: string };
}

/** Answers as Elasticsearch does: one status for each document of the request, by its number. */
const bulkReply =
  (statusOf: (document: { n: number }) => number): Reply =>
  (response, { body }) => {
    const lines = body.trimEnd().split('\n');
    const items: { create: BulkItem }[] = [];
    for (let line = 0; line < lines.length; line += 2) {
      assert.deepEqual(JSON.parse(lines[line]!), { create: { _index: 'flows-weir' } });
      const status = statusOf(JSON.parse(lines[line + 1]!) as { n: number });
      const error = { type: `type_${status}`, reason: `reason ${status}` };
      items.push({ create: { status, ...(status >= 300 ? { error } : {}) } });
    }
    const errors = items.some(({ create }) => create.status >= 300);
    response.end(JSON.stringify({ took: 1, errors, items }));
  };

test('_bulk: an action line before each document; each one is sent, refused, or tried again by its own status', async (context) => {
  const first = bulkReply(({ n }) => (n === 3 ? 400 : n === 4 ? 409 : n === 6 || n === 7 ? 429 : n === 9 ? 503 : 201));
  const fake = await FakeServer.listen(context, [first, bulkReply(() => 201)]);
  const { sink, events, clock } = await opened(context, { url: url(fake, '/_bulk'), bulk: 'flows-weir' });
  const lines = Array.from({ length: 10 }, (_, n) => `{"n":${n}}${n === 5 ? '' : '\n'}`);
  sink.write(
    unitRun(
      lines,
      lines.map((_, n) => 2 ** n),
    ),
  );
  clock.advance(1000);
  await retry(clock, events, 1000);
  await events.until(() => events.records + 8 === 1023);
  assert.deepEqual([events.dropped, events.accounted], [{ rejected: 8 }, 1023]);
  assert.equal(fake.seen[1]!.body, [6, 7, 9].map((n) => `{"create":{"_index":"flows-weir"}}\n{"n":${n}}\n`).join(''));
  assert.deepEqual(events.notices.slice(0, 2), [
    'http: the index refuses documents (type_400: reason 400); they are dropped',
    'http: the index is busy (type_429: reason 429); next attempt in 1 s',
  ]);
});

test('_bulk: an answer that is not one of _bulk is no success', async (context) => {
  const fake = await FakeServer.listen(context, [
    reply(200, {}, '<html>'),
    reply(200, {}, '{"errors":true,"items":[]}'),
    bulkReply(() => 201),
  ]);
  const { sink, events, clock } = await opened(context, { url: url(fake, '/_bulk'), bulk: 'flows-weir' });
  sink.write(unitRun(['{"n":1}\n']));
  clock.advance(1000);
  await retry(clock, events, 1000);
  await retry(clock, events, 2000);
  await events.until(() => events.records === 1);
  assert.match(events.notices[0]!, /the answer is no _bulk answer: check the path/);
  assert.match(events.notices[1]!, /the answer tells of 0 documents instead of 1/);
});

test('https: both certificates; a wrong authority is said and mended without restart', async (context) => {
  const folder = temporaryFolder(context);
  const { authority, server, client } = sharedCertificates();
  const ca = join(folder, 'ca.pem');
  copyFileSync(new Authority(folder, 'other').ca, ca);
  const fake = await FakeServer.listen(context, [ok], {
    cert: readFileSync(server.cert),
    key: readFileSync(server.key),
    ca: readFileSync(authority.ca),
    requestCert: true,
  });
  const { sink, events, clock } = await opened(context, { url: url(fake, '/flows', 'https'), ca, ...client });
  sink.write(unitRun(['x\n']));
  clock.advance(1000);
  await events.until(() => events.notices.length > 0);
  assert.match(events.notices[0]!, /the collector's certificate was not signed by .*ca.pem .*; next attempt in 1 s/);
  copyFileSync(authority.ca, ca);
  await retry(clock, events, 1000);
  await events.until(() => events.records === 1);
  assert.equal(fake.seen.length, 1);
});

test('a token is read for every request; a file that is missing at start is an error', async (context) => {
  const folder = temporaryFolder(context);
  const tokenFile = join(folder, 'token');
  const fake = await FakeServer.listen(context, [ok]);
  const sinkless = new HttpSink({ name: 'http://c', url: url(fake), tokenFile });
  await assert.rejects(sinkless.open({} as never), (error: Error) => {
    assert.ok(error instanceof WeirError && error.code === 'WEIR_FILE');
    assert.match(error.message, /^http:\/\/c: token: ENOENT/);
    return true;
  });
  writeFileSync(tokenFile, 'one\n');
  const { sink } = await opened(context, { url: url(fake), tokenFile });
  sink.write(unitRun(['x\n']));
  await sink.flush();
  writeFileSync(tokenFile, 'two\n');
  sink.write(unitRun(['y\n']));
  await sink.flush();
  assert.deepEqual(
    fake.seen.map(({ request }) => request.headers.authorization),
    ['Bearer one', 'Bearer two'],
  );
});

test('an idle connection that the server has closed costs neither a line nor a notice', async (context) => {
  const fake = await FakeServer.listen(context, [ok]);
  const { sink, events } = await opened(context, { url: url(fake) });
  for (const line of ['a\n', 'b\n', 'c\n']) {
    sink.write(unitRun([line]));
    await sink.flush();
    fake.server.closeIdleConnections();
  }
  assert.deepEqual(
    fake.seen.map(({ body }) => body),
    ['a\n', 'b\n', 'c\n'],
  );
  assert.deepEqual([events.records, events.notices.length], [3, 1]);
});

test('whatever the server does, each record is sent or refused, once, and every line that was sent has arrived', async (context) => {
  const random = seededRandom(20261121);
  const arrived = new Set<string>();
  const refused = new Set<string>();
  const moody: Reply = (response, { body }) => {
    const mood = random();
    if (mood < 0.2) return void (response.socket as import('node:net').Socket).resetAndDestroy();
    if (mood < 0.3) return void response.socket?.end();
    if (mood < 0.5) return void response.writeHead(mood < 0.4 ? 503 : 429).end();
    for (const line of body.trimEnd().split('\n')) (mood < 0.6 ? refused : arrived).add(line);
    response.writeHead(mood < 0.6 ? 400 : 200).end();
  };
  const fake = await FakeServer.listen(context, [moody]);
  const { sink, events, clock } = await opened(context, { url: url(fake), batchOctets: 2000, random });
  const lines = Array.from({ length: 1000 }, (_, index) => `line ${index}`);
  const run = unitRun(lines.map((line) => `${line}\n`));
  for (let turns = 0; events.accounted < 1000 && turns < 100_000; turns++) {
    sink.write(run);
    if (clock.waiting.every((ms) => ms !== 30_000)) clock.advance(clock.waiting[0] ?? 0); // no request is under way
    await turn();
  }
  await sink.close(0);
  assert.deepEqual([events.records, events.dropped, events.returns], [arrived.size, { rejected: refused.size }, []]);
  assert.deepEqual([...arrived, ...refused].sort(), [...lines].sort());
});
