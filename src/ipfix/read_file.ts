// IPFIX files (RFC 5655): messages one after the other, plain or gzip.

import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { WeirError } from '../errors.js';
import { MessageFramer } from './framer.js';
import { MessageReader } from './reader.js';
import type { DecodedRecord } from './record.js';

const gzipMagic = 0x1f8b;

/**
 * The records of a file, in order. Throws WeirError when it cannot be read, is no IPFIX file, or breaks off inside a
 * message; the records before that place have been given then. Pass a reader to see its counters.
 */
export async function* readIpfixFile(
  path: string,
  reader: MessageReader = new MessageReader(),
): AsyncGenerator<DecodedRecord> {
  const framer = new MessageFramer();
  for await (const chunk of chunks(path)) {
    for (const message of framer.push(chunk)) yield* reader.read(message, path);
    if (framer.broken) throw new WeirError('WEIR_FILE', `${path}: not an IPFIX file, or damaged`);
  }
  if (framer.pending > 0)
    throw new WeirError('WEIR_FILE', `${path}: ends inside a message (${framer.pending} octets left)`);
}

async function* chunks(path: string): AsyncGenerator<Buffer> {
  try {
    const file = await open(path);
    const magic = Buffer.alloc(2);
    const regular = (await file.stat()).isFile();
    if (regular) await file.read(magic, 0, 2, 0); // a pipe cannot be read twice, and is taken as plain
    const stream = file.createReadStream({ highWaterMark: 1 << 16, ...(regular ? { start: 0 } : {}) });
    if (magic.readUInt16BE(0) !== gzipMagic) {
      yield* stream as AsyncIterable<Buffer>;
    } else {
      const plain = createGunzip();
      pipeline(stream, plain, () => undefined); // errors of either end arrive in the loop below
      yield* plain as AsyncIterable<Buffer>;
    }
  } catch (error) {
    throw new WeirError('WEIR_FILE', `${path}: ${(error as Error).message}`, { cause: error });
  }
}
