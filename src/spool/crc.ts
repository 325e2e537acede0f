// CRC-32 of zlib and Ethernet (reflected 0xEDB88320). Node has it from 20.15 and 22.2 on; older ones use the table.

import * as zlib from 'node:zlib';

const table = Uint32Array.from({ length: 256 }, (_, octet) => {
  let value = octet;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

export function crc32ByTable(octets: Uint8Array): number {
  let value = 0xffffffff;
  for (const octet of octets) value = (value >>> 8) ^ table[(value ^ octet) & 0xff]!;
  return (value ^ 0xffffffff) >>> 0;
}

const ofNode = (zlib as { crc32?: (data: Uint8Array) => number }).crc32;

/** As an unsigned number. */
export const crc32: (octets: Uint8Array) => number = ofNode ?? crc32ByTable;
