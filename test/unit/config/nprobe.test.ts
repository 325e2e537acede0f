import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseArguments } from '../../../src/config/argv.js';
import { loadOptions } from '../../../src/config/load.js';
import { nprobeMarkdown, nprobeOptions } from '../../../src/config/nprobe.js';
import { optionNames, optionOf, type Options } from '../../../src/config/options.js';

function load(...argv: string[]): Options {
  const { assignments, errors } = parseArguments(argv);
  return loadOptions({ assignments, errors, env: {} }).options;
}

function mistakes(...argv: string[]): string[] {
  return parseArguments(argv).errors.map(({ message }) => message);
}

test("nProbe's usual command line works", () => {
  const options = load(
    '-i',
    'eth0',
    '-n',
    '192.0.2.1:9995',
    '-V',
    '10',
    '-T',
    '%IPV4_SRC_ADDR %IN_BYTES',
    '-t',
    '120',
    '-d',
    '60',
    '-f',
    'not port 22',
    '-b',
    '1',
    '-w',
    '131072',
    '-s',
    '256',
    '-E',
    '3',
    '-U',
    '300',
    '-o',
    '10',
    '-6',
    '-a',
  );
  assert.deepEqual(
    options.observationPoints.map(({ names }) => names),
    [['eth0']],
  );
  assert.deepEqual(
    options.sinks.map(({ text }) => text),
    ['udp://192.0.2.1:9995'],
  );
  assert.equal(options.template, '%IPV4_SRC_ADDR %IN_BYTES');
  assert.deepEqual([options.activeTimeout, options.idleTimeout, options.filter], [120_000, 60_000, 'not port 22']);
  assert.deepEqual([options.logLevel, options.stats], ['info', 30_000]);
  assert.deepEqual([options.cacheSize, options.snapLength, options.observationDomain], [131072, 256, 3]);
  assert.deepEqual([options.templateId, options.templateRefreshMessages, options.promiscuous], [300, 10, false]);
});

test('-n: collectors by list and scheme, port 2055, none', () => {
  const sinks = (value: string): string[] => load('-n', value).sinks.map(({ text }) => text);
  assert.deepEqual(sinks('host'), ['udp://host:2055']);
  assert.deepEqual(sinks('a:1,b'), ['udp://a:1', 'udp://b:2055']);
  assert.deepEqual(sinks('[::1]'), ['udp://[::1]:2055']);
  assert.deepEqual(sinks('[::1]:99'), ['udp://[::1]:99']);
  assert.deepEqual(sinks('tcp://c:99'), ['tcp://c:99']);
  assert.deepEqual(sinks('none'), ['none']);
});

test('-i: capture files and stdin are read, none is refused', () => {
  assert.deepEqual(load('-i', '/tmp/x.pcap').read, ['/tmp/x.pcap']);
  assert.deepEqual(load('-i', 'x.pcapng.gz').read, ['x.pcapng.gz']);
  assert.deepEqual(load('-i', '-').read, ['-']);
  assert.match(mistakes('-i', 'none')[0] ?? '', /^-i: to collect flows .* `weir collect udp:\/\/:2055`/);
});

test('-V, -b, --capture-direction', () => {
  assert.deepEqual([load('-V', '9').flowVersion, load('-V', 'ipfix').flowVersion], ['9', 'ipfix']);
  assert.throws(() => load('-V', '7'), /expected one of 10, ipfix, 9, 5, found '7'/);
  assert.deepEqual([load('-b', '0').logLevel, load('-b', '0').stats], ['info', 0]);
  assert.deepEqual([load('-b', '2').logLevel, load('-b2').stats], ['debug', 30_000]);
  assert.match(mistakes('-b', '9')[0] ?? '', /expected 0, 1 or 2/);
  assert.deepEqual(
    ['0', '1', '2'].map((value) => load('--capture-direction', value).direction),
    ['both', 'rx', 'tx'],
  );
});

test('-S: packets, flows, and @ for counters as they are', () => {
  const sampled = (value: string) => {
    const { packetSampling, flowSampling, upscale } = load('-S', value);
    return [packetSampling, flowSampling, upscale];
  };
  assert.deepEqual(sampled('10:1:1'), [10, 1, true]);
  assert.deepEqual(sampled('@100:1:5'), [100, 5, false]);
  assert.match(mistakes('-S', '10:2:1')[0] ?? '', /^-S: the second number is about collected flows/);
  assert.throws(() => load('-S', 'x'), /expected a whole number/);
});

test('--kafka and --kafka-conf', () => {
  const { sinks, kafkaProperties } = load('--kafka', 'a:1,b;flows;opts;1;snappy', '--kafka-conf', 'linger.ms=9');
  assert.deepEqual(
    [sinks[0]?.brokers, sinks[0]?.topic, sinks[0]?.parameters],
    [['a:1', 'b:9092'], 'flows', { statisticsTopic: 'opts', acks: '1', compression: 'snappy', naming: 'nprobe' }],
  );
  assert.deepEqual(load('--kafka', 'a;t').sinks[0]?.parameters, { naming: 'nprobe' });
  assert.deepEqual(kafkaProperties, ['linger.ms=9']);
});

test('-e and -B together are a rate', () => {
  assert.equal(load('-e', '10', '-B', '2').maxExportRate, 2000); // 2 messages of 10 records each 10 ms
  assert.equal(load('-B', '2', '-e', '10').maxExportRate, 2000);
  assert.equal(load('-e', '1000').maxExportRate, 10);
  assert.equal(load('-e', '0').maxExportRate, 0);
  assert.equal(load('-B', '5').maxExportRate, 0);
  assert.match(mistakes('-e', 'x')[0] ?? '', /^-e: expected a whole number, found 'x'/);
});

test('-O, --discard-unknown-flows, --ndpi-custom-protos', () => {
  assert.deepEqual(load('-O', 'DNS,HTTP', '--discard-unknown-flows', '1').dpiFilter, ['DNS,HTTP', '!unknown']);
  assert.deepEqual(load('--discard-unknown-flows', '2').dpiFilter, ['unknown']);
  assert.deepEqual(load('--discard-unknown-flows', '0').dpiFilter, []);
  assert.match(mistakes('--discard-unknown-flows', '3')[0] ?? '', /expected 0, 1 or 2/);
  assert.equal(load('--ndpi-custom-protos', '/etc/p.txt').dpiProtocols, '/etc/p.txt');
  assert.match(mistakes('--disable-l7-protocol-guess')[0] ?? '', /is not in weir: a guess says so/);
});

test("weir's letters win over nProbe's, and what weir has not is said", () => {
  assert.equal(parseArguments(['-c', 'weir.yaml']).assignments[0]?.name, 'config');
  assert.equal(parseArguments(['-r', 'x']).assignments[0]?.name, 'read');
  assert.deepEqual(mistakes('-G'), [
    '-G (nProbe: run as a daemon) is not in weir: weir stays in the foreground: use systemd or a container',
  ]);
  assert.deepEqual(mistakes('--zmq', 'tcp://x'), ['--zmq (nProbe: ZMQ export) is not in this version']);
});

test('the Markdown table has every row, in two columns', () => {
  const table = nprobeMarkdown();
  for (const { names } of nprobeOptions) for (const name of names) assert.ok(table.includes(`\`${name}\``), name);
  for (const name of optionNames)
    for (const alias of optionOf(name).nprobe ?? []) assert.ok(table.includes(`\`${alias}\``), alias);
  for (const line of table.trim().split('\n')) assert.equal(line.replaceAll('\\|', '').split('|').length, 4, line);
  assert.match(table, /\| `-c` .*differs: weir's -c is the configuration file/);
});

test('no name stands in two rows', () => {
  const names = nprobeOptions.flatMap((option) => option.names);
  assert.equal(new Set(names).size, names.length);
});
