// ipfix_reader.js SECONDS [SEED]: mutated IPFIX and NetFlow messages into the reader. No exception, records that print,
// and no more kept than the limits allow. libFuzzer drives native code only and the reader is TypeScript, so the
// mutations are made here, without coverage feedback, from a seed that is printed and brings the same run back.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MessageFramer, MessageReader } from '../../src/ipfix/index.js';
import { packageRoot } from '../../src/native/load.js';
import { message, optionsTemplate, packet9, set, template, u16, u32, u8, variable } from '../support/ipfix_bytes.js';
import { below, seededRandom } from '../support/seeded_random.js';

type Random = () => number;

const limits = { sessions: 16, domainsPerSession: 8, fieldsPerSession: 300, fields: 1500 };
const sessionKeys = 20; // a few more than are kept
const heapLimit = 64 << 20; // octets above the start after garbage collection; the limits let the reader keep far less
const roundsPerCheck = 2000;
const messagesPerReader = 200_000; // then a new reader, so that every state is met again
const interesting = [0, 1, 2, 3, 4, 5, 9, 10, 15, 16, 127, 128, 255, 256, 257, 0x7fff, 0x8000, 0xfffe, 0xffff];

/** Messages of the encoder, from the dump the golden test compares with. */
function goldenMessages(name: string): Buffer[] {
  const dump = readFileSync(join(packageRoot(), 'test', 'golden', `${name}.txt`), 'latin1');
  return new MessageFramer().push(Buffer.from(dump.replace(/\s/g, ''), 'hex')).map((view) => Buffer.from(view));
}

const typeInformation = [
  [346, 4],
  [303, 2],
  [339, 1],
  [341, 65535],
] as const;

function handMade(): Buffer[] {
  const variableFields = template(300, [
    [371, 65535],
    [291, 65535],
    [5, 65535, 12_345],
    [152, 8],
  ]);
  return [
    message(
      0,
      1,
      set(2, variableFields),
      set(300, variable('alice'), variable('b', true), variable(''), Buffer.alloc(8)),
    ),
    message(
      1,
      1,
      set(3, optionsTemplate(301, 2, typeInformation)),
      set(301, u32(12_345), u16(5), u8(13), variable('x')),
    ),
    message(2, 1, set(2, u16(300, 0), u16(2, 0)), set(3, u16(3, 0))),
    packet9(
      1,
      1,
      1000,
      set(
        0,
        template(256, [
          [8, 4],
          [22, 4],
          [58_000, 2],
        ]),
      ),
      set(256, Buffer.alloc(40)),
    ),
    packet9(2, 1, 2000, set(1, u16(257, 4, 4), u16(1, 4), u16(34, 4)), set(257, Buffer.alloc(16))),
    Buffer.concat([u16(5, 2), u32(60_000, 1_700_000_000, 0, 7), Buffer.alloc(4, 1), Buffer.alloc(96, 7)]),
  ];
}

const headerOctets: Record<number, number> = { 5: 24, 9: 20, 10: 16 };

/** Pieces of another message put behind the header: templates of one meet data of another. */
function spliced(random: Random, into: Buffer, from: Buffer): Buffer {
  const keep = below(random, into.length + 1);
  const start = Math.min(from.length, headerOctets[from.length > 1 ? from.readUInt16BE(0) : 0] ?? 0);
  return Buffer.concat([into.subarray(0, keep), from.subarray(start + below(random, from.length - start + 1))]);
}

function mutated(random: Random, seeds: readonly Buffer[]): Buffer {
  const pick = (): Buffer => seeds[below(random, seeds.length)]!;
  let bytes = random() < 0.2 ? spliced(random, pick(), pick()) : Buffer.from(pick());
  for (let count = below(random, 8); count > 0 && bytes.length > 1; count--) {
    const at = below(random, bytes.length);
    const what = below(random, 6);
    if (what === 0) bytes[at] = below(random, 256);
    else if (what === 1) bytes[at] = bytes[at]! ^ (1 << below(random, 8));
    else if (what === 2) bytes.fill(random() < 0.5 ? 0 : 255, at, Math.min(bytes.length, at + below(random, 9)));
    else if (what === 3) bytes.copy(bytes, at, below(random, bytes.length));
    else if (what === 4)
      bytes.writeUInt16BE(interesting[below(random, interesting.length)]!, Math.min(at, bytes.length - 2));
    else bytes = Buffer.concat([bytes.subarray(0, at), Buffer.alloc(below(random, 16), at), bytes.subarray(at)]);
  }
  if (random() < 0.2) bytes = bytes.subarray(0, below(random, bytes.length + 1));
  if (random() < 0.7 && bytes.length >= 4 && bytes.readUInt16BE(0) === 10)
    bytes.writeUInt16BE(bytes.length & 0xffff, 2);
  return bytes;
}

/** A message into the reader in one piece, or as part of a stream into the framer first. */
function feed(random: Random, reader: MessageReader, bytes: Buffer): number {
  const session = `session ${below(random, sessionKeys)}`;
  const framer = new MessageFramer();
  const half = below(random, bytes.length + 1);
  const messages =
    random() < 0.1 ? [bytes.subarray(0, half), bytes.subarray(half)].flatMap((p) => framer.push(p)) : [bytes];
  let records = 0;
  for (const one of messages) {
    const found = reader.read(one, session);
    for (const record of found) JSON.parse(JSON.stringify(record));
    records += found.length;
  }
  if (random() < 0.01) reader.forget(session);
  return records;
}

function checkCounters(reader: MessageReader, records: number): void {
  const { counters } = reader;
  assert.equal(counters.flowRecords + counters.optionsRecords, records);
  assert.ok(reader.sessions <= limits.sessions, `${reader.sessions} sessions kept`);
  assert.ok(reader.templateFields <= limits.fields, `${reader.templateFields} template fields kept`);
  for (const [name, value] of Object.entries({ ...counters, ...counters.malformed, malformed: 0 })) {
    assert.ok(Number.isSafeInteger(value) && value >= 0, `counter ${name} is ${value}`);
  }
}

/** Octets of the heap that are in use, garbage aside. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Keeps the input that failed and says how to bring the run back. */
function fail(input: Buffer, seed: number, error: unknown): never {
  const folder = join(packageRoot(), 'build', 'fuzz-findings');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `ipfix_reader-${seed}.bin`);
  writeFileSync(file, input);
  process.stderr.write(`ipfix_reader: seed ${seed} failed; its last message is in ${file}\n`);
  throw error;
}

function fuzz(seconds: number, seed: number): void {
  const seeds = [...['ipfix_default', 'ipfix_full'].flatMap(goldenMessages), ...handMade()];
  const random = seededRandom(seed);
  const end = performance.now() + seconds * 1000;
  const before = heapInUse();
  let reader = new MessageReader({ limits });
  let [total, records, peak, refused] = [0, 0, 0, 0];
  let input: Buffer = Buffer.alloc(0);
  try {
    do {
      for (let round = 0; round < roundsPerCheck; round++) {
        input = random() < 0.02 ? Buffer.from(seeds[below(random, seeds.length)]!) : mutated(random, seeds);
        records += feed(random, reader, input);
      }
      total += roundsPerCheck;
      refused = Math.max(refused, reader.counters.templatesRefused);
      checkCounters(reader, records);
      const heap = heapInUse() - before;
      peak = Math.max(peak, heap);
      assert.ok(heap < heapLimit, `${heap} octets more in use than at the start`);
      if (total % messagesPerReader === 0) [reader, records] = [new MessageReader({ limits }), 0];
    } while (performance.now() < end);
  } catch (error) {
    fail(input, seed, error);
  }
  const found = `${refused} templates refused, ${peak >> 10} KiB kept at most`;
  process.stderr.write(`ipfix_reader: ${total} inputs from ${seeds.length} seeds, ${found}\n`);
}

const seconds = Number(process.argv[2] ?? 60);
const seed = Number(process.argv[3] ?? randomInt(2 ** 32));
if (!(seconds >= 0) || !Number.isSafeInteger(seed)) {
  process.stderr.write('usage: ipfix_reader.js SECONDS [SEED]\n');
  process.exit(2);
}
process.stderr.write(`ipfix_reader: seed ${seed}\n`);
fuzz(seconds, seed);
