// weir-probe/ipfix and weir-probe/fields as another project sees them: packed, unpacked, type-checked and run without the
// addon and with no other package than the ones these two need.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { packageRoot } from '../../../src/native/load.js';
import { message, set, template, u64, u8 } from '../../support/ipfix_bytes.js';
import { temporaryFolder } from '../../support/weir.js';

const root = packageRoot();
const readme = readFileSync(join(root, 'src', 'ipfix', 'README.md'), 'utf8');
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');

/** Linked into the project: what the package needs to run, and the types of Node that its own types speak of. */
const neededPackages = ['fastest-levenshtein', '@types/node', 'undici-types'];

function run(command: string, args: readonly string[], cwd: string): string {
  // An npm that runs the tests must not steer the npm inside them.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
  const done = spawnSync(command, args, { cwd, encoding: 'utf8', env });
  assert.equal(
    done.status,
    0,
    `${command} ${args.join(' ')}: ${done.error?.message ?? ''}${done.stdout}${done.stderr}`,
  );
  return done.stdout;
}

/** A project with weir-probe unpacked in its node_modules. */
function makeProject(context: TestContext): string {
  const folder = temporaryFolder(context);
  run(
    'npm',
    [
      'pack',
      '--offline',
      '--ignore-scripts',
      '--loglevel=error',
      '--pack-destination',
      folder,
      '--cache',
      join(folder, 'cache'),
    ],
    root,
  );
  const [archive] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  const installed = join(folder, 'node_modules', 'weir-probe');
  mkdirSync(installed, { recursive: true });
  run('tar', ['-xzf', join(folder, archive ?? ''), '-C', installed, '--strip-components=1'], folder);
  for (const name of neededPackages) {
    mkdirSync(dirname(join(folder, 'node_modules', name)), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  }
  writeFileSync(join(folder, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }\n');
  const compilerOptions = { target: 'ES2022', module: 'NodeNext', strict: true, types: ['node'], outDir: 'out' };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  return folder;
}

/** The examples of the README; they must type-check. */
function readmeExamples(): string[] {
  const examples = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1] ?? '');
  assert.equal(examples.length, 2);
  return examples;
}

const consumer = `
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type DecodedRecord, type FieldValue, MessageReader, readIpfixFile, WeirError } from 'weir-probe/ipfix';
import { catalogue, elementByName, elements, jsonKey, namings } from 'weir-probe/fields';

const [file = '', datagram = ''] = process.argv.slice(2);
const records: DecodedRecord[] = [];
for await (const record of readIpfixFile(file)) records.push(record);

const reader = new MessageReader({ times: 'milliseconds' });
const socket = createSocket('udp4');
socket.bind(0, '127.0.0.1');
await once(socket, 'listening');
const received = once(socket, 'message');
socket.send(readFileSync(datagram), socket.address().port, '127.0.0.1');
const [message, from] = (await received) as [Buffer, { address: string; port: number }];
for (const record of reader.read(message, from.address + ' ' + from.port, from.address)) records.push(record);
socket.close();

const octets: FieldValue | undefined = records[0]?.fields.octetDeltaCount;
// @ts-expect-error: the types of the package are the real ones
const wrong: boolean = reader.counters.messages;
const label: string = jsonKey(elementByName('octetDeltaCount'), 'nprobe');
const refused = await readIpfixFile('missing.ipfix').next().catch((error: unknown) => error instanceof WeirError && error.code);
const { sharedObjects } = process.report.getReport() as unknown as { sharedObjects: string[] };
process.stdout.write(JSON.stringify({
  records, octets, wrong, label, refused, namings,
  rows: catalogue.length < elements().length,
  addons: sharedObjects.filter((name) => name.endsWith('.node')),
}));
`;

const fields = template(300, [
  [8, 4],
  [12, 4],
  [1, 8],
  [152, 8],
]);
const data = Buffer.concat([u8(192, 0, 2, 1), u8(198, 51, 100, 7), u64(123_456), u64(1_700_000_000_000)]);
const bytes = message(0, 9, set(2, fields), set(300, data));

test('a project type-checks and runs with weir-probe/ipfix and weir-probe/fields', (context) => {
  const folder = makeProject(context);
  writeFileSync(join(folder, 'consumer.ts'), consumer);
  writeFileSync(join(folder, 'flows.ipfix'), Buffer.concat([bytes, message(1, 9, set(300, data))]));
  writeFileSync(join(folder, 'datagram'), bytes);
  for (const [index, example] of readmeExamples().entries()) {
    writeFileSync(join(folder, `readme_${index}.ts`), example);
  }
  run(process.execPath, [tsc, '-p', folder], folder);
  const said = JSON.parse(run(process.execPath, ['out/consumer.js', 'flows.ipfix', 'datagram'], folder)) as {
    records: { exporter: string; domain: number; fields: object }[];
  } & Record<string, unknown>;
  const expected = {
    sourceIPv4Address: '192.0.2.1',
    destinationIPv4Address: '198.51.100.7',
    octetDeltaCount: 123_456,
    flowStartMilliseconds: '2023-11-14T22:13:20.000Z',
  };
  assert.deepEqual(
    said.records.map((record) => [record.exporter, record.domain, record.fields]),
    [
      ['flows.ipfix', 9, expected],
      ['flows.ipfix', 9, expected],
      ['127.0.0.1', 9, { ...expected, flowStartMilliseconds: 1_700_000_000_000 }],
    ],
  );
  assert.equal(said.octets, 123_456);
  assert.equal(said.wrong, 1);
  assert.equal(said.label, 'IN_BYTES');
  assert.equal(said.refused, 'WEIR_FILE');
  assert.ok((said.namings as string[]).includes('ipfix'));
  assert.equal(said.rows, true);
  assert.deepEqual(said.addons, []);
  // What is not an entry point stays inside.
  const inside = spawnSync(process.execPath, ['-e', "import('weir-probe/dist/src/native/load.js')"], { cwd: folder });
  assert.match(inside.stderr.toString(), /ERR_PACKAGE_PATH_NOT_EXPORTED/);
});

test('the entry points are what package.json and the README say', () => {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, { types: string; default: string }>;
  };
  assert.deepEqual(Object.keys(exports), ['./ipfix', './fields', './package.json']);
  for (const name of ['weir-probe/ipfix', 'weir-probe/fields']) assert.ok(readme.includes(`from '${name}'`), name);
});
