// NetFlow v9 (RFC 3954) and v5 in the terms of IPFIX: same names, same records.

import type { MessageScope, Naming, ReaderContext } from './context.js';
import { decoderFor, type FieldValue, type TimeForm } from './decode_value.js';
import type { DecodedRecord } from './record.js';
import type { FieldSpecifier } from './template_store.js';

const header9 = 20;
const header5 = 24;
const record5 = 48;
const firstDataSet = 256;
const latePackets = 64; // packets by which a reordered v9 packet may be late
const lateFlows = 65_536;

/** ntop's PEN 35632 elements: v9 has no enterprises, they are field types from 57472 on. */
const ntopEnterprise = 35632;
const ntopBase = 57472;

/** RFC 3954 section 6.1: scope field types are numbers of their own. */
const scopeNames: Record<number, string> = {
  1: 'scopeSystem',
  2: 'scopeInterface',
  3: 'scopeLineCard',
  4: 'scopeCache',
  5: 'scopeTemplate',
};
const unsigned = decoderFor('unsigned64', 'iso');
const scopeEnterprise = -1; // marks v9 scope fields in templates

const scopeNaming: Naming = ({ enterprise, id }) =>
  enterprise === scopeEnterprise ? { name: scopeNames[id] ?? `scope${id}`, decode: unsigned } : undefined;

export function readNetflow9(
  context: ReaderContext,
  message: Buffer,
  sessionKey: string,
  exporter: string,
): DecodedRecord[] {
  if (message.length < header9) {
    context.malformed('shortMessage');
    return [];
  }
  const upTime = message.readUInt32BE(4);
  const exportTime = message.readUInt32BE(8);
  const sequence = message.readUInt32BE(12);
  const domain = message.readUInt32BE(16);
  const session = context.store.session(sessionKey);
  const scope: MessageScope = {
    session,
    domain: context.store.domain(session, `9 ${domain}`),
    records: [],
    head: { version: 9, exporter, domain, exportTime, sequence },
  };
  context.checkSequence(scope.domain, sequence, 1, latePackets);
  readFlowSets(context, scope, message);
  for (const { fields } of scope.records) addTimes(fields, exportTime * 1000, upTime, context.times);
  return scope.records;
}

function readFlowSets(context: ReaderContext, scope: MessageScope, message: Buffer): void {
  let at = header9;
  while (message.length - at >= 4) {
    const id = message.readUInt16BE(at);
    const length = message.readUInt16BE(at + 2);
    if (length < 4 || length > message.length - at) {
      context.malformed('setLength');
      return;
    }
    const body = message.subarray(at + 4, at + length);
    const template = scope.domain.templates.get(id);
    if (id === 0) readTemplates(context, scope, body);
    else if (id === 1) readOptionsTemplates(context, scope, body);
    else if (id < firstDataSet) context.malformed('reservedSet');
    else if (template === undefined) context.counters.unknownTemplates++;
    else context.readDataSet(scope, template, message, at + 4, at + length, scopeNaming);
    at += length;
  }
  if (at !== message.length) context.malformed('trailingOctets');
}

function readTemplates(context: ReaderContext, scope: MessageScope, body: Buffer): void {
  let at = 0;
  while (body.length - at >= 4) {
    const id = body.readUInt16BE(at);
    const count = body.readUInt16BE(at + 2);
    const end = at + 4 + count * 4;
    if (id === 0 && count === 0) return; // padding
    if (id < firstDataSet || end > body.length) {
      context.malformed('templateRecord');
      return;
    }
    const specifiers = readFields(body, at + 4, end, false);
    context.define(scope, { id, options: false, specifiers, raw: body.subarray(at, end) });
    at = end;
  }
}

/** Scope and option parts are measured in octets here, not in fields. */
function readOptionsTemplates(context: ReaderContext, scope: MessageScope, body: Buffer): void {
  let at = 0;
  while (body.length - at >= 6) {
    const id = body.readUInt16BE(at);
    const scopeLength = body.readUInt16BE(at + 2);
    const optionLength = body.readUInt16BE(at + 4);
    if (id === 0) return; // padding
    const scopeEnd = at + 6 + scopeLength;
    const end = scopeEnd + optionLength;
    const odd = scopeLength % 4 !== 0 || optionLength % 4 !== 0;
    if (id < firstDataSet || odd || end > body.length) {
      context.malformed('templateRecord');
      return;
    }
    const specifiers = [...readFields(body, at + 6, scopeEnd, true), ...readFields(body, scopeEnd, end, false)];
    context.define(scope, { id, options: true, specifiers, raw: body.subarray(at, end) });
    at = end;
  }
}

function readFields(body: Buffer, from: number, end: number, scope: boolean): FieldSpecifier[] {
  const fields: FieldSpecifier[] = [];
  for (let at = from; at < end; at += 4) {
    const type = body.readUInt16BE(at);
    const length = body.readUInt16BE(at + 2);
    if (scope) fields.push({ enterprise: scopeEnterprise, id: type, length, scope });
    else if (type >= ntopBase) fields.push({ enterprise: ntopEnterprise, id: type - ntopBase, length, scope });
    else fields.push({ enterprise: 0, id: type, length, scope });
  }
  return fields;
}

/**
 * Flow times in v9 and v5 are milliseconds since the exporter booted. The header says how long that is ago, so the
 * absolute times are added unless the record has them. Differences are taken modulo 2^32: the counter wraps after 49.7
 * days.
 */
function addTimes(fields: Record<string, FieldValue>, exportMs: number, upTime: number, times: TimeForm): void {
  for (const edge of ['Start', 'End'] as const) {
    const since = fields[`flow${edge}SysUpTime`];
    const name = `flow${edge}Milliseconds`;
    if (typeof since !== 'number' || since > 0xffffffff || name in fields) continue;
    const behind = (upTime - since) | 0; // signed: a flow may end just after the header was made
    const absolute = exportMs - (behind < -0x1000000 ? behind >>> 0 : behind);
    fields[name] = times === 'iso' ? new Date(absolute).toISOString() : absolute;
  }
}

const address = decoderFor('ipv4Address', 'iso');

/** Layout of a v5 record: offset, octets, IANA name. */
const layout5: readonly [number, number, string][] = [
  [0, 0, 'sourceIPv4Address'],
  [4, 0, 'destinationIPv4Address'],
  [8, 0, 'ipNextHopIPv4Address'],
  [12, 2, 'ingressInterface'],
  [14, 2, 'egressInterface'],
  [16, 4, 'packetDeltaCount'],
  [20, 4, 'octetDeltaCount'],
  [24, 4, 'flowStartSysUpTime'],
  [28, 4, 'flowEndSysUpTime'],
  [32, 2, 'sourceTransportPort'],
  [34, 2, 'destinationTransportPort'],
  [37, 1, 'tcpControlBits'],
  [38, 1, 'protocolIdentifier'],
  [39, 1, 'ipClassOfService'],
  [40, 2, 'bgpSourceAsNumber'],
  [42, 2, 'bgpDestinationAsNumber'],
  [44, 1, 'sourceIPv4PrefixLength'],
  [45, 1, 'destinationIPv4PrefixLength'],
];

export function readNetflow5(
  context: ReaderContext,
  message: Buffer,
  sessionKey: string,
  exporter: string,
): DecodedRecord[] {
  if (message.length < header5) {
    context.malformed('shortMessage');
    return [];
  }
  const declared = message.readUInt16BE(2);
  const count = Math.min(declared, Math.floor((message.length - header5) / record5));
  if (message.length !== header5 + declared * record5) context.malformed('messageLength');
  const upTime = message.readUInt32BE(4);
  const exportTime = message.readUInt32BE(8);
  const exportMs = exportTime * 1000 + Math.floor(message.readUInt32BE(12) / 1e6);
  const sequence = message.readUInt32BE(16);
  const domain = message.readUInt16BE(20); // engine type and engine id
  const session = context.store.session(sessionKey);
  context.checkSequence(context.store.domain(session, `5 ${domain}`), sequence, count, lateFlows);
  const sampling = message.readUInt16BE(22);
  const records: DecodedRecord[] = [];
  for (let index = 0; index < count; index++) {
    const fields = readFlow5(message, header5 + index * record5);
    if (sampling !== 0) fields.samplingInterval = sampling & 0x3fff; // top two bits: the mode
    addTimes(fields, exportMs, upTime, context.times);
    context.counters.flowRecords++;
    records.push({ '@type': 'flow', version: 5, exporter, domain, exportTime, sequence, template: 0, fields });
  }
  return records;
}

function readFlow5(message: Buffer, at: number): Record<string, FieldValue> {
  const fields: Record<string, FieldValue> = {};
  for (const [offset, length, name] of layout5) {
    fields[name] = length === 0 ? address(message, at + offset, 4) : message.readUIntBE(at + offset, length);
  }
  return fields;
}
