// The conservation law through outages: what weir counts is what collectors, files and segments hold, to the unit.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { LiveWeir } from '../support/live_weir.js';
import { needsNetwork, Network } from '../support/network.js';
import {
  Collector,
  distinct,
  lawful,
  numberedFile,
  numbersIn,
  range,
  reaches,
  readSpool,
  scrape,
  type SinkWords,
  spooledNumbers,
  spooledRecords,
} from '../support/outage.js';
import { temporaryFolder } from '../support/weir.js';

/** An HTTP server that answers as the test says, and keeps the bodies it answered with 200. */
async function httpServer(
  t: TestContext,
  answer: (body: Buffer) => { status: number; body?: string; keep?: Buffer },
): Promise<{ port: number; kept: Buffer[]; requests: () => number }> {
  const kept: Buffer[] = [];
  let requests = 0;
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests++;
      const { status, body = '', keep } = answer(gunzipSync(Buffer.concat(chunks)));
      if (keep !== undefined) kept.push(keep);
      response.writeHead(status).end(body);
    });
  }).listen(0, '127.0.0.1');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, kept, requests: () => requests };
}

/** _bulk that takes flows with even ports, and refuses the odd ones. */
function bulkAnswer(body: Buffer): { status: number; body: string; keep: Buffer } {
  const lines = body
    .toString()
    .split('\n')
    .filter((line, index) => index % 2 === 1 && line !== '');
  const takes = (line: string): boolean =>
    (JSON.parse(line) as { sourceTransportPort: number }).sourceTransportPort % 2 === 0;
  const items = lines.map((line) =>
    takes(line)
      ? { create: { status: 201 } }
      : { create: { status: 400, error: { type: 'document_parsing_exception', reason: 'odd' } } },
  );
  const taken = lines.filter(takes).map((line) => `${line}\n`);
  return { status: 200, body: JSON.stringify({ errors: true, items }), keep: Buffer.from(taken.join('')) };
}

const count = 12_000;

test(
  'sinks that hang, refuse, reset, half-close and answer errors: the law holds for each, and healthy ones get all',
  needsNetwork('tcpreplay'),
  async (t) => {
    const { near, far } = new Network(t);
    const folder = temporaryFolder(t);
    const spoolOf = (name: string) => join(folder, `spool-${name}`);
    const [healthy, hangs, resets, halfCloses, away] = await Promise.all([
      Collector.listen(t),
      Collector.listen(t, 'hangs'),
      Collector.listen(t, 'resets'),
      Collector.listen(t, 'halfCloses'),
      Collector.listen(t),
    ]);
    away.stop();
    const unavailable = await httpServer(t, () => ({ status: 503 }));
    const refusing = await httpServer(t, () => ({ status: 400, body: 'no such field' }));
    const bulk = await httpServer(t, bulkAnswer);
    const tcp = ({ port }: { port: number }, name: string, more = '') =>
      `tcp://127.0.0.1:${port}?reconnect=1s&spool=${spoolOf(name)}${more}`;
    const http = ({ port }: { port: number }, name: string, more = '') =>
      `http://127.0.0.1:${port}/?batchtime=100ms&spool=${spoolOf(name)}${more}`;
    const sinks = {
      healthy: tcp(healthy, 'healthy'),
      hangs: tcp(hangs, 'hangs', '&format=json&template=full'),
      resets: tcp(resets, 'resets'),
      halfCloses: tcp(halfCloses, 'halfCloses'),
      away: tcp(away, 'away'),
      dropping: `tcp://127.0.0.1:${away.port}?spool=off&queue=65536&domain=7`,
      unavailable: http(unavailable, 'unavailable'),
      refusing: http(refusing, 'refusing'),
      bulk: http(bulk, 'bulk', '&bulk=flows'),
      file: `file://${join(folder, 'flows.json')}`,
    };
    const args = ['-i', far.point, '--idle-timeout', '1s', '--metrics', '127.0.0.1:0'];
    const weir = await LiveWeir.metering(t, [...args, ...Object.values(sinks).flatMap((url) => ['--to', url])]);
    assert.equal(near.replay(numberedFile(folder, count), '--pps', '12000'), count);
    await healthy.until(() => distinct(healthy.numbers()).numbers.length === count, 'had all flows');
    const rejected = 'weir_sink_records_dropped_total';
    await reaches(weir, rejected, { sink: `:${refusing.port}`, cause: 'rejected' }, count);
    await reaches(weir, rejected, { sink: `:${bulk.port}`, cause: 'rejected' }, count / 2);
    (await scrape(weir)).lawful();
    const run = await weir.stop();
    assert.equal(run.status, 0, run.stderr);
    assert.equal(run.meter.frames, count);
    const found = Object.fromEntries(Object.keys(sinks).map((name, index) => [name, lawful(run)[index]!])) as Record<
      keyof typeof sinks,
      SinkWords
    >;
    for (const words of Object.values(found)) assert.equal(words.records, count, JSON.stringify(words));
    for (const name of ['healthy', 'hangs', 'resets', 'halfCloses', 'away', 'unavailable', 'refusing', 'bulk'] as const)
      assert.equal(spooledRecords(spoolOf(name)), found[name].spooled, `${name}: records in its segments`);
    for (const segment of readSpool(folder))
      assert.ok(
        segment.entries.every(({ right }) => right),
        segment.name,
      );
    assert.deepEqual(healthy.numbers().length, found.healthy.exported);
    assert.equal(found.healthy.exported, count);
    assert.ok(found.hangs.spooled > 0 && found.hangs.dropped === 0, JSON.stringify(found.hangs));
    assert.equal(found.away.spooled, count);
    assert.deepEqual(distinct(spooledNumbers(spoolOf('away'))).numbers, range(0, count));
    assert.deepEqual(found.dropping.causes, {
      queueFull: found.dropping.causes.queueFull,
      shutdown: count - found.dropping.causes.queueFull!,
    });
    assert.ok(found.dropping.causes.queueFull! > 0);
    assert.equal(found.unavailable.exported, 0);
    assert.equal(found.unavailable.spooled, count);
    assert.deepEqual(found.refusing.causes, { rejected: count });
    assert.deepEqual(found.bulk.causes, { rejected: count / 2 });
    assert.equal(bulk.kept.flatMap((lines) => numbersIn(lines)).length, count / 2);
    assert.deepEqual(distinct(numbersIn(readFileSync(join(folder, 'flows.json')))), {
      numbers: range(0, count),
      repeated: 0,
    });
    // A half-closed or reset session breaks off; what it took may have arrived, and comes again.
    const half = distinct([...halfCloses.numbers(), ...spooledNumbers(spoolOf('halfCloses'))]);
    assert.deepEqual(half.numbers, range(0, count));
    assert.ok(
      half.repeated <= found.halfCloses.resent,
      `${half.repeated} came again: ${JSON.stringify(found.halfCloses)}`,
    );
  },
);
