// The options of --dpi, with the built weir: filter, privacy, lists, files that are wrong, reload.
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { tryLoadAddon } from '../../src/native/load.js';
import { ethernet, type Pair, pcap, turned, udp } from '../support/frames.js';
import { flowsOf, LiveWeir } from '../support/live_weir.js';
import { needsNetwork, Network } from '../support/network.js';
import { runWeir, temporaryFolder } from '../support/weir.js';

const loaded = tryLoadAddon();
const found = 'addon' in loaded ? loaded.addon.dpi() : loaded;
const needsNdpi =
  'available' in found && found.available ? {} : { skip: `applications are not named: ${found.reason}` };

const pairTo = (port: number): Pair => [
  { address: '10.9.0.50', port: 40_000 },
  { address: '10.9.0.60', port },
];
/** www.example.org, A; its response has no answer. */
const question = Buffer.concat([Buffer.from('\x03www\x07example\x03org\0', 'latin1'), Buffer.from([0, 1, 0, 1])]);
const query = Buffer.concat([Buffer.from('123401000001000000000000', 'hex'), question]);
const response = Buffer.concat([Buffer.from('123481800001000000000000', 'hex'), question]);
/** A DNS exchange, and a datagram that is nothing. */
const frames = [
  ethernet(0, udp(pairTo(53), query)),
  ethernet(1, udp(turned(pairTo(53)), response)),
  ethernet(0, udp(pairTo(7777), Buffer.from('nothing that anybody knows'))),
];

function capture(t: TestContext): { file: string; folder: string } {
  const folder = temporaryFolder(t);
  const file = join(folder, 'dns.pcap');
  writeFileSync(file, pcap(frames));
  return { file, folder };
}

const fields = '%L4_DST_PORT applicationLabel applicationListed applicationListCategoryName dnsQuery l7Info';
const read = (file: string, ...options: string[]) => runWeir(['-r', file, '-T', fields, '--to', '-', ...options]);

test('a filter leaves flows out, and every record is counted once', needsNdpi, async (t) => {
  const { file } = capture(t);
  const cases: [string, number[]][] = [
    ['dns', [53]],
    ['!dns', [7777]],
    ['unknown', [7777]],
    ['dns,tls,!Network', []],
  ];
  for (const [filter, ports] of cases) {
    const { stdout, meter } = await read(file, '--dpi-filter', filter);
    const flows = flowsOf(stdout);
    assert.deepEqual(
      flows.map(({ destinationTransportPort }) => destinationTransportPort),
      ports,
      filter,
    );
    assert.equal(meter.records! + (meter.recordsNotWanted ?? 0), 2, filter);
  }
  const off = await read(file, '--dpi', 'off', '--dpi-filter', 'dns');
  assert.equal(flowsOf(off.stdout).length, 2);
  assert.match(off.stderr, /--dpi is off: --dpi-filter is not applied/);
});

test('names stay away where privacy asks for it', needsNdpi, async (t) => {
  const { file } = capture(t);
  const name = 'www.example.org';
  assert.ok((await read(file)).stdout.includes(name));
  const { stdout } = await read(file, '--dpi-privacy', 'dns-names');
  assert.ok(!stdout.includes(name) && stdout.includes('"applicationLabel":"DNS"'), stdout);
});

test('all that is wrong with filter, files and key is said at once, before anything starts', needsNdpi, async (t) => {
  const { file, folder } = capture(t);
  const path = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const run = await read(
    file,
    ...['--dpi-protocols', path('protocols.txt', '# ours\ntcp:none@Shop\n')],
    ...['--dpi-categories', path('list.txt', 'shop.example\n'), '--dpi-key', path('names.key', 'short'), '-t', 'soon'],
  );
  assert.equal(run.status, 2);
  assert.match(run.stderr, /"code":"WEIR_OPTION".*"msg":"-t: /);
  assert.match(run.stderr, /"code":"WEIR_DPI_FILE".*"msg":"--dpi-key: .*names\.key: the key has 5 characters/);
  assert.match(run.stderr, /"code":"WEIR_DPI_FILE".*"msg":"--dpi-protocols: .*protocols\.txt:2: /);
  assert.match(run.stderr, /"code":"WEIR_DPI_FILE".*"msg":"--dpi-categories: .*list\.txt:1: /);
  const filter = await read(file, '--dpi-filter', 'dsn');
  assert.match(filter.stderr, /"code":"WEIR_DPI_FILTER".*"msg":"--dpi-filter: 'dsn' is no application.*DNS/);
});

test('a key that everybody may read is warned of', async (t) => {
  const { file, folder } = capture(t);
  const key = join(folder, 'names.key');
  writeFileSync(key, '0123456789abcdef');
  for (const [mode, warned] of [
    [0o644, true],
    [0o600, false],
  ] as const) {
    chmodSync(key, mode);
    const { stderr } = await read(file, '--dpi-privacy', 'server-names', '--dpi-key', key);
    assert.equal(/names\.key: everybody may read the key/.test(stderr), warned);
  }
});

test('SIGHUP reads protocols and lists anew; a wrong file changes nothing', {
  ...needsNetwork('tcpreplay'),
  ...needsNdpi,
}, async (t) => {
  const { near, far } = new Network(t);
  const { file, folder } = capture(t);
  const protocols = join(folder, 'protocols.txt');
  const list = join(folder, 'list.txt');
  writeFileSync(protocols, 'udp:7777@FirstName\n');
  writeFileSync(list, '192.0.2.1\t100\n');
  const weir = await LiveWeir.metering(t, [
    ...['-i', far.point, '-T', fields, '--to', '-', '--idle-timeout', '500ms'],
    ...['--dpi-protocols', protocols, '--dpi-categories', list],
  ]);
  const labels = (): unknown[] => weir.flows.map(({ applicationLabel }) => applicationLabel);
  const flowsComeTo = async (count: number): Promise<void> => {
    assert.equal(near.replay(file), frames.length);
    await weir.until(() => weir.flows.length >= count, `gave ${count} flows`);
  };
  await flowsComeTo(2);
  assert.deepEqual(labels().sort(), ['DNS', 'FirstName']);
  writeFileSync(protocols, 'udp:7777@SecondName\n');
  writeFileSync(list, '10.9.0.60\t100\n');
  weir.child.kill('SIGHUP');
  await weir.said(/"msg":"read anew: /);
  await flowsComeTo(4);
  assert.deepEqual(labels().slice(2).sort(), ['DNS', 'SecondName']);
  assert.ok(weir.flows.slice(2).every((flow) => flow.applicationListCategoryName === 'Malware'));
  writeFileSync(protocols, 'nothing\n');
  weir.child.kill('SIGHUP');
  await weir.said(/"msg":"not reloaded: weir: WEIR_DPI_FILE: .*protocols\.txt:1: /);
  await flowsComeTo(6);
  assert.deepEqual(labels().slice(4).sort(), ['DNS', 'SecondName']);
  const run = await weir.stop();
  assert.equal(run.status, 0, run.stderr);
});
