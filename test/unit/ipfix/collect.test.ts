import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import {
  collect,
  type CollectResult,
  type DecodedRecord,
  MessageReader,
  readIpfixFile,
} from '../../../src/ipfix/index.js';
import { packageRoot } from '../../../src/native/load.js';
import { message, packet9, set, template, u16 } from '../../support/ipfix_bytes.js';

const sample = message(0, 1, set(2, template(256, [[7, 2]])), set(256, u16(80), u16(443)));

function folder(context: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'weir-ipfix-'));
  context.after(() => rmSync(path, { recursive: true }));
  return path;
}

/** Runs collect() on loopback and gives its lines one by one. */
async function collecting(urls: string[]) {
  const stop = new AbortController();
  const output = new PassThrough({ highWaterMark: 1 << 20 });
  const notices: string[] = [];
  const places: { scheme: string; port: number }[] = [];
  let listening = (): void => {};
  const ready = new Promise<void>((resolve) => (listening = resolve));
  const done: Promise<CollectResult> = collect(urls, {
    output,
    signal: stop.signal,
    notice: (_, text) => notices.push(text),
    onListening: (place) => {
      places.push(place);
      if (places.length === urls.length) listening();
    },
  });
  await Promise.race([ready, done]);
  let text = '';
  const lines = async (count: number): Promise<Record<string, unknown>[]> => {
    while (text.split('\n').length <= count) {
      const chunk: unknown = output.read();
      if (chunk === null) await once(output, 'readable');
      else text += String(chunk);
    }
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  return { stop, done, places, lines, notices };
}

test('collect prints what arrives by UDP and TCP, as one JSON object a line, until the signal', {
  timeout: 20_000,
}, async () => {
  const { stop, done, places, lines } = await collecting(['udp://127.0.0.1:0', 'tcp://127.0.0.1:0']);
  const [udp, tcp] = places;
  const sender = createSocket('udp4');
  sender.send(sample, udp?.port as number, '127.0.0.1');
  sender.send(
    packet9(1, 9, 0, set(0, template(300, [[4, 1]])), set(300, Buffer.from([6]))),
    udp?.port as number,
    '127.0.0.1',
  );
  await lines(3);
  const client = connect(tcp?.port as number, '127.0.0.1');
  client.end(sample);
  const records = await lines(5);
  sender.close();
  stop.abort();
  const result = await done;
  assert.deepEqual(records[0], {
    '@type': 'flow',
    version: 10,
    exporter: '127.0.0.1',
    domain: 1,
    exportTime: '2026-11-21T06:05:30.000Z',
    sequence: 0,
    template: 256,
    fields: { sourceTransportPort: 80 },
  });
  assert.deepEqual(
    records.map((record) => record.version),
    [10, 10, 9, 10, 10],
  );
  assert.deepEqual([result.flowRecords, result.outputDrops], [5, 0]);
});

test('collect closes a connection that does not send IPFIX', { timeout: 20_000 }, async () => {
  const { stop, done, places, notices } = await collecting(['tcp://127.0.0.1:0']);
  const client = connect(places[0]?.port as number, '127.0.0.1');
  client.on('error', () => undefined);
  client.write('GET / HTTP/1.1\r\n\r\n');
  await once(client, 'close');
  stop.abort();
  await done;
  assert.match(notices.join('\n'), /127\.0\.0\.1 does not send IPFIX/);
});

test('collect refuses what it cannot listen on', async () => {
  const io = { output: new PassThrough(), signal: new AbortController().signal, notice: () => undefined };
  await assert.rejects(collect(['http://x'], io), { code: 'WEIR_SINK', message: /http:\/\/x is not udp:/ });
  await assert.rejects(collect(['udp://:70000'], io), { code: 'WEIR_SINK' });
  await assert.rejects(collect(['udp://192.0.2.1:4739'], io), { code: 'WEIR_SOCKET', message: /192\.0\.2\.1/ });
});

async function all(path: string, reader = new MessageReader()): Promise<DecodedRecord[]> {
  const records: DecodedRecord[] = [];
  for await (const record of readIpfixFile(path, reader)) records.push(record);
  return records;
}

test('files: plain, gzip, broken off, not IPFIX, missing', async (context) => {
  const path = join(folder(context), 'flows.ipfix');
  writeFileSync(path, Buffer.concat([sample, message(2, 1, set(256, u16(1)))]));
  assert.equal((await all(path)).length, 3);
  writeFileSync(`${path}.gz`, gzipSync(readFileSync(path)));
  assert.deepEqual(
    (await all(`${path}.gz`)).map((record) => record.fields),
    (await all(path)).map((record) => record.fields),
  );
  writeFileSync(path, Buffer.concat([sample, sample.subarray(0, 20)]));
  const reader = new MessageReader();
  await assert.rejects(all(path, reader), { code: 'WEIR_FILE', message: /ends inside a message \(20 octets left\)/ });
  assert.equal(reader.counters.flowRecords, 2);
  writeFileSync(path, 'hello, world: this is text');
  await assert.rejects(all(path), { code: 'WEIR_FILE', message: /not an IPFIX file/ });
  await assert.rejects(all(`${path}.none`), { code: 'WEIR_FILE', message: /ENOENT/ });
});

const python = spawnSync('python3', ['--version']).status === 0;

test("an independent sender's messages: every kind of record", {
  skip: python ? false : 'python3 is not installed',
}, async (context) => {
  const path = join(folder(context), 'all.ipfix');
  const sender = join(packageRoot(), 'test', 'support', 'ipfix_send.py');
  const run = spawnSync('python3', [sender, '-t', 'file', '-o', path, 'all'], { encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
  const reader = new MessageReader();
  const records = await all(path, reader);
  const { flowRecords, optionsRecords, sequenceGaps, unknownTemplates, malformed } = reader.counters;
  assert.deepEqual([flowRecords, optionsRecords, sequenceGaps, unknownTemplates], [13, 9, 0, 0]);
  assert.ok(Object.values(malformed).every((count) => count === 0));
  const by = (template: number): DecodedRecord['fields'] =>
    records.find((record) => record.template === template)?.fields ?? {};
  assert.equal(by(256).userName, 'alice');
  assert.equal(by(257).sourceIPv6Address, '2001:db8::1');
  assert.equal(by(259).reverseOctetDeltaCount, 777);
  assert.equal(by(259).reverseTcpControlBits, 18);
  assert.equal(by(260).octetDeltaCount, 1000);
  assert.equal(by(261).subTemplateList, '0x0301060001000200030004');
  assert.match(String(by(263).flowStartMicroseconds), /\.500000Z$/);
  assert.match(String(by(263).flowEndNanoseconds), /\.250000000Z$/);
  assert.equal(by(310).applicationName, 'HTTP');
  assert.equal(by(330).applicationDescription, 'nDPI HTTP');
  assert.equal(by(302).samplingPacketSpace, 99);
});
