// An encoder in memory for tests of exporters: a record is its 8-octet number, written as a real IPFIX message
// (template 256: flowId) or as a line.
import type { Batch, Encoder, EncodeResult, UnitBuffer } from '../../src/native/boundary.js';

export const fakeStride = 8;

export function fakeBatch(ids: readonly number[]): Batch {
  const records = new Uint8Array(fakeStride * ids.length);
  const view = new DataView(records.buffer);
  for (const [index, id] of ids.entries()) view.setBigUint64(index * fakeStride, BigInt(id));
  const { length } = ids;
  return { records, heap: new Uint8Array(0), capacity: length, stride: fakeStride, count: length, latestMs: 0 };
}

export interface FakeEncoderOptions {
  format?: 'ipfix' | 'lines';
  messageSize?: number;
  /** Two Data Records a flow record. */
  split?: boolean;
  unencodable?: (id: number) => boolean;
}

export class FakeEncoder implements Encoder {
  readonly result: EncodeResult = {
    records: 0,
    dataRecords: 0,
    units: 0,
    bytes: 0,
    truncated: 0,
    unencodable: 0,
    elsewhere: 0,
  };
  sequence = 0;
  resets = 0;
  start = 0;
  messageSize: number;
  #options: FakeEncoderOptions;

  constructor(options: FakeEncoderOptions = {}) {
    this.#options = options;
    this.messageSize = options.messageSize ?? 100;
  }

  encode(batch: Batch, first: number, exportSeconds: number, to: UnitBuffer): EncodeResult {
    const result = Object.assign(this.result, { records: 0, dataRecords: 0, units: 0, bytes: 0, unencodable: 0 });
    const out = to.bytes;
    const ids: number[] = [];
    const view = new DataView(batch.records.buffer);
    for (let index = first; index < batch.count; index++) {
      const id = Number(view.getBigUint64(index * fakeStride));
      const copies = this.#options.split ? 2 : 1;
      if (!this.#fits(ids.length + copies, out.length, to.ends.length)) break;
      result.records++;
      if (this.#options.unencodable?.(id)) result.unencodable++;
      else for (let copy = 0; copy < copies; copy++) ids.push(id);
    }
    result.dataRecords = ids.length;
    const step = this.#options.format === 'lines' ? 1 : this.#perMessage();
    for (let at = 0; at < ids.length; at += step) {
      const part = ids.slice(at, at + step);
      const unit = this.#options.format === 'lines' ? Buffer.from(`${part[0]}\n`) : this.#message(part, exportSeconds);
      out.set(unit, result.bytes);
      result.bytes += unit.length;
      to.dataRecords[result.units] = part.length;
      const copies = this.#options.split ? 2 : 1;
      to.records[result.units] = Math.floor((at + part.length) / copies) - Math.floor(at / copies);
      to.ends[result.units++] = result.bytes;
    }
    return result;
  }

  templates(exportSeconds: number, to: UnitBuffer): EncodeResult {
    const result = Object.assign(this.result, { records: 0, dataRecords: 0, units: 0, bytes: 0, unencodable: 0 });
    if (this.#options.format === 'lines') return result;
    const set = Buffer.from([0, 2, 0, 12, 1, 0, 0, 1, 0, 148, 0, 8]);
    const message = Buffer.concat([this.#header(set.length, exportSeconds), set]);
    to.bytes.set(message);
    to.ends[0] = message.length;
    to.records[0] = 0;
    to.dataRecords[0] = 0;
    return Object.assign(result, { units: 1, bytes: message.length });
  }

  setStart(ms: number): void {
    this.start = ms;
  }

  reset(): void {
    this.sequence = 0;
    this.resets++;
  }

  setMessageSize(octets: number): void {
    this.messageSize = octets;
  }

  #perMessage(): number {
    return Math.floor((this.messageSize - 20) / fakeStride);
  }

  #fits(records: number, octets: number, units: number): boolean {
    if (this.#options.format === 'lines') return records <= units && records * 12 <= octets;
    const messages = Math.ceil(records / this.#perMessage());
    return messages <= units && messages * 20 + records * fakeStride <= octets;
  }

  #header(body: number, exportSeconds: number): Buffer {
    const header = Buffer.alloc(16);
    header.writeUInt16BE(10, 0);
    header.writeUInt16BE(16 + body, 2);
    header.writeUInt32BE(exportSeconds, 4);
    header.writeUInt32BE(this.sequence, 8);
    header.writeUInt32BE(1, 12);
    return header;
  }

  #message(ids: number[], exportSeconds: number): Buffer {
    const set = Buffer.alloc(4 + ids.length * fakeStride);
    set.writeUInt16BE(256, 0);
    set.writeUInt16BE(set.length, 2);
    for (const [index, id] of ids.entries()) set.writeBigUInt64BE(BigInt(id), 4 + index * fakeStride);
    const message = Buffer.concat([this.#header(set.length, exportSeconds), set]);
    this.sequence = (this.sequence + ids.length) >>> 0;
    return message;
  }
}
