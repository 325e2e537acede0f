// What a collector of the soak has got: flow records, their octets, and the packets of every numbered flow.
import { MessageFramer } from '../../src/ipfix/framer.js';
import { MessageReader } from '../../src/ipfix/reader.js';
import { numberOf } from './numbers.js';

type Fields = Readonly<Record<string, unknown>>;

export class Tally {
  records = 0;
  octets = 0;
  packets = 0;
  /** Records that could not be read though they came whole. */
  broken = 0;
  /** Packets by number; grows with the numbers. */
  #byNumber = new Uint16Array(1 << 16);

  add(fields: Fields): void {
    const packets = Number(fields.packetDeltaCount ?? 0) + Number(fields.reversePacketDeltaCount ?? 0);
    this.records++;
    this.packets += packets;
    this.octets += Number(fields.octetDeltaCount ?? 0) + Number(fields.reverseOctetDeltaCount ?? 0);
    const number = numberOf(fields);
    if (number === undefined) return;
    while (number >= this.#byNumber.length) {
      const larger = new Uint16Array(this.#byNumber.length * 2);
      larger.set(this.#byNumber);
      this.#byNumber = larger;
    }
    this.#byNumber[number]! += packets;
  }

  addLine(line: string): void {
    let fields: Fields;
    try {
      fields = JSON.parse(line) as Fields;
    } catch {
      this.broken++;
      return;
    }
    this.add(fields);
  }

  packetsOf(number: number): number {
    return this.#byNumber[number] ?? 0;
  }
}

/** Takes a stream of one session apart; what is broken off at its end does not count. */
export interface StreamDecoder {
  push(chunk: Buffer): void;
  /** Sequence numbers, templates: everything a strict reader minds. Empty when all is well. */
  complaints(): string[];
}

export class LineDecoder implements StreamDecoder {
  #tally: Tally;
  #rest = '';

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  push(chunk: Buffer): void {
    const lines = (this.#rest + chunk.toString('latin1')).split('\n');
    this.#rest = lines.pop()!;
    for (const line of lines) if (line !== '') this.#tally.addLine(line);
  }

  complaints(): string[] {
    return [];
  }
}

/** Of a session of IPFIX over a stream: nothing may be missing between two messages. */
export class IpfixDecoder implements StreamDecoder {
  #tally: Tally;
  #framer = new MessageFramer();
  #reader = new MessageReader();

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  push(chunk: Buffer): void {
    for (const message of this.#framer.push(chunk)) readInto(this.#tally, this.#reader, message, 'session');
  }

  complaints(): string[] {
    const { sequenceGaps } = this.#reader.counters;
    return [
      ...readerComplaints(this.#reader),
      ...(sequenceGaps > 0 ? [`${sequenceGaps} gaps in the sequence numbers`] : []),
      ...(this.#framer.broken ? ['the stream is not IPFIX'] : []),
    ];
  }
}

export function readInto(tally: Tally, reader: MessageReader, message: Buffer, session: string): void {
  for (const record of reader.read(message, session)) if (record['@type'] === 'flow') tally.add(record.fields);
}

/** Lost messages aside: over UDP they may be. explained: unknown templates that are no fault. */
export function readerComplaints({ counters }: MessageReader, explained = 0): string[] {
  const malformed = Object.values(counters.malformed).reduce((sum, count) => sum + count, 0);
  const found = { malformed, unknownTemplates: counters.unknownTemplates - explained, restarts: counters.restarts };
  return Object.entries(found)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name}: ${count}`);
}
