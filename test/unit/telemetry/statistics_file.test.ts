import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import {
  giveStatisticsFolder,
  removeLeftOvers,
  StatisticsFile,
  statisticsPlace,
} from '../../../src/telemetry/statistics_file.js';
import { temporaryFolder } from '../../support/weir.js';

const live = { live: true, pid: 7, uid: 0, runtimeDirectory: undefined };

/** The id of a process that has ended. */
function goneProcess(): number {
  return spawnSync('true').pid;
}

interface Rig {
  file: StatisticsFile;
  failures: string[];
  path: string;
}

function rig(context: TestContext, name = 'weir.stats'): Rig {
  const path = join(temporaryFolder(context), 'run', name);
  const failures: string[] = [];
  let count = 0;
  const file = new StatisticsFile({
    place: { path, automatic: false },
    json: () => ({ count: ++count, history: [] }),
    text: () => ({ count: ++count }),
    onFailure: (text) => failures.push(text),
  });
  return { file, failures, path };
}

test('where it is', () => {
  const place = (option: string, change = {}) => statisticsPlace(option, { ...live, ...change });
  assert.equal(place(''), undefined);
  assert.deepEqual(place('auto'), { path: '/run/weir/7.stats', automatic: true });
  assert.equal(place('auto', { uid: 1000 }), undefined);
  assert.deepEqual(place('auto', { uid: 1000, runtimeDirectory: '/run/weir/edge:/run/b' }), {
    path: '/run/weir/edge/7.stats',
    automatic: true,
  });
  assert.equal(place('auto', { live: false, runtimeDirectory: '/run/weir' }), undefined);
  assert.deepEqual(place('/tmp/x.json', { live: false }), { path: '/tmp/x.json', automatic: false });
});

test('written, replaced as a whole, readable for all, gone at the end', async (context) => {
  const { file, failures, path } = rig(context);
  const umask = process.umask(0o077);
  context.after(() => process.umask(umask));
  await file.write();
  const first = statSync(path);
  assert.equal(readFileSync(path, 'utf8'), 'count: 1\n');
  assert.equal(first.mode & 0o777, 0o644);
  await file.write();
  assert.equal(readFileSync(path, 'utf8'), 'count: 2\n');
  assert.notEqual(statSync(path).ino, first.ino);
  assert.deepEqual(readdirSync(join(path, '..')), ['weir.stats']);
  await file.close();
  assert.equal(existsSync(path), false);
  await file.write();
  assert.equal(existsSync(path), false);
  assert.deepEqual(failures, []);
});

test('JSON where the name says so', async (context) => {
  const { file, path } = rig(context, 'weir.json');
  await file.write();
  assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), { count: 1, history: [] });
});

test('a reader never sees half of it', async (context) => {
  const { file, path } = rig(context);
  await file.write();
  const writes = Array.from({ length: 20 }, () => file.write());
  for (let turn = 0; turn < 100; turn++) assert.match(readFileSync(path, 'utf8'), /^count: \d+\n$/);
  await Promise.all(writes);
});

test('two writes at once are one', async (context) => {
  const { file, path } = rig(context);
  await Promise.all([file.write(), file.write()]);
  assert.equal(readFileSync(path, 'utf8'), 'count: 1\n');
});

test('a folder that goes away is made anew; one that cannot be is told of and tried again', async (context) => {
  const { file, failures, path } = rig(context);
  await file.write();
  const folder = join(path, '..');
  rmSync(folder, { recursive: true });
  await file.write();
  assert.ok(existsSync(path));
  rmSync(folder, { recursive: true });
  writeFileSync(folder, 'in the way');
  await file.write();
  assert.match(
    failures[0] ?? '',
    /statistics file .*weir\.stats cannot be written: run is no folder \(ENOTDIR\); it is tried again/,
  );
  rmSync(folder);
  await file.write();
  assert.ok(existsSync(path));
  assert.equal(failures.length, 1);
});

test('a full disk is told of', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-test-'));
  context.after(() => {
    spawnSync('umount', [folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4k,nr_inodes=16', 'tmpfs', folder]);
  if (mounted.status !== 0) return context.skip(`no tmpfs can be mounted: ${mounted.stderr.toString().trim()}`);
  writeFileSync(join(folder, 'filler'), Buffer.alloc(4096));
  const failures: string[] = [];
  const file = new StatisticsFile({
    place: { path: join(folder, 'x.stats'), automatic: false },
    json: () => ({}),
    text: () => ({ count: 1 }),
    onFailure: (text) => failures.push(text),
  });
  await file.write();
  assert.match(failures[0] ?? '', /no space left on the device \(ENOSPC\)/);
  assert.deepEqual(readdirSync(folder), ['filler']);
  rmSync(join(folder, 'filler'));
  await file.write();
  assert.deepEqual([readdirSync(folder), failures.length], [['x.stats'], 1]);
});

test('no link that somebody laid is followed', async (context) => {
  const { file, path } = rig(context);
  const victim = join(temporaryFolder(context), 'victim');
  writeFileSync(victim, 'mine');
  mkdirSync(join(path, '..'));
  symlinkSync(victim, `${path}.${process.pid}.new`);
  await file.write();
  assert.equal(readFileSync(victim, 'utf8'), 'mine');
  assert.equal(readFileSync(path, 'utf8'), 'count: 1\n');
  symlinkSync(victim, `${path}.${process.pid}.new`);
  await file.close();
  assert.equal(readFileSync(victim, 'utf8'), 'mine');
});

test('two probes with the same file: each has its own for what is to replace it', async (context) => {
  const { file, path } = rig(context);
  await file.write();
  const others = [`${path}.new`, `${path}.1.new`]; // the process with the id 1 is writing it, or an older weir
  for (const other of others) writeFileSync(other, 'half of');
  await file.write();
  for (const other of others) assert.equal(readFileSync(other, 'utf8'), 'half of');
  assert.equal(readFileSync(path, 'utf8'), 'count: 2\n');
  await file.close();
  assert.deepEqual(readdirSync(join(path, '..')), ['weir.stats.1.new', 'weir.stats.new']);
});

test('left-overs: only files of the pattern whose process is gone', (context) => {
  const folder = temporaryFolder(context);
  const gone = goneProcess();
  const stay = [
    ...[`${process.pid}.stats`, `${process.pid}.stats.${process.pid}.new`, 'edge.stats'],
    ...[`${gone}.json`, `x${gone}.stats`, 'x.stats.new', `x.stats.${process.pid}.new`, `y.stats.${gone}.new`],
  ];
  const go = [`${gone}.stats`, `${gone}.stats.${gone}.new`, `${gone}.stats.new`];
  for (const name of [...stay, ...go, `x.stats.${gone}.new`]) writeFileSync(join(folder, name), '');
  removeLeftOvers({ path: join(folder, 'x.stats'), automatic: false });
  assert.deepEqual(readdirSync(folder).sort(), [...stay, ...go].sort());
  removeLeftOvers({ path: join(folder, '7.stats'), automatic: true });
  assert.deepEqual(readdirSync(folder).sort(), stay.sort());
  removeLeftOvers({ path: join(folder, 'missing', '7.stats'), automatic: true });
});

const isRoot = process.getuid?.() === 0;
test('--user: the folder is made and given; never one that holds something else, or that another uses', {
  skip: isRoot ? false : 'needs root to give folders away',
}, async (context) => {
  const base = temporaryFolder(context);
  chmodSync(base, 0o755);
  const owner = (path: string): number => statSync(path).uid;
  const give = (folder: string, automatic: boolean, uid = 12345) =>
    giveStatisticsFolder({ path: join(folder, '7.stats'), automatic }, uid, uid);
  const fresh = join(base, 'a', 'b');
  await give(fresh, true);
  assert.deepEqual([owner(fresh), owner(join(base, 'a'))], [12345, 0]);
  await give(fresh, true, 999); // the one before is gone
  assert.equal(owner(fresh), 999);
  writeFileSync(join(fresh, `${process.pid}.stats`), '');
  await give(fresh, true, 12345); // its probe lives
  assert.equal(owner(fresh), 999);
  const named = join(base, 'named');
  mkdirSync(named);
  await give(named, false);
  assert.equal(owner(named), 0);
  await give(named, true);
  assert.equal(owner(named), 12345);
  const foreign = join(base, 'foreign');
  mkdirSync(foreign);
  writeFileSync(join(foreign, 'other.sock'), '');
  await give(foreign, true);
  assert.equal(owner(foreign), 0);
});
