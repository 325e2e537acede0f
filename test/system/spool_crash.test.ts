// The spool across processes: one that is killed while it appends, and one whose disk is really full.
// Run with arguments this file is that process: `append FOLDER FSYNC OCTETS` or `fill FOLDER`.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startOf } from '../../src/sinks/sink.js';
import { Spool, type SpoolOptions } from '../../src/spool/spool.js';
import { unitRun } from '../support/sink_run.js';
import { temporaryFolder } from '../support/weir.js';

const self = fileURLToPath(import.meta.url);
const [mode, folder = '', fsync = 'second', maxOctets = '67108864'] = process.argv.slice(2);

function options(path: string, more: Partial<SpoolOptions> = {}): SpoolOptions {
  return {
    folder: path,
    kind: 'ndjson',
    signature: 'crash',
    head: () => new Uint8Array(0),
    keyed: false,
    maxOctets: 64 << 20,
    maxAgeMs: 0,
    segmentOctets: 100_000,
    onLost: () => {},
    onNotice: () => {},
    ...more,
  };
}

const line = (number: number): string => `{"flow":${number},"text":"${'x'.repeat(number % 200)}"}\n`;

/** Appends for ever; says after each flush how many units are on disk. */
async function appendUntilKilled(): Promise<void> {
  const spool = await Spool.open(options(folder, { fsync: fsync as 'always', maxOctets: Number(maxOctets) }));
  for (let next = 0; ; ) {
    const numbers = Array.from({ length: 50 }, () => next++);
    spool.append(unitRun(numbers.map(line)));
    if (next % 500 !== 0) continue;
    await spool.flush();
    process.stdout.write(`${next}\n`);
  }
}

/** Fills the disk, drains it, and fills it again; prints what happened. */
async function fillDisk(): Promise<void> {
  const lost = { spoolFull: 0, spoolError: 0, expired: 0 };
  const notices: string[] = [];
  const spool = await Spool.open(
    options(folder, {
      onLost: (cause, { records }) => {
        lost[cause] += records;
      },
      onNotice: (level, text) => notices.push(`${level}: ${text}`),
    }),
  );
  let appended = 0;
  let delivered = 0;
  const append = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index += 100) {
      spool.append(unitRun(Array.from({ length: 100 }, (_, unit) => line(appended + unit))));
      appended += 100;
      await spool.flush();
    }
  };
  await append(20_000);
  const full = { ...lost };
  let intact = true;
  for (let chunk = await spool.read(1 << 16); chunk !== undefined; chunk = await spool.read(1 << 16)) {
    for (let unit = 0; unit < chunk.run.to; unit++) {
      const text = Buffer.from(chunk.run.bytes.subarray(startOf(chunk.run, unit), chunk.run.ends[unit])).toString();
      intact &&= text === line((JSON.parse(text) as { flow: number }).flow);
      delivered++;
    }
    if (chunk.last) spool.release(chunk.segment);
  }
  await spool.flush(); // the files are deleted: there is room again
  await append(100);
  const waiting = spool.records;
  await spool.close();
  process.stdout.write(JSON.stringify({ appended, delivered, intact, full, lost, waiting, notices }));
}

async function recovered(path: string): Promise<{ units: string[]; notices: string[]; records: number }> {
  const notices: string[] = [];
  const spool = await Spool.open(options(path, { onNotice: (level, text) => notices.push(`${level}: ${text}`) }));
  const { recovered: records } = spool;
  const units: string[] = [];
  for (let chunk = await spool.read(1 << 20); chunk !== undefined; chunk = await spool.read(1 << 20)) {
    const text = Buffer.from(chunk.run.bytes.subarray(0, chunk.run.ends[chunk.run.to - 1])).toString();
    units.push(...text.split(/(?<=\n)/));
    if (chunk.last) spool.release(chunk.segment);
  }
  await spool.close();
  return { units, notices, records };
}

/** A process that appends, killed with SIGKILL after it said so often that all is on disk; returns the last number. */
async function killedProcess(
  context: TestContext,
  path: string,
  policy: string,
  reports: number,
  octets = '67108864',
): Promise<number> {
  const child = spawn(process.execPath, [self, 'append', path, policy, octets], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  context.after(() => void child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  let last = 0;
  let seen = 0;
  for await (const text of createInterface(child.stdout)) {
    last = Number(text);
    if (++seen === reports) child.kill('SIGKILL');
  }
  assert.deepEqual(await ended, [null, 'SIGKILL']);
  return last;
}

function defineTests(): void {
  for (const policy of ['always', 'second', 'never']) {
    test(`kill -9 while appending, fsync ${policy}: all that was flushed is there`, async (context) => {
      const path = join(temporaryFolder(context), 'spool');
      const flushed = await killedProcess(context, path, policy, 12);
      assert.ok(flushed >= 6000);
      const { units, notices, records } = await recovered(path);
      assert.ok(records >= flushed, `${records} recovered, ${flushed} flushed`);
      assert.equal(units.length, records);
      assert.deepEqual(
        units,
        Array.from(units, (_, number) => line(number)),
      );
      for (const notice of notices) assert.match(notice, /ends torn/);
      assert.ok(notices.length <= 1);
      assert.deepEqual(readdirSync(path), []);
    });
  }

  test('kill -9 while a full spool gives up its oldest segments: the newest units are there, no false alarm', async (context) => {
    const path = join(temporaryFolder(context), 'spool');
    for (let round = 0; round < 3; round++) {
      const flushed = await killedProcess(context, path, 'never', 12 + round, '200000');
      const { units, notices } = await recovered(path);
      const first = (JSON.parse(units[0]!) as { flow: number }).flow;
      assert.ok(first > 0 && first + units.length >= flushed);
      assert.deepEqual(
        units,
        Array.from(units, (_, index) => line(first + index)),
      );
      for (const notice of notices) assert.match(notice, /ends torn/);
      assert.deepEqual(readdirSync(path), []);
    }
  });

  test('kill -9 and a torn last segment: it is reported and loses only itself', async (context) => {
    const path = join(temporaryFolder(context), 'spool');
    await killedProcess(context, path, 'never', 8);
    const newest = readdirSync(path)
      .filter((name) => name.endsWith('.ndjson'))
      .sort()
      .at(-1)!;
    const whole = readFileSync(join(path, newest));
    const before = readdirSync(path)
      .filter((name) => name.endsWith('.ndjson') && name !== newest)
      .reduce((sum, name) => sum + readFileSync(join(path, name), 'latin1').split('\n').length - 1, 0);
    const cut = Math.floor(whole.length / 2);
    truncateSync(join(path, newest), cut);
    const { units, notices } = await recovered(path);
    assert.equal(units.length, before + whole.toString('latin1', 0, cut).split('\n').length - 1);
    assert.deepEqual(
      units,
      Array.from(units, (_, number) => line(number)),
    );
    assert.equal(notices.length, 1);
    assert.match(notices[0]!, new RegExp(`segment ${newest.split('.')[0]} ends torn: \\d+ octets`));
  });

  const mount = ['--mount', 'sh', '-c', 'mount -t tmpfs -o size=16k none "$1"', 'sh', '/mnt'];
  const tried = spawnSync('unshare', mount, { encoding: 'utf8' });
  const why = tried.error?.message ?? tried.stderr.trim();
  const skip = tried.status === 0 ? {} : { skip: `a file system of its own needs root and mount namespaces: ${why}` };

  test(
    'a disk that is really full: counted, one line, whole files, and it goes on when there is room',
    skip,
    (context) => {
      const disk = join(temporaryFolder(context), 'disk');
      mkdirSync(disk);
      const script = 'mount -t tmpfs -o size=1m none "$1" && exec "$2" "$3" fill "$1/spool"';
      const run = spawnSync('unshare', ['--mount', 'sh', '-c', script, 'sh', disk, process.execPath, self], {
        encoding: 'utf8',
        timeout: 60_000,
      });
      assert.equal(run.status, 0, run.stderr);
      const found = JSON.parse(run.stdout) as Record<string, number> & {
        lost: Record<string, number>;
        full: Record<string, number>;
        notices: string[];
        intact: boolean;
      };
      assert.ok(found.full.spoolError! > 0 && found.delivered! > 0);
      assert.match(found.notices[0]!, /^error: spool .* cannot be written: ENOSPC/);
      assert.match(found.notices.at(-1)!, /^info: spool .*: writing again/);
      assert.ok(found.notices.length <= 6, found.notices.join('\n')); // one try in 5 s, one line a minute
      assert.equal(found.intact, true);
      assert.deepEqual(found.lost, found.full);
      assert.equal(found.waiting, 100);
      assert.equal(found.appended, found.delivered! + found.lost.spoolError! + found.waiting!);
    },
  );
}

if (mode === 'append') await appendUntilKilled();
else if (mode === 'fill') await fillDisk();
else defineTests();
