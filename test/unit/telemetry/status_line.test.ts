import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SinkSnapshot, Snapshot } from '../../../src/telemetry/stats_line.js';
import { StatusLine } from '../../../src/telemetry/status_line.js';

const sink = { name: 'a', records: 0, bytes: 0, dropped: {}, queued: 0, spooled: 0, connected: true };

/** Of the Meter's counters those that the line reads. */
function snapshot(change: Partial<Snapshot['meter']> = {}, second: Partial<SinkSnapshot> = {}): Snapshot {
  const read = { kernelDrops: 0, wirePackets: 0, octets: 0, flowsCreated: 0, flows: 0, recordsDropped: 0 };
  return { meter: { ...read, ...change } as Snapshot['meter'], sinks: [sink, { ...sink, ...second }] };
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
