// What can be checked of examples/ without a broker: programs run, command lines, columns that exist, files that parse.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { type Flow, flowLine, flowsOf } from '../../examples/consumer.js';
import { allKeys } from '../../src/fields/naming.js';
import { loadTemplates } from '../../src/fields/template.js';
import { packageRoot } from '../../src/native/load.js';
import { message, set, template, u16, u64, u8 } from '../support/ipfix_bytes.js';
import { temporaryFolder } from '../support/weir.js';

const root = packageRoot();
const folder = join(root, 'examples');
const example = (name: string): string => readFileSync(join(folder, name), 'utf8');
const withoutComments = (sql: string): string => sql.replace(/--.*$/gm, '');
const statements = (sql: string): string[] =>
  withoutComments(sql)
    .split(';')
    .map((text) => text.trim())
    .filter((text) => text !== '');

/** Name and type of the columns of `CREATE TABLE name (...)`. */
function columnsOf(sql: string, table: string): Map<string, string> {
  const body = new RegExp(`CREATE TABLE ${table.replace('.', '\\.')}\\s*\\(\\n(.*?)\\n\\)`, 's').exec(
    withoutComments(sql),
  );
  assert.ok(body, `no CREATE TABLE ${table}`);
  const columns = new Map<string, string>();
  for (const line of (body[1] ?? '').split('\n')) {
    const column = /^\s*`?([\w.]+)`?\s+(\w+(?:\([\d, ']*(?:UTC')?\))?),?\s*$/.exec(line);
    if (column && column[1] !== 'WATERMARK') columns.set(column[1] ?? '', column[2] ?? '');
    else if (line.trim() !== '') assert.match(line, /^\s*WATERMARK FOR/, line);
  }
  return columns;
}

/** The keys of naming ipfix and their types. */
const keys = new Map(allKeys('ipfix').map(({ key, element }) => [key, element?.type ?? '']));

const clickhouseTypes: Record<string, string> = {
  unsigned8: 'UInt8',
  unsigned16: 'UInt16',
  unsigned32: 'UInt32',
  unsigned64: 'UInt64',
  float64: 'Float64',
};
// Flink has no unsigned types: the next one that holds all values.
const flinkTypes: Record<string, string> = {
  unsigned8: 'INT',
  unsigned16: 'INT',
  unsigned32: 'BIGINT',
  unsigned64: 'DECIMAL(20, 0)',
  float64: 'DOUBLE',
  dateTimeMilliseconds: 'TIMESTAMP_LTZ(3)',
};

function checkColumns(columns: Map<string, string>, types: Record<string, string>, text: string): void {
  assert.ok(columns.size > 15);
  for (const [name, type] of columns) {
    const wire = keys.get(name);
    assert.ok(wire !== undefined, `${name} is no JSON key`);
    assert.equal(type, types[wire] ?? text, `${name} is ${wire}`);
  }
}

/** Keys of lines of the template `default`, IPv4 and IPv6. */
function defaultKeys(): Set<string> {
  const chosen = loadTemplates(join(root, 'templates')).get('default');
  assert.ok(chosen);
  return new Set([...chosen.fields4, ...chosen.fields6].map(({ element }) => element.name));
}

test('ClickHouse: columns are keys of the default template, the view fills every column of the table', () => {
  const sql = example('clickhouse.sql');
  const queue = columnsOf(sql, 'weir.flows_queue');
  checkColumns(queue, clickhouseTypes, 'String');
  const known = defaultKeys();
  assert.deepEqual(
    [...queue.keys()].filter((name) => !known.has(name)),
    [],
  );
  const view =
    /CREATE MATERIALIZED VIEW \S+ TO weir\.flows AS\nSELECT\n(.*?)\nFROM weir\.flows_queue/s.exec(sql)?.[1] ?? '';
  const outputs = view.split(',\n').map((line) => / AS (\w+)$/.exec(line)?.[1] ?? line.trim());
  const flows = columnsOf(sql, 'weir.flows');
  assert.deepEqual(outputs, [...flows.keys()]);
  const read = new Set(view.match(/[A-Za-z]\w+/g));
  assert.deepEqual(
    [...queue.keys()].filter((name) => !read.has(name)),
    [],
  );
  for (const [name, type] of flows) if (queue.has(name)) assert.equal(type, queue.get(name), name);
});

const clickhouse = spawnSync('clickhouse-format', ['--quiet'], { input: 'SELECT 1' }).status === 0;
test('ClickHouse: clickhouse-format parses every statement', {
  skip: clickhouse ? false : 'clickhouse-format is not installed (Debian package clickhouse-tools)',
}, () => {
  const all = statements(example('clickhouse.sql'));
  assert.equal(all.length, 5);
  for (const statement of all) {
    const { status, stderr } = spawnSync('clickhouse-format', ['--quiet'], { input: statement, encoding: 'utf8' });
    assert.equal(status, 0, `${statement}\n${stderr}`);
  }
  assert.notEqual(spawnSync('clickhouse-format', ['--quiet'], { input: `${all[1]},,` }).status, 0);
});

test('Flink: columns are keys of the default template, the query names only columns', () => {
  const sql = example('flink.sql');
  const columns = columnsOf(sql, 'flows');
  checkColumns(columns, flinkTypes, 'STRING');
  const known = defaultKeys();
  assert.deepEqual(
    [...columns.keys()].filter((name) => !known.has(name)),
    [],
  );
  const [, query = ''] = statements(sql);
  const named = [...query.matchAll(/`(\w+)`/g)].map((match) => match[1] ?? '');
  const made = ['window_start', 'window_end', 'source', 'octets', 'records'];
  assert.deepEqual(
    named.filter((name) => !columns.has(name) && !made.includes(name)),
    [],
  );
});

test('docker-compose.yaml parses; every service has an image or a build; ports and listeners agree', () => {
  const { services } = parse(example('docker-compose.yaml')) as {
    services: Record<
      string,
      { image?: string; build?: object; environment?: Record<string, unknown>; command?: string[] }
    >;
  };
  assert.deepEqual(Object.keys(services), ['kafka', 'weir']);
  for (const { image, build } of Object.values(services)) assert.ok(image ?? build);
  const { KAFKA_LISTENERS: listeners, KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: protocols } =
    services.kafka?.environment ?? {};
  const names = (text: unknown): string[] =>
    String(text)
      .split(',')
      .map((part) => part.split(':')[0] ?? '');
  assert.deepEqual(names(listeners), names(protocols));
  assert.match(services.weir?.command?.join(' ') ?? '', /^-i any --to kafka:\/\/localhost:9092\/flows/);
});

test('read_ipfix prints the flows of a file, and says what is no IPFIX file', (context) => {
  const place = temporaryFolder(context);
  const fields = template(300, [
    [8, 4],
    [1, 8],
  ]);
  const flow = set(300, u8(192, 0, 2, 1), u64(99));
  writeFileSync(join(place, 'a.ipfix'), Buffer.concat([message(0, 7, set(2, fields), flow), message(1, 7, flow)]));
  writeFileSync(join(place, 'b.ipfix'), u16(1, 2, 3));
  const program = join(root, 'dist', 'examples', 'read_ipfix.js');
  const run = spawnSync(process.execPath, [program, 'a.ipfix', 'b.ipfix'], { cwd: place, encoding: 'utf8' });
  const line = '{"domain":7,"sourceIPv4Address":"192.0.2.1","octetDeltaCount":99}\n';
  assert.equal(run.stdout, line + line);
  assert.match(run.stderr, /^a\.ipfix: 2 flows, 0 options records, 0 sets without a template, 0 records missing/);
  assert.match(run.stderr, /^b\.ipfix: not an IPFIX file, or damaged$/m);
  assert.equal(run.status, 1);
  assert.equal(spawnSync(process.execPath, [program]).status, 2);
});

test('consumer: the line of a flow, with and without what a template may leave out', () => {
  const golden = readFileSync(join(root, 'test', 'golden', 'json_default.txt'));
  assert.deepEqual(flowsOf(golden).map(flowLine), [
    '2023-11-14T22:13:20.000Z  192.0.2.10:53124 > 192.0.2.53:53  protocol 17  2 packets 138 octets',
    '2023-11-14T22:13:20.014Z  192.0.2.10:40000 > 198.51.100.80:80  protocol 6  10 packets 993 octets',
  ]);
  const attributed: Flow = {
    sourceIPv6Address: '2001:db8::1',
    destinationIPv6Address: '2001:db8::2',
    sourceTransportPort: 0,
    octetDeltaCount: '9007199254740993',
    reverseOctetDeltaCount: 1,
    applicationName: 'TLS',
    'ntop.SRC_PROC_NAME': 'curl',
    'ntop.SRC_PROC_PID': 77,
    'ntop.SRC_PROC_USER_NAME': 'alice',
    sourceContainerName: 'web',
  };
  assert.equal(
    flowLine(attributed),
    '-  [2001:db8::1] > [2001:db8::2]  protocol ?  0 packets 9007199254740994 octets  TLS  curl(77) by alice in web > ?',
  );
  const { sourceContainerName: _, ...bare } = attributed;
  const byHand: Flow = { ...bare, 'ntop.SRC_PROC_CONTAINER_ID': '0123456789abcdef'.repeat(4) };
  assert.match(flowLine(byHand), /curl\(77\) by alice in 0123456789ab > \?$/);
  const pod: Flow = { ...bare, 'antrea.destinationPodName': 'cart-0', 'ntop.DST_PROC_PID': 8 };
  assert.match(flowLine(pod), /curl\(77\) by alice > \?\(8\) in cart-0$/);
  assert.deepEqual(flowsOf(Buffer.from('')), []);
  assert.throws(() => flowsOf(Buffer.from('{')), SyntaxError);
});

test('consumer: says what is wrong with its arguments', () => {
  const program = join(root, 'dist', 'examples', 'consumer.js');
  const run = (...args: string[]): string =>
    spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' }).stderr;
  assert.match(run('--count', 'x'), /--count must be a positive number, not x/);
  assert.match(run('--broker', 'x'), /Unknown option '--broker'/);
});

test('kcat.sh: its command line', (context) => {
  const place = temporaryFolder(context);
  writeFileSync(join(place, 'kcat'), '#!/bin/sh\necho "$@"\n');
  chmodSync(join(place, 'kcat'), 0o755);
  const run = (...args: string[]): string =>
    spawnSync(join(folder, 'kcat.sh'), args, {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${place}:${process.env.PATH}` },
    }).stdout.trim();
  assert.equal(run(), '-C -q -u -o beginning -b localhost:9092 -t flows');
  assert.equal(run('b1:1,b2:2', 'my topic', '5'), '-C -q -u -o beginning -b b1:1,b2:2 -t my topic -c 5');
});

test('the README tells of every example', () => {
  const readme = example('README.md');
  for (const name of readdirSync(folder)) if (name !== 'README.md') assert.ok(readme.includes(`| \`${name}\``), name);
});
