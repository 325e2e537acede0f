// Real collectors read what weir sends: nfcapd, nfacctd over UDP; ipfixDump, tshark and the strict checker from a file.
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { packageRoot } from '../../src/native/load.js';
import { captures, dataFolder, haveCaptures } from '../support/captures.js';
import { messagesOf, pcapOfDatagrams } from '../support/pcap_of_messages.js';
import { runWeir, saying, temporaryFolder } from '../support/weir.js';

const have = (command: string) => spawnSync('which', [command]).status === 0;
const needs = (...commands: string[]) => {
  const missing = commands.filter((command) => !have(command));
  if (!haveCaptures) return { skip: 'no captures at WEIR_DATA or ../shared/data' };
  return missing.length > 0 ? { skip: `not installed: ${missing.join(' ')}` } : {};
};

/** Captures with many kinds of traffic, both IP versions, TCP, UDP, ICMP, VLANs. */
const sample = [
  'ndpi-4.2/pcap/443-curl.pcap',
  'ndpi-4.2/pcap/skype.pcap',
  'ndpi-4.2/pcap/android.pcap',
  'ndpi-4.2/pcap/quic.pcap',
  'ndpi-4.2/pcap/synscan.pcap',
  'packets/tcpdump/babel.pcap',
  'packets/tcpdump/OSPFv3_with_AH.pcap',
  'packets/tcpdump/IGMP_V2.pcap',
];

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

function endWith(context: TestContext, child: ChildProcess): void {
  context.after(() => void child.kill('SIGKILL'));
}

interface Sums {
  flows: number;
  packets: number;
  octets: number;
}

/** What weir itself counted for uniflow export of a capture: the truth that the collector must repeat. */
async function exportUniflows(file: string, sink: string): Promise<Sums> {
  const run = await runWeir(['-r', file, '--to', sink, '--to', '-?format=json&biflow=off&template=default']);
  assert.equal(run.sinks[0]!.dropped, 0, run.stderr);
  const flows = run.stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, number>);
  const sum = (name: string) => flows.reduce((total, flow) => total + (flow[name] ?? 0), 0);
  return { flows: flows.length, packets: sum('packetDeltaCount'), octets: sum('octetDeltaCount') };
}

test('nfcapd receives equal flows, packets and octets for every capture', {
  ...needs('nfcapd', 'nfdump'),
  timeout: 900_000,
}, async (t) => {
  const folder = temporaryFolder(t);
  const port = await freePort();
  const collector = spawn(
    'nfcapd',
    ['-b', '127.0.0.1', '-p', String(port), '-w', folder, '-t', '86400', '-B', '8000000'],
    { stdio: 'pipe' },
  );
  endWith(t, collector);
  await saying(collector, 'stderr', /Startup|Add extension|Standard setsockopt|recv|Bound/i).catch(() => '');
  const expected = new Map<number, Sums & { name: string }>();
  const waiting = [...captures().entries()];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, name] = next;
      const domain = index + 1;
      const sink = `udp://127.0.0.1:${port}?profile=nfdump&domain=${domain}&rate=20000`;
      const sums = await exportUniflows(join(dataFolder, name), sink).catch(() => undefined);
      if (sums && sums.flows > 0) expected.set(domain, { ...sums, name });
    }
  };
  await Promise.all([lane(), lane()]); // most of a run is the start of Node.js
  const closed = once(collector, 'close');
  collector.kill('SIGTERM');
  await closed;
  const got = new Map<number, Sums>();
  // More than one file when the run crosses midnight: nfcapd rotates then.
  for (const name of readdirSync(folder).filter((entry) => /^nfcapd\.\d+$/.test(entry))) {
    const file = join(folder, name);
    const exporters = new Map<number, number>(); // nfdump's exporter id -> our domain
    for (const line of execFileSync('nfdump', ['-E', file], { encoding: 'utf8' }).split('\n')) {
      const match = /SysID:\s*(\d+).*\bID:\s*(\d+)/i.exec(line);
      if (match) exporters.set(Number(match[1]), Number(match[2]));
    }
    const text = execFileSync('nfdump', ['-r', file, '-q', '-N', '-o', 'fmt:%exp,%pkt,%byt'], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    for (const line of text.split('\n').filter(Boolean)) {
      const [exporter, packets, octets] = line.split(',').map((value) => Number(value.trim()));
      const key = exporters.get(exporter!)!;
      const sums = got.get(key) ?? { flows: 0, packets: 0, octets: 0 };
      got.set(key, { flows: sums.flows + 1, packets: sums.packets + packets!, octets: sums.octets + octets! });
    }
  }
  const wrong = [...expected]
    .filter(([key, { name: _, ...sums }]) => JSON.stringify(got.get(key)) !== JSON.stringify(sums))
    .map(([key, sums]) => ({ ...sums, nfcapd: got.get(key) }));
  assert.deepEqual(wrong, []);
  t.diagnostic(
    `${expected.size} captures, ${[...expected.values()].reduce((n, s) => n + s.flows, 0)} flows agree with nfcapd`,
  );
});

test('nfacctd receives equal packets and octets', { ...needs('nfacctd'), timeout: 120_000 }, async (t) => {
  const folder = temporaryFolder(t);
  const port = await freePort();
  const out = join(folder, 'out.json');
  writeFileSync(
    join(folder, 'nfacctd.conf'),
    [
      'daemonize: false',
      'nfacctd_ip: 127.0.0.1',
      `nfacctd_port: ${port}`,
      'plugins: print[a]',
      'aggregate[a]: src_host,dst_host,src_port,dst_port,proto',
      'print_output[a]: json',
      `print_output_file[a]: ${out}`,
      'print_output_file_append[a]: true',
      'print_refresh_time[a]: 60',
      'nfacctd_pipe_size: 8000000',
      'plugin_pipe_size: 10000000',
      'plugin_buffer_size: 10000',
      '',
    ].join('\n'),
  );
  const collector = spawn('nfacctd', ['-f', join(folder, 'nfacctd.conf')], { stdio: 'pipe' });
  endWith(t, collector);
  await saying(collector, 'stderr', /waiting for NetFlow/i);
  let packets = 0;
  let octets = 0;
  for (const name of sample) {
    const sums = await exportUniflows(join(dataFolder, name), `udp://127.0.0.1:${port}?biflow=off&rate=5000`);
    packets += sums.packets;
    octets += sums.octets;
  }
  const closed = once(collector, 'close');
  collector.kill('SIGINT');
  await closed;
  const rows = readFileSync(out, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, number>);
  assert.equal(
    rows.reduce((sum, row) => sum + (row.packets ?? 0), 0),
    packets,
  );
  assert.equal(
    rows.reduce((sum, row) => sum + (row.bytes ?? 0), 0),
    octets,
  );
});

for (const template of ['default', 'full']) {
  test(`ipfixDump, tshark and the strict checker read a ${template} file without complaint, sums equal`, {
    ...needs('ipfixDump', 'tshark', 'python3'),
    timeout: 300_000,
  }, async (t) => {
    const folder = temporaryFolder(t);
    mkdirSync(folder, { recursive: true });
    for (const name of sample) {
      const file = join(folder, 'flows.ipfix');
      const run = await runWeir(['-r', join(dataFolder, name), '-T', template, '--to', `file://${file}`]);
      assert.equal(run.status, 0, run.stderr);
      const octets = run.meter.octets!;
      const records = run.sinks[0]!.exported;

      const check = spawnSync('python3', [join(packageRoot(), 'test', 'support', 'ipfix_check.py'), 'file', file], {
        encoding: 'utf8',
        maxBuffer: 1 << 28,
      });
      const violations = check.stdout.split('\n').filter((line) => line.includes('"violation"'));
      assert.deepEqual(violations, [], name);
      assert.equal(check.status, 0, check.stderr);

      const dump = spawnSync('ipfixDump', ['-i', file], { encoding: 'utf8', maxBuffer: 1 << 28 });
      assert.equal(dump.status, 0, dump.stderr);
      assert.equal(dump.stderr, '', name);
      const dumped = [...dump.stdout.matchAll(/\b(?:reverseO|o)ctetDeltaCount\s*:\s*(\d+)/g)].reduce(
        (sum, match) => sum + Number(match[1]),
        0,
      );
      assert.equal(dumped, octets, `ipfixDump octets of ${name}`);

      const pcap = join(folder, 'messages.pcap');
      writeFileSync(pcap, pcapOfDatagrams(messagesOf(readFileSync(file))));
      const shark = spawnSync(
        'tshark',
        [
          '-n',
          '-r',
          pcap,
          '-d',
          'udp.port==4739,cflow',
          '-o',
          'cflow.max_template_fields:0',
          '-T',
          'fields',
          '-E',
          'occurrence=a',
          '-e',
          'cflow.octets',
          '-e',
          '_ws.malformed',
          '-e',
          'cflow.sequence_analysis.expected_sn',
        ],
        { encoding: 'utf8', maxBuffer: 1 << 28 },
      );
      const rows = shark.stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => line.split('\t'));
      const values = rows.flatMap((row) => (row[0] ?? '').split(',').filter(Boolean).map(Number));
      assert.equal(
        values.reduce((sum, value) => sum + value, 0),
        octets,
        `tshark octets of ${name}`,
      );
      assert.deepEqual(
        rows.filter((row) => row[1] || row[2]),
        [],
        `tshark finds malformed or out of sequence messages of ${name}`,
      );
      assert.equal(values.length, records * 2, `tshark records of ${name}`);
    }
  });
}
