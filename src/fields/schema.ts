// JSON Schema of weir's NDJSON lines, one per naming, from the catalogue and the namings' documents.
import type { Element } from './field.js';
import { allKeys, type LineKey, type Naming } from './naming.js';

export interface Property {
  description: string;
  type?: string | string[];
  minimum?: number;
  maximum?: number;
  pattern?: string;
  enum?: unknown[];
  items?: { type: string; minimum?: number };
  /** Of an object whose keys weir does not choose, such as labels. */
  additionalProperties?: { type: string };
}

export interface ObjectProperty {
  type: 'object';
  properties: Record<string, Property | ObjectProperty>;
}

const maxima: Readonly<Record<string, number>> = { unsigned8: 0xff, unsigned16: 0xffff, unsigned32: 0xffffffff };
/** Above 2^53 - 1, which has 16 digits, integers are texts. */
const largeInteger = '^[0-9]{16,20}$';
const macOctets = (separator: string, digits: string): string => `^[${digits}]{2}(${separator}[${digits}]{2}){5}$`;

function plainProperty(element: Element): Omit<Property, 'description'> {
  const { type, field } = element;
  if (field.place.kind === 'profile' && field.place.json) {
    return { type: 'object', additionalProperties: { type: 'string' } };
  }
  if (field.semantics === 'list' && type === 'string') return { type: 'array', items: { type: 'string' } };
  if (field.semantics === 'list') return { type: 'array', items: { type: 'integer', minimum: 0 } };
  if (type.startsWith('dateTime')) return { type: ['string', 'integer'] };
  switch (type) {
    case 'float64':
      return { type: 'number' };
    case 'boolean':
      return { type: 'boolean' };
    case 'string':
      return { type: 'string' };
    case 'octetArray':
      return { type: 'string', pattern: '^([0-9a-f]{2})*$' };
    case 'macAddress':
      return { type: 'string', pattern: macOctets(':', '0-9a-f') };
    case 'ipv4Address':
      return { type: 'string', pattern: '^([0-9]{1,3}\\.){3}[0-9]{1,3}$' };
    case 'ipv6Address':
      return { type: 'string', pattern: '^[0-9a-f:.]+$' };
    case 'unsigned64':
      return { type: ['integer', 'string'], minimum: 0, pattern: largeInteger };
    default:
      return { type: 'integer', minimum: 0, maximum: maxima[type] };
  }
}

function noteOf(element: Element, twin?: Element): string {
  const note = element.field.note.replace(', NTP format on the wire', '');
  return `${element.reverse ? 'Reverse: ' : ''}${twin === undefined ? note : note.replace('IPv4 ', 'IP ')}`;
}

/** What is known of a key's value. */
function property({ element, twin, form, constants, setting }: LineKey): Property {
  if (setting === 'samplingRate')
    return { description: 'One of so many packets is metered.', type: 'integer', minimum: 1 };
  if (setting === 'samplerAddress') return { description: 'Address of this exporter.', type: 'string' };
  if (element === undefined) {
    const values = (constants ?? []).map((text) => JSON.parse(text) as unknown);
    return { description: values.length > 1 ? 'By IP version.' : 'The same in all lines.', enum: values };
  }
  const description = noteOf(element, twin);
  if (constants !== undefined) {
    const types = constants.map((text) => (text.startsWith('[') ? 'array' : 'string'));
    return {
      description: `The same in all flows; in events: ${description}`,
      type: [...new Set([...types, 'string'])],
    };
  }
  switch (form) {
    case 'quoted':
      return { description, type: 'string', pattern: '^[0-9]+$' };
    case 'nanoseconds':
      return { description: `${description} In nanoseconds.`, type: 'integer', minimum: 0 };
    case 'hyphens':
      return { description, type: 'string', pattern: macOctets('-', '0-9A-F') };
    default:
      // the pattern of IPv6 addresses takes those of IPv4 too
      return { description, ...plainProperty(twin ?? element) };
  }
}

const titles: Readonly<Record<Naming, string>> = {
  ipfix: 'weir flow, naming ipfix: IANA names, vendor elements prefixed',
  nprobe: "weir flow, naming nprobe: nProbe's labels",
  ecs: 'weir flow, naming ecs: Elastic Common Schema 8.11',
  goflow2: "weir flow, naming goflow2: the keys of goflow2's JSON",
};

/** The objects and keys of a naming's lines. */
export function lineProperties(naming: Naming): ObjectProperty {
  const root: ObjectProperty = { type: 'object', properties: {} };
  for (const line of allKeys(naming)) {
    let object = root;
    for (const step of line.path) {
      const inner = object.properties[step];
      const next: ObjectProperty =
        inner !== undefined && 'properties' in inner ? inner : { type: 'object', properties: {} };
      object.properties[step] = next;
      object = next;
    }
    object.properties[line.key] = property(line);
  }
  return root;
}

/** The schema document. Which keys a line has depends on the template; keys with nothing to say are left out. */
export function jsonSchema(naming: Naming): object {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: titles[naming],
    description: 'Generated from src/fields/catalogue.ts by `npm run generate`.',
    minProperties: 1,
    ...lineProperties(naming),
  };
}
