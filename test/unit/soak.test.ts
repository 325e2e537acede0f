// The judges of the soak: its plan, its trend, what it lets pass in a log.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeLog } from '../soak/log_judge.js';
import type { Sample } from '../soak/sampling.js';
import { plan, type SoakOptions, troubles } from '../soak/schedule.js';
import { slopeOf } from '../soak/trend.js';
import { judgeGrowth } from '../soak/verdicts.js';

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

test('lines of the log are explained by faults, and bounded by their number', () => {
  const line = (level: string, msg: string): string => JSON.stringify({ level, msg });
  const away = { what: 'udp', how: 'away', from: 0, to: 1 };
  const told = line('warning', 'udp://127.0.0.1:4739: ECONNREFUSED (counted; further ones are not logged)');
  assert.deepEqual(judgeLog(`${told}\n${line('info', 'metering far0')}\n`, [away]), {
    broken: [],
    warnings: 1,
    lines: 2,
  });
  assert.match(judgeLog(`${told}\n${told}\n${told}\n`, [away]).broken.join(), /^3 lines .*, at most 2 are explained/);
  assert.match(
    judgeLog(`${line('error', 'internal error 17')}\n`, [away]).broken.join(),
    /unexpected.*internal error N/,
  );
});
