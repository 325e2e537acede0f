// Disks that are full, slow or broken, and files that a crash left behind.
import assert from 'node:assert/strict';
import { copyFileSync, readdirSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { describeSpool } from '../../../src/spool/describe.js';
import type { Spool } from '../../../src/spool/spool.js';
import { below, seededRandom } from '../../support/seeded_random.js';
import { unitRun } from '../../support/sink_run.js';
import { drain, SpoolRig, texts } from './spool_rig.js';

const lines = (first: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `{"flow":${first + index}}\n`);

/** Appends four units of one record each and waits for the disk. */
async function fill(spool: Spool, first: number): Promise<void> {
  spool.append(unitRun(lines(first, 4)));
  await spool.flush();
}

function damage(path: string, at: number): void {
  const octets = readFileSync(path);
  octets[at]! ^= 0x20;
  writeFileSync(path, octets);
}

const describe = async (rig: SpoolRig): Promise<string[]> => {
  const found: string[] = [];
  for await (const line of describeSpool(rig.folder, rig.clock)) found.push(line.replaceAll(rig.folder, 'FOLDER'));
  return found;
};

test('disk full: what was not written is lost, the segment stays whole, and it goes on after 5 s', async (context) => {
  const rig = new SpoolRig(context);
  const spool = await rig.open();
  await fill(spool, 100);
  rig.disk.space = 70; // the data fit, the entries only in part
  await fill(spool, 200);
  assert.deepEqual(rig.losses, [{ cause: 'spoolError', records: 4, units: 4 }]);
  assert.equal(readFileSync(join(rig.folder, '000000000001.ndjson'), 'utf8'), lines(100, 4).join(''));
  rig.disk.space = Number.POSITIVE_INFINITY;
  await fill(spool, 300); // too early: lost at once
  assert.equal(rig.lost('spoolError'), 8);
  rig.clock.advance(5000);
  await fill(spool, 400);
  assert.equal(rig.lost('spoolError'), 8);
  assert.deepEqual(rig.notices, [
    'error: spool FOLDER cannot be written: ENOSPC: no space left on device, write; trying again every 5 s; ' +
      'lost: 4 units with 4 flow records',
    'info: spool FOLDER: writing again; lost: 4 units with 4 flow records',
  ]);
  assert.deepEqual((await drain(spool)).units, [...lines(100, 4), ...lines(400, 4)]);
  assert.equal(spool.records, 0);
  await spool.close();
});

test('disk full for minutes: one line a minute, with the sum', async (context) => {
  const rig = new SpoolRig(context);
  const spool = await rig.open();
  rig.disk.space = 0;
  for (let seconds = 0; seconds < 130; seconds++) {
    await fill(spool, seconds);
    rig.clock.advance(1000);
  }
  assert.equal(rig.notices.length, 3);
  assert.match(rig.notices[2]!, /^error: .*lost: 240 units with 240 flow records$/);
  assert.equal(rig.lost('spoolError'), 520);
  assert.equal(spool.octets, 0);
  assert.deepEqual(readdirSync(rig.folder), ['lock']);
  await spool.close();
});

test('a release gives a full disk room: the next append is tried at once', async (context) => {
  const rig = new SpoolRig(context);
  const spool = await rig.open();
  await fill(spool, 100);
  rig.disk.space = 0;
  await fill(spool, 200);
  const chunk = await spool.read(1000);
  rig.disk.space = 1000;
  spool.release(chunk!.segment);
  await spool.flush();
  await fill(spool, 300);
  assert.deepEqual((await drain(spool)).units, lines(300, 4));
  await spool.close();
});

test('a torn write that cannot be cut off costs only itself, now and after a restart', async (context) => {
  const rig = new SpoolRig(context);
  const spool = await rig.open();
  await fill(spool, 100);
  rig.disk.space = 70;
  rig.disk.truncateFails = true;
  await fill(spool, 200);
  rig.disk.space = Number.POSITIVE_INFINITY;
  rig.disk.truncateFails = false;
  rig.clock.advance(5000);
  await fill(spool, 300);
  await spool.close();
  rig.notices.length = 0;

  const again = await rig.open();
  assert.equal(again.recovered, 8);
  assert.match(rig.notices[0]!, /warning: .* segment 000000000001 ends torn: 70 octets are lost, 4 units before/);
  assert.deepEqual((await drain(again)).units, [...lines(100, 4), ...lines(300, 4)]);
  await again.close();
});

test('fsync that fails is said once, and costs nothing that can still be read', async (context) => {
  const rig = new SpoolRig(context);
  const spool = await rig.open({ fsync: 'always' });
  rig.disk.syncFails = true;
  await fill(spool, 100);
  await fill(spool, 200);
  assert.equal(rig.notices.length, 1);
  assert.match(rig.notices[0]!, /^error: spool FOLDER: fsync failed \(EIO/);
  assert.equal((await drain(spool)).units.length, 8);
  await spool.close();
});

test('a slow disk delays nobody: append() returns, what waits is counted', async (context) => {
  const rig = new SpoolRig(context);
  const spool = await rig.open();
  let open = (): void => {};
  rig.disk.gate = new Promise((resolve) => {
    open = resolve;
  });
  for (let first = 0; first < 100; first += 4) spool.append(unitRun(lines(first, 4)));
  assert.equal(spool.records, 100);
  assert.ok(spool.pendingOctets > 100 * 22);
  open();
  assert.equal((await drain(spool)).units.length, 100);
  await spool.close();
});

test('a damaged unit in the middle is skipped, counted and reported; the others are read', async (context) => {
  for (const restart of [false, true]) {
    const rig = new SpoolRig(context);
    let spool = await rig.open();
    await fill(spool, 100);
    if (restart) await spool.close();
    damage(join(rig.folder, '000000000001.ndjson'), 15);
    if (restart) {
      spool = await rig.open();
      assert.equal(spool.recovered, 4);
      assert.match((await describe(rig)).at(-1)!, /3 units, 3 flow records, \d+ octets, 1 not intact/);
    }
    assert.deepEqual((await drain(spool)).units, [lines(100, 1)[0], ...lines(102, 2)]);
    assert.deepEqual(rig.losses, [{ cause: 'spoolError', records: 1, units: 1 }]);
    assert.deepEqual(rig.notices, [
      'error: spool FOLDER: segment 000000000001 holds damaged units; lost: 1 units with 1 flow records',
    ]);
    assert.equal(spool.records, 0);
    await spool.close();
  }
});

test('damage in an older segment is found when it is read after a restart, and by weir spool', async (context) => {
  const rig = new SpoolRig(context);
  const spool = await rig.open({ segmentOctets: 200 });
  await fill(spool, 100);
  await fill(spool, 200);
  await spool.close();
  damage(join(rig.folder, '000000000001.ndjson'), 20);
  const found = await describe(rig);
  assert.match(found[1]!, /^000000000001 {2}ndjson, 3 units, .*, 1 units with 1 flow records damaged$/);
  assert.match(found[3]!, /^2 segments, 7 units, 7 flow records, 376 octets, 1 not intact$/);
  const again = await rig.open();
  assert.equal(again.recovered, 8);
  assert.deepEqual((await drain(again)).units, [...lines(100, 1), ...lines(102, 2), ...lines(200, 4)]);
  assert.deepEqual([again.records, rig.lost('spoolError')], [0, 1]);
  await again.close();
});

test('octets changed at random anywhere: what is read was appended, in order, and the counts hold', async (context) => {
  const random = seededRandom(5655);
  for (let round = 0; round < 60; round++) {
    const rig = new SpoolRig(context);
    const spool = await rig.open({ segmentOctets: 300, head: () => Buffer.from('head\n') });
    for (let first = 0; first < 24; first += 4) await fill(spool, first);
    await spool.close();
    for (let change = below(random, 6); change >= 0; change--) {
      const names = readdirSync(rig.folder).sort();
      const path = join(rig.folder, names[below(random, names.length)]!);
      const octets = readFileSync(path);
      if (octets.length === 0) continue;
      const at = below(random, octets.length);
      if (below(random, 8) === 0) truncateSync(path, at);
      else {
        octets[at] = below(random, 256);
        writeFileSync(path, octets);
      }
    }
    const again = await rig.open();
    const { units } = await drain(again, 40);
    const expected = lines(0, 24);
    assert.deepEqual(
      units,
      expected.filter((line) => units.includes(line)),
    );
    assert.equal(again.recovered, units.length + rig.lost());
    assert.deepEqual([again.records, again.octets, again.segments], [0, 0, 0]);
    await again.close();
  }
});

test('trouble that comes and goes is told once a minute', async (context) => {
  const rig = new SpoolRig(context);
  const spool = await rig.open();
  for (let round = 0; round < 10; round++) {
    rig.disk.space = 0;
    await fill(spool, round);
    rig.disk.space = Number.POSITIVE_INFINITY;
    rig.clock.advance(5000);
    await fill(spool, round);
    rig.clock.advance(2000);
  }
  assert.deepEqual(
    rig.notices.map((text) => text.replace(/: ENOSPC.*5 s/, '')),
    [
      'error: spool FOLDER cannot be written; lost: 4 units with 4 flow records',
      'info: spool FOLDER: writing again',
      'error: spool FOLDER cannot be written; lost: 36 units with 36 flow records',
      'info: spool FOLDER: writing again',
    ],
  );
  await spool.close();
});

test('damage at the end of a segment: its last chunk is empty, so that it is released', async (context) => {
  const rig = new SpoolRig(context);
  const spool = await rig.open();
  await fill(spool, 100);
  damage(join(rig.folder, '000000000001.ndjson'), 40);
  await spool.read(39);
  const last = await spool.read(39);
  assert.deepEqual([texts(last!.run), last!.last], [[], true]);
  spool.release(last!.segment);
  assert.deepEqual([spool.records, rig.lost('spoolError')], [0, 1]);
  await spool.close();
});

test('a segment that cannot be read is lost as a whole, the next one is read', async (context) => {
  const rig = new SpoolRig(context);
  const spool = await rig.open({ segmentOctets: 200 });
  await fill(spool, 100);
  await fill(spool, 200);
  damage(join(rig.folder, '000000000001.index'), 3);
  assert.deepEqual((await drain(spool)).units, lines(200, 4));
  assert.equal(rig.lost('spoolError'), 4);
  assert.match(rig.notices[0]!, /000000000001 cannot be read \(its index has no valid header\) and is set aside/);
  await fill(spool, 300);
  rig.disk.readFails = true;
  assert.deepEqual((await drain(spool)).units, []);
  assert.deepEqual([spool.records, rig.lost('spoolError')], [0, 8]);
  await spool.close();
});

test('a torn end is cut and reported once; broken headers and single files are set aside', async (context) => {
  const rig = new SpoolRig(context);
  const spool = await rig.open({ segmentOctets: 200 });
  for (const first of [100, 200, 300, 400, 500]) await fill(spool, first);
  await spool.close();
  const path = (name: string): string => join(rig.folder, name);
  truncateSync(path('000000000001.ndjson'), 40); // inside the fourth unit
  damage(path('000000000002.index'), 12);
  truncateSync(path('000000000003.index'), statSync(path('000000000003.index')).size - 30); // inside the third entry
  copyFileSync(path('000000000005.index'), path('000000000007.index'));
  copyFileSync(path('000000000005.ndjson'), path('000000000008.ndjson'));
  truncateSync(path('000000000005.ndjson'), 0);
  writeFileSync(path('000000000009.index'), ''); // killed before its header was written
  writeFileSync(path('readme.txt'), 'not ours');
  assert.deepEqual(
    (await describe(rig)).map((line) => line.replace(/, begun .* ago/, '')),
    [
      'FOLDER: not in use',
      '000000000001  ndjson, 3 units, 3 flow records, 153 octets, torn end of 23 octets',
      '000000000002  header damaged',
      '000000000003  ndjson, 2 units, 2 flow records, 118 octets, torn end of 40 octets',
      '000000000004  ndjson, 4 units, 4 flow records, 188 octets, intact',
      '000000000005  ndjson, 0 units, 0 flow records, 48 octets, torn end of 88 octets',
      '000000000007  has an index but no data file',
      '000000000008  has no index',
      '000000000009  begun, nothing in it yet',
      '8 segments, 9 units, 9 flow records, 507 octets, 6 not intact',
    ],
  );

  const again = await rig.open();
  assert.deepEqual(rig.notices, [
    'warning: spool FOLDER: segment 000000000001 ends torn: 23 octets, 1 units with 1 flow records are lost, ' +
      '3 units before it are kept',
    'error: spool FOLDER: segment 000000000002 has a broken header; set aside as 000000000002.ndjson.broken, ' +
      '000000000002.index.broken',
    'warning: spool FOLDER: segment 000000000003 ends torn: 40 octets are lost, 2 units before it are kept',
    'warning: spool FOLDER: segment 000000000005 ends torn: 88 octets, 4 units with 4 flow records are lost, ' +
      'nothing is left of it',
    'error: spool FOLDER: segment 000000000007 has an index but no data file; set aside as 000000000007.index.broken',
    'error: spool FOLDER: segment 000000000008 has no index; set aside as 000000000008.ndjson.broken',
  ]);
  assert.deepEqual([again.recovered, again.records, again.segments], [9, 9, 3]);
  await fill(again, 900);
  assert.deepEqual((await drain(again)).units, [
    ...lines(100, 3),
    ...lines(300, 2),
    ...lines(400, 4),
    ...lines(900, 4),
  ]);
  await again.close();
  assert.deepEqual(readdirSync(rig.folder).sort(), [
    '000000000002.index.broken',
    '000000000002.ndjson.broken',
    '000000000007.index.broken',
    '000000000008.ndjson.broken',
    'readme.txt',
  ]);
});

test('one spool a folder: a living holder is named, a stale lock is taken over', async (context) => {
  const rig = new SpoolRig(context);
  const spool = await rig.open();
  await assert.rejects(rig.open(), { code: 'WEIR_FILE', message: /is in use by process \d+/ });
  assert.match((await describe(rig))[0]!, new RegExp(`FOLDER: in use by process ${process.pid}`));
  await spool.close();
  // This process had another start time: an id that is used again. And a process that is gone.
  for (const stale of [`${process.pid}:1`, '4194999:7', 'nonsense']) {
    symlinkSync(stale, join(rig.folder, 'lock'));
    const again = await rig.open();
    await again.close();
  }
  assert.deepEqual(readdirSync(rig.folder), []);
});
