// The judges of the soak: its plan, its trend, what it lets pass in a log.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnheardBegins } from '../soak/collectors.js';
import { agreesWithNfcapd, type Sums } from '../soak/last_laws.js';
import { meteredIsRecorded, notEvaluated, sentIsMetered, since, type Totals } from '../soak/laws.js';
import { failureOf } from '../soak/load.js';
import { judgeLog } from '../soak/log_judge.js';
import { NumberedBlock } from '../soak/numbers.js';
import { reportOf } from '../soak/report.js';
import type { Sample } from '../soak/sampling.js';
import { feasible, plan, type SoakOptions, troubles } from '../soak/schedule.js';
import { slopeOf } from '../soak/trend.js';
import { Tally } from '../soak/tally.js';
import { judgeGrowth, supervisorBounds } from '../soak/verdicts.js';

const options: SoakOptions = { hours: 6, compress: 60, seed: 1, flowsAnHour: 1000, only: [], supervised: true };

test('a plan comes from its seed; faults of one thing never overlap; six hours have every trouble', () => {
  const rounds = plan(options);
  assert.equal(rounds.length, 6);
  assert.deepEqual(plan(options), rounds);
  assert.notDeepEqual(plan({ ...options, seed: 2 }), rounds);
  const seen = new Set(rounds.flatMap(({ faults }) => faults.map(({ what, how }) => `${what} ${how}`)));
  for (const [what, hows] of Object.entries(troubles)) {
    for (const how of hows) assert.ok(seen.has(`${what} ${how}`), `${what} ${how} never comes`);
    for (const { faults, busy } of rounds) {
      const own = faults.filter((fault) => fault.what === what);
      for (const [index, { from, to }] of own.entries()) {
        assert.ok(from < to && to <= busy, `${what} from ${from} to ${to}`);
        assert.ok(index === 0 || from >= own[index - 1]!.to, `${what} overlaps`);
      }
    }
  }
});

test('a short plan has one of each; without a supervisor nothing crashes', () => {
  const [round, ...more] = plan({ ...options, hours: 1 / 6, supervised: false });
  assert.equal(more.length, 0);
  assert.deepEqual(
    round!.faults.map(({ what }) => what).sort(),
    Object.keys(troubles)
      .filter((what) => what !== 'crash')
      .sort(),
  );
});

test('one odd sample does not make a slope', () => {
  const flat = [0, 1, 2, 3, 4].map((x) => ({ x, y: x === 3 ? 1000 : 7 }));
  assert.equal(slopeOf(flat), 0);
  assert.equal(slopeOf(flat.map(({ x }) => ({ x, y: 5 * x }))), 5);
});

const mebi = 1 << 20;
const sample = (hour: number, change: Partial<Sample>): Sample => ({
  ...{ minute: hour * 60, rss: 300 * mebi, anonymous: 200 * mebi, heapUsed: 14 * mebi, heapTotal: 50 * mebi },
  ...{ external: 15 * mebi, descriptors: 60, threads: 20, spool: 0, flows: 0 },
  ...change,
});

test('growth behind the first hour is told by what grows', () => {
  const hours = [0, 1, 2, 3, 4, 5];
  const still = judgeGrowth(hours.map((hour) => sample(hour, { rss: (hour === 0 ? 200 : 300) * mebi })));
  assert.deepEqual(still.broken, []);
  const leaking = judgeGrowth(hours.map((hour) => sample(hour, { anonymous: (200 + 4 * hour) * mebi })));
  assert.equal(leaking.broken.length, 1);
  assert.match(leaking.broken[0]!, /^native memory: 4\.00 MB a compressed hour/);
  const open = judgeGrowth(hours.map((hour) => sample(hour, { descriptors: 60 + hour })));
  assert.match(open.broken.join(), /^descriptors: 1\.00 a compressed hour/);
});

test('two quiet points are enough for what grows fifty-fold; one is told of', () => {
  const one = judgeGrowth([sample(1, {})], supervisorBounds);
  assert.deepEqual(one, { broken: [], facts: ['growth was not evaluated: there is one quiet point'] });
  const supervisor = (hour: number, times: number) => sample(hour, { rss: 60 * mebi * times, descriptors: 20 * times });
  assert.deepEqual(judgeGrowth([supervisor(1, 1), supervisor(2, 1.1)], supervisorBounds).broken, []);
  const grown = judgeGrowth([supervisor(1, 1), supervisor(2, 50)], supervisorBounds).broken;
  assert.deepEqual(
    grown.map((line) => line.split(':')[0]),
    ['RSS', 'descriptors'],
  );
  const filled = (hour: number) => sample(hour, { rss: (300 + 30 * hour) * mebi });
  assert.deepEqual(judgeGrowth([filled(1), filled(2)]).broken, []);
  assert.match(judgeGrowth([filled(0), filled(2), filled(4)]).broken.join(), /^RSS: .* at most 64\.00 MB in all/);
});

/** A round in which so much was metered and all of it recorded. */
const totals = (change: Partial<Totals> = {}): Totals => ({
  ...{ kernelDrops: 0, recordsLost: 0, packetsMetered: 10, octetsMetered: 1000 },
  ...{ packetsRecorded: 10, octetsRecorded: 1000 },
  ...change,
});

test('a record lost in one round hides nothing in the next', () => {
  const first = totals({ recordsLost: 1, packetsRecorded: 8, octetsRecorded: 800 });
  assert.deepEqual(meteredIsRecorded(since(first, undefined)), []);
  const second = totals({
    ...{ recordsLost: 1, packetsMetered: 20, octetsMetered: 2000 },
    ...{ packetsRecorded: 17, octetsRecorded: 1800 },
  });
  assert.deepEqual(meteredIsRecorded(since(second, first)), [
    'reference: packets of records = packets metered: 9, not 10 (-1)',
  ]);
  const more = totals({ recordsLost: 1, packetsRecorded: 11 });
  assert.match(meteredIsRecorded(more).join(), /packets metered: 11, not 10 \(1\)/);
});

test('packets sent are in records, but for those that the kernel dropped or that lost records had', () => {
  const sent = [{ first: 0, block: new NumberedBlock(10), whole: true }];
  const all = sent[0]!.block.packets.reduce((sum, count) => sum + count, 0);
  const reference = (missing: readonly number[]): Tally => {
    const tally = new Tally();
    for (const [flow, packets] of sent[0]!.block.packets.entries())
      if (!missing.includes(flow))
        tally.add({ sourceIPv4Address: '10.77.0.0', sourceTransportPort: 1024 + flow, packetDeltaCount: packets });
    return tally;
  };
  const judged = (missing: readonly number[], change: Partial<Totals>): string[] => {
    const { packets } = reference(missing);
    return sentIsMetered(
      sent,
      reference(missing),
      totals({ packetsMetered: all, packetsRecorded: packets, ...change }),
    );
  };
  const long = 2; // eight packets
  assert.deepEqual(judged([], {}), []);
  assert.deepEqual(judged([long], { recordsLost: 1 }), []);
  assert.match(judged([long], {}).join(), /^8 packets sent, of 1 flows/);
  assert.match(
    judged([long], { recordsLost: 1, packetsMetered: all - 8 }).join(),
    /1 records with 0 packets were lost/,
  );
  assert.match(judged([0, 1], { recordsLost: 1 }).join(), /^2 packets sent, of 2 flows/);
  assert.deepEqual(judged([0, 1], { packetsMetered: all - 2, kernelDrops: 2 }), []);
  assert.deepEqual(sentIsMetered([], reference([]), totals()), ['no block was sent']);
});

test('the report says which law was not evaluated', () => {
  const block = new NumberedBlock(1);
  assert.deepEqual(notEvaluated([{ first: 0, block, whole: true }], totals()), []);
  assert.deepEqual(notEvaluated([{ first: 0, block, whole: false }], totals({ recordsLost: 3 })), [
    'packets and octets of records = metered: 3 records were lost',
    'packets sent are in records: no block was sent as a whole',
  ]);
});

test('traffic that was not sent is told of', () => {
  const stdout = 'Actual: 7 packets\n\tSuccessful packets:        7\n';
  const ended = { status: 0, stdout, stderr: '' };
  assert.equal(failureOf('tcpreplay', ended, 7), undefined);
  assert.match(failureOf('tcpreplay', ended, 8) ?? '', /^tcpreplay: status 0, 7 of 8 frames/);
  assert.match(failureOf('tcpreplay', { ...ended, stdout: 'sent all\n' }, 7) ?? '', /0 of 7 frames/);
  assert.equal(failureOf('sockets of tcp4', { ...ended, stdout: '' }), undefined);
  assert.equal(
    failureOf('sockets of tcp4', { status: 1, stdout: '', stderr: 'tcp4: bind: in use\n' }),
    'sockets of tcp4: status 1: tcp4: bind: in use',
  );
});

test('nfcapd has what the reference has, and what was metered unless a record was lost', () => {
  const ten: Sums = { packets: 10, octets: 1000 };
  const nine: Sums = { packets: 9, octets: 900 };
  const none = { records: 0, datagrams: 0 };
  const broken = (stored: Sums, recorded: Sums, metered: Sums, lost = none): number =>
    agreesWithNfcapd(stored, { recorded, metered }, lost).broken.length;
  assert.equal(broken(ten, ten, ten), 0);
  assert.equal(broken(nine, nine, ten), 1);
  assert.equal(broken(nine, nine, ten, { ...none, records: 1 }), 0);
  assert.equal(broken(nine, ten, ten, { ...none, records: 1 }), 1);
  assert.equal(broken(nine, ten, ten, { ...none, datagrams: 1 }), 0);
  assert.equal(broken(ten, nine, ten, { records: 1, datagrams: 1 }), 1);
});

test('what cannot be done here is no fault of the report', () => {
  const [round] = feasible(plan({ ...options, hours: 1, only: ['clock', 'tcp'] }), new Map([['clock', 'no clock']]));
  assert.deepEqual([...new Set(round!.faults.map(({ what }) => what))], ['tcp']);
  const quiet = sample(1, {});
  const rounds = [{ round: 1, flows: 0, records: 0, quiet, most: quiet, faults: round!.faults, settling: 0 }];
  const report = reportOf({ options, rounds, broken: [], facts: [] });
  assert.match(report, /^Faults: tcp/m);
  assert.doesNotMatch(report, /clock (hour|second|day)/);
});

test('lines of the log are explained by faults, and bounded by their number', () => {
  const line = (level: string, msg: string): string => JSON.stringify({ level, msg });
  const away = { what: 'udp', how: 'away', from: 0, to: 1 };
  const told = line('warning', 'udp://127.0.0.1:4739: ECONNREFUSED (counted; further ones are not logged)');
  assert.deepEqual(judgeLog(`${told}\n${line('info', 'metering far0')}\n`, [away]), {
    broken: [],
    warnings: 1,
    lines: 2,
  });
  const waiting = line('warning', "no interface 'far0' in /run/netns/weir-1-1f yet: waiting for it; there are lo");
  assert.deepEqual(judgeLog(waiting, [{ ...away, what: 'interface', how: 'deleted' }]).broken, []);
  assert.match(judgeLog(`${told}\n${told}\n${told}\n`, [away]).broken.join(), /^3 lines .*, at most 2 are explained/);
  assert.match(
    judgeLog(`${line('error', 'internal error 17')}\n`, [away]).broken.join(),
    /unexpected.*internal error N/,
  );
});

test('a session over UDP begins unheard where nobody listened when it was new', () => {
  const begins = new UnheardBegins();
  assert.equal(begins.of('1'), false);
  begins.away();
  assert.equal(begins.of('1'), false); // the same as before
  assert.equal(begins.of('2'), false);
  begins.away();
  assert.deepEqual([begins.of('3'), begins.of('3'), begins.of('4')], [true, true, false]);
});

test('lines that are no JSON are unexpected, but for what the soak itself says', () => {
  const right = 'soak: heap collected\n';
  assert.deepEqual(judgeLog(right, []), { broken: [], warnings: 0, lines: 0 });
  const wrong = judgeLog(`${right}free(): invalid pointer\n{"level":"info","ms\n(node:17) Warning: leak\n`, []);
  assert.deepEqual(wrong.broken, [
    'unexpected in the log, 1 times: no JSON: free(): invalid pointer',
    'unexpected in the log, 1 times: no JSON: {"level":"info","ms',
    'unexpected in the log, 1 times: no JSON: (node:N) Warning: leak',
  ]);
});
