// Writes IPFIX messages and NetFlow packets by hand, for tests of the reader.

type Part = number | bigint | string | Buffer;

export const u8 = (...values: number[]): Buffer => Buffer.from(values);

export function u16(...values: number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 2);
  for (const [index, value] of values.entries()) buffer.writeUInt16BE(value, index * 2);
  return buffer;
}

export function u32(...values: number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) buffer.writeUInt32BE(value, index * 4);
  return buffer;
}

export function u64(...values: (number | bigint)[]): Buffer {
  const buffer = Buffer.alloc(values.length * 8);
  for (const [index, value] of values.entries()) buffer.writeBigUInt64BE(BigInt(value), index * 8);
  return buffer;
}

/** Variable-length value, RFC 7011 section 7; `long` forces the three-octet form. */
export function variable(value: Part, long = false): Buffer {
  const body = Buffer.isBuffer(value) ? value : Buffer.from(String(value));
  const head = body.length < 255 && !long ? u8(body.length) : Buffer.concat([u8(255), u16(body.length)]);
  return Buffer.concat([head, body]);
}

/** [id, length] or [id, length, enterprise]. */
export type Specifier = readonly [number, number, number?];

function specifiers(fields: readonly Specifier[]): Buffer {
  return Buffer.concat(
    fields.map(([id, length, enterprise]) =>
      enterprise === undefined ? u16(id, length) : Buffer.concat([u16(id | 0x8000, length), u32(enterprise)]),
    ),
  );
}

export const template = (id: number, fields: readonly Specifier[]): Buffer =>
  Buffer.concat([u16(id, fields.length), specifiers(fields)]);

export const optionsTemplate = (id: number, scopes: number, fields: readonly Specifier[]): Buffer =>
  Buffer.concat([u16(id, fields.length, scopes), specifiers(fields)]);

export function set(id: number, ...bodies: Buffer[]): Buffer {
  const body = Buffer.concat(bodies);
  return Buffer.concat([u16(id, body.length + 4), body]);
}

export const exportTime = 1_795_241_130; // 2026-11-21T06:05:30Z

export function message(sequence: number, domain: number, ...sets: Buffer[]): Buffer {
  const body = Buffer.concat(sets);
  return Buffer.concat([u16(10, 16 + body.length), u32(exportTime, sequence, domain), body]);
}

export function packet9(sequence: number, source: number, upTime: number, ...flowSets: Buffer[]): Buffer {
  return Buffer.concat([u16(9, flowSets.length), u32(upTime, exportTime, sequence, source), ...flowSets]);
}
