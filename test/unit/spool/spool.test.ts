import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { unitRun } from '../../support/sink_run.js';
import { drain, SpoolRig, texts } from './spool_rig.js';

const lines = (first: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `{"flow":${first + index}}\n`);

const filesOf = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name !== 'lock')
    .sort();

const octetsOf = (folder: string): number =>
  filesOf(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);

test('what is appended is read in order, and gone when it is released', async (context) => {
  const rig = new SpoolRig(context);
  const spool = await rig.open({ signature: 'json ipfix', head: () => Buffer.from('# head\n') });
  const run = unitRun(['never\n', 'a\n', 'b\n', 'c\n', 'never\n'], [9, 3, 0, 2, 9]);
  run.from = 1;
  run.to = 4;
  spool.append(run);
  run.bytes.fill(0); // it was copied
  assert.equal(run.from, 4);
  assert.equal(spool.records, 5);
  assert.equal(spool.pendingOctets, 6 + 3 * 22);
  await spool.flush();
  assert.equal(spool.pendingOctets, 0);
  assert.deepEqual(filesOf(rig.folder), ['000000000001.index', '000000000001.ndjson']);
  assert.equal(readFileSync(join(rig.folder, '000000000001.ndjson'), 'utf8'), '# head\na\nb\nc\n');
  assert.equal(spool.octets, octetsOf(rig.folder));

  const chunk = await spool.read(4);
  assert.deepEqual(texts(chunk!.run), ['a\n', 'b\n']);
  assert.deepEqual([...chunk!.run.records], [3, 0]);
  assert.deepEqual(
    [chunk!.segment, chunk!.signature, Buffer.from(chunk!.head).toString(), chunk!.last],
    [1, 'json ipfix', '# head\n', false],
  );
  assert.throws(() => spool.release(1), /not read to its end/);
  const last = await spool.read(1);
  assert.deepEqual([texts(last!.run), last!.last], [['c\n'], true]);
  assert.equal(await spool.read(1), undefined);
  assert.deepEqual([spool.records, spool.segments], [5, 1]);
  spool.release(1);
  spool.release(1);
  assert.deepEqual([spool.records, spool.segments, spool.octets], [0, 0, 0]);
  await spool.close();
  assert.deepEqual(readdirSync(rig.folder), []);
  assert.deepEqual([rig.losses, rig.notices], [[], []]);
});

test('the folder is made for the user alone, its parents for all to see', async (context) => {
  const rig = new SpoolRig(context);
  const spool = await rig.open();
  spool.append(unitRun(['a\n']));
  await spool.flush();
  assert.equal(statSync(rig.folder).mode & 0o777, 0o700);
  assert.equal(statSync(dirname(rig.folder)).mode & 0o777, 0o755);
  assert.equal(statSync(join(rig.folder, '000000000001.ndjson')).mode & 0o777, 0o600);
  await spool.close();
});

test('a folder that cannot be used is an error', async (context) => {
  const rig = new SpoolRig(context);
  await assert.rejects(rig.open({ folder: '/proc/version/spool' }), { code: 'WEIR_FILE', message: /cannot be used/ });
});

test('units with keys: the data file has the values, reading gives the keys back', async (context) => {
  const rig = new SpoolRig(context);
  const keyed = (key: string, value: string): Buffer =>
    Buffer.concat([Buffer.from([key.length >> 8, key.length & 255]), Buffer.from(key + value)]);
  const long = 'k'.repeat(300);
  const units = [keyed('1:abc=', '{"a":1}\n'), keyed('', '{"b":2}\n'), keyed(long, '{"c":3}\n')];
  const spool = await rig.open({ keyed: true });
  spool.append(unitRun(units));
  await spool.close();
  assert.equal(readFileSync(join(rig.folder, '000000000001.ndjson'), 'utf8'), '{"a":1}\n{"b":2}\n{"c":3}\n');

  const again = await rig.open({ keyed: true });
  assert.equal(again.recovered, 3);
  const { units: found } = await drain(again);
  assert.deepEqual(
    found,
    units.map((unit) => unit.toString('latin1')),
  );
  await again.close();
});

test('units of a run that had keys are given without, and the other way round', async (context) => {
  const rig = new SpoolRig(context);
  const keyed = (key: string, value: string): string => `\0${String.fromCharCode(key.length)}${key}${value}`;
  const withKeys = await rig.open({ keyed: true });
  withKeys.append(unitRun([keyed('abc', '{"a":1}\n')]));
  await withKeys.close();
  const without = await rig.open({ keyed: false });
  without.append(unitRun(['{"b":2}\n']));
  assert.deepEqual((await drain(without)).units, ['{"a":1}\n', '{"b":2}\n']);
  without.append(unitRun(['{"c":3}\n']));
  await without.close();
  const again = await rig.open({ keyed: true });
  assert.deepEqual((await drain(again)).units, [keyed('', '{"c":3}\n')]);
  await again.close();
});

test('segments of another kind stay, untouched and uncounted', async (context) => {
  const rig = new SpoolRig(context);
  const lines = await rig.open({ kind: 'ndjson' });
  lines.append(unitRun(['{"a":1}\n'], [4]));
  await lines.close();
  const messages = await rig.open({ kind: 'ipfix' });
  assert.deepEqual([messages.recovered, messages.records, messages.segments], [0, 0, 0]);
  assert.equal(await messages.read(1000), undefined);
  assert.match(rig.notices.join('\n'), /1 segments with 4 flow records are ndjson, not ipfix: they stay until/);
  await messages.close();
  const again = await rig.open({ kind: 'ndjson' });
  assert.deepEqual([again.recovered, (await drain(again)).units], [4, ['{"a":1}\n']]);
  await again.close();
});

test('a segment that nothing more is written to becomes too old, too', async (context) => {
  const rig = new SpoolRig(context);
  const spool = await rig.open({ maxAgeMs: 60_000 });
  spool.append(unitRun(['a\n'], [5]));
  await spool.flush();
  for (let quarter = 0; quarter < 6; quarter++) {
    rig.clock.advance(15_000);
    await spool.flush();
  }
  assert.deepEqual(rig.losses, [{ cause: 'expired', records: 5, units: 1 }]);
  assert.deepEqual([spool.records, spool.octets], [0, 0]);
  await spool.close();
});

test('segments are ended at their size, and read oldest first', async (context) => {
  const rig = new SpoolRig(context);
  const spool = await rig.open({ segmentOctets: 200 });
  for (let first = 0; first < 40; first += 4) spool.append(unitRun(lines(first, 4)));
  await spool.flush();
  assert.ok(spool.segments >= 8, `${spool.segments} segments`);
  for (const name of filesOf(rig.folder)) assert.ok(statSync(join(rig.folder, name)).size <= 200, name);
  assert.equal(spool.octets, octetsOf(rig.folder));
  const { units, chunks } = await drain(spool, 30);
  assert.deepEqual(units, lines(0, 40));
  assert.ok(chunks.every(({ run }) => run.bytes.length <= 30));
  assert.deepEqual(
    chunks.map(({ segment }) => segment),
    chunks.map(({ segment }) => segment).sort((a, b) => a - b),
  );
  await spool.close();
});

test('reading goes on with what is appended meanwhile, in a new segment', async (context) => {
  const rig = new SpoolRig(context);
  const spool = await rig.open();
  spool.append(unitRun(['a\n']));
  const first = await spool.read(100);
  spool.append(unitRun(['b\n', 'c\n']));
  const more = await Promise.all([spool.read(1), spool.read(1), spool.read(1)]);
  assert.deepEqual(
    [first, ...more].map((chunk) => chunk && [...texts(chunk.run), chunk.segment, chunk.last]),
    [['a\n', 1, true], ['b\n', 2, false], ['c\n', 2, true], undefined],
  );
  await spool.close();
});

test('appends made during one write go into the next one together', async (context) => {
  const rig = new SpoolRig(context);
  const spool = await rig.open({ fsync: 'always' });
  spool.append(unitRun(['a\n']));
  await spool.flush();
  const before = rig.disk.syncs;
  let open = (): void => {};
  rig.disk.gate = new Promise((resolve) => {
    open = resolve;
  });
  for (const line of lines(0, 100)) spool.append(unitRun([line]));
  open();
  await spool.flush();
  assert.ok(rig.disk.syncs - before <= 4, `${rig.disk.syncs - before} syncs of two files`);
  assert.equal((await drain(spool)).units.length, 101);
  await spool.close();
});

test('a spool that is full gives up its oldest segment, but none that is being read', async (context) => {
  const rig = new SpoolRig(context);
  const spool = await rig.open({ maxOctets: 1000, segmentOctets: 250 });
  const append = async (first: number): Promise<void> => {
    spool.append(unitRun(lines(first, 4), [1, 2, 3, 4]));
    await spool.flush();
  };
  for (const first of [100, 110, 120]) await append(first); // 48 + 88 octets of units, 48 of header
  const reading = await spool.read(1);
  assert.equal(reading!.segment, 1);
  assert.deepEqual(rig.losses, []);
  for (const first of [130, 140, 150, 160, 170]) {
    await append(first);
    assert.ok(spool.octets <= 1000);
    assert.equal(spool.octets, octetsOf(rig.folder));
  }
  assert.ok(rig.losses.length > 0);
  assert.ok(rig.losses.every(({ cause, records, units }) => cause === 'spoolFull' && records === 10 && units === 4));
  assert.equal(spool.records + rig.lost(), 80);
  assert.ok(existsSync(join(rig.folder, '000000000001.ndjson')));
  const rest = await drain(spool);
  assert.deepEqual(rest.units.slice(0, 3), lines(101, 3)); // of segment 1, from its second unit on
  assert.deepEqual(rest.units.slice(-4), lines(170, 4));
  await spool.close();
});

test('what never fits is lost at once', async (context) => {
  const rig = new SpoolRig(context);
  const spool = await rig.open({ maxOctets: 500 });
  spool.append(unitRun(['x'.repeat(600), 'ok\n'], [7, 1]));
  assert.deepEqual(rig.losses, [{ cause: 'spoolFull', records: 7, units: 1 }]);
  assert.deepEqual((await drain(spool)).units, ['ok\n']);
  await spool.close();
});

test('old segments expire: by their last change, also after a restart', async (context) => {
  const rig = new SpoolRig(context);
  const options = { maxAgeMs: 60_000 };
  const spool = await rig.open(options);
  spool.append(unitRun(['a\n'], [5]));
  await spool.flush();
  rig.clock.advance(16_000); // a segment spans a quarter of the age at most
  spool.append(unitRun(['b\n'], [6]));
  await spool.flush();
  assert.equal(spool.segments, 2);
  rig.clock.advance(50_000);
  assert.deepEqual(rig.losses, [{ cause: 'expired', records: 5, units: 1 }]);
  assert.deepEqual([spool.records, spool.segments], [6, 1]);
  await spool.close();

  const wall = statSync(join(rig.folder, '000000000002.ndjson')).mtimeMs;
  const late = { ...rig.clock, now: () => 0, wall: () => wall + 61_000, after: () => () => {} };
  const again = await rig.open({ ...options, clock: late });
  assert.deepEqual([again.recovered, again.records], [6, 0]);
  assert.deepEqual(rig.losses[1], { cause: 'expired', records: 6, units: 1 });
  await again.close();
});

test('a clock that is set ages no segment, and keeps none', async (context) => {
  const rig = new SpoolRig(context);
  const options = { maxAgeMs: 60_000 };
  const spool = await rig.open(options);
  spool.append(unitRun(['a\n'], [5]));
  await spool.flush();
  rig.clock.set(86_400_000);
  rig.clock.advance(16_000);
  spool.append(unitRun(['b\n'], [6]));
  await spool.flush();
  assert.deepEqual([spool.records, spool.segments, rig.losses.length], [11, 2, 0]);
  rig.clock.set(-2 * 86_400_000);
  rig.clock.advance(50_000);
  assert.deepEqual([spool.records, spool.segments], [6, 1]);
  await spool.close();

  const wall = statSync(join(rig.folder, '000000000002.ndjson')).mtimeMs;
  const before = { ...rig.clock, now: () => 0, wall: () => wall - 86_400_000, after: () => () => {} };
  const again = await rig.open({ ...options, clock: before });
  assert.equal(again.records, 6, 'written in the future: it is new');
  await again.close();
});

test('fsync: always at each write, once a second, at the end of a segment, never', async (context) => {
  for (const [fsync, written, second, sealed] of [
    ['always', 2, 2, 2],
    ['second', 0, 2, 2],
    ['segment', 0, 0, 2],
    ['never', 0, 0, 0],
  ] as const) {
    const rig = new SpoolRig(context);
    const spool = await rig.open({ fsync });
    spool.append(unitRun(['a\n']));
    while (spool.pendingOctets > 0) await new Promise(setImmediate);
    while (fsync === 'always' && rig.disk.folderSyncs === 0) await new Promise(setImmediate);
    assert.equal(rig.disk.syncs, written, fsync);
    rig.clock.advance(1000);
    while (fsync === 'second' && rig.disk.folderSyncs === 0) await new Promise(setImmediate);
    assert.equal(rig.disk.syncs, second, fsync);
    await spool.read(100);
    assert.equal(rig.disk.syncs, sealed, fsync);
    assert.equal(rig.disk.folderSyncs, fsync === 'never' ? 0 : 1, fsync);
    await spool.close();
  }
});

test('after close() nothing is taken and nothing is read', async (context) => {
  const rig = new SpoolRig(context);
  const spool = await rig.open();
  spool.append(unitRun(['a\n']));
  await Promise.all([spool.close(), spool.close()]);
  spool.append(unitRun(['b\n'], [4]));
  assert.deepEqual(rig.losses, [{ cause: 'spoolError', records: 4, units: 1 }]);
  assert.equal(await spool.read(100), undefined);
  assert.equal(spool.records, 1);
});
