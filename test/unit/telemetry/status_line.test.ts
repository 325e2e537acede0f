import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Snapshot } from '../../../src/telemetry/stats_line.js';
import { StatusLine } from '../../../src/telemetry/status_line.js';

function snapshot(meter: Partial<Snapshot['meter']> = {}, sink: Partial<Snapshot['sinks'][number]> = {}): Snapshot {
  const counters = {
    frames: 0,
    kernelDrops: 0,
    wirePackets: 0,
    octets: 0,
    flowsCreated: 0,
    flows: 0,
    cacheCapacity: 10,
  };
  const dpi = { dpiStates: 0, dpiStatesMissing: 0, dpiClassified: 0, dpiGuessed: 0, dpiGivenUp: 0 };
  const records = { outcomes: {}, records: {}, recordsDropped: 0, recordsNotWanted: 0 };
  return {
    meter: { ...counters, ...dpi, ...records, ...meter },
    sinks: [
      { name: 'a', records: 0, bytes: 0, dropped: {}, queued: 0, spooled: 0, connected: true },
      { name: 'b', records: 0, bytes: 0, dropped: {}, queued: 0, spooled: 0, connected: true, ...sink },
    ],
  };
}

test('the first line has no rates, the next ones those since the last', () => {
  const line = new StatusLine();
  assert.equal(line.next('metering eth0, lo', snapshot(), 0), 'metering eth0, lo; 2 sinks');
  const later = snapshot({ flows: 1234, flowsCreated: 50, wirePackets: 20_000, octets: 2_500_000 });
  assert.equal(
    line.next('metering eth0, lo', later, 10_000),
    'metering eth0, lo; 2 sinks; 1.23k flows in cache, 5 new/s; 2.00k packets/s, 2.00Mbit/s',
  );
  assert.match(line.next('metering eth0, lo', later, 20_000), /0 packets\/s, 0bit\/s$/);
});

test('what is lost or waits is said', () => {
  const text = new StatusLine().next(
    'metering eth0',
    snapshot({ kernelDrops: 7, recordsDropped: 1 }, { connected: false, spooled: 30, dropped: { queueFull: 2 } }),
    0,
  );
  assert.equal(text, 'metering eth0; 2 sinks, 1 without a session, 30 flows spooled; dropped 7 frames, 3 flow records');
});
