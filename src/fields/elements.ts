// The elements the catalogue expands to, in the order of the native table, and how a name finds one.
import { createHash } from 'node:crypto';
import { distance } from 'fastest-levenshtein';
import { WeirError } from '../errors.js';
import { catalogue } from './catalogue.js';
import {
  defaultEnterprise,
  type Element,
  enterpriseNumbers,
  type Field,
  type Need,
  reverseEnterprise,
  type WireType,
} from './field.js';

/** IPFIX length of variable-length elements (RFC 7011 section 7). */
export const variableLength = 65535;

/** Octets of a type at full size; strings and octet arrays are of variable length. */
export const typeLengths: Readonly<Record<WireType, number>> = {
  unsigned8: 1,
  unsigned16: 2,
  unsigned32: 4,
  unsigned64: 8,
  float64: 8,
  boolean: 1,
  macAddress: 6,
  ipv4Address: 4,
  ipv6Address: 16,
  dateTimeSeconds: 4,
  dateTimeMilliseconds: 8,
  dateTimeMicroseconds: 8,
  dateTimeNanoseconds: 8,
  string: variableLength,
  octetArray: variableLength,
};

/** True when the row gives two elements. */
export function isPaired(field: Field): boolean {
  const { place } = field;
  if (place.kind === 'derived') return place.sides !== 'one';
  return place.kind !== 'scalar' && place.kind !== 'fact';
}

/** True when the second element is the reverse of the first (RFC 5103), not a destination. */
function isDirectional(field: Field): boolean {
  return field.place.kind === 'pair' || (field.place.kind === 'derived' && field.place.sides === 'pair');
}

/** RFC 5103 section 6.1: `reverse` before the capitalised name. */
function reverseName(name: string): string {
  return `reverse${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

function secondName(field: Field): string {
  if (field.otherName !== undefined) return field.otherName;
  if (isDirectional(field)) return reverseName(field.name);
  throw new Error(`catalogue row ${field.name} needs the name of its destination element`);
}

function secondId(field: Field): number {
  if (field.otherId !== undefined) return field.otherId;
  if (isDirectional(field) && field.enterprise === 'iana') return field.id;
  throw new Error(`catalogue row ${field.name} needs the id of its second element`);
}

function expand(field: Field, side: 0 | 1): Omit<Element, 'index'> {
  const reverse = side === 1 && isDirectional(field);
  const base = field.enterprise === 'weir' ? 'own' : enterpriseNumbers[field.enterprise];
  return {
    name: side === 0 ? field.name : secondName(field),
    field,
    side,
    enterprise: reverse && base === 0 ? reverseEnterprise : base,
    id: side === 0 ? field.id : secondId(field),
    type: field.type,
    length: field.length ?? typeLengths[field.type],
    labels: (side === 0 ? field.labels : field.otherLabels) ?? [],
    family: field.family ?? 0,
    reverse,
  };
}

const table: readonly Element[] = catalogue
  .flatMap((field) => (isPaired(field) ? [expand(field, 0), expand(field, 1)] : [expand(field, 0)]))
  .map((element, index) => ({ index, ...element }));

/** All elements; the position is the index the addon knows them by. */
export function elements(): readonly Element[] {
  return table;
}

const byName = new Map<string, Element>();
for (const element of table) {
  for (const name of [element.name, ...element.labels]) byName.set(name.toLowerCase(), element);
  const [label] = element.labels;
  if (element.field.enterprise === 'ntop' && label !== undefined) byName.set(`ntop.${label.toLowerCase()}`, element);
  if (element.field.enterprise === 'antrea') byName.set(`antrea.${element.name.toLowerCase()}`, element);
}

const byNumber = new Map<string, Element>();
for (const element of table) {
  if (element.field.sharesId === undefined) byNumber.set(`${element.enterprise}.${element.id}`, element);
}

/**
 * The element with this number on the wire: enterprise 0 for IANA, 29305 for RFC 5103 reverse elements; `own` is the
 * configured enterprise number. Undefined for numbers weir does not export.
 */
export function elementByNumber(enterprise: number, id: number, own: number = defaultEnterprise): Element | undefined {
  return byNumber.get(`${enterprise === own ? 'own' : enterprise}.${id}`);
}

/**
 * The element called `name`: ours, RFC 5103's reverse form, any nProbe label, with or without a leading %, in any
 * case; or its number: `8`, `29305.1`, `35632.123`. Undefined when there is none.
 */
export function lookupElement(name: string, own: number = defaultEnterprise): Element | undefined {
  const plain = name.startsWith('%') ? name.slice(1) : name;
  const number = /^(?:(\d+)\.)?(\d+)$/.exec(plain);
  if (number) return elementByNumber(Number(number[1] ?? 0), Number(number[2]), own);
  return byName.get(plain.toLowerCase());
}

/** The names most like `name`, nearest first. */
export function nearestNames(name: string, count = 3): string[] {
  const wanted = name.replace(/^%/, '').toLowerCase();
  return table
    .flatMap((element) => [element.name, ...element.labels])
    .map((candidate) => ({ candidate, far: distance(wanted, candidate.toLowerCase()) }))
    .sort((a, b) => a.far - b.far)
    .slice(0, count)
    .map(({ candidate }) => candidate);
}

/** Like lookupElement(), but an unknown name throws WEIR_FIELD with the nearest names; `where` says where it stood. */
export function elementByName(name: string, where = '', own: number = defaultEnterprise): Element {
  const element = lookupElement(name, own);
  if (element) return element;
  const place = where === '' ? '' : `${where}: `;
  const near = nearestNames(name).join(', ');
  throw new WeirError('WEIR_FIELD', `${place}unknown field \`${name}\`; the nearest are ${near}`);
}

/** The row's twin element for records of the other IP version, if it has one. */
export function twinOf(element: Element): Element | undefined {
  const { twin } = element.field;
  return twin === undefined
    ? undefined
    : table.find((other) => other.field.name === twin && other.side === element.side);
}

const measuredBlocks = ['tcp', 'stats', 'tunnel', 'text', 'endpoint', 'kernel'] as const;

/** Parsers of facts by the beginning of their names; of QUIC what says the hello in it. */
const factNeeds = {
  info: 'info',
  tls: 'tls',
  quic: 'tls',
  dns: 'dns',
  http: 'http',
  ssh: 'ssh',
  dhcp: 'dhcp',
} as const;

/** FlowNeeds (native/src/fields/flow_record.h) of the row: from its member or fact, or as the row says. */
export function fieldNeeds(field: Field): Need | undefined {
  const { place } = field;
  if (place.kind === 'derived') return field.needs;
  if (place.kind === 'profile') return 'endpoint';
  if (place.kind === 'fact' && place.fact.startsWith('tlsCertificate')) return 'certificate';
  if (place.kind === 'fact' && place.fact.startsWith('tlsJa')) return 'fingerprint';
  if (place.kind === 'fact') return factNeeds[/^[a-z]+/.exec(place.fact)?.[0] as keyof typeof factNeeds];
  const [block, member = ''] = place.member.split('.');
  if (block === 'application') return member.startsWith('risk') ? 'risk' : 'label';
  return measuredBlocks.find((name) => name === block);
}

function placeText(place: Field['place']): string {
  if (place.kind === 'derived') return `${place.call}()`;
  if (place.kind === 'fact') return `${place.fact} ${place.form}`;
  return place.kind === 'profile' ? `${place.of}.${place.member}${place.json ? '{}' : ''}` : place.member;
}

/** One line an element: all that TypeScript and the addon must agree on. */
function canonical(element: Element): string {
  const { field } = element;
  const place = placeText(field.place);
  const parts = [
    element.index,
    element.name,
    element.enterprise,
    element.id,
    element.type,
    element.length,
    element.side,
  ];
  const absent = field.absentWhenAllOnes === true ? 'ones' : field.absentWhenZero === true;
  const notes = [field.place.kind, place, element.family, absent, fieldNeeds(field) ?? ''];
  return [...parts, ...notes].join(' ');
}

const hash = createHash('sha256').update(table.map(canonical).join('\n')).digest('hex').slice(0, 16);

/** Names this catalogue: the addon carries the one it was built from, and load.ts compares. 16 hex digits. */
export function catalogueHash(): string {
  return hash;
}
