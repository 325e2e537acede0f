import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { FileSink, type FileSinkOptions } from '../../../src/sinks/file.js';
import { removeOldFiles } from '../../../src/sinks/file_keeping.js';
import { canCompress, FinishedFiles, finishedPath, nextBoundary, partPath } from '../../../src/sinks/file_rotation.js';
import { ManualClock } from '../../support/manual_clock.js';
import { Recorder, unitRun } from '../../support/sink_run.js';

async function rig(context: TestContext, options: Partial<FileSinkOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'weir-file-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = options.path ?? join(folder, 'flows.json');
  const clock = new ManualClock(); // 05:59:30
  const events = new Recorder();
  const sink = new FileSink({ name: `file://${path}`, path, append: false, clock, ...options });
  const list = (): string[] => readdirSync(folder).sort();
  const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
  return { folder, path, clock, events, sink, list, text };
}

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

test('only so many finished files stay, those of earlier runs and of crashes counted, and nothing else is touched', async (context) => {
  const { sink, events, clock, list, folder } = await rig(context, {
    rotateSeconds: 60,
    compress: 'gzip',
    keepFiles: 2,
  });
  const others = ['.flows-20261101T000000Z.json', 'flows-20261101T000000Z.json.part', 'flows-old.json', 'flows.json'];
  const stay = ['other-20261101T000000Z.json', 'flows-20261101T000000Z.json.bak', ...others];
  const earlier = [
    'flows-20261101T000000Z.json.gz',
    'flows-20261101T000000Z-2.json.gz',
    '.flows-20261101T000000Z-3.json.gz.part',
  ];
  for (const name of [...stay, ...earlier]) writeFileSync(join(folder, name), 'old\n');
  await sink.open(events);
  assert.deepEqual(
    list().filter((name) => !stay.includes(name)),
    ['.flows-20261121T055930Z.json.part', 'flows-20261101T000000Z-2.json.gz', 'flows-20261101T000000Z.json.gz'],
  );
  for (let minute = 1; minute <= 3; minute++) {
    sink.write(unitRun(['a\n']));
    clock.advance(60_000);
    await events.until(() => events.sessions === minute + 1);
  }
  await sink.close(60_000);
  assert.deepEqual(
    list().filter((name) => !stay.includes(name)),
    ['flows-20261121T060030Z.json.gz', 'flows-20261121T060130Z.json.gz'],
  );
  assert.equal(events.notices.length, 4);
  assert.equal(sink.counters.errors, 0);
});

test('finished files stay within an amount of octets, the newest in any case', async (context) => {
  const { sink, events, clock, list } = await rig(context, { rotateSeconds: 60, keepOctets: 10 });
  await sink.open(events);
  for (const [minute, text] of ['1234\n', '1234\n', '1234\n', '1234567890\n'].entries()) {
    sink.write(unitRun([text]));
    clock.advance(60_000);
    await events.until(() => events.sessions === minute + 2);
    if (minute === 2) {
      await events.until(() => events.notices.length === 1);
      assert.deepEqual(list().slice(1), ['flows-20261121T060030Z.json', 'flows-20261121T060130Z.json']);
    }
  }
  await sink.close(1000);
  assert.deepEqual(list(), ['flows-20261121T060230Z.json']);
});

test('a file that leaves before its turn to be compressed came is no failure', async (context) => {
  const { folder, list } = await rig(context);
  const [first, second] = ['1', '2'].map((name) => join(folder, `flows-${name}.json`));
  const failures: string[] = [];
  const files = new FinishedFiles(
    'gzip',
    () => Promise.resolve(rmSync(second!, { force: true })),
    (path, error) => failures.push(`${path}: ${error.message}`),
  );
  for (const path of [first!, second!]) {
    writeFileSync(partPath(path), 'a\n');
    await files.add(path);
  }
  await files.settled();
  assert.deepEqual(failures, []);
  assert.deepEqual(list(), ['flows-1.json.gz']);
});

test('a file and what it is compressed to count as one, and it stays until that is done', async (context) => {
  const { path, folder, clock, list } = await rig(context);
  const now = clock.wall();
  const leave = (...names: string[]): void => {
    for (const name of names) writeFileSync(join(folder, name), '12345\n');
  };
  const compressing = ['.flows-20261121T020000Z.json.gz.part', 'flows-20261121T020000Z.json'];
  leave('flows-20261121T010000Z.json.gz', ...compressing);
  const two = { keepFiles: 2, keepOctets: 0 };
  assert.deepEqual(await removeOldFiles(path, two, now), []);
  assert.deepEqual(await removeOldFiles(path, { keepFiles: 0, keepOctets: 12 }, now), []);
  assert.deepEqual(await removeOldFiles(path, { ...two, keepFiles: 1 }, now), ['flows-20261121T010000Z.json.gz']);
  leave('flows-20261121T030000Z.json', 'flows-20261121T040000Z.json', 'flows-20261121T040000Z.json.gz');
  assert.deepEqual(await removeOldFiles(path, two, now), []);
  rmSync(join(folder, compressing[0]!));
  assert.deepEqual(await removeOldFiles(path, { ...two, keepFiles: 1 }, now), [
    'flows-20261121T030000Z.json',
    'flows-20261121T020000Z.json',
  ]);
  assert.deepEqual(list(), ['flows-20261121T040000Z.json', 'flows-20261121T040000Z.json.gz']);
});

test('files of a clock that was ahead are the oldest, except what was written to after it was set back', async (context) => {
  const { path, folder, clock, list } = await rig(context); // 05:59:30
  const leave = (name: string, written: string): void => {
    writeFileSync(join(folder, name), 'a\n');
    utimesSync(join(folder, name), new Date(written), new Date(written));
  };
  leave('flows-20261121T030000Z.json', '2026-11-21T04:00:00Z');
  leave('flows-20261122T060000Z.json', '2026-11-22T06:59:00Z');
  leave('flows-20261122T070000Z.json', '2026-11-21T05:00:00Z');
  leave('flows-20261121T050010Z.json', '2026-11-21T05:30:00Z');
  const removed = (keepFiles: number) => removeOldFiles(path, { keepFiles, keepOctets: 0 }, clock.wall());
  assert.deepEqual(await removed(3), ['flows-20261122T060000Z.json']);
  assert.deepEqual(await removed(2), ['flows-20261121T030000Z.json']);
  assert.deepEqual(await removed(1), ['flows-20261122T070000Z.json']);
  assert.deepEqual(list(), ['flows-20261121T050010Z.json']);
});

test('after the clock was set back, what is written now stays, and what has names of the future leaves', async (context) => {
  const { sink, events, clock, list, folder } = await rig(context, { rotateSeconds: 60, keepFiles: 2 });
  const ahead = new Date('2126-11-21T00:00:00Z');
  for (const hour of ['01', '02']) {
    const name = join(folder, `flows-21261120T${hour}0000Z.json`);
    writeFileSync(name, 'ahead\n');
    utimesSync(name, ahead, ahead);
  }
  await sink.open(events);
  for (let minute = 1; minute <= 2; minute++) {
    sink.write(unitRun(['a\n']));
    clock.advance(60_000);
    await events.until(() => events.sessions === minute + 1);
  }
  await sink.close(1000);
  assert.deepEqual(list(), ['flows-20261121T055930Z.json', 'flows-20261121T060030Z.json']);
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
