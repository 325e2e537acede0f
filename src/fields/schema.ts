// JSON Schema of weir's NDJSON lines, one per naming, from the catalogue.
import type { Element } from './field.js';
import { allKeys, type Naming } from './naming.js';

interface Property {
  description: string;
  type: string | string[];
  minimum?: number;
  maximum?: number;
  format?: string;
  pattern?: string;
  items?: { type: string; minimum: number };
}

const maxima: Readonly<Record<string, number>> = { unsigned8: 0xff, unsigned16: 0xffff, unsigned32: 0xffffffff };

function property(element: Element): Property {
  const { type, field } = element;
  const description = field.note;
  if (field.semantics === 'list') return { description, type: 'array', items: { type: 'integer', minimum: 0 } };
  if (type.startsWith('dateTime')) return { description, type: ['string', 'integer'] };
  switch (type) {
    case 'float64':
      return { description, type: 'number' };
    case 'boolean':
      return { description, type: 'boolean' };
    case 'string':
      return { description, type: 'string' };
    case 'octetArray':
      return { description, type: 'string', pattern: '^([0-9a-f]{2})*$' };
    case 'macAddress':
      return { description, type: 'string', pattern: '^([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}$' };
    case 'ipv4Address':
      return { description, type: 'string', pattern: '^([0-9]{1,3}\\.){3}[0-9]{1,3}$' };
    case 'ipv6Address':
      return { description, type: 'string', pattern: '^[0-9a-fA-F:.]+$' };
    case 'unsigned64':
      // identifiers may pass 2^53 and then come as strings
      return field.semantics === 'identifier'
        ? { description, type: ['integer', 'string'], minimum: 0 }
        : { description, type: 'integer', minimum: 0 };
    default:
      return { description, type: 'integer', minimum: 0, maximum: maxima[type] };
  }
}

const titles: Readonly<Record<Naming, string>> = {
  ipfix: 'weir flow, naming ipfix: IANA names, vendor elements prefixed',
  nprobe: "weir flow, naming nprobe: nProbe's labels",
};

/** The schema document. Which keys a line has depends on the template; keys with nothing to say are left out. */
export function jsonSchema(naming: Naming): object {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: titles[naming],
    description: 'Generated from src/fields/catalogue.ts by `npm run generate`.',
    type: 'object',
    minProperties: 1,
    properties: Object.fromEntries(allKeys(naming).map(({ key, element }) => [key, property(element)])),
  };
}
