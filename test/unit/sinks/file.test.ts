import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { FileSink, type FileSinkOptions } from '../../../src/sinks/file.js';
import { canCompress, finishedPath, nextBoundary, partPath } from '../../../src/sinks/file_rotation.js';
import { rig } from '../../support/file_sink.js';
import { unitRun } from '../../support/sink_run.js';

test('a plain file has the given name and begins anew, or is appended to', async (context) => {
  const { sink, events, path } = await rig(context);
  writeFileSync(path, 'old\n');
  await sink.open(events);
  sink.write(unitRun(['a\n', 'b\n']));
  await sink.close(1000);
  assert.equal(readFileSync(path, 'utf8'), 'a\nb\n');
  assert.deepEqual([events.sessions, events.records, events.octets], [1, 2, 4]);

  const more = new FileSink({ name: 'again', path, append: true });
  await more.open(events);
  more.write(unitRun(['c\n']));
  await more.close(1000);
  assert.equal(readFileSync(path, 'utf8'), 'a\nb\nc\n');
});

test('a path that cannot be written is an error before anything starts', async (context) => {
  const { sink, events } = await rig(context, { path: '/nonexistent-weir/flows.json' });
  await assert.rejects(sink.open(events), { code: 'WEIR_FILE', message: /ENOENT/ });
});

test('rotation by time: aligned, whole files only under their names, each a new session', async (context) => {
  const { sink, events, clock, list, text } = await rig(context, { rotateSeconds: 3600 });
  await sink.open(events);
  sink.write(unitRun(['a\n']));
  await sink.flush();
  assert.deepEqual(list(), ['.flows-20261121T055930Z.json.part']);
  clock.advance(30_000);
  await events.until(() => events.sessions === 2);
  assert.deepEqual(list(), ['.flows-20261121T060000Z.json.part', 'flows-20261121T055930Z.json']);
  assert.equal(text('flows-20261121T055930Z.json'), 'a\n');
  sink.write(unitRun(['b\n']));
  await sink.close(1000);
  assert.deepEqual(list(), ['flows-20261121T055930Z.json', 'flows-20261121T060000Z.json']);
  assert.equal(text('flows-20261121T060000Z.json'), 'b\n');
});

test('rotation by time follows a clock that is set: forward soon, back to another period too', async (context) => {
  const { sink, events, clock, list } = await rig(context, { rotateSeconds: 3600 });
  await sink.open(events);
  sink.write(unitRun(['a\n']));
  clock.advance(40_000);
  await events.until(() => events.sessions === 2);
  sink.write(unitRun(['b\n']));
  clock.set(7_200_000); // 08:00:10
  clock.advance(10_000);
  await events.until(() => events.sessions === 3);
  sink.write(unitRun(['c\n']));
  clock.set(-1_000); // within its period
  clock.advance(60_000);
  assert.equal(events.sessions, 3);
  clock.set(-86_400_000); // the day before
  clock.advance(10_000);
  await events.until(() => events.sessions === 4);
  sink.write(unitRun(['d\n']));
  await sink.close(1000);
  assert.deepEqual(list(), [
    'flows-20261120T080129Z.json',
    'flows-20261121T055930Z.json',
    'flows-20261121T060010Z.json',
    'flows-20261121T080020Z.json',
  ]);
});

test('a period without records leaves no file', async (context) => {
  const { sink, events, clock, list } = await rig(context, { rotateSeconds: 60 });
  await sink.open(events);
  sink.write(unitRun(['templates'], [0]));
  for (let minute = 1; minute <= 3; minute++) {
    clock.advance(60_000);
    await events.until(() => events.sessions === minute + 1);
  }
  await sink.close(1000);
  assert.deepEqual(list(), []);
});

test('rotation by size: files exceed it by less than a unit, and no unit is lost or torn', async (context) => {
  const { sink, events, list, text } = await rig(context, { rotateOctets: 100 });
  await sink.open(events);
  const lines = Array.from({ length: 60 }, (_, index) => `line ${String(index).padStart(2, '0')}\n`);
  const run = unitRun(lines);
  sink.write(run);
  while (run.from < run.to) {
    const before = events.sessions;
    await events.until(() => events.sessions > before);
    sink.write(run);
  }
  await sink.close(1000);
  const files = list();
  assert.equal(files.length, 5);
  const order = [...files].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  assert.equal(order.map(text).join(''), lines.join(''));
  for (const file of files) assert.ok(text(file).length < 108);
});

test('finished files are compressed in the background', async (context) => {
  const { sink, events, clock, list, folder } = await rig(context, { rotateSeconds: 60, compress: 'gzip' });
  await sink.open(events);
  sink.write(unitRun(['a\n']));
  clock.advance(60_000);
  await events.until(() => events.sessions === 2);
  sink.write(unitRun(['b\n']));
  await sink.close(60_000);
  assert.deepEqual(list(), ['flows-20261121T055930Z.json.gz', 'flows-20261121T060030Z.json.gz']);
  assert.deepEqual(
    list().map((name) => gunzipSync(readFileSync(join(folder, name))).toString()),
    ['a\n', 'b\n'],
  );
  assert.equal(canCompress('gzip'), true);
});

test('SIGHUP: a file moved away is begun anew, one in its place goes on', async (context) => {
  const { sink, events, path, folder, text } = await rig(context);
  await sink.open(events);
  sink.write(unitRun(['a\n']));
  sink.reopen();
  await sink.flush();
  assert.equal(events.sessions, 1);
  renameSync(path, join(folder, 'flows.json.1'));
  sink.write(unitRun(['b\n']));
  assert.equal(events.sessions, 1);
  sink.reopen();
  await events.until(() => events.sessions === 2);
  sink.write(unitRun(['c\n']));
  await sink.close(1000);
  assert.deepEqual([text('flows.json.1'), text('flows.json')], ['a\nb\n', 'c\n']);
});

/** A file on a disk that is full as long as `full()` says: half of a write still fits. */
function onDisk(full: () => boolean): NonNullable<FileSinkOptions['openFile']> {
  return async (path, flags) => {
    const handle = await open(path, flags);
    const write = async (data: Buffer, offset: number, length: number): Promise<{ bytesWritten: number }> => {
      if (!full()) return handle.write(data, offset, length, null);
      await handle.write(data, offset, Math.floor(length / 2), null);
      throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    };
    return new Proxy(handle, {
      get: (target, key) => {
        if (key === 'write') return write;
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    }) as FileHandle;
  };
}

test('a full disk is waited for; the file holds whole units only, and nothing is lost when there is room again', async (context) => {
  let full = false;
  const { sink, events, clock, path } = await rig(context, { openFile: onDisk(() => full) });
  await sink.open(events);
  sink.write(unitRun(['first\n']));
  await sink.flush();
  full = true;
  sink.write(unitRun(['second\n']));
  while (clock.waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(readFileSync(path, 'utf8'), 'first\n', 'the torn half is cut off');
  full = false;
  clock.advance(1000);
  await sink.flush();
  await sink.close(1000);
  assert.equal(readFileSync(path, 'utf8'), 'first\nsecond\n');
  assert.deepEqual([events.records, events.dropped, sink.counters.errors], [2, {}, 1]);
  assert.match(events.notices.join('\n'), /ENOSPC.*trying again every second\n.*writing again/);
});

test('a file whose period ends while the disk is full ends too; what waits goes into the next one', async (context) => {
  let full = false;
  const options = { openFile: onDisk(() => full), rotateSeconds: 60 };
  const { sink, events, clock, list, text } = await rig(context, options);
  await sink.open(events);
  sink.write(unitRun(['first\n']));
  await sink.flush();
  full = true;
  sink.write(unitRun(['template', 'second\n'], [0, 1]));
  sink.write(unitRun(['third\n']));
  while (clock.waiting[0] !== 1000) await new Promise((resolve) => setImmediate(resolve));
  clock.advance(30_000);
  await events.until(() => events.sessions === 2);
  assert.deepEqual(events.returns, [{ units: ['second\n', 'third\n'], records: 2, reported: 0 }]);
  assert.equal(text('flows-20261121T055930Z.json'), 'first\n');
  assert.ok(!sink.connected, 'it is not known to be well before something was written');
  full = false;
  sink.write(unitRun(events.returns[0]!.units));
  await sink.close(1000);
  assert.deepEqual(list(), ['flows-20261121T055930Z.json', 'flows-20261121T060000Z.json']);
  assert.equal(text('flows-20261121T060000Z.json'), 'second\nthird\n');
  assert.deepEqual([events.records, events.dropped, events.drains], [3, {}, 0]);
  assert.ok(sink.connected);
});

test('a file moved away from a full disk is given up at SIGHUP at once; one in its place is not', async (context) => {
  let full = true;
  const { sink, events, clock, path, folder, text } = await rig(context, { openFile: onDisk(() => full) });
  await sink.open(events);
  sink.write(unitRun(['a\n', 'b\n']));
  while (clock.waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
  sink.reopen();
  clock.advance(1000);
  while (clock.waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([events.returns, events.sessions], [[], 1]);
  renameSync(path, join(folder, 'flows.json.1'));
  sink.reopen();
  clock.advance(1000);
  await events.until(() => events.sessions === 2);
  assert.deepEqual(events.returns, [{ units: ['a\n', 'b\n'], records: 2, reported: 0 }]);
  full = false;
  sink.write(unitRun(['a\n', 'b\n']));
  await sink.close(1000);
  assert.deepEqual([text('flows.json.1'), text('flows.json'), events.dropped], ['', 'a\nb\n', {}]);
});

test('a disk that stays full costs the records, counted, and close does not hang on it', async (context) => {
  const { sink, events, clock } = await rig(context, { openFile: onDisk(() => true) });
  await sink.open(events);
  sink.write(unitRun(['a\n', 'b\n']));
  for (let tries = 1; tries < 10; tries++) {
    while (clock.waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
    clock.advance(1000);
  }
  await events.until(() => events.dropped.fileError === 2);
  sink.write(unitRun(['c\n']));
  while (clock.waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const closing = sink.close(200);
  clock.advance(200);
  await closing;
  assert.deepEqual(events.dropped, { fileError: 2, shutdown: 1 });
});

test('SIGHUP while the disk is full and nothing waits: it takes flows again', async (context) => {
  const { sink, events, clock } = await rig(context, { openFile: onDisk(() => true) });
  await sink.open(events);
  sink.write(unitRun(['a\n']));
  for (let tries = 1; tries < 10; tries++) {
    while (clock.waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
    clock.advance(1000);
  }
  await events.until(() => events.dropped.fileError === 1);
  sink.reopen();
  await events.until(() => events.drains === 1);
  assert.deepEqual([sink.ready, events.sessions, events.returns], [true, 1, []]);
});

test('names and boundaries', () => {
  const start = Date.UTC(2026, 10, 21, 5, 59, 30, 123);
  assert.equal(finishedPath('/d/flows.ipfix', start), '/d/flows-20261121T055930Z.ipfix');
  assert.equal(finishedPath('/d/flows', start, 2), '/d/flows-20261121T055930Z-2');
  assert.equal(partPath('/d/flows.json'), '/d/.flows.json.part');
  assert.equal(nextBoundary(start, 3600), Date.UTC(2026, 10, 21, 6));
  assert.equal(nextBoundary(Date.UTC(2026, 10, 21, 6), 3600), Date.UTC(2026, 10, 21, 7));
});

test('files that cannot be compressed are told of once a minute', async (context) => {
  const { sink, events, clock, folder } = await rig(context, { rotateSeconds: 10, compress: 'gzip' });
  await sink.open(events);
  for (let round = 1; round <= 7; round++) {
    sink.write(unitRun(['a\n']));
    await sink.flush();
    // A folder where the compressed file is to grow.
    const [part] = readdirSync(folder).filter((name) => name.endsWith('.json.part'));
    mkdirSync(join(folder, part!.replace('.json.part', '.json.gz.part')));
    clock.advance(10_000);
    await events.until(() => events.sessions === round + 1);
  }
  await sink.close(1000);
  const said = events.notices.filter((text) => text.includes('compressing'));
  assert.equal(said.length, 2, said.join('\n'));
  assert.match(said[1] ?? '', /compressing: EEXIST \(7 times now\)/);
});
