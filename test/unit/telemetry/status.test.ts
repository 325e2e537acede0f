import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noDrops } from '../../../src/exporting/exporter_counters.js';
import { readStatus, type SinkStatus } from '../../../src/telemetry/status.js';
import {
  attributionCounters,
  exporterCounters,
  identityStatus,
  meterCounters,
} from '../../support/counter_readings.js';
import { oneSink, someRates, statusDocument, statusSources } from '../../support/status_documents.js';

/** Every number in a value, however deep. */
function numbers(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbers) : [];
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

test('no counter is left out', () => {
  const shown = new Set(numbers(statusDocument()));
  const { filePosition: _, fileSize: __, ...meter } = meterCounters(); // what the progress bar reads
  const { runtimes: ___, ...identity } = identityStatus();
  const all = { ...meter, ...attributionCounters(), ...identity, ...exporterCounters() };
  for (const [name, value] of Object.entries(all)) {
    for (const count of numbers(value)) assert.ok(shown.has(count), `${name} is not in the status`);
  }
});

test('the laws of what is counted can be checked from it', () => {
  const lawful = (sink: SinkStatus): boolean =>
    sink.created + sink.recovered === sink.exported + sum(sink.dropped) + sink.queued + sink.spooled;
  const counters = exporterCounters({
    created: 100,
    recovered: 10,
    exported: 60,
    dropped: { ...noDrops(), spoolFull: 5 },
    queued: 30,
    spooled: 15,
  });
  const { meter, sinks } = statusDocument({ sinks: () => [oneSink({ counters })] });
  assert.equal(meter.frames, sum(meter.outcomes));
  assert.ok(lawful(sinks[0]!));
});

test('names of sinks have no secrets and are unique; a word says how each is', () => {
  const { sinks } = statusDocument({
    sinks: () => [
      oneSink({ name: 'kafka://u:secret@b:9092/t?sasl.password=hidden' }),
      oneSink({ session: false, spooling: true }),
      oneSink({ session: false, spooling: false }),
    ],
  });
  assert.deepEqual(
    sinks.map(({ name, scheme, state }) => [name, scheme, state]),
    [
      ['kafka://***@b:9092/t', 'kafka', 'up'],
      ['udp://collector:4739', 'udp', 'spooling'],
      ['udp://collector:4739#2', 'udp', 'down'],
    ],
  );
});

test('programs of BPF: attached and wanted; without attribution no counters of it', () => {
  const { attribution } = statusDocument();
  assert.deepEqual([attribution.programsAttached, attribution.programsWanted], [2, 2]);
  const off = statusDocument({
    attribution: () => ({ status: { tier: 'off', reason: 'not asked for', programs: [] } }),
  }).attribution;
  assert.deepEqual(off, { tier: 'off', reason: 'not asked for', programsAttached: 0, programsWanted: 0 });
});

test('times: uptime is not that of a clock that was set', () => {
  const reading = readStatus(statusSources({ nowMs: () => 0 }), someRates, []);
  assert.equal(reading.uptimeSeconds, 3601);
  assert.equal(reading.time, '1970-01-01T00:00:00.000Z');
  assert.equal(reading.started, '2026-01-02T03:04:05.000Z');
  assert.deepEqual(reading.sinks[0]?.rates, { records: 0, octets: 0 });
});
