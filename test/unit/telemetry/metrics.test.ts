import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import type { ExporterCounters } from '../../../src/exporting/exporter_counters.js';
import { latencyBounds } from '../../../src/telemetry/latency.js';
import type { AttributionReading, MeterReading, SinkReading } from '../../../src/telemetry/metric_tables.js';
import { Metrics, type MetricsOptions } from '../../../src/telemetry/metrics.js';
import {
  attributionCounters,
  attributionStatus,
  exporterCounters,
  identityStatus,
  meterCounters,
} from '../../support/counter_readings.js';
import { type MetricFamily, parsePrometheus, sampleValue } from '../../support/prometheus_text.js';

const udp = { name: 'udp://collector:4739', counters: exporterCounters() };
const udpLabels = { sink: 'udp://collector:4739', scheme: 'udp' };

function metrics(change: Partial<MetricsOptions> = {}): Metrics {
  return new Metrics({
    meter: () => meterCounters(),
    attribution: () => ({ status: attributionStatus(), counters: attributionCounters(), identity: identityStatus() }),
    sinks: () => [udp],
    versions: { version: '0.1.0', 'lib-pcap': '1.10.3 "x"' },
    ...change,
  });
}

const scrape = async (from: Metrics): Promise<Map<string, MetricFamily>> => parsePrometheus(await from.render());

test('every counter of the meter is there with its value', async () => {
  const families = await scrape(metrics());
  const expected: Record<string, number> = {
    weir_frames_total: 1001,
    weir_wire_bytes_total: 1002,
    weir_kernel_dropped_frames_total: 1003,
    weir_filtered_frames_total: 1004,
    weir_read_errors_total: 1005,
    weir_interface_losses_total: 1006,
    weir_interface_reattachments_total: 1007,
    weir_wire_packets_total: 1008,
    weir_fragments_unmatched_total: 1009,
    weir_fragments_evicted_total: 1010,
    weir_misplaced_packets_total: 1011,
    weir_packets_total: 1012,
    weir_ip_bytes_total: 9_007_199_254_740_991,
    weir_flows_created_total: 1013,
    weir_cache_flows: 1014,
    weir_cache_capacity_flows: 1015,
    weir_flow_records_dropped_total: 1016,
    weir_flow_records_not_selected_total: 1017,
    weir_record_ring_used_bytes: 1018,
    weir_record_ring_capacity_bytes: 1019,
    weir_flow_records_not_wanted_total: 1020,
    weir_dpi_states: 1021,
    weir_dpi_states_missing_total: 1022,
    weir_dpi_packets_total: 1023,
    weir_dpi_facts_bytes: 1027,
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(sampleValue(families, name), value, name);
  for (const [outcome, value] of Object.entries(meterCounters().outcomes)) {
    assert.equal(sampleValue(families, 'weir_frame_outcomes_total', { outcome }), value);
  }
  for (const [reason, value] of Object.entries(meterCounters().records)) {
    assert.equal(sampleValue(families, 'weir_flow_records_total', { reason }), value);
  }
});

test('flows by how looking into them ended', async () => {
  const families = await scrape(metrics());
  for (const [result, value] of [
    ['classified', 1024],
    ['guessed', 1025],
    ['givenUp', 1026],
  ] as const) {
    assert.equal(sampleValue(families, 'weir_dpi_flows_total', { result }), value, result);
  }
});

test('every counter of a sink is there with its labels, and every cause', async () => {
  const families = await scrape(metrics());
  const expected: Record<string, number> = {
    records_created_total: 2001,
    records_exported_total: 2002,
    queued_records: 2003,
    queued_bytes: 2004,
    spooled_records: 2005,
    spooled_bytes: 2006,
    records_recovered_total: 2007,
    records_resent_total: 2008,
    records_unconfirmed_total: 2009,
    records_truncated_total: 2010,
    data_records_total: 2011,
    messages_total: 2012,
    bytes_total: 2013,
    template_messages_total: 2014,
    sessions_total: 2015,
    errors_total: 2016,
  };
  for (const [name, value] of Object.entries(expected)) {
    assert.equal(sampleValue(families, `weir_sink_${name}`, udpLabels), value, name);
  }
  const { dropped } = exporterCounters();
  assert.equal(families.get('weir_sink_records_dropped_total')?.samples.length, Object.keys(dropped).length);
  for (const [cause, value] of Object.entries(dropped)) {
    assert.equal(sampleValue(families, 'weir_sink_records_dropped_total', { ...udpLabels, cause }), value, cause);
  }
});

test('the tier that runs, its programs, and how ends were matched', async () => {
  const families = await scrape(metrics());
  for (const [tier, value] of [
    ['off', 0],
    ['diag', 0],
    ['bpf', 1],
  ] as const) {
    assert.equal(sampleValue(families, 'weir_attribution_tier', { tier }), value, tier);
  }
  assert.equal(sampleValue(families, 'weir_attribution_programs'), 2);
  for (const [method, value] of Object.entries(attributionCounters().endsMatched)) {
    assert.equal(sampleValue(families, 'weir_attribution_ends_total', { method }), value);
  }
  assert.equal(sampleValue(families, 'weir_attribution_kernel_dropped_events_total'), 3002);
  assert.equal(sampleValue(families, 'weir_container_runtime_up', { socket: '/run/docker.sock' }), 1);
  assert.equal(sampleValue(families, 'weir_container_runtime_up', { socket: '/run/podman.sock' }), 0);
  for (const [result, value] of [
    ['answered', 4002],
    ['unanswered', 4003],
    ['refused', 4004],
  ] as const) {
    assert.equal(sampleValue(families, 'weir_container_lookups_total', { result }), value);
  }
  assert.equal(sampleValue(families, 'weir_containers_evicted_total'), 4001);
  assert.equal(sampleValue(families, 'weir_container_labels_left_out_total'), 4005);
  const off = await scrape(metrics({ attribution: () => ({ status: { tier: 'off', programs: [] } }) }));
  assert.equal(sampleValue(off, 'weir_attribution_tier', { tier: 'off' }), 1);
  assert.deepEqual(off.get('weir_attribution_ends_total')?.samples, []);
});

test('no counter is left out', async () => {
  const samples = [...(await scrape(metrics())).values()].flatMap(({ name, samples: all }) =>
    /^weir_(process|nodejs)_/.test(name) ? [] : all,
  );
  const shown = new Set(samples.map(({ value }) => value));
  const { filePosition: _, fileSize: __, ...meter } = meterCounters(); // what the progress bar reads
  for (const [name, value] of Object.entries({ ...meter, ...attributionCounters(), ...exporterCounters() })) {
    for (const count of Object.values(typeof value === 'object' ? (value ?? {}) : [value])) {
      assert.ok(shown.has(Number(count)), `${name} has no metric`);
    }
  }
});

test('all counters end in _total and are counters, the others are gauges; help says what each is', async () => {
  for (const { name, type, help } of (await scrape(metrics())).values()) {
    if (/^weir_(process|nodejs)_/.test(name)) continue; // prom-client's own
    if (name === 'weir_export_latency_seconds') assert.equal(type, 'histogram');
    else assert.equal(type, name.endsWith('_total') ? 'counter' : 'gauge', name);
    assert.match(help, /^[A-Z].*\.$|always 1\.$/, name);
  }
});

test('scrapes do not add up, and a counter never falls', async () => {
  let exported = 100;
  const subject = metrics({ sinks: () => [{ ...udp, counters: exporterCounters({ exported }) }] });
  const read = async (): Promise<number | undefined> =>
    sampleValue(await scrape(subject), 'weir_sink_records_exported_total', udpLabels);
  assert.equal(await read(), 100);
  assert.equal(await read(), 100);
  exported = 90; // ten go back to the queue, to be sent again
  assert.equal(await read(), 100);
  exported = 105;
  assert.equal(await read(), 105);
});

test('two scrapes at once are each of one moment', async () => {
  let frames = 0;
  const subject = metrics({
    meter: () => {
      frames++;
      return meterCounters({ frames, packets: frames });
    },
  });
  const all = await Promise.all([scrape(subject), scrape(subject), scrape(subject)]);
  assert.deepEqual(
    all.map((families) => sampleValue(families, 'weir_frames_total')),
    [1, 2, 3],
  );
  assert.deepEqual(
    all.map((families) => sampleValue(families, 'weir_packets_total')),
    [1, 2, 3],
  );
});

test('a scrape that fails does not stop the next one', async () => {
  let good = false;
  const subject = metrics({
    meter: () => {
      if (!good) throw new Error('closed');
      return meterCounters();
    },
  });
  await assert.rejects(subject.render(), /closed/);
  good = true;
  assert.equal(sampleValue(await scrape(subject), 'weir_frames_total'), 1001);
});

test('what is unknown is absent, never 0', async () => {
  const filtered = await scrape(metrics({ meter: () => meterCounters({ filtered: null }) }));
  assert.deepEqual(filtered.get('weir_filtered_frames_total')?.samples, []);
  const off = { status: { tier: 'off', programs: [] } } as const;
  const none = await scrape(metrics({ meter: () => undefined, attribution: () => off, sinks: () => [] }));
  for (const { name, samples } of none.values()) {
    if (/^weir_(process|nodejs)_|build_info|attribution_(tier|programs)$/.test(name)) continue;
    assert.deepEqual(samples, [], name);
  }
});

test('labels of sinks: no secrets, no parameters, unique, escaped', async () => {
  const names = [
    'kafka://weir:s3cret@b1:9092,b2:9092/flows?kafka.sasl.password=hidden',
    'udp://collector:4739',
    'udp://collector:4739?template=tcp',
    '-',
    'file:///tmp/a"b\\c\nd.json',
  ];
  const text = await metrics({
    sinks: () => names.map((name) => ({ name, counters: exporterCounters() })),
  }).render();
  assert.doesNotMatch(text, /s3cret|hidden/);
  const samples = parsePrometheus(text).get('weir_sink_records_created_total')?.samples ?? [];
  assert.deepEqual(
    samples.map(({ labels }) => [labels.sink, labels.scheme]),
    [
      ['kafka://***@b1:9092,b2:9092/flows', 'kafka'],
      ['udp://collector:4739', 'udp'],
      ['udp://collector:4739#2', 'udp'],
      ['-', 'stdout'],
      ['file:///tmp/a"b\\c\nd.json', 'file'],
    ],
  );
  const latency = parsePrometheus(text).get('weir_export_latency_seconds')?.samples ?? [];
  assert.equal(new Set(latency.map(({ labels }) => labels.sink)).size, names.length);
});

test('latency: units in cumulative buckets, sum and count', async () => {
  const subject = metrics();
  subject.observe(0, 0.001, 3); // on a bound: inside
  subject.observe(0, 0.002, 2);
  subject.observe(0, 61, 1);
  subject.observe(0, -1, 1); // a clock that went back
  subject.observe(0, 1, 0);
  const families = await scrape(subject);
  const bucket = (le: string): number | undefined =>
    sampleValue(families, 'weir_export_latency_seconds_bucket', { ...udpLabels, le });
  assert.equal(bucket('0.001'), 4);
  assert.equal(bucket('0.0025'), 6);
  assert.equal(bucket('60'), 6);
  assert.equal(bucket('+Inf'), 7);
  assert.equal(latencyBounds.length, 15);
  assert.equal(sampleValue(families, 'weir_export_latency_seconds_count', udpLabels), 7);
  const sum = sampleValue(families, 'weir_export_latency_seconds_sum', udpLabels) ?? 0;
  assert.ok(Math.abs(sum - 61.007) < 1e-9, `${sum}`);
});

test('build information, process metrics, and no metric in the default registry', async () => {
  const families = await scrape(metrics());
  assert.equal(sampleValue(families, 'weir_build_info', { version: '0.1.0', lib_pcap: '1.10.3 "x"' }), 1);
  const started = sampleValue(families, 'weir_process_start_time_seconds') ?? 0;
  assert.ok(Math.abs(started - (Date.now() / 1000 - process.uptime())) < 60);
  assert.ok((sampleValue(families, 'weir_process_resident_memory_bytes') ?? 0) > 1 << 20);
  const { register } = await import('prom-client');
  assert.equal(register.getMetricsAsArray().length, 0);
});

test('the counters of the addon and of the exporters are such readings', () => {
  const meter: MeterReading = meterCounters();
  const sink: SinkReading = exporterCounters() satisfies ExporterCounters;
  const ends: AttributionReading = { status: attributionStatus(), counters: attributionCounters() };
  assert.equal(ends.counters?.kernelEvents, 3001);
  assert.equal(meter.frames + sink.created, 3002);
});

/** Text for the judges from outside: awkward names and large numbers in it. */
async function fullText(): Promise<string> {
  const subject = metrics({
    sinks: () => [udp, { name: 'file:///tmp/a"b\\c\nd.json', counters: exporterCounters() }],
  });
  subject.observe(1, 0.3, 1000);
  return subject.render();
}

const pythons = ['python3', '/usr/bin/python3']; // Debian's modules are seen by Debian's python alone
const python = pythons.find((name) => spawnSync(name, ['-c', 'import prometheus_client']).status === 0);
test("Prometheus' Python parser reads the same values", {
  skip: python ? false : 'python3-prometheus-client is not installed',
}, async () => {
  const text = await fullText();
  const program = `
import json, sys
from prometheus_client.parser import text_string_to_metric_families
print(json.dumps([[s.name, s.labels, s.value] for f in text_string_to_metric_families(sys.stdin.read())
                  for s in f.samples if f.name.startswith('weir_') and s.value == s.value]))`;
  const run = spawnSync(python ?? '', ['-c', program], { input: text, encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
  const key = ([name, labels, value]: readonly [string, Record<string, string>, number]): string =>
    JSON.stringify([name, Object.entries(labels).sort(), value]);
  const theirs = (JSON.parse(run.stdout) as [string, Record<string, string>, number][]).map(key).sort();
  const ours = [...parsePrometheus(text).values()]
    .flatMap(({ samples }) => samples)
    .filter(({ value }) => !Number.isNaN(value))
    .map(({ name, labels, value }) => key([name, labels, value]))
    .sort();
  assert.ok(ours.length > 100);
  assert.deepEqual(theirs, ours);
});
