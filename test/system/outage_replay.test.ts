// The spool of real runs: killed and restarted collectors, stops while the collector is away or in the middle of a
// replay, kill -9, torn segments, limits, and templates that change between two runs.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, statSync, truncateSync, writeFileSync } from 'node:fs';
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
  settled,
  type SinkWords,
  spooledNumbers,
  spooledRecords,
} from '../support/outage.js';
import { cliPath, temporaryFolder, type WeirRun } from '../support/weir.js';

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

/** A subcommand of weir, to its end. */
function weirSays(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [cliPath, ...args], { encoding: 'utf8', maxBuffer: 1 << 28 });
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

test(
  'a collector killed and restarted under load: no record is missing, what came twice is resent',
  bounded,
  async (t) => {
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
  },
);

test(
  'stopped while the collector is away: the next run delivers in order, and its own flows behind',
  bounded,
  async (t) => {
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
  },
);

test(
  'stopped in the middle of a replay: what is left is spooled, and the next run delivers the rest once',
  bounded,
  async (t) => {
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
  },
);

test(
  'a template, an id, a domain that changed since: all of it goes in one session that conforms',
  bounded,
  async (t) => {
    const folder = temporaryFolder(t);
    const collector = await Collector.listen(t);
    collector.stop();
    const url = `tcp://127.0.0.1:${collector.port}?reconnect=1s&spool=${join(folder, 'spool')}`;
    const runs = [
      ['-T', 'tcp', '--biflow', 'off'],
      ['-T', '%IPV4_SRC_ADDR %L4_SRC_PORT packetDeltaCount'],
      ['-T', '%IPV4_SRC_ADDR %L4_SRC_PORT packetDeltaCount', '--template-id', '300'],
      ['--observation-domain', '9', '--enterprise-number', '40000', '-T', 'full'],
    ];
    const count = 200;
    for (const [index, more] of runs.entries())
      assert.equal(words(await run(t, folder, count, url, ...more)).spooled, (index + 1) * count);
    await collector.start();
    const last = words(await run(t, folder, count, url, '-T', 'default'));
    assert.deepEqual(
      [last.recovered, last.exported, last.spooled],
      [runs.length * count, (runs.length + 1) * count, 0],
    );
    assert.equal(collector.sessions.length, 1);
    assert.equal(collector.numbers().length, (runs.length + 1) * count);
    assert.equal(distinct(collector.numbers()).numbers.length, count);
    conforms(folder, collector.sessions[0]!);
  },
);

test('another naming is sent as it was written; another format stays for a run that sends it', bounded, async (t) => {
  const folder = temporaryFolder(t);
  const collector = await Collector.listen(t);
  collector.stop();
  const spool = join(folder, 'spool');
  const url = `tcp://127.0.0.1:${collector.port}?reconnect=1s&spool=${spool}`;
  assert.equal(words(await run(t, folder, 100, `${url}&format=json&naming=nprobe`)).spooled, 100);
  assert.equal(words(await run(t, folder, 50, `${url}&format=json`)).spooled, 150);
  await collector.start();
  const ipfix = await run(t, folder, 10, url);
  assert.deepEqual([words(ipfix).recovered, words(ipfix).exported, spooledRecords(spool)], [0, 10, 150]);
  assert.match(
    ipfix.stderr,
    /2 segments with 150 flow records are ndjson, not ipfix: they stay until a run sends that/,
  );
  assert.equal(collector.numbers().length, 10);
  const json = words(await run(t, folder, 10, `${url}&format=json`));
  assert.deepEqual([json.recovered, json.exported, spooledRecords(spool)], [150, 160, 0]);
  const lines = Buffer.concat(collector.sessions.at(-1)!).toString().trim().split('\n');
  assert.equal(lines.filter((line) => line.includes('"L4_SRC_PORT"')).length, 100);
});

test(
  'kill -9 with a full spool: what was fsynced is delivered; a torn end loses only itself; the lock is no hindrance',
  bounded,
  async (t) => {
    const folder = temporaryFolder(t);
    const collector = await Collector.listen(t);
    collector.stop();
    const spool = join(folder, 'spool');
    const url = `tcp://127.0.0.1:${collector.port}?reconnect=1s&template=full&spoolsize=4M&spoolsync=always&spool=${spool}`;
    const { weir, feed } = fed(t, url, '--active-timeout', '1h');
    feed.send(6000);
    await settled(weir, 6000, 4900);
    weir.child.kill('SIGKILL');
    await weir.ended;
    const segments = readSpool(spool);
    assert.ok(segments.length >= 3, `${segments.length} segments`);
    const torn = segments.at(-1)!;
    const kept = spooledNumbers(spool);
    assert.deepEqual(kept, range(0, kept.length));
    assert.ok(kept.length >= 4_900);
    const whole = weirSays('spool', folder); // of the folder above, as --spool is
    assert.equal(whole.status, 0, whole.stdout);
    assert.match(whole.stdout, new RegExp(`, ${kept.length} flow records, \\d+ octets, all intact\n$`));
    const printed = weirSays('collect', '-r', segments[0]!.name);
    assert.equal(printed.status, 0, printed.stderr);
    assert.equal(printed.stdout.split('"@type":"flow"').length - 1, segments[0]!.records);
    truncateSync(torn.name, statSync(torn.name).size - 100); // in the middle of its last unit
    const lost = torn.entries.at(-1)!.records;
    const damaged = weirSays('spool', spool);
    assert.equal(damaged.status, 1, damaged.stdout);
    assert.match(damaged.stdout, /: not in use\n[\s\S]*, torn end of \d+ octets\n\d+ segments, .*, 1 not intact\n$/);
    await collector.start();
    const ended = await run(t, folder, 0, url);
    const found = words(ended);
    assert.deepEqual([found.recovered, found.exported], [kept.length - lost, kept.length - lost]);
    assert.deepEqual(collector.numbers(), range(0, kept.length - lost));
    const told = ended.stderr.split('\n').filter((line) => line.includes(' torn'));
    assert.equal(told.length, 1, ended.stderr);
    assert.match(told[0]!, new RegExp(`segment \\d+ ends torn: .* 1 units with ${lost} flow records are lost`));
    assert.equal(existsSync(join(spool, 'lock')), false);
    conforms(folder, collector.sessions.at(-1)!);
  },
);

test('spool limits: what is given up for size or age is counted, the rest is on disk', bounded, async (t) => {
  const folder = temporaryFolder(t);
  const away = 'tcp://127.0.0.1:1?template=full';
  const [small, old] = [join(folder, 'small'), join(folder, 'old')];
  const { weir, feed } = fed(t, `${away}&spoolsize=1M&spool=${small}`, '--to', `${away}&spoolage=1s&spool=${old}`);
  feed.send(8000);
  await reaches(weir, 'weir_sink_records_dropped_total', { cause: 'expired' }, 1);
  const ended = await weir.stop();
  const [full, aged] = lawful(ended) as [SinkWords, SinkWords];
  assert.deepEqual(Object.keys(full.causes), ['spoolFull']);
  assert.equal(full.causes.spoolFull! + full.spooled, 8000);
  assert.equal(spooledRecords(small), full.spooled);
  assert.deepEqual(distinct(spooledNumbers(small)).numbers.at(-1), 7999); // the oldest were given up
  assert.deepEqual(Object.keys(aged.causes), ['expired']);
  assert.equal(aged.causes.expired! + aged.spooled, 8000);
  assert.equal(spooledRecords(old), aged.spooled);
  const told = [...ended.stderr.matchAll(/(\d+) flow records dropped: the spool has reached its size/g)];
  assert.equal(told.length, 2); // at once, and the rest at the end
  assert.equal(
    told.reduce((sum, [, dropped]) => sum + Number(dropped), 0),
    full.causes.spoolFull,
  );
});
