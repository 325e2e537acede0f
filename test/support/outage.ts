// What tests of outages need: numbered flows to send, collectors that know which of them arrived, the summary of a run
// as a law, and a reader of spool folders of the tests' own.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { MessageFramer } from '../../src/ipfix/framer.js';
import { MessageReader } from '../../src/ipfix/reader.js';
import { crc32ByTable as crc32 } from '../../src/spool/crc.js';
import { ethernet, pcap, udp } from './frames.js';
import type { LiveWeir } from './live_weir.js';
import { parsePrometheus } from './prometheus_text.js';
import type { WeirRun } from './weir.js';

const portsAnAddress = 1 << 14;
const firstPort = 1024;
const pcapHeadOctets = 24;
const feedStart = 1_700_000_000;

/** A capture of the flows [first, first + count), one datagram each, a millisecond apart. */
export function numberedCapture(first: number, count: number): Buffer {
  const frames = Array.from({ length: count }, (_, index) => {
    const number = first + index;
    const address = `10.9.${100 + Math.floor(number / portsAnAddress)}.1`;
    const port = firstPort + (number % portsAnAddress);
    return ethernet(
      0,
      udp(
        [
          { address, port },
          { address: '10.9.0.60', port: 9 },
        ],
        100,
      ),
    );
  });
  return pcap(frames, feedStart + Math.floor(first / 1000));
}

export function numberedFile(folder: string, count: number): string {
  const path = join(folder, 'numbered.pcap');
  writeFileSync(path, numberedCapture(0, count));
  return path;
}

/** Number of the flow that a record is about, by any of weir's formats. */
export function numberOf(fields: Record<string, unknown>): number {
  const address = String(fields.sourceIPv4Address ?? fields.IPV4_SRC_ADDR);
  const port = Number(fields.sourceTransportPort ?? fields.L4_SRC_PORT);
  return (Number(address.split('.')[2]) - 100) * portsAnAddress + port - firstPort;
}

/** Feeds flows into `weir -r -`: with a time-out of one second flow n leaves when flow n + 1001 comes. */
export class Feed {
  #weir: LiveWeir;
  #next = 0;

  constructor(weir: LiveWeir) {
    this.#weir = weir;
  }

  /** count: a multiple of 1000. */
  send(count: number): void {
    const capture = numberedCapture(this.#next, count);
    this.#weir.child.stdin!.write(this.#next === 0 ? capture : capture.subarray(pcapHeadOctets));
    this.#next += count;
  }

  end(): void {
    this.#weir.child.stdin!.end();
  }
}

/** A TCP collector of IPFIX messages or JSON lines whose manners the test chooses; it keeps every session's octets. */
export class Collector {
  readonly sessions: Buffer[][] = [];
  /** reads; hangs: never reads; resets: at once; halfCloses: sends FIN at once, and reads on. */
  manner: 'reads' | 'hangs' | 'resets' | 'halfCloses' = 'reads';
  port = 0;
  #server: Server;
  #sockets = new Set<Socket>();
  #look = new Set<() => void>();

  private constructor(context: TestContext) {
    this.#server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => this.#accept(socket));
    context.after(() => this.stop());
  }

  static async listen(context: TestContext, manner: Collector['manner'] = 'reads'): Promise<Collector> {
    const collector = new Collector(context);
    collector.manner = manner;
    await collector.start();
    return collector;
  }

  /** Listens, after stop() on the same port again. */
  async start(): Promise<void> {
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as AddressInfo).port;
  }

  /** As a collector that is killed: the kernel resets what it had not read. */
  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  #accept(socket: Socket): void {
    const octets: Buffer[] = [];
    this.sessions.push(octets);
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    if (this.manner === 'resets') socket.resetAndDestroy();
    if (this.manner === 'halfCloses') socket.end();
    socket.on('end', () => socket.end());
    if (this.manner === 'reads' || this.manner === 'halfCloses') {
      socket.on('data', (chunk: Buffer) => {
        octets.push(chunk);
        for (const look of this.#look) look();
      });
      socket.resume();
    }
    for (const look of this.#look) look();
  }

  /** Resolves when the condition holds; looked at whenever something arrives. */
  until(met: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#look.delete(look);
      };
      const timer = setTimeout(() => {
        done();
        reject(new Error(`the collector waited 30 s until it ${what}; it has ${this.numbers().length} records`));
      }, 30_000);
      const look = (): void => {
        if (!met()) return;
        done();
        resolve();
      };
      this.#look.add(look);
      look();
    });
  }

  /** Octets of all sessions. */
  get octets(): number {
    return this.sessions.flat().reduce((sum, { length }) => sum + length, 0);
  }

  /** Numbers of the flows in the order they came, session after session; what was broken off inside a record is left out. */
  numbers(): number[] {
    return this.sessions.flatMap((chunks) => numbersIn(Buffer.concat(chunks)));
  }
}

/** Numbers of the flows in a stream of IPFIX messages or JSON lines. In a spool messages have no sequence numbers yet. */
export function numbersIn(stream: Buffer, numbered = true): number[] {
  if (stream[0] === 0x7b) {
    const lines = stream.subarray(0, stream.lastIndexOf(0x0a) + 1).toString();
    return lines
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => numberOf(JSON.parse(line) as Record<string, unknown>));
  }
  const reader = new MessageReader();
  const numbers: number[] = [];
  for (const message of new MessageFramer().push(stream))
    for (const record of reader.read(message, 'session'))
      if (record['@type'] === 'flow') numbers.push(numberOf(record.fields));
  assert.equal(reader.counters.unknownTemplates, 0, 'a template is missing');
  if (numbered) assert.equal(reader.counters.sequenceGaps + reader.counters.restarts, 0, 'sequence numbers are wrong');
  return numbers;
}

export const range = (first: number, count: number): number[] => Array.from({ length: count }, (_, n) => first + n);

/** Numbers that came, each once, and how many of them came more than once. */
export function distinct(numbers: readonly number[]): { numbers: number[]; repeated: number } {
  const times = new Map<number, number>();
  for (const number of numbers) times.set(number, (times.get(number) ?? 0) + 1);
  return {
    numbers: [...times.keys()].sort((a, b) => a - b),
    repeated: [...times.values()].filter((count) => count > 1).length,
  };
}

export interface SinkWords {
  sink: string;
  records: number;
  exported: number;
  dropped: number;
  recovered: number;
  spooled: number;
  resent: number;
  unconfirmed: number;
  causes: Record<string, number>;
}

const notCauses = new Set(
  'level time msg sink records exported dropped recovered spooled resent unconfirmed octets socketErrors pid'.split(
    ' ',
  ),
);

/** The summary of each sink, after the laws of the run were checked: frames, and records of every sink. */
export function lawful(run: WeirRun): SinkWords[] {
  const { frames = 0, metered = 0 } = run.meter;
  const known = (
    'frames metered kernelDrops filtered packets octets flows records recordsDropped recordsNotWanted level time ' +
    'readErrors interfaceLosses reattached fragmentsUnmatched fragmentsEvicted misplaced'
  ).split(' ');
  const ignored = Object.entries(run.meter).filter(([key, value]) => !known.includes(key) && typeof value === 'number');
  assert.equal(
    ignored.reduce((sum, [, count]) => sum + count, metered),
    frames,
    `frames: ${JSON.stringify(run.meter)}`,
  );
  return run.sinks.map((line) => {
    const all = line as unknown as Record<string, number>;
    const { recovered = 0, spooled = 0, resent = 0, unconfirmed = 0 } = all;
    const causes = Object.fromEntries(Object.entries(all).filter(([key]) => !notCauses.has(key)));
    const dropped = Object.values(causes).reduce((sum, count) => sum + count, 0);
    assert.equal(dropped, line.dropped, `causes: ${JSON.stringify(line)}`);
    assert.equal(line.records + recovered, line.exported + dropped + spooled, `law: ${JSON.stringify(line)}`);
    return { ...line, recovered, spooled, resent, unconfirmed, causes };
  });
}

export interface Scrape {
  value(name: string, labels?: Record<string, string>): number;
  /** Checks the laws as /metrics tells them. */
  lawful(): void;
}

/** /metrics of a run with --metrics 127.0.0.1:0. */
export async function scrape(weir: LiveWeir): Promise<Scrape> {
  await weir.said(/serving .*\/metrics/);
  const place = /serving .*\/metrics, \/healthz and \/readyz on (?:http:\/\/)?([\d.]+:\d+)/.exec(weir.stderr)?.[1];
  const families = parsePrometheus(await (await fetch(`http://${place}/metrics`)).text());
  const samples = (name: string) => families.get(name)?.samples ?? [];
  const sum = (name: string, labels: Record<string, string> = {}) =>
    samples(name)
      .filter((sample) => Object.entries(labels).every(([key, value]) => sample.labels[key]?.includes(value)))
      .reduce((total, { value }) => total + value, 0);
  return {
    value: sum,
    lawful() {
      assert.equal(sum('weir_frames_total'), sum('weir_frame_outcomes_total'));
      const sinks = samples('weir_sink_records_created_total').map(({ labels }) => labels.sink ?? '');
      assert.ok(sinks.length > 0);
      for (const sink of sinks) {
        const of = (name: string) => sum(`weir_sink_${name}`, { sink });
        assert.equal(
          of('records_created_total') + of('records_recovered_total'),
          of('records_exported_total') + of('records_dropped_total') + of('queued_records') + of('spooled_records'),
          `law of ${sink} in /metrics`,
        );
      }
    },
  };
}

/** Resolves when a metric has reached a value; looked at whenever weir prints its statistics line. */
export async function reaches(
  weir: LiveWeir,
  name: string,
  labels: Record<string, string>,
  value: number,
  looks = 30,
): Promise<void> {
  for (let look = 0; ; look++) {
    const now = (await scrape(weir)).value(name, labels);
    if (now >= value) return;
    assert.ok(
      look < looks,
      `${name} ${JSON.stringify(labels)} stays at ${now}, not ${value}:\n${weir.stderr.slice(-3000)}`,
    );
    await weir.nextStatistics();
  }
}

/**
 * Resolves when all frames were metered, this many flow records at least were made, and every one of them is in the files
 * of the spool, so that nothing writes there.
 */
export async function settled(
  weir: LiveWeir,
  { frames, records, spool }: { frames: number; records: number; spool: string },
  looks = 30,
): Promise<void> {
  await reaches(weir, 'weir_frames_total', {}, frames, looks);
  await reaches(weir, 'weir_sink_records_created_total', {}, records, looks);
  for (let look = 0; ; look++) {
    await weir.nextStatistics(); // what expired with the last frames is handed on before
    const created = (await scrape(weir)).value('weir_sink_records_created_total');
    const written = readSpool(spool).flatMap(({ entries }) => entries.filter(({ right }) => right));
    if (written.reduce((sum, entry) => sum + entry.records, 0) === created) return;
    assert.ok(look < looks, `flow records are not spooled:\n${weir.stderr.slice(-3000)}`);
  }
}

export async function readiness(weir: LiveWeir): Promise<{ status: number; text: string }> {
  await weir.said(/serving .*\/metrics/);
  const place = /\/readyz on (?:http:\/\/)?([\d.]+:\d+)/.exec(weir.stderr)?.[1];
  const answer = await fetch(`http://${place}/readyz`);
  return { status: answer.status, text: await answer.text() };
}

export interface SpoolSegment {
  name: string;
  kind: string;
  /** Of the index file. */
  entries: { octets: number; records: number; right: boolean }[];
  records: number;
  data: Buffer;
}

const indexHead = 32;
const crcOctets = 4;

/** Every segment of a spool folder, or of the only folder in it; read by the file format as src/spool/format.ts says it. */
export function readSpool(folder: string): SpoolSegment[] {
  if (!existsSync(folder)) return [];
  const inner = readdirSync(folder).filter((name) =>
    statSync(join(folder, name), { throwIfNoEntry: false })?.isDirectory(),
  );
  if (inner.length > 0) return inner.flatMap((name) => readSpool(join(folder, name)));
  const names = readdirSync(folder).filter((name) => name.endsWith('.index'));
  return names.sort().flatMap((name) => {
    const base = name.replace(/\.index$/, '');
    const dataName = readdirSync(folder).find((one) => one.startsWith(`${base}.`) && one !== name);
    if (dataName === undefined) return []; // killed between the making of the two files
    const index = readFileSync(join(folder, name));
    if (index.length < indexHead + crcOctets) return []; // looked at while it was being made
    const data = readFileSync(join(folder, dataName));
    const entries: SpoolSegment['entries'] = [];
    let dataAt = index.readUInt32BE(20);
    for (let at = indexHead + index.readUInt32BE(28) + crcOctets; at + 22 <= index.length; ) {
      const octets = index.readUInt32BE(at);
      const right = crc32(data.subarray(dataAt, dataAt + octets)) === index.readUInt32BE(at + 12);
      entries.push({ octets, records: index.readUInt32BE(at + 4), right });
      dataAt += octets;
      at += 22 + index.readUInt16BE(at + 16);
    }
    const records = entries.reduce((sum, entry) => sum + entry.records, 0);
    return { name: join(folder, dataName), kind: dataName.split('.')[1]!, entries, records, data };
  });
}

/** Numbers of the flows in the segments, in order. */
export const spooledNumbers = (folder: string): number[] =>
  readSpool(folder).flatMap(({ data }) => numbersIn(data, false));

export const spooledRecords = (folder: string): number =>
  readSpool(folder).reduce((sum, { records }) => sum + records, 0);
