// Output of the whole command for a capture made by rule, octet by octet against committed files. `npm run golden`
// writes them anew (WEIR_GOLDEN=write).
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Ajv } from 'ajv';
import { elements } from '../../src/fields/elements.js';
import { type Naming, namings } from '../../src/fields/naming.js';
import { type DecodedRecord, MessageFramer, MessageReader } from '../../src/ipfix/index.js';
import { packageRoot, tryLoadAddon } from '../../src/native/load.js';
import { checkEcs } from '../support/ecs_fields.js';
import { captureNanoseconds, plainFrames, tunnelFrames } from '../support/varied_frames.js';
import { collectRun, runWeir, startWeir } from '../support/weir.js';

interface Golden {
  name: string;
  args: string[];
  /** The schema every line must validate against. */
  schema?: Naming;
  ipfix?: boolean;
}

const cases: Golden[] = [
  { name: 'json_default', args: ['-T', 'default', '--to', '-?format=json'], schema: 'ipfix' },
  { name: 'json_full', args: ['-T', 'full', '--first-packets', '4', '--to', '-?format=json'], schema: 'ipfix' },
  { name: 'json_nprobe', args: ['-T', 'nprobe', '--to', '-?format=json&naming=nprobe'], schema: 'nprobe' },
  { name: 'json_uniflow', args: ['--biflow', 'off', '--to', '-?format=json'], schema: 'ipfix' },
  { name: 'json_ecs', args: ['-T', 'default', '--to', '-?format=json&naming=ecs'], schema: 'ecs' },
  { name: 'json_ecs_full', args: ['-T', 'full', '--to', '-?format=json&naming=ecs&time=ms'], schema: 'ecs' },
  { name: 'json_ecs_uniflow', args: ['--biflow', 'off', '--to', '-?format=json&naming=ecs'], schema: 'ecs' },
  { name: 'json_goflow2', args: ['-T', 'default', '--to', '-?format=json&naming=goflow2'], schema: 'goflow2' },
  { name: 'text', args: ['-T', 'text', '--to', '-?format=text'] },
  { name: 'ipfix_default', args: ['-T', 'default'], ipfix: true },
  { name: 'ipfix_full', args: ['-T', 'full', '--first-packets', '4'], ipfix: true },
];

const startSeconds = 1_700_000_000;
const loaded = tryLoadAddon();
const unavailable = 'reason' in loaded ? { skip: loaded.reason } : {};
const folder = mkdtempSync(join(tmpdir(), 'weir-golden-'));
after(() => rmSync(folder, { recursive: true, force: true }));

async function writeCapture(): Promise<void> {
  const path = join(packageRoot(), 'setup', 'self_made_capture.mjs');
  const made = (await import(path)) as { selfMadeCapture(startSeconds: number): Buffer };
  writeFileSync(join(folder, 'self-made.pcap'), made.selfMadeCapture(startSeconds));
}

/** Runs weir inside the folder: the name of the capture is a field (interfaceName) and must not hold the folder. */
async function output(golden: Golden): Promise<Buffer> {
  const file = join(folder, `${golden.name}.ipfix`);
  const sink = golden.ipfix ? ['--to', `file://${file}`] : [];
  // inside.test.ts has what is inside flows: here neither libndpi nor its version decides
  const args = ['--read', 'self-made.pcap', '--dpi', 'off', ...golden.args, ...sink];
  const run = await collectRun(startWeir(args, ['env', '-C', folder, 'TZ=UTC']));
  assert.equal(run.status, 0, run.stderr);
  return golden.ipfix ? readFileSync(file) : Buffer.from(run.stdout);
}

/** Ids of the sets that report on the processes: their counts depend on how records share messages. */
function statisticsSets(octets: Buffer): Set<number> {
  const reader = new MessageReader();
  const records = new MessageFramer().push(octets).flatMap((message) => reader.read(message, 'golden'));
  const reports = ({ scope }: DecodedRecord) =>
    scope?.some((name) => name === 'meteringProcessId' || name === 'exportingProcessId');
  return new Set(records.filter(reports).map(({ template }) => template));
}

/**
 * Hexadecimal, 32 octets a line: the template sets, then the Data Records of each set id but statistics. Message and set
 * headers are left out (checkIpfix reads them), since how records share messages depends on when they were taken.
 */
function dump(octets: Buffer): string {
  const leftOut = statisticsSets(octets);
  const bodies = new Map<number, Buffer[]>();
  for (const view of new MessageFramer().push(octets)) {
    const message = Buffer.from(view);
    for (let at = 16; at < message.length; at += message.readUInt16BE(at + 2)) {
      const body = message.subarray(at + 4, at + message.readUInt16BE(at + 2));
      bodies.set(message.readUInt16BE(at), [...(bodies.get(message.readUInt16BE(at)) ?? []), body]);
    }
  }
  const lines: string[] = [];
  for (const [id, parts] of [...bodies].sort(([a], [b]) => a - b)) {
    if (leftOut.has(id)) continue;
    const body = Buffer.concat(parts);
    lines.push(`set ${id}`);
    for (let at = 0; at < body.length; at += 32) lines.push(body.toString('hex', at, at + 32));
  }
  return `${lines.join('\n')}\n`;
}

function checkIpfix(octets: Buffer): void {
  const framer = new MessageFramer();
  const messages = framer.push(octets);
  assert.deepEqual([framer.broken, framer.pending], [false, 0]);
  const reader = new MessageReader();
  const records = messages.flatMap((message) => reader.read(message, 'golden'));
  assert.equal(records.filter((record) => record['@type'] === 'flow').length, 2);
  assert.deepEqual(
    Object.values(reader.counters.malformed).filter((count) => count > 0),
    [],
  );
}

interface Schema {
  properties: Record<string, Partial<Schema>>;
}

function checkKnown(value: object, schema: Partial<Schema>): void {
  for (const [key, inner] of Object.entries(value) as [string, unknown][]) {
    const known = schema.properties?.[key];
    assert.ok(known, `${key} is not in the schema`);
    if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) checkKnown(inner, known);
  }
}

function checkLines(text: string, naming: Naming): void {
  const schema = JSON.parse(readFileSync(join(packageRoot(), 'config', 'schema', `${naming}.json`), 'utf8')) as Schema;
  const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(schema);
  for (const line of text.trimEnd().split('\n')) {
    const flow = JSON.parse(line) as object;
    assert.ok(validate(flow), `${line}: ${JSON.stringify(validate.errors)}`);
    checkKnown(flow, schema);
    if (naming === 'ecs') checkEcs(flow);
  }
}

for (const golden of cases) {
  test(`golden: ${golden.name}`, unavailable, async () => {
    await writeCapture();
    const octets = await output(golden);
    if (golden.ipfix) checkIpfix(octets);
    const text = golden.ipfix ? dump(octets) : octets.toString();
    if (golden.schema) checkLines(text, golden.schema);
    const path = join(packageRoot(), 'test', 'golden', `${golden.name}.txt`);
    if (process.env.WEIR_GOLDEN === 'write') writeFileSync(path, text);
    assert.equal(
      text,
      readFileSync(path, 'utf8'),
      `${golden.name}.txt: after an intended change run \`npm run golden\``,
    );
  });
}

// Not only the few flows of the golden capture: IPv6, ICMP, VLANs, tunnels, 64-bit ids, every field of the catalogue.
for (const naming of namings) {
  test(`lines of naming ${naming} for varied frames are as its schema says`, unavailable, async () => {
    // what tells events from flows would ask for documents of events
    const all = elements().flatMap(({ name }) => (['eventType', 'eventName'].includes(name) ? [] : [name]));
    for (const [name, frames] of [
      ['plain', plainFrames()],
      ['tunnels', tunnelFrames()],
    ] as const) {
      writeFileSync(join(folder, `${name}.pcap`), captureNanoseconds(frames));
      for (const biflow of ['on', 'off']) {
        const args = ['--read', join(folder, `${name}.pcap`), '--first-packets', '4', '--tunnels', '--biflow', biflow];
        const run = await runWeir([...args, '-T', all.join(' '), '--to', `-?format=json&naming=${naming}`]);
        assert.equal(run.status, 0, run.stderr);
        assert.ok(run.stdout.split('\n').length > 2);
        checkLines(run.stdout, naming);
      }
    }
  });
}
