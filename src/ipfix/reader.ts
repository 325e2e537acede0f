// Reads IPFIX messages (RFC 7011) and NetFlow v9 and v5 packets. Never throws on what comes from the network: whatever
// cannot be read is counted by reason, and the rest of the message is used as far as it is sound.

import { type MessageScope, ReaderContext } from './context.js';
import type { TimeForm } from './decode_value.js';
import { type Dictionary, newDictionary } from './dictionary.js';
import { readNetflow5, readNetflow9 } from './netflow.js';
import type { DecodedRecord, ReaderCounters } from './record.js';
import type { FieldSpecifier, StoreLimits } from './template_store.js';

export interface ReaderOptions {
  /** Names and types; the default knows weir's catalogue and IANA's registry. */
  dictionary?: Dictionary;
  /** How times are written; default iso. */
  times?: TimeForm;
  /** Bounds of what is kept for exporters. */
  limits?: Partial<StoreLimits>;
}

const headerLength = 16; // RFC 7011 section 3.1
const templateSet = 2;
const optionsTemplateSet = 3;
const firstDataSet = 256;
const lateRecords = 65_536; // Data Records by which a reordered message may be late

export class MessageReader {
  #context: ReaderContext;

  constructor(options: ReaderOptions = {}) {
    this.#context = new ReaderContext(
      options.dictionary ?? newDictionary(),
      options.times ?? 'iso',
      options.limits ?? {},
    );
  }

  get counters(): ReaderCounters {
    return this.#context.counters;
  }

  /** Transport Sessions that are remembered. */
  get sessions(): number {
    return this.#context.store.sessions;
  }

  /** Field specifiers (and a share for each template) that are remembered: what the limits bound. */
  get templateFields(): number {
    return this.#context.store.fields;
  }

  /**
   * Reads one message or packet. session: what tells one Transport Session from another (UDP: addresses and ports);
   * exporter: the name records carry, default the session's.
   */
  read(message: Buffer, session: string, exporter: string = session): DecodedRecord[] {
    const context = this.#context;
    context.counters.messages++;
    context.counters.octets += message.length;
    const version = message.length >= 2 ? message.readUInt16BE(0) : 0;
    if (version === 10) return readIpfix(context, message, session, exporter);
    if (version === 9) return readNetflow9(context, message, session, exporter);
    if (version === 5) return readNetflow5(context, message, session, exporter);
    context.malformed(message.length < 2 ? 'shortMessage' : 'unknownVersion');
    return [];
  }

  /** The Transport Session has ended. */
  forget(session: string): void {
    this.#context.store.forget(session);
  }
}

function readIpfix(context: ReaderContext, message: Buffer, sessionKey: string, exporter: string): DecodedRecord[] {
  if (message.length < headerLength) {
    context.malformed('shortMessage');
    return [];
  }
  const declared = message.readUInt16BE(2);
  if (declared !== message.length) context.malformed('messageLength');
  const end = Math.min(declared, message.length);
  const domain = message.readUInt32BE(12);
  const sequence = message.readUInt32BE(8);
  const session = context.store.session(sessionKey);
  const scope: MessageScope = {
    session,
    domain: context.store.domain(session, `10 ${domain}`),
    records: [],
    head: { version: 10, exporter, domain, exportTime: message.readUInt32BE(4), sequence },
  };
  const count = readSets(context, scope, message, end);
  context.checkSequence(scope.domain, sequence, count, lateRecords);
  return scope.records;
}

/** All sets of a message; returns the number of Data Records, undefined when some could not be counted. */
function readSets(context: ReaderContext, scope: MessageScope, message: Buffer, end: number): number | undefined {
  let count: number | undefined = 0;
  let at = headerLength;
  while (end - at >= 4) {
    const id = message.readUInt16BE(at);
    const length = message.readUInt16BE(at + 2);
    if (length < 4 || length > end - at) {
      context.malformed('setLength');
      return undefined;
    }
    if (id === templateSet || id === optionsTemplateSet) {
      readTemplates(context, scope, message.subarray(at + 4, at + length), id === optionsTemplateSet);
    } else if (id >= firstDataSet) {
      const records = readData(context, scope, message, id, at + 4, at + length);
      count = count === undefined || records === undefined ? undefined : count + records;
    } else {
      context.malformed('reservedSet');
    }
    at += length;
  }
  if (at !== end) context.malformed('trailingOctets');
  return count;
}

function readData(
  context: ReaderContext,
  scope: MessageScope,
  message: Buffer,
  id: number,
  at: number,
  end: number,
): number | undefined {
  const template = scope.domain.templates.get(id);
  if (template !== undefined) return context.readDataSet(scope, template, message, at, end);
  context.counters.unknownTemplates++;
  return undefined;
}

/** Template Records or Options Template Records of a set (RFC 7011 section 3.4), and withdrawals (section 8.1). */
function readTemplates(context: ReaderContext, scope: MessageScope, body: Buffer, options: boolean): void {
  let at = 0;
  while (body.length - at >= 4) {
    const start = at;
    const id = body.readUInt16BE(at);
    const fieldCount = body.readUInt16BE(at + 2);
    at += 4;
    if (id === 0 && fieldCount === 0) return; // padding
    if (fieldCount === 0) {
      withdraw(context, scope, id);
      continue;
    }
    let scopeCount = 0;
    if (options) {
      if (body.length - at < 2) {
        context.malformed('templateRecord');
        return;
      }
      scopeCount = body.readUInt16BE(at);
      at += 2;
    }
    const specifiers: FieldSpecifier[] = [];
    at = readSpecifiers(body, at, fieldCount, scopeCount, specifiers);
    const scopeWrong = options && (scopeCount === 0 || scopeCount > fieldCount);
    if (at < 0) {
      context.malformed('templateRecord');
      return;
    }
    if (id < firstDataSet || scopeWrong) context.malformed('templateRecord');
    else context.define(scope, { id, options, specifiers, raw: body.subarray(start, at) });
  }
}

/** Field Specifiers (RFC 7011 section 3.2); returns where they end, -1 when the set ends first. */
function readSpecifiers(body: Buffer, from: number, count: number, scopeCount: number, into: FieldSpecifier[]): number {
  let at = from;
  for (let index = 0; index < count; index++) {
    if (body.length - at < 4) return -1;
    const id = body.readUInt16BE(at);
    const length = body.readUInt16BE(at + 2);
    at += 4;
    let enterprise = 0;
    if (id & 0x8000) {
      if (body.length - at < 4) return -1;
      enterprise = body.readUInt32BE(at);
      at += 4;
    }
    into.push({ enterprise, id: id & 0x7fff, length, scope: index < scopeCount });
  }
  return at;
}

/** One template, or with a set id in its place all templates of that kind. */
function withdraw(context: ReaderContext, scope: MessageScope, id: number): void {
  context.counters.withdrawals++;
  const { session, domain } = scope;
  if (id !== templateSet && id !== optionsTemplateSet) {
    context.store.remove(session, domain, id);
    return;
  }
  for (const template of [...domain.templates.values()]) {
    if (template.options === (id === optionsTemplateSet)) context.store.remove(session, domain, template.id);
  }
}
