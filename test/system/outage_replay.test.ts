// The spool of real runs: killed and restarted collectors, stops while the collector is away or in the middle of a
// replay, kill -9, torn segments, limits, and templates that change between two runs.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { packageRoot } from '../../src/native/load.js';
import { LiveWeir } from '../support/live_weir.js';
import {
  Collector,
  distinct,
  Feed,
  lawful,
  numberedFile,
  range,
  readSpool,
  reaches,
  scrape,
  type SinkWords,
  spooledNumbers,
  spooledRecords,
} from '../support/outage.js';
import { temporaryFolder, type WeirRun } from '../support/weir.js';

const bounded = { timeout: 60_000 };
const metrics = ['--metrics', '127.0.0.1:0'];

/** A run that is fed through a pipe. */
function fed(t: TestContext, url: string, ...more: string[]): { weir: LiveWeir; feed: Feed } {
  const weir = new LiveWeir(t, ['-r', '-', '--idle-timeout', '1s', '--to', url, ...metrics, ...more], [], 'pipe');
  return { weir, feed: new Feed(weir) };
}

/** A run over a capture of so many flows, to its end. */
function run(t: TestContext, folder: string, count: number, url: string, ...more: string[]): Promise<WeirRun> {
  return new LiveWeir(t, ['-r', numberedFile(folder, count), '--to', url, ...more]).ended;
}

function words(ended: WeirRun): SinkWords {
  assert.equal(ended.status, 0, ended.stderr);
  return lawful(ended)[0]!;
}

/** The strict checker's verdict on a stream of IPFIX messages of one session. */
function conforms(folder: string, session: readonly Buffer[]): void {
  const file = join(folder, 'session.ipfix');
  writeFileSync(file, Buffer.concat(session));
  const checker = join(packageRoot(), 'test', 'support', 'ipfix_check.py');
  const checked = spawnSync('python3', [checker, 'file', file], { encoding: 'utf8', maxBuffer: 1 << 28 });
  const faults = checked.stdout.split('\n').filter((line) => line.includes('"violation"'));
  assert.deepEqual(faults.slice(0, 5), []);
  assert.equal(checked.status, 0, checked.stderr);
}

test('a collector killed and restarted under load: no record is missing, what came twice is resent', bounded, async (t) => {
  const folder = temporaryFolder(t);
  const collector = await Collector.listen(t);
  const spool = join(folder, 'spool');
  const { weir, feed } = fed(t, `tcp://127.0.0.1:${collector.port}?reconnect=1s&spool=${spool}`);
  feed.send(20_000);
  await collector.until(() => collector.octets > 200_000, 'has had some');
  collector.stop();
  feed.send(40_000);
  await reaches(weir, 'weir_sink_spooled_records', {}, 30_000);
  await collector.start();
  feed.send(10_000);
  await collector.until(() => collector.sessions.length >= 2 && collector.sessions[1]!.length > 0, 'came back');
  feed.send(10_000);
  feed.end();
  const found = words(await weir.ended);
  assert.deepEqual([found.records, found.dropped, found.spooled, found.unconfirmed], [80_000, 0, 0, 0]);
  assert.deepEqual(readSpool(spool), []);
  const { numbers, repeated } = distinct(collector.numbers());
  assert.deepEqual(numbers, range(0, 80_000));
  assert.ok(repeated <= found.resent, `${repeated} twice, ${found.resent} resent`);
  for (const session of collector.sessions.slice(1)) conforms(folder, session);
});

test('stopped while the collector is away: the next run delivers in order, and its own flows behind', bounded, async (t) => {
  const folder = temporaryFolder(t);
  const collector = await Collector.listen(t);
  collector.stop();
  const spool = join(folder, 'spool');
  const url = `tcp://127.0.0.1:${collector.port}?reconnect=1s&spool=${spool}`;
  const { weir, feed } = fed(t, url);
  feed.send(30_000);
  await reaches(weir, 'weir_sink_spooled_records', {}, 28_000);
  const first = words(await weir.stop());
  assert.equal(first.spooled, first.records);
  assert.equal(spooledRecords(spool), first.spooled);
  const kept = spooledNumbers(spool);
  assert.deepEqual(kept.slice(0, 28_000), range(0, 28_000)); // the last ones left the cache when it was stopped
  assert.deepEqual(distinct(kept), { numbers: range(0, first.records), repeated: 0 });
  await collector.start();
  const second = words(await run(t, folder, 1000, url));
  assert.deepEqual(
    [second.records, second.recovered, second.exported, second.spooled],
    [1000, first.spooled, first.spooled + 1000, 0],
  );
  const numbers = collector.numbers();
  assert.deepEqual(numbers.slice(0, first.spooled), kept);
  assert.deepEqual(distinct(numbers.slice(first.spooled)).numbers, range(0, 1000));
  conforms(folder, collector.sessions.at(-1)!);
  assert.deepEqual(readSpool(spool), []);
});

test('stopped in the middle of a replay: what is left is spooled, and the next run delivers the rest once', bounded, async (t) => {
  const folder = temporaryFolder(t);
  const collector = await Collector.listen(t);
  collector.stop();
  const spool = join(folder, 'spool');
  const url = `tcp://127.0.0.1:${collector.port}?reconnect=1s&spoolsize=4M&template=full&spool=${spool}`;
  const spooled = words(await run(t, folder, 4000, url)).spooled;
  assert.equal(spooled, 4000);
  assert.ok(readSpool(spool).length >= 2);
  await collector.start();
  const { weir, feed } = fed(t, `${url}&rate=1500`);
  feed.send(1000);
  await collector.until(() => collector.octets > 100_000, 'had some of the spool');
  const second = words(await weir.stop());
  assert.equal(second.recovered, 4000);
  assert.equal(second.dropped, 0);
  assert.ok(second.exported > 0 && second.spooled > 0, JSON.stringify(second));
  assert.equal(spooledRecords(spool), second.spooled);
  const third = words(await run(t, folder, 0, url));
  assert.deepEqual([third.recovered, third.exported, third.spooled], [second.spooled, second.spooled, 0]);
  const { numbers, repeated } = distinct(collector.numbers().slice(0, 4000));
  assert.deepEqual([numbers, repeated], [range(0, 4000), 0]);
});
