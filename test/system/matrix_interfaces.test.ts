// Names of interfaces as collectors learn them from options records, from a live run on a veth pair: needs root.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readByIpfixDump, readByTshark } from '../support/collectors/file_readers.js';
import { startNfcapd } from '../support/collectors/nfcapd.js';
import { freePorts, output } from '../support/collectors/process.js';
import { DatagramRecorder } from '../support/collectors/recorders.js';
import { LiveWeir } from '../support/live_weir.js';
import { matrixCapture } from '../support/matrix_capture.js';
import { needsNetwork, Network } from '../support/network.js';
import { pcapOfDatagrams } from '../support/pcap_of_messages.js';
import { temporaryFolder } from '../support/weir.js';

const needs = needsNetwork('tcpreplay', 'nfcapd', 'nfdump', 'tshark', 'ipfixDump');

test('collectors know the interface by name: IPFIX, profile nfdump, NetFlow v9', needs, async (t) => {
  const folder = temporaryFolder(t);
  const network = new Network(t);
  const capture = join(folder, 'live.pcap');
  writeFileSync(capture, matrixCapture(1_700_000_000, 4));
  const [port] = await freePorts(1);
  const flowFolder = join(folder, 'nfcapd');
  mkdirSync(flowFolder);
  const nfcapd = await startNfcapd(t, flowFolder, port!, '127.0.0.1');
  const rfc = await DatagramRecorder.listen(t);
  const v9 = await DatagramRecorder.listen(t);
  const sinks = [
    `udp://127.0.0.1:${port}?profile=nfdump`,
    `udp://127.0.0.1:${rfc.port}`,
    `udp://127.0.0.1:${v9.port}?format=netflow9`,
  ];
  const weir = await LiveWeir.metering(t, ['-i', network.far.point, ...sinks.flatMap((to) => ['--to', to])]);
  const sent = network.near.replay(capture);
  await weir.packetsSeen(sent);
  const { status, stderr } = await weir.stop();
  assert.equal(status, 0, stderr);
  const index = network.far.index();

  const file = join(folder, 'rfc.ipfix');
  writeFileSync(file, Buffer.concat(rfc.messages));
  const dump = readByIpfixDump(file);
  assert.deepEqual(dump.complaints, []);
  const place = (name: string) => dump.records.findIndex((record) => name in record);
  assert.ok(place('interfaceDescription') < place('octetDeltaCount')); // known before the first flow
  const named = dump.records.filter((record) => 'interfaceDescription' in record);
  assert.ok(named.some((row) => Number(row.ingressInterface) === index && row.interfaceName === 'far0'));
  const points = dump.records.filter((record) => 'networkNamespace' in record);
  assert.ok(
    points.some((row) => String(row.networkNamespace).endsWith(network.far.netns) && row.interfaceName === 'far0'),
  );
  assert.ok(dump.flows.length > 100);

  const pcap = join(folder, 'v9.pcap');
  writeFileSync(pcap, pcapOfDatagrams(v9.messages));
  const shark = readByTshark(pcap);
  assert.deepEqual(shark.complaints, []);
  const names = shark.records.filter((record) => 'cflow.if_name' in record);
  assert.ok(
    names.some((row) => String(row['cflow.if_name']).startsWith('far0')),
    JSON.stringify(names[0]),
  );

  await nfcapd.stop();
  const records = nfcapd.records.get(1)!;
  assert.ok(records.some((record) => record.input_snmp === index));
  const written = readdirSync(flowFolder).find((name) => /^nfcapd\.\d+$/.test(name))!;
  const { stdout } = output('nfdump', ['-r', join(flowFolder, written), '-q', '-o', 'fmt:%in,%inam,%onam']);
  const rows = new Set(stdout.split('\n').map((line) => line.replaceAll(/\s/g, '')));
  assert.ok(rows.has(`${index},far0,`) && rows.has('0,,far0'), stdout.slice(0, 200));
});
