import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { FinishedFiles, finishedPath, partPath } from '../../../src/sinks/file_rotation.js';
import { rig } from '../../support/file_sink.js';
import { unitRun } from '../../support/sink_run.js';

test('what a crash has left of rotated files is finished or removed at the next start', async (context) => {
  const { sink, events, path, folder, list, text } = await rig(context, { rotateSeconds: 3600, compress: 'gzip' });
  const leave = (name: string, content: string | Buffer): void => writeFileSync(join(folder, name), content);
  leave('.flows-20261121T010000Z.json.part', '{"a":1}\n{"b":2}\n{"torn');
  leave('.flows-20261121T020000Z-2.json.part', '{"torn');
  leave('flows-20261121T030000Z.json', 'whole\n');
  leave('.flows-20261121T030000Z.json.gz.part', 'half');
  leave('.flows-20261121T040000Z.json.part', 'in use\n');
  leave('.other-20261121T010000Z.json.part', 'not ours\n');
  const user = await open(join(folder, '.flows-20261121T040000Z.json.part'), 'a');
  context.after(() => user.close());
  await sink.open(events);
  assert.deepEqual(events.notices, [
    `file://${path}: finished files of an earlier run: flows-20261121T010000Z.json`,
    `file://${path}: removed 2 half files of an earlier run`,
  ]);
  await sink.close(10_000);
  assert.deepEqual(list(), [
    '.flows-20261121T040000Z.json.part',
    '.other-20261121T010000Z.json.part',
    'flows-20261121T010000Z.json.gz',
    'flows-20261121T030000Z.json.gz',
  ]);
  const unzipped = gunzipSync(readFileSync(join(folder, 'flows-20261121T010000Z.json.gz'))).toString();
  assert.equal(unzipped, '{"a":1}\n{"b":2}\n');
  assert.equal(text('.flows-20261121T040000Z.json.part'), 'in use\n');
});

test('what an earlier run did not come to compress is compressed, and of two of the same one stays', async (context) => {
  const { sink, events, folder, list, text } = await rig(context, { rotateSeconds: 3600, compress: 'gzip' });
  const leave = (name: string, content: string | Buffer): void => writeFileSync(join(folder, name), content);
  leave('flows-20261121T010000Z.json', 'waited\n');
  leave('flows-20261121T020000Z.json', 'twice\n');
  leave('flows-20261121T020000Z.json.gz', gzipSync('twice\n'));
  leave('flows-20261121T030000Z.json', 'power was lost\n');
  leave('flows-20261121T030000Z.json.gz', '');
  leave('flows-20261121T040000Z.json', 'another process\n');
  leave('.flows-20261121T040000Z.json.gz.part', 'is at it');
  const others = ['flows-20261121T010000Z.json.bak', 'flows-old.json', 'flows.json', 'flows-a-20261121T010000Z.json'];
  for (const name of others) leave(name, 'not ours\n');
  const user = await open(join(folder, '.flows-20261121T040000Z.json.gz.part'), 'a');
  context.after(() => user.close());
  await sink.open(events);
  await sink.close(60_000);
  const compressed = ['01', '02', '03'].map((hour) => `flows-20261121T${hour}0000Z.json.gz`);
  const busy = ['.flows-20261121T040000Z.json.gz.part', 'flows-20261121T040000Z.json'];
  assert.deepEqual(list(), [...compressed, ...busy, ...others].sort());
  assert.deepEqual(
    compressed.map((name) => gunzipSync(readFileSync(join(folder, name))).toString()),
    ['waited\n', 'twice\n', 'power was lost\n'],
  );
  assert.deepEqual(busy.map(text), ['is at it', 'another process\n']);
  assert.deepEqual([events.notices, sink.counters.errors], [[], 0]);
});

test('a file whose own name ends as compressed ones do is finished as any other', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-file-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const { sink, events } = await rig(context, { path: join(folder, 'flows.gz'), rotateSeconds: 3600 });
  writeFileSync(join(folder, '.flows-20261121T010000Z.gz.part'), 'line\ntorn');
  await sink.open(events);
  await sink.close(1000);
  assert.deepEqual(readdirSync(folder), ['flows-20261121T010000Z.gz']);
  assert.equal(readFileSync(join(folder, 'flows-20261121T010000Z.gz'), 'utf8'), 'line\n');
});

test('a file that is taken away while it is compressed does not come back', async (context) => {
  const { path, folder, list } = await rig(context);
  const failures: Error[] = [];
  const finished = finishedPath(path, 0);
  const files = new FinishedFiles(
    'gzip',
    async () => {},
    (_, error) => failures.push(error),
  );
  writeFileSync(partPath(finished), 'a\n'.repeat(1 << 20));
  await files.add(finished);
  while (!list().some((name) => name.endsWith('.gz.part'))) await new Promise((resolve) => setImmediate(resolve));
  rmSync(finished);
  await files.settled();
  assert.deepEqual([failures, readdirSync(folder)], [[], []]);
});

test('IPFIX that a crash has torn ends with its last whole message', async (context) => {
  const { sink, events, folder } = await rig(context, { rotateOctets: 1 << 20 });
  const message = (octets: number): Buffer => {
    const bytes = Buffer.alloc(octets, 1);
    bytes.writeUInt16BE(10, 0);
    bytes.writeUInt16BE(octets, 2);
    return bytes;
  };
  const torn = message(40).subarray(0, 25);
  writeFileSync(join(folder, '.flows-20261121T010000Z.json.part'), Buffer.concat([message(20), message(30), torn]));
  await sink.open(events);
  await sink.close(1000);
  assert.deepEqual(
    readFileSync(join(folder, 'flows-20261121T010000Z.json')),
    Buffer.concat([message(20), message(30)]),
  );
});

test('a line that a crash has torn does not spoil the next one', async (context) => {
  const { sink, events, path } = await rig(context, { append: true });
  writeFileSync(path, 'whole\nto');
  await sink.open(events);
  sink.write(unitRun(['next\n']));
  await sink.close(1000);
  assert.equal(readFileSync(path, 'utf8'), 'whole\nto\nnext\n');
});
