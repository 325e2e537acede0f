// Sampling as collectors understand it: nfcapd and nfacctd multiply by the rate that weir announces, tshark and
// `weir collect` show it; with --upscale nothing is announced, since the counters are scaled already.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { WeirCollect } from '../support/collectors/collect.js';
import { readByTshark } from '../support/collectors/file_readers.js';
import { startNfacctd } from '../support/collectors/nfacctd.js';
import { startNfcapd } from '../support/collectors/nfcapd.js';
import { freePorts, type HeardByDomain, installed } from '../support/collectors/process.js';
import { DatagramRecorder } from '../support/collectors/recorders.js';
import { matrixCapture } from '../support/matrix_capture.js';
import { pcapOfDatagrams } from '../support/pcap_of_messages.js';
import { type FlowFields, flowOfFields, type SeenFlow, sumsOf } from '../support/seen_flow.js';
import { runWeir, temporaryFolder } from '../support/weir.js';

const needs = (...commands: string[]) => {
  const absent = commands.filter((command) => !installed(command));
  return { timeout: 120_000, ...(absent.length > 0 ? { skip: `not installed: ${absent.join(' ')}` } : {}) };
};

const rate = 10;
const sampled = ['--packet-sampling', String(rate)];

/** Runs weir towards the URLs, the capture sampled; returns the uniflows it says. */
async function run(folder: string, urls: readonly string[], options: readonly string[] = sampled): Promise<SeenFlow[]> {
  const capture = join(folder, 'sampled.pcap');
  writeFileSync(capture, matrixCapture(Math.floor(Date.now() / 1000) - 60));
  const sinks = [...urls, '-?format=json&biflow=off'].flatMap((url) => ['--to', url]);
  const { status, stdout, stderr } = await runWeir(['-r', capture, ...options, ...sinks]);
  assert.equal(status, 0, stderr);
  const lines = stdout.split('\n').filter(Boolean);
  return lines.map((line) => flowOfFields(JSON.parse(line) as FlowFields));
}

const ofVersion4 = (flows: readonly SeenFlow[]): SeenFlow[] => flows.filter(({ from }) => !from.includes(':'));

/** Sums with packets and octets multiplied. */
function times(factor: number, flows: readonly SeenFlow[]): ReturnType<typeof sumsOf> {
  const { flows: count, packets, octets } = sumsOf(flows);
  return { flows: count, packets: packets * factor, octets: octets * factor };
}

const heardSums = (heard: HeardByDomain, domain: number) => sumsOf(heard.get(domain)?.flows ?? []);

test('nfcapd applies the rate of profile=nfdump, NetFlow v9 and v5', needs('nfcapd', 'nfdump'), async (t) => {
  const folder = temporaryFolder(t);
  const [port] = await freePorts(1);
  const flowFolder = join(folder, 'nfcapd');
  mkdirSync(flowFolder);
  const nfcapd = await startNfcapd(t, flowFolder, port!, '127.0.0.1');
  const forms = ['profile=nfdump', 'format=netflow9', 'format=netflow5'];
  const urls = forms.map((form, index) => `udp://127.0.0.1:${port}?${form}&domain=${index + 1}`);
  const flows = await run(folder, urls);
  const heard = await nfcapd.stop();
  assert.ok(flows.length > 100);
  assert.deepEqual(heardSums(heard, 1), times(rate, flows));
  assert.deepEqual(heardSums(heard, 2), times(rate, flows));
  assert.deepEqual(heardSums(heard, 3), times(rate, ofVersion4(flows)));
  assert.match(nfcapd.raw, /NETFLOW v10, Sampled/);
  assert.match(nfcapd.raw, /NETFLOW v9, Sampled/);
  assert.match(nfcapd.raw, /NETFLOW v5, Sampled/);
  assert.doesNotMatch(nfcapd.raw, /Unsampled/);
  assert.match(nfcapd.log(), new RegExp(`packet interval: 1, packet space: ${rate - 1}`));
});

test('nfacctd renormalizes by the rate of each form', needs('nfacctd'), async (t) => {
  const folder = temporaryFolder(t);
  const [port] = await freePorts(1);
  const nfacctd = await startNfacctd(t, folder, port!, '127.0.0.1', { scale: true });
  const forms = [
    'profile=rfc&biflow=off',
    'profile=rfc&biflow=off&legacysampling=on',
    'profile=nfdump',
    'format=netflow9',
    'format=netflow5',
  ];
  const urls = forms.map((form, index) => `udp://127.0.0.1:${port}?${form}&domain=${index + 1}`);
  const flows = await run(folder, urls);
  const heard = await nfacctd.stop();
  const got = forms.map((form, index) => [form, heardSums(heard, index + 1)]);
  const wanted = forms.map((form) => [form, times(rate, form === 'format=netflow5' ? ofVersion4(flows) : flows)]);
  assert.deepEqual(got, wanted);
});

/** Records that tshark sees in what weir sends with the query. */
async function recordsBy(t: TestContext, query: string, options: readonly string[] = sampled) {
  const folder = temporaryFolder(t);
  const recorder = await DatagramRecorder.listen(t);
  await run(folder, [`udp://127.0.0.1:${recorder.port}?${query}`], options);
  const pcap = join(folder, 'messages.pcap');
  writeFileSync(pcap, pcapOfDatagrams(recorder.messages));
  return { ...readByTshark(pcap), messages: recorder.messages };
}

test('tshark shows the sampling that weir announces', needs('tshark'), async (t) => {
  const find = (records: readonly object[], name: string) =>
    records.filter((record) => name in record) as Record<string, string>[];
  const rfc = find((await recordsBy(t, 'profile=rfc')).records, 'cflow.sampling_packet_space');
  assert.equal(rfc[0]!['cflow.selector_algorithm'], '1');
  assert.equal(rfc[0]!['cflow.sampling_packet_interval'], '1');
  assert.equal(rfc[0]!['cflow.sampling_packet_space'], String(rate - 1));
  const random = [...sampled, '--packet-sampling-mode', 'random'];
  const population = find((await recordsBy(t, 'profile=rfc', random)).records, 'cflow.sampling_population');
  assert.equal(population[0]!['cflow.selector_algorithm'], '3');
  assert.equal(population[0]!['cflow.sampling_size'], '1');
  assert.equal(population[0]!['cflow.sampling_population'], String(rate));
  const legacy = (await recordsBy(t, 'profile=rfc&legacysampling=on')).records;
  assert.equal(find(legacy, 'cflow.sampling_interval')[0]!['cflow.sampling_interval'], String(rate));
  assert.equal(find(legacy, 'cflow.sampling_algorithm')[0]!['cflow.sampling_algorithm'], '1');
  assert.deepEqual(find(legacy, 'cflow.sampling_packet_space'), []);
  const v9 = (await recordsBy(t, 'format=netflow9')).records;
  assert.equal(find(v9, 'cflow.sampling_interval')[0]!['cflow.sampling_interval'], String(rate));
  assert.equal(find(v9, 'cflow.sampler_random_interval')[0]!['cflow.sampler_random_interval'], String(rate));
  const scaled = (await recordsBy(t, 'profile=rfc', [...sampled, '--upscale'])).records;
  assert.deepEqual(find(scaled, 'cflow.sampling_packet_space'), []);
});

test('NetFlow v5 says mode and rate in its header; none with --upscale, whose counters are scaled', async (t) => {
  const folder = temporaryFolder(t);
  const recorder = await DatagramRecorder.listen(t);
  await run(folder, [`udp://127.0.0.1:${recorder.port}?format=netflow5`]);
  assert.ok(recorder.messages.length > 0);
  for (const message of recorder.messages) assert.equal(message.readUInt16BE(22), (1 << 14) | rate);
  const before = recorder.messages.length;
  const places = ['udp', 'tcp'].map((scheme, index) => [scheme, index] as const);
  const ports = await freePorts(places.length);
  const urls = places.map(([scheme, index]) => `${scheme}://127.0.0.1:${ports[index]}`);
  const collect = new WeirCollect(t, folder, 'scaled', urls);
  await collect.listening;
  const sinks = [`udp://127.0.0.1:${recorder.port}?format=netflow5`, ...urls.map((url) => `${url}?biflow=off`)];
  const flows = await run(folder, sinks, [...sampled, '--upscale']);
  for (const message of recorder.messages.slice(before)) assert.equal(message.readUInt16BE(22), 0);
  assert.ok(flows.every(({ packets }) => packets % rate === 0));
  const { heard } = await collect.stop();
  const twice = sumsOf(flows);
  assert.deepEqual(heardSums(heard, 1), {
    flows: twice.flows * 2,
    packets: twice.packets * 2,
    octets: twice.octets * 2,
  });
});
