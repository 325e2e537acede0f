// Templates: which fields a record carries. A name, a file, or a list becomes the elements of the IPv4 and of the IPv6
// wire template. Mistakes are reported all at once, each with its file and line or its place in the list.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { distance } from 'fastest-levenshtein';
import { WeirError, WeirErrors } from '../errors.js';
import { fieldNeeds, elementByName, lookupElement, twinOf, typeLengths, variableLength } from './elements.js';
import { type Element, enterpriseNumbers, type ValueForm } from './field.js';
import { type LineKey, type LineSettings, lineKeys, type Naming } from './naming.js';

/** One field of a template. */
export interface TemplateField {
  element: Element;
  /** nProbe's label when the template called the field by one: the JSON key of naming nprobe. */
  label?: string;
}

/** What an encoder needs of a field; the same as EncoderField of src/native/boundary.ts. */
export interface PlannedField {
  element: number;
  key: string;
  wireLength: number;
  form: ValueForm;
  path: readonly string[];
  constant: string;
}

/** A field written as it is. */
export function plainField(element: number, key: string, wireLength: number): PlannedField {
  return { element, key, wireLength, form: 'plain', path: [], constant: '' };
}

/** A template, resolved for both IP versions. */
export interface Template {
  /** File name without .tmpl, or 'list'. */
  name: string;
  /** The comment head of the file. */
  comment: string;
  /** Fields as named, duplicates dropped. */
  fields: readonly TemplateField[];
  /** Fields of records of IPv4 and IPv6 flows: twins in place, fields of the other version left out. */
  fields4: readonly TemplateField[];
  fields6: readonly TemplateField[];
}

const extension = '.tmpl';

function hasNoDuplicate(field: TemplateField, position: number, all: readonly TemplateField[]): boolean {
  return all.findIndex((other) => other.element === field.element) === position;
}

/** The field as records of this IP version carry it; undefined when they have no such thing. */
function forFamily(field: TemplateField, family: 4 | 6): TemplateField | undefined {
  if (field.element.family === 0 || field.element.family === family) return field;
  const twin = twinOf(field.element);
  return twin && { element: twin };
}

function resolve(name: string, comment: string, fields: readonly TemplateField[]): Template {
  const familyFields = (family: 4 | 6): TemplateField[] =>
    fields
      .map((field) => forFamily(field, family))
      .filter((field) => field !== undefined)
      .filter(hasNoDuplicate);
  return {
    name,
    comment,
    fields: fields.filter(hasNoDuplicate),
    fields4: familyFields(4),
    fields6: familyFields(6),
  };
}

/** A name of a template and where it stood, such as `tcp.tmpl:12` or `field 3 of the list`. */
interface Named {
  text: string;
  where: string;
}

function parseNames(names: readonly Named[], own?: number): TemplateField[] {
  const errors: WeirError[] = [];
  const fields: TemplateField[] = [];
  for (const { text, where } of names) {
    try {
      const element = elementByName(text, where, own);
      const written = text.replace(/^%/, '').toUpperCase();
      fields.push(element.labels.includes(written) ? { element, label: written } : { element });
    } catch (error) {
      if (!(error instanceof WeirError)) throw error;
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new WeirErrors(errors);
  return fields;
}

/**
 * A template file: one field name a line, `#` starts a comment; the comment lines before the first field are the head.
 * `origin` names the file in errors. Throws WeirErrors with every unknown name.
 */
export function parseTemplateText(text: string, origin: string, own?: number): Template {
  const lines = text.split(/\r?\n/);
  const first = lines.findIndex((line) => !/^\s*(#|$)/.test(line));
  const head = (first < 0 ? lines : lines.slice(0, first))
    .map((line) => line.replace(/^\s*#\s?/, '').trimEnd())
    .join('\n')
    .trim();
  const names = lines.flatMap((line, index) =>
    line
      .replace(/#.*/, '')
      .split(/[\s,]+/)
      .filter((word) => word !== '')
      .map((word) => ({ text: word, where: `${origin}:${index + 1}` })),
  );
  if (names.length === 0) throw new WeirError('WEIR_TEMPLATE', `${origin}: the template names no field`);
  return resolve(basename(origin, extension), head, parseNames(names, own));
}

/** A `-T` list: names separated by space or comma, % optional. Throws WeirErrors with every unknown name. */
export function parseTemplateList(list: string, own?: number): Template {
  const names = list
    .split(/[\s,]+/)
    .filter((word) => word !== '')
    .map((text, index) => ({ text, where: `field ${index + 1} of the list` }));
  if (names.length === 0) throw new WeirError('WEIR_TEMPLATE', 'the list of fields is empty');
  return resolve('list', '', parseNames(names, own));
}

function readTemplate(file: string, own?: number): Template {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new WeirError('WEIR_TEMPLATE', `cannot read the template ${file}: ${(cause as Error).message}`, { cause });
  }
  return parseTemplateText(text, file, own);
}

/** All *.tmpl files of a folder by name, sorted. Throws WeirErrors with the mistakes of all of them. */
export function loadTemplates(folder: string, own?: number): Map<string, Template> {
  const templates = new Map<string, Template>();
  const errors: WeirError[] = [];
  for (const file of readdirSync(folder)
    .filter((entry) => entry.endsWith(extension))
    .sort()) {
    try {
      templates.set(basename(file, extension), readTemplate(join(folder, file), own));
    } catch (error) {
      if (error instanceof WeirErrors) errors.push(...error.errors);
      else if (error instanceof WeirError) errors.push(error);
      else throw error;
    }
  }
  if (errors.length > 0) throw new WeirErrors(errors);
  return templates;
}

function unknownTemplate(argument: string, templates: ReadonlyMap<string, Template>): WeirError {
  const near = [...templates.keys()].sort((a, b) => distance(argument, a) - distance(argument, b)).slice(0, 3);
  const known = near.length === 0 ? 'there are no named templates' : `the nearest are ${near.join(', ')}`;
  return new WeirError('WEIR_TEMPLATE', `\`${argument}\` is no template, file or field; ${known}`);
}

/**
 * What `-T` takes: the name of a template, a list of fields, a single field, or a file.
 * Throws WeirError or WeirErrors (WEIR_TEMPLATE, WEIR_FIELD).
 */
export function parseTemplate(argument: string, templates: ReadonlyMap<string, Template>, own?: number): Template {
  const text = argument.trim();
  const named = templates.get(text);
  if (named) return named;
  if (/[\s,%]/.test(text) && !existsSync(text)) return parseTemplateList(text, own);
  if (lookupElement(text, own)) return parseTemplateList(text, own);
  if (text.includes('/') || text.endsWith(extension) || existsSync(text)) return readTemplate(text, own);
  throw unknownTemplate(text, templates);
}

/**
 * The template for uniflow records (biflow off): each direction has a record of its own, so reverse elements go, and
 * the union of both directions' flags becomes the flags of the record's direction.
 */
export function forUniflow(template: Template): Template {
  const union = (field: TemplateField): TemplateField => {
    const shared = field.element.field.sharesId;
    const element = shared === undefined ? undefined : lookupElement(shared);
    return element === undefined ? field : { ...field, element };
  };
  const fields = template.fields.filter(({ element }) => !element.reverse).map(union);
  if (fields.length === 0) {
    throw new WeirError('WEIR_TEMPLATE', `template ${template.name} has only reverse fields, which uniflows lack`);
  }
  return resolve(template.name, template.comment, fields);
}

/** What takes the place of octets of packets where only sockets are seen; IANA 401 counts payload. */
const payloadOctets: Readonly<Record<string, string>> = {
  octetDeltaCount: 'transportOctetDeltaCount',
  reverseOctetDeltaCount: 'reverseTransportOctetDeltaCount',
};

/** The template for flows of sockets, of which no packet was seen. The same one when it names no octets of packets. */
export function forSockets(template: Template): Template {
  if (!template.fields.some(({ element }) => element.name in payloadOctets)) return template;
  const fields = template.fields.map((field): TemplateField => {
    const name = payloadOctets[field.element.name];
    return name === undefined ? field : { element: elementByName(name) };
  });
  return resolve(template.name, template.comment, fields);
}

/** nfcapd takes v9 records with them for firewall events, whose times are 0: 148 is a connection id there. */
const notInNetflow9 = ['flowId'];

/** The template for NetFlow v9: uniflows, SysUpTime times, only elements that have a v9 type and mean the same there. */
export function forNetflow9(template: Template): { template: Template; leftOut: string[] } {
  const fields: TemplateField[] = [];
  const leftOut: string[] = [];
  for (const field of forUniflow(template).fields) {
    const element = lookupElement(netflow9Times[field.element.name] ?? field.element.name) ?? field.element;
    const hasType = element.enterprise === 0 || element.enterprise === enterpriseNumbers.ntop;
    const list = element.field.semantics === 'list';
    if (hasType && !list && !notInNetflow9.includes(element.name)) fields.push({ element });
    else leftOut.push(element.name);
  }
  return { template: resolve(template.name, template.comment, fields), leftOut };
}

/** The template for go-ipfix, which closes the session on micro- and nanoseconds. Throws WeirError WEIR_TEMPLATE. */
export function forGoIpfix(template: Template): Template {
  const wrong = template.fields.find(({ element }) => /^dateTime(Micro|Nano)seconds$/.test(element.type));
  if (wrong === undefined) return template;
  throw new WeirError(
    'WEIR_TEMPLATE',
    `template ${template.name}: go-ipfix collectors close the session on ${wrong.element.name}; name its milliseconds`,
  );
}

const netflow9Times: Readonly<Record<string, string>> = {
  flowStartSeconds: 'flowStartSysUpTime',
  flowStartMilliseconds: 'flowStartSysUpTime',
  flowStartMicroseconds: 'flowStartSysUpTime',
  flowStartNanoseconds: 'flowStartSysUpTime',
  flowEndSeconds: 'flowEndSysUpTime',
  flowEndMilliseconds: 'flowEndSysUpTime',
  flowEndMicroseconds: 'flowEndSysUpTime',
  flowEndNanoseconds: 'flowEndSysUpTime',
};

/** What a NetFlow v5 record is made of, in its fixed layout. */
export const netflow5Fields =
  'sourceIPv4Address destinationIPv4Address ingressInterface egressInterface packetDeltaCount octetDeltaCount ' +
  'flowStartSysUpTime flowEndSysUpTime sourceTransportPort destinationTransportPort tcpControlBits ' +
  'protocolIdentifier ipClassOfService icmpTypeCodeIPv4';

/** How records of one sink are written. */
export interface PlanOptions {
  /** What JSON lines look like, headings of text. Without it keys are empty: binary formats. */
  naming?: Naming;
  /** Every field at its type's full size instead of reduced-size encoding (profile goipfix). */
  fullSize?: boolean;
  /** False: each direction has a line of its own. The template must be forUniflow() then. Default true. */
  biflow?: boolean;
  /** What lines of naming goflow2 say of the run; default: every packet is metered, the address is unknown. */
  settings?: Partial<LineSettings>;
  /** Octets of texts, which NetFlow v9 has only in fixed length. */
  fixedTexts?: number;
  /** Octets of applicationId, where readers want others than RFC 6759's. */
  applicationIdOctets?: number;
}

export interface PlannedFields {
  fields4: PlannedField[];
  fields6: PlannedField[];
  /** Names of the template that the naming has no key for (goflow2 only). */
  leftOut: string[];
}

function binaryField({ element }: TemplateField, options: PlanOptions): PlannedField {
  const { fullSize = false, fixedTexts, applicationIdOctets } = options;
  if (element.name === 'applicationId' && applicationIdOctets !== undefined) {
    return plainField(element.index, '', applicationIdOctets);
  }
  const full = typeLengths[element.type];
  if (fixedTexts !== undefined && element.length === variableLength) {
    return plainField(element.index, '', element.field.textOctets ?? fixedTexts);
  }
  // a fixed length of a variable-length type (mplsTopLabelStackSection) is the element's, not a reduction
  return plainField(element.index, '', fullSize && full !== variableLength ? full : element.length);
}

function constantOf(line: LineKey, settings: Partial<LineSettings>): string | undefined {
  if (line.setting === 'samplingRate') return JSON.stringify(settings.samplingRate ?? 1);
  if (line.setting === 'samplerAddress') {
    return settings.samplerAddress ? JSON.stringify(settings.samplerAddress) : undefined;
  }
  return line.constants?.[0];
}

function jsonField(line: LineKey, settings: Partial<LineSettings>): PlannedField | undefined {
  const { key, path, form, element } = line;
  if (element !== undefined) return { ...plainField(element.index, key, element.length), form, path };
  const constant = constantOf(line, settings);
  return constant === undefined ? undefined : { ...plainField(0, key, 0), form, path, constant };
}

/** The encoder's plan of a template, for records of each IP version. Keys of an object stand together. */
export function planFields(template: Template, options: PlanOptions = {}): PlannedFields {
  const { naming, biflow = true, settings = {} } = options;
  if (naming === undefined) {
    return {
      fields4: template.fields4.map((field) => binaryField(field, options)),
      fields6: template.fields6.map((field) => binaryField(field, options)),
      leftOut: [],
    };
  }
  const four = lineKeys(template.fields4, naming, 4, biflow);
  const six = lineKeys(template.fields6, naming, 6, biflow);
  const planned = (keys: readonly LineKey[]): PlannedField[] =>
    keys.map((key) => jsonField(key, settings)).filter((field) => field !== undefined);
  return {
    fields4: planned(four.keys),
    fields6: planned(six.keys),
    leftOut: [...new Set([...four.leftOut, ...six.leftOut].map(({ name }) => name))],
  };
}

/** Octets of a Data Record: fixed ones, plus one for each variable-length field (an empty one, RFC 7011 section 7). */
export function recordLength(fields: readonly { wireLength: number }[]): number {
  return fields.reduce((sum, { wireLength }) => sum + (wireLength === variableLength ? 1 : wireLength), 0);
}

/** FlowNeeds of native/src/fields/flow_record.h. */
export const needsBits = {
  ...{ tcp: 1, stats: 2, tunnel: 4, text: 8, endpoint: 16, kernel: 32 },
  ...{ label: 64, risk: 128, info: 256, tls: 512, dns: 1024, http: 2048, ssh: 4096, dhcp: 8192 },
  ...{ certificate: 512 | 16384, fingerprint: 512 | 32768 },
  summary: 256 | 512 | 1024 | 2048 | 4096 | 8192,
} as const;

/** What has flows looked into (kApplicationNeeds). */
export const inspectionBits =
  needsBits.label | needsBits.risk | needsBits.summary | needsBits.certificate | needsBits.fingerprint;

/** The FlowNeeds bits that must be measured for these elements. */
export function needsOf(elements: Iterable<Element>): number {
  let bits = 0;
  for (const element of elements) {
    const need = fieldNeeds(element.field);
    if (need !== undefined) bits |= needsBits[need];
  }
  return bits;
}

/** Index of every element a template may put into a record: what MeterOptions.elements lists. */
export function elementsOf(template: Template): Element[] {
  const all = [...template.fields4, ...template.fields6].map((field) => field.element);
  return [...new Set(all)];
}
