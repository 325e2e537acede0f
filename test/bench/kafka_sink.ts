// node dist/test/bench/kafka_sink.js BROKERS TOPIC CLIENT FILE: the messages of a file through weir's Kafka sink alone, as
// test/bench/kafka_producer.cc sends them without weir; prints the same line of JSON. The clock runs from the opening of the
// sink to the last report. setup/bench_export.mjs runs both.
import { readFileSync } from 'node:fs';
import { loadAddon } from '../../src/native/load.js';
import { KafkaSink } from '../../src/sinks/kafka.js';
import type { NativeKafka } from '../../src/sinks/kafka_librdkafka.js';
import type { UnitRun } from '../../src/sinks/sink.js';
import { Recorder } from '../support/sink_run.js';

const [brokers = '', topic = '', client = '', file = ''] = process.argv.slice(2);
const perRun = 1024; // as many as a batch of the meter has

/** The units of the file in runs, as an encoder with keys writes them. */
function runsOf(bytes: Buffer): UnitRun[] {
  const runs: UnitRun[] = [];
  for (let at = 0; at < bytes.length; ) {
    const units: Buffer[] = [];
    for (; units.length < perRun && at < bytes.length; at += 4 + bytes.readUInt32LE(at))
      units.push(bytes.subarray(at + 4, at + 4 + bytes.readUInt32LE(at)));
    let end = 0;
    const ends = Uint32Array.from(units, ({ length }) => (end += length));
    const ones = new Uint32Array(units.length).fill(1);
    runs.push({ bytes: Buffer.concat(units), ends, records: ones, dataRecords: ones, from: 0, to: units.length });
  }
  return runs;
}

const runs = runsOf(readFileSync(file));
const messages = runs.reduce((sum, { to }) => sum + to, 0);
const native = loadAddon() as unknown as NativeKafka;
const chosen = client === 'kafkajs' ? client : 'librdkafka';
const sink = new KafkaSink({ name: 'bench', brokers: brokers.split(','), topic, client: chosen, native, keyed: true });
let next = 0;
const pump = (): void => {
  for (let run = runs[next]; run !== undefined && sink.ready; run = runs[next]) {
    sink.write(run);
    if (run.from >= run.to) next++;
  }
};
class Events extends Recorder {
  override drain(): void {
    pump();
    super.drain();
  }
}
const events = new Events();
const cpuStart = process.cpuUsage();
const start = performance.now();
await sink.open(events);
pump();
await events.until(() => events.records === messages);
const seconds = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(cpuStart);
await sink.close(10_000);
process.stdout.write(
  `${JSON.stringify({ messages: events.records, failed: 0, seconds, cpu: (user + system) / 1e6 })}\n`,
);
