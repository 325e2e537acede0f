// A segment is two files. NNNNNNNNNNNN.KIND holds the head (template messages) and then the units back to back, so it
// can be read by whoever reads that kind: an .ipfix one is an RFC 5655 file, an .ndjson one plain lines.
// NNNNNNNNNNNN.index tells where units end and what they count; all its integers are big-endian:
//
//   header: magic 'weirspol', version u16, kind u8, flags u8 (1 = keyed), created u64 (ms since 1970), head octets u32,
//           CRC-32 of the head u32, signature octets u32, signature (UTF-8), CRC-32 of all before u32
//   entry:  unit octets u32, flow records u32, Data Records u32, CRC-32 of the unit u32, key octets u16, key,
//           CRC-32 of the entry before u32
//
// A unit that was appended with a key stands in the data file without it. Order of steps, so that a crash between two of
// them can be told from damage: the index is made before the data file; an entry is written after its unit; to delete a
// segment its index is renamed to NNNNNNNNNNNN.gone, and goes after the data file.

import { crc32 } from './crc.js';

export const spoolKinds = ['ipfix', 'netflow9', 'netflow5', 'ndjson'] as const;
export type SpoolKind = (typeof spoolKinds)[number];

const magic = Buffer.from('weirspol', 'latin1');
const version = 1;
const fixedHeader = 32;
const keyedFlag = 1;
const crcOctets = 4;
/** Octets of an entry without its key. */
export const entryOctets = 18 + crcOctets;

export interface SegmentHeader {
  kind: SpoolKind;
  keyed: boolean;
  createdMs: number;
  headOctets: number;
  headCrc: number;
  signature: string;
}

export function segmentName(number: number): string {
  return String(number).padStart(12, '0');
}

/** Number and ending of a file of a segment; undefined for other files. */
export function parseName(name: string): { number: number; ending: string } | undefined {
  const match = /^(\d{12,})\.(index|gone|ipfix|netflow9|netflow5|ndjson)(\.broken)?$/.exec(name);
  return match === null ? undefined : { number: Number(match[1]), ending: `${match[2]}${match[3] ?? ''}` };
}

export function encodeHeader(header: SegmentHeader): Buffer {
  const signature = Buffer.from(header.signature);
  const out = Buffer.alloc(fixedHeader + signature.length + crcOctets);
  magic.copy(out);
  out.writeUInt16BE(version, 8);
  out[10] = spoolKinds.indexOf(header.kind);
  out[11] = header.keyed ? keyedFlag : 0;
  out.writeBigUInt64BE(BigInt(Math.max(0, Math.floor(header.createdMs))), 12);
  out.writeUInt32BE(header.headOctets, 20);
  out.writeUInt32BE(header.headCrc, 24);
  out.writeUInt32BE(signature.length, 28);
  signature.copy(out, fixedHeader);
  out.writeUInt32BE(crc32(out.subarray(0, -crcOctets)), out.length - crcOctets);
  return out;
}

/** Whether an index holds no entry: a crash came before the first one, or before the header was written. */
export function isEmptyIndex(index: Buffer): boolean {
  const least = fixedHeader + crcOctets;
  return (
    index.length < least ||
    index.length < least + index.readUInt32BE(28) ||
    decodeHeader(index)?.octets === index.length
  );
}

/** The header an index begins with, and its octets; undefined when it is damaged or of another version. */
export function decodeHeader(index: Buffer): { header: SegmentHeader; octets: number } | undefined {
  if (index.length < fixedHeader + crcOctets || !index.subarray(0, magic.length).equals(magic)) return undefined;
  const end = fixedHeader + index.readUInt32BE(28);
  const kind = spoolKinds[index[10]!];
  if (index.readUInt16BE(8) !== version || kind === undefined || end + crcOctets > index.length) return undefined;
  if (crc32(index.subarray(0, end)) !== index.readUInt32BE(end)) return undefined;
  const header = {
    kind,
    keyed: (index[11]! & keyedFlag) !== 0,
    createdMs: Number(index.readBigUInt64BE(12)),
    headOctets: index.readUInt32BE(20),
    headCrc: index.readUInt32BE(24),
    signature: index.toString('utf8', fixedHeader, end),
  };
  return { header, octets: end + crcOctets };
}

export interface UnitEntry {
  /** Octets in the data file. */
  octets: number;
  records: number;
  dataRecords: number;
  crc: number;
  /** A view into the index. */
  key: Buffer;
}

/** Writes an entry at `at`; `out` must have entryOctets + key octets there. */
export function encodeEntry(out: Buffer, at: number, entry: Omit<UnitEntry, 'key'>, key: Uint8Array): void {
  out.writeUInt32BE(entry.octets, at);
  out.writeUInt32BE(entry.records, at + 4);
  out.writeUInt32BE(entry.dataRecords, at + 8);
  out.writeUInt32BE(entry.crc, at + 12);
  out.writeUInt16BE(key.length, at + 16);
  out.set(key, at + 18);
  const end = at + 18 + key.length;
  out.writeUInt32BE(crc32(out.subarray(at, end)), end);
}

/** The entry at `at`; undefined when the index ends inside it or its CRC is wrong. */
export function decodeEntry(index: Buffer, at: number): UnitEntry | undefined {
  if (index.length - at < entryOctets) return undefined;
  const end = at + 18 + index.readUInt16BE(at + 16);
  if (end + crcOctets > index.length) return undefined;
  if (crc32(index.subarray(at, end)) !== index.readUInt32BE(end)) return undefined;
  return {
    octets: index.readUInt32BE(at),
    records: index.readUInt32BE(at + 4),
    dataRecords: index.readUInt32BE(at + 8),
    crc: index.readUInt32BE(at + 12),
    key: index.subarray(at + 18, end),
  };
}
