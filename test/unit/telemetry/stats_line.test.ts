import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Counters } from '../../../src/native/boundary.js';
import { statsLine, type MeterSnapshot, type Snapshot, type SinkSnapshot } from '../../../src/telemetry/stats_line.js';
import { short } from '../../../src/telemetry/short_number.js';

function meter(change: Partial<MeterSnapshot> = {}): MeterSnapshot {
  return {
    frames: 0,
    kernelDrops: 0,
    wirePackets: 0,
    octets: 0,
    flowsCreated: 0,
    flows: 0,
    cacheCapacity: 1000,
    outcomes: {},
    records: {},
    recordsDropped: 0,
    recordsNotWanted: 0,
    dpiStates: 0,
    dpiStatesMissing: 0,
    dpiClassified: 0,
    dpiGuessed: 0,
    dpiGivenUp: 0,
    ...change,
  };
}

const sink: SinkSnapshot = {
  name: 'udp://c',
  records: 0,
  bytes: 0,
  dropped: {},
  queued: 0,
  spooled: 0,
  connected: true,
};

test('numbers in three digits', () => {
  const cases: [number, string][] = [
    [0, '0'],
    [7, '7'],
    [999, '999'],
    [1000, '1.00k'],
    [12_345, '12.3k'],
    [999_499, '999k'],
    [999_500, '1.00M'],
    [1_250_000, '1.25M'],
    [99_960, '100k'],
    [9_996, '10.0k'],
    [3e15, '3000T'],
  ];
  for (const [value, expected] of cases) assert.equal(short(value), expected);
});

test('the line tells what happened between the snapshots', () => {
  const before: Snapshot = {
    meter: meter({
      wirePackets: 1000,
      octets: 100_000,
      flowsCreated: 10,
      kernelDrops: 5,
      outcomes: { metered: 900, notIp: 3 },
    }),
    sinks: [{ ...sink, records: 10, bytes: 1000, dropped: { queueFull: 1 } }],
  };
  const now: Snapshot = {
    meter: meter({
      wirePackets: 21_000,
      octets: 2_600_000,
      flowsCreated: 210,
      flows: 250,
      kernelDrops: 12,
      outcomes: { metered: 20_000, notIp: 4, malformed: 0 },
      records: { lackOfResources: 2, idle: 50 },
      recordsDropped: 1,
    }),
    sinks: [{ ...sink, records: 110, bytes: 51_000, dropped: { queueFull: 4, socketError: 0 } }],
  };
  assert.equal(
    statsLine(now, before, 10_000),
    'packets 20.0k (2.00k/s, 2.00Mbit/s) not metered: kernel 7, notIp 1' +
      ' | flows 200 new (20/s), 250 in cache (25.0%) lackOfResources 2, recordRing 1' +
      ' | udp://c 100 records 50.0kB dropped: queueFull 3',
  );
});

test('a quiet interval, no cache, a new sink, no time between', () => {
  const quiet: Snapshot = { meter: meter({ cacheCapacity: 0 }), sinks: [] };
  assert.equal(statsLine(quiet, quiet, 0), 'packets 0 (0/s, 0bit/s) | flows 0 new (0/s), 0 in cache (0.0%)');
  const later: Snapshot = { ...quiet, sinks: [{ ...sink, name: '-', records: 3, bytes: 300 }] };
  assert.match(statsLine(later, quiet, 1000), / \| - 3 records 300B$/);
});

test('a sink tells what waits for it, and that its collector is away', () => {
  const snapshot = (state: Partial<typeof sink>): Snapshot => ({ meter: meter(), sinks: [{ ...sink, ...state }] });
  const now = snapshot({ connected: false, queued: 12, spooled: 34_500, dropped: { spoolFull: 2 } });
  assert.match(
    statsLine(now, snapshot({}), 1000),
    / \| udp:\/\/c 0 records 0B, disconnected, queued 12, spooled 34\.5k dropped: spoolFull 2$/,
  );
});

test('two sinks of one URL keep their own numbers', () => {
  const sinks = (a: number, b: number): Snapshot => ({
    meter: meter(),
    sinks: [a, b].map((records) => ({ ...sink, records })),
  });
  assert.match(statsLine(sinks(5, 50), sinks(1, 20), 1000), /udp:\/\/c 4 records 0B \| udp:\/\/c 30 records 0B$/);
});

test('applications, where they are looked for', () => {
  const before = meter({ dpiClassified: 100, dpiGuessed: 5, recordsNotWanted: 3 });
  const now = meter({ dpiClassified: 1400, dpiGuessed: 7, dpiGivenUp: 4, dpiStates: 60, dpiStatesMissing: 2 });
  const part = (change: Partial<MeterSnapshot>, dpi = true): string | undefined =>
    statsLine({ meter: { ...now, ...change }, dpi, sinks: [] }, { meter: before, sinks: [] }, 1000).split(' | ')[2];
  assert.equal(
    part({ recordsNotWanted: 3 }),
    'applications 1.30k classified, 2 guessed, 4 unknown, 60 in work left out: dpiStates 2',
  );
  assert.equal(
    part({ dpiGuessed: 5, dpiGivenUp: 0, dpiStates: 0, dpiStatesMissing: 0, recordsNotWanted: 1003 }),
    'applications 1.30k classified left out: dpiFilter 1.00k',
  );
  assert.equal(part({}, false), undefined);
});

test("the addon's counters are such a snapshot", () => {
  const take = (counters: Counters): MeterSnapshot => counters;
  assert.equal(typeof take, 'function');
});

test('how many ends were named, what is only likely, what was lost', () => {
  const attribution = {
    endsMatched: { none: 100, exact: 1000, wildcard: 50 },
    endsTentative: 2,
    kernelDropped: 7,
    readsDropped: 0,
    flowsDropped: 0,
    eventsMade: 0,
    eventsDropped: 0,
  };
  const before: Snapshot = { meter: meter(), attribution, sinks: [] };
  const line = (change: Partial<typeof attribution>): string =>
    statsLine({ ...before, attribution: { ...attribution, ...change } }, before, 1000).split(' | ')[2] ?? '';
  assert.equal(line({ endsMatched: { none: 110, exact: 1080, wildcard: 60 } }), 'ends 90 of 100 named');
  assert.equal(
    line({ endsTentative: 5, eventsMade: 12, eventsDropped: 3, kernelDropped: 9 }),
    'ends 0 of 0 named, 3 tentative, 12 events lost: kernelDropped 2, eventsDropped 3',
  );
  assert.equal(statsLine({ meter: meter(), sinks: [] }, { meter: meter(), sinks: [] }, 1000).split(' | ').length, 2);
});
