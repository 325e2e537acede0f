// What is inside flows through the addon: facts, the filter and its counter, files that are wrong, names.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { defaultOptions } from '../../../src/config/options.js';
import { dpiOptions } from '../../../src/dpi_run.js';
import type { Counters, DpiOptions, NativeError } from '../../../src/native/boundary.js';
import { tryLoadAddon } from '../../../src/native/load.js';
import { ethernet, type Pair, pcap, udp } from '../../support/frames.js';
import { meterDefaults, meterFile } from '../../support/meter_run.js';

const loaded = tryLoadAddon();
const unavailable = 'reason' in loaded ? { skip: loaded.reason } : {};
const ndpi = 'addon' in loaded ? loaded.addon.dpi() : undefined;
const withoutLibrary = ndpi?.available ? {} : { skip: ndpi?.reason ?? 'no addon' };
const folder = mkdtempSync(join(tmpdir(), 'weir-inspection-'));
after(() => rmSync(folder, { recursive: true }));

const dpi: DpiOptions = { ...dpiOptions(defaultOptions()), states: 4096 };

const queries = 3000;
const nameOf = (number: number): string => `${'x'.repeat(60)}.host-${number}.example`;

function query(number: number): Buffer {
  const labels = nameOf(number)
    .split('.')
    .flatMap((label) => [label.length, ...Buffer.from(label)]);
  return Buffer.from([number >> 8, number & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, 1, 0, 1]);
}

/** A query each of many flows, and one flow of something else. */
function capture(): string {
  const file = join(folder, 'queries.pcap');
  const pair = (port: number, to: number): Pair => [
    { address: '10.0.0.9', port },
    { address: '10.0.0.2', port: to },
  ];
  const frames = Array.from({ length: queries }, (_, index) => udp(pair(2000 + index, 53), query(index)));
  writeFileSync(file, pcap([...frames, udp(pair(2000, 9), 100)].map((packet) => ethernet(0, packet))));
  return file;
}

const made = ({ records }: Counters): number => Object.values(records).reduce((sum, count) => sum + count, 0);

test('each flow says what it asked, over batches, and nothing is kept in the end', unavailable, async () => {
  const run = await meterFile(capture(), ['sourceTransportPort', 'dnsQuery'], { dpi });
  assert.equal(run.flows.length, queries + 1);
  const named = run.flows.filter((flow) => flow.dnsQuery !== undefined);
  assert.equal(named.length, queries);
  for (const flow of named) assert.equal(flow.dnsQuery, nameOf(Number(flow.sourceTransportPort) - 2000));
  assert.equal(run.counters.dpiStates, 0);
  assert.equal(run.counters.dpiFactsOctets, 0);
  assert.equal(run.counters.recordsNotWanted, 0);
});

test('without DPI there are records, and nothing is in them', unavailable, async () => {
  const run = await meterFile(capture(), ['sourceTransportPort', 'dnsQuery'], { dpi: null });
  assert.equal(run.flows.length, queries + 1);
  assert.deepEqual(
    run.flows.filter((flow) => flow.dnsQuery !== undefined),
    [],
  );
  assert.equal(run.counters.dpiPackets, 0);
});

test('the filter counts what it keeps away, also where no field asks for applications', withoutLibrary, async () => {
  for (const [filter, wanted] of [
    ['dns', queries],
    ['!dns', 1],
  ] as const) {
    const run = await meterFile(capture(), ['sourceTransportPort'], { dpi: { ...dpi, filter } });
    assert.equal(run.flows.length, wanted, filter);
    assert.equal(run.counters.recordsNotWanted, queries + 1 - wanted, filter);
    assert.equal(made(run.counters), wanted, filter);
    assert.ok(run.counters.dpiPackets >= queries, filter);
    assert.equal(run.counters.dpiClassified + run.counters.dpiGuessed + run.counters.dpiGivenUp, queries + 1, filter);
  }
});

test('what is wrong with filter and files is said with a code', withoutLibrary, () => {
  assert.ok('addon' in loaded);
  const { addon } = loaded;
  const wrong = join(folder, 'wrong.txt');
  writeFileSync(wrong, 'tcp:notaport@Mine\n');
  const codeIs = (code: string) => (error: unknown) => (error as NativeError).code === code;
  assert.throws(() => addon.checkDpi({ ...dpi, filter: 'tlss' }), codeIs('WEIR_DPI_FILTER'));
  assert.throws(() => addon.checkDpi({ ...dpi, protocolsFile: wrong }), codeIs('WEIR_DPI_FILE'));
  assert.throws(() => addon.checkDpi({ ...dpi, categoryFiles: [join(folder, 'none')] }), codeIs('WEIR_DPI_FILE'));
  assert.throws(
    () =>
      new addon.Meter({ ...meterDefaults, sources: [], elements: [], dpi: { ...dpi, protocolsFile: wrong } }, () => {}),
    codeIs('WEIR_DPI_FILE'),
  );
  addon.checkDpi(dpi);
});

test('a file that has become wrong leaves the Meter as it was', withoutLibrary, () => {
  assert.ok('addon' in loaded);
  const file = join(folder, 'protocols.txt');
  writeFileSync(file, 'tcp:8123@Mine\n');
  const options = { ...meterDefaults, sources: [], elements: [], dpi: { ...dpi, protocolsFile: file } };
  const meter = new loaded.addon.Meter(options, () => {});
  const hasMine = () => loaded.addon.applications().some(({ name }) => name === 'Mine');
  try {
    meter.reloadDpi();
    assert.ok(hasMine());
    writeFileSync(file, 'nonsense\n');
    assert.throws(() => meter.reloadDpi(), { code: 'WEIR_DPI_FILE' });
    assert.ok(hasMine());
  } finally {
    meter.close();
  }
});

test('applications have numbers, names, categories and breeds', withoutLibrary, () => {
  assert.ok('addon' in loaded);
  const dns = loaded.addon.applications().find(({ selector }) => selector === 5);
  assert.deepEqual(dns, { selector: 5, name: 'DNS', category: 'Network', breed: 'Acceptable' });
});
