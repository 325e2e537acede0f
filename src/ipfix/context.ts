// What IPFIX and NetFlow v9 share: templates in, records out, sequence numbers watched.

import { dataTypes, type Decode, decoderFor, type FieldValue, type TimeForm } from './decode_value.js';
import type { Dictionary } from './dictionary.js';
import { type DecodedRecord, type Malformation, newReaderCounters } from './record.js';
import type { Column, Domain, FieldSpecifier, Session, StoreLimits, Template } from './template_store.js';
import { TemplateStore } from './template_store.js';

/** Of one message: where its records belong. */
export interface MessageScope {
  session: Session;
  domain: Domain;
  /** All of a record but what the Data Record itself says. */
  head: Omit<DecodedRecord, '@type' | 'template' | 'fields' | 'scope'>;
  records: DecodedRecord[];
}

/** Names v9 gives to what it numbers otherwise than IPFIX. */
export type Naming = (specifier: FieldSpecifier) => { name: string; decode: Decode } | undefined;

export const variableLength = 65535;
const learnedLimit = 4096; // names per session
const safeName = /^[A-Za-z][A-Za-z0-9_.-]{0,127}$/; // never __proto__, never a line break

export class ReaderContext {
  readonly counters = newReaderCounters();
  readonly store: TemplateStore;
  readonly times: TimeForm;
  #dictionary: Dictionary;
  #decoders = new Map<string, Decode>();

  constructor(dictionary: Dictionary, times: TimeForm, limits: Partial<StoreLimits>) {
    this.#dictionary = dictionary;
    this.times = times;
    this.store = new TemplateStore(limits);
  }

  malformed(reason: Malformation): void {
    this.counters.malformed[reason]++;
  }

  /** Keeps a template; what cannot make records is refused as malformed. */
  define(scope: MessageScope, template: Omit<Template, 'minLength'>): void {
    this.counters.templates++;
    const known = scope.domain.templates.get(template.id);
    if (known !== undefined) {
      if (known.options === template.options && known.raw.equals(template.raw)) return; // a refresh
      this.counters.redefinitions++;
    }
    let minLength = 0;
    for (const { length } of template.specifiers) minLength += length === variableLength ? 1 : length;
    if (minLength === 0) {
      this.malformed('templateRecord'); // its records would have no octets, and a set would hold infinitely many
      return;
    }
    // A copy: the message buffer is the caller's, and may be a small part of a large one.
    const kept = { ...template, raw: Buffer.from(template.raw), minLength };
    if (!this.store.add(scope.session, scope.domain, kept)) this.counters.templatesRefused++;
  }

  /** Reads the records of a Data Set's body [at, end); undefined when the set broke off. */
  readDataSet(
    scope: MessageScope,
    template: Template,
    message: Buffer,
    at: number,
    end: number,
    naming?: Naming,
  ): number | undefined {
    template.columns ??= this.#columns(scope.session, template, naming);
    const columns = template.columns;
    let count = 0;
    let position = at;
    while (end - position >= template.minLength) {
      const fields: Record<string, FieldValue> = {};
      position = readRecord(columns, message, position, end, fields);
      if (position < 0) {
        this.malformed('dataRecord');
        return undefined;
      }
      count++;
      this.#emit(scope, template, fields);
    }
    return count; // fewer octets than a record are padding
  }

  /**
   * Compares a message's sequence number with the expected one and notes the next. count: by how much this message
   * moves it on, undefined when not known. window: how far back a number may be that is only late; farther is a
   * restart.
   */
  checkSequence(domain: Domain, got: number, count: number | undefined, window: number): void {
    const expected = domain.expected;
    const next = count === undefined ? undefined : (got + count) >>> 0;
    if (expected === undefined || expected === got) {
      domain.expected = next;
      return;
    }
    const ahead = (got - expected) >>> 0;
    const behind = (expected - got) >>> 0;
    if (ahead < 0x80000000) {
      this.counters.sequenceGaps++;
      this.counters.lost += ahead;
      domain.expected = next;
    } else if (behind <= window && got !== 0) {
      this.counters.outOfOrder++;
      this.counters.lost = Math.max(0, this.counters.lost - (count ?? 0)); // it had been taken for lost
    } else {
      this.counters.restarts++;
      domain.expected = next;
    }
  }

  #emit(scope: MessageScope, template: Template, fields: Record<string, FieldValue>): void {
    const { head, records } = scope;
    if (template.options) {
      this.counters.optionsRecords++;
      records.push({ '@type': 'options', ...head, template: template.id, scope: template.scope ?? [], fields });
      this.#learn(scope.session, fields);
    } else {
      this.counters.flowRecords++;
      records.push({ '@type': 'flow', ...head, template: template.id, fields });
    }
  }

  #columns(session: Session, template: Template, naming?: Naming): Column[] {
    const used = new Map<string, number>();
    const columns: Column[] = [];
    const scope: string[] = [];
    for (const specifier of template.specifiers) {
      const { name, decode } = naming?.(specifier) ?? this.#find(session, specifier);
      const times = (used.get(name) ?? 0) + 1;
      used.set(name, times);
      const unique = times === 1 ? name : `${name}#${times}`;
      if (specifier.scope) scope.push(unique);
      if (specifier.length > 0) columns.push({ name: unique, length: specifier.length, decode });
    }
    template.scope = scope;
    return columns;
  }

  #find(session: Session, { enterprise, id }: FieldSpecifier): { name: string; decode: Decode } {
    const number = `${enterprise}.${id}`;
    const element = this.#dictionary.find(enterprise, id) ?? session.learned.get(number);
    const type = element?.type ?? 'octetArray';
    let decode = this.#decoders.get(type);
    if (decode === undefined) {
      decode = decoderFor(type, this.times);
      this.#decoders.set(type, decode);
    }
    return { name: element?.name ?? number, decode };
  }

  /** RFC 5610: an options record that names an enterprise's element. Never renames what the dictionary knows. */
  #learn(session: Session, fields: Record<string, FieldValue>): void {
    const { privateEnterpriseNumber: enterprise, informationElementId, informationElementName: name } = fields;
    if (typeof enterprise !== 'number' || typeof informationElementId !== 'number' || typeof name !== 'string') return;
    const type = dataTypes[Number(fields.informationElementDataType)] ?? 'octetArray';
    const number = `${enterprise}.${informationElementId & 0x7fff}`;
    const known = session.learned.get(number);
    if (enterprise === 0 || !safeName.test(name) || (known?.name === name && known.type === type)) return;
    if (known === undefined && session.learned.size >= learnedLimit) return;
    session.learned.set(number, { name, type });
    for (const domain of session.domains.values()) {
      for (const template of domain.templates.values()) template.columns = undefined;
    }
  }
}

/** Decodes one record at `position` into fields; returns where it ends, or -1 when it does not end within the set. */
function readRecord(
  columns: Column[],
  message: Buffer,
  position: number,
  end: number,
  fields: Record<string, FieldValue>,
): number {
  let at = position;
  for (const column of columns) {
    let length = column.length;
    if (length === variableLength) {
      if (at >= end) return -1;
      length = message[at++] as number;
      if (length === 255) {
        if (end - at < 2) return -1;
        length = message.readUInt16BE(at);
        at += 2;
      }
    }
    if (length > end - at) return -1;
    fields[column.name] = column.decode(message, at, length);
    at += length;
  }
  return at;
}
