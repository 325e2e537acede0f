// Flow records as top reads them, and what comes of them.
import { FlowBook } from '../../src/top/flow_book.js';
import type { Observation } from '../../src/top/observation.js';
import { type Fields, RecordReader, type ReaderSettings } from '../../src/top/reading.js';

/** 2026-01-01T00:00:00Z: tests count seconds from here. */
export const epoch = Date.UTC(2026, 0, 1);

let port = 40_000;

/** A TCP flow of curl to 10.0.0.2:443, from second 0 to 1, with 100 octets out and 1,000 in. Each is another connection. */
export function record(changes: Fields = {}, start = 0, end = start + 1): Fields {
  return {
    flowStartMilliseconds: epoch + start * 1000,
    flowEndMilliseconds: epoch + end * 1000,
    sourceIPv4Address: '10.0.0.1',
    destinationIPv4Address: '10.0.0.2',
    sourceTransportPort: ++port,
    destinationTransportPort: 443,
    protocolIdentifier: 6,
    interfaceName: 'eth0',
    octetDeltaCount: 100,
    reverseOctetDeltaCount: 1000,
    packetDeltaCount: 2,
    reversePacketDeltaCount: 4,
    recordIndex: 0,
    flowEndReason: 3,
    biflowDirection: 1,
    tcpControlBits: 0x1b,
    reverseTcpControlBits: 0x1b,
    sourceProcessId: 7,
    sourceProcessName: 'curl',
    sourceUserName: 'alice',
    ...changes,
  };
}

/** Of a server on this host: nobody is known at the source. */
export const served = {
  sourceProcessId: undefined,
  sourceProcessName: undefined,
  sourceUserName: undefined,
  destinationProcessId: 80,
  destinationProcessName: 'nginx',
  destinationUserName: 'www-data',
} as const;

/** Both ends are here. */
export const inside = {
  destinationProcessId: 80,
  destinationProcessName: 'nginx',
  destinationUserName: 'www-data',
} as const;

export function newReader(settings: Partial<ReaderSettings> = {}): RecordReader {
  return new RecordReader({ book: new FlowBook(), ...settings });
}

export function observe(records: readonly Fields[], reader = newReader()): Observation[] {
  return records.map((fields) => {
    const observation = reader.read(fields, epoch);
    if (observation === undefined) throw new Error('no flow record');
    return observation;
  });
}
