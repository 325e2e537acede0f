// IPFIX (RFC 7011, 5103, 5610, 5655) and NetFlow v9/v5 reader, usable alone (weir-probe/ipfix; README.md beside this file):
//
//   const reader = new MessageReader();
//   socket.on('message', (message, from) => {
//     for (const record of reader.read(message, `${from.address} ${from.port}`, from.address)) use(record.fields);
//   });
//   for await (const record of readIpfixFile('flows.ipfix')) use(record.fields);
//
// read() never throws: what cannot be read is in reader.counters. Memory is bounded by the `limits` option. Values are
// numbers, strings and booleans; integers above 2^53 are decimal strings; times are ISO 8601 text unless asked
// otherwise. Nothing here loads native code.

export { type ErrorCode, WeirError } from '../errors.js';
export { collect, type CollectIo, type CollectResult } from './collect.js';
export { type DataType, dataTypes, type FieldValue, type TimeForm } from './decode_value.js';
export { type Dictionary, newDictionary } from './dictionary.js';
export { MessageFramer } from './framer.js';
export { ianaElements, type NamedElement } from './iana_elements.js';
export { readIpfixFile } from './read_file.js';
export { MessageReader, type ReaderOptions } from './reader.js';
export type { DecodedRecord, Malformation, ReaderCounters } from './record.js';
export type { StoreLimits } from './template_store.js';
