// Output of the whole command for a capture made by rule, octet by octet against committed files. `npm run golden`
// writes them anew (WEIR_GOLDEN=write).
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Ajv } from 'ajv';
import { MessageFramer, MessageReader } from '../../src/ipfix/index.js';
import { packageRoot, tryLoadAddon } from '../../src/native/load.js';
import { collectRun, startWeir } from '../support/weir.js';

interface Golden {
  name: string;
  args: string[];
  /** The schema every line must validate against. */
  schema?: 'ipfix' | 'nprobe';
  ipfix?: boolean;
}

const cases: Golden[] = [
  { name: 'json_default', args: ['-T', 'default', '--to', '-?format=json'], schema: 'ipfix' },
  { name: 'json_full', args: ['-T', 'full', '--first-packets', '4', '--to', '-?format=json'], schema: 'ipfix' },
  { name: 'json_nprobe', args: ['-T', 'nprobe', '--to', '-?format=json&naming=nprobe'], schema: 'nprobe' },
  { name: 'json_uniflow', args: ['--biflow', 'off', '--to', '-?format=json'], schema: 'ipfix' },
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
  const args = ['--read', 'self-made.pcap', ...golden.args, ...sink];
  const run = await collectRun(startWeir(args, ['env', '-C', folder, 'TZ=UTC']));
  assert.equal(run.status, 0, run.stderr);
  return golden.ipfix ? readFileSync(file) : Buffer.from(run.stdout);
}

/**
 * Hexadecimal, 32 octets a line: the template sets, then the Data Records of each set id. Message and set headers are left
 * out (checkIpfix reads them), since how records share messages depends on when they were taken from the meter.
 */
function dump(octets: Buffer): string {
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

function checkLines(text: string, naming: 'ipfix' | 'nprobe'): void {
  const schema = JSON.parse(readFileSync(join(packageRoot(), 'config', 'schema', `${naming}.json`), 'utf8')) as object;
  const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(schema);
  const known = (schema as { properties: object }).properties;
  for (const line of text.trimEnd().split('\n')) {
    const flow = JSON.parse(line) as object;
    assert.ok(validate(flow), `${line}: ${JSON.stringify(validate.errors)}`);
    for (const key of Object.keys(flow)) assert.ok(key in known, `${key} is not in the schema`);
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
