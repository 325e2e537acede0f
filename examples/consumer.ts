// Reads weir's flows from Kafka with kafkajs and prints one line a flow.
//
//   node dist/examples/consumer.js [--brokers HOST:PORT,...] [--topic TOPIC] [--group GROUP] [--count N]
//
// Ends after N flows, or on SIGINT and SIGTERM. kafkajs itself reads gzip and uncompressed messages only: let weir write
// with ?compression=gzip, or add a codec package for lz4 or zstd.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import type { IpfixFlow } from 'weir-probe/fields';

/** Of probes that know applications. */
interface Application {
  applicationName?: string;
}

export type Flow = IpfixFlow & Application;

/** Counters above 2^53 come as texts. */
const sum = (...counts: (number | string | undefined)[]): bigint =>
  counts.reduce<bigint>((total, count) => total + BigInt(count ?? 0), 0n);

function endpoint(address4: string | undefined, address6: string | undefined, port: number | undefined): string {
  const address = address4 ?? (address6 === undefined ? '?' : `[${address6}]`);
  return port ? `${address}:${port}` : address;
}

interface End {
  name: string | undefined;
  id: number | undefined;
  user: string | undefined;
  container: string | undefined;
  pod: string | undefined;
}

/** NAME(ID) by USER in POD or CONTAINER, as far as they are known; '' when nobody is. */
function endText({ name, id, user, container, pod }: End): string {
  if (name === undefined && id === undefined) return '';
  const place = pod ?? container;
  return `${name ?? '?'}(${id ?? '?'})${user === undefined ? '' : ` by ${user}`}${place === undefined ? '' : ` in ${place}`}`;
}

/** As docker ps shows it: what names a container that no runtime has a name for. */
const shortId = (id: string | undefined): string | undefined => id?.slice(0, 12);

/** Who is at the ends; '' when nobody is known. */
function endsText(flow: Flow): string {
  const source = endText({
    name: flow['ntop.SRC_PROC_NAME'],
    id: flow['ntop.SRC_PROC_PID'],
    user: flow['ntop.SRC_PROC_USER_NAME'],
    container: flow.sourceContainerName ?? shortId(flow['ntop.SRC_PROC_CONTAINER_ID']),
    pod: flow['antrea.sourcePodName'],
  });
  const target = endText({
    name: flow['ntop.DST_PROC_NAME'],
    id: flow['ntop.DST_PROC_PID'],
    user: flow['ntop.DST_PROC_USER_NAME'],
    container: flow.destinationContainerName ?? shortId(flow['ntop.DST_PROC_CONTAINER_ID']),
    pod: flow['antrea.destinationPodName'],
  });
  return source === '' && target === '' ? '' : `${source || '?'} > ${target || '?'}`;
}

/** One readable line, without a newline. */
export function flowLine(flow: Flow): string {
  const source = endpoint(flow.sourceIPv4Address, flow.sourceIPv6Address, flow.sourceTransportPort);
  const target = endpoint(flow.destinationIPv4Address, flow.destinationIPv6Address, flow.destinationTransportPort);
  const octets = sum(flow.octetDeltaCount, flow.reverseOctetDeltaCount);
  const packets = sum(flow.packetDeltaCount, flow.reversePacketDeltaCount);
  const parts = [
    `${flow.flowStartMilliseconds ?? '-'}`,
    `${source} > ${target}`,
    `protocol ${flow.protocolIdentifier ?? '?'}`,
    `${packets} packets ${octets} octets`,
    flow.applicationName ?? '',
    endsText(flow),
  ];
  return parts.filter((part) => part !== '').join('  ');
}

/** The flows of a message: one JSON object, or several lines of them (?batch=N). Throws SyntaxError. */
export function flowsOf(value: Buffer): Flow[] {
  return value
    .toString()
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Flow);
}

async function consume(brokers: string[], topic: string, groupId: string, count: number): Promise<void> {
  const kafka = new Kafka({ clientId: 'weir-example', brokers, logLevel: logLevel.ERROR });
  const consumer = kafka.consumer({ groupId });
  let stop: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  process.once('SIGINT', stop).once('SIGTERM', stop);
  let left = count;
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message, partition }) => {
      if (left <= 0) return;
      try {
        for (const flow of flowsOf(message.value ?? Buffer.alloc(0))) {
          if (left-- > 0) process.stdout.write(`${flowLine(flow)}\n`);
        }
      } catch (error) {
        process.stderr.write(`${topic} ${partition}@${message.offset} is no JSON: ${(error as Error).message}\n`);
      }
      if (left <= 0) stop();
    },
  });
  await stopped;
  await consumer.disconnect();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      brokers: { type: 'string', default: 'localhost:9092' },
      topic: { type: 'string', default: 'flows' },
      group: { type: 'string', default: 'weir-example' },
      count: { type: 'string', default: 'Infinity' },
    },
  });
  const { brokers = '', topic = '', group = '', count } = values;
  if (!(Number(count) > 0)) throw new Error(`--count must be a positive number, not ${count}`);
  await consume(brokers.split(','), topic, group, Number(count));
}
