import assert from 'node:assert/strict';
import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { removeOldFiles } from '../../../src/sinks/file_keeping.js';
import { FinishedFiles, partPath } from '../../../src/sinks/file_rotation.js';
import { rig } from '../../support/file_sink.js';
import { unitRun } from '../../support/sink_run.js';

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
