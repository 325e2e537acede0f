// Renders flow_types.ts: what a consumer of weir's JSON gets, one interface a naming.
import { type Naming, namings } from './naming.js';
import { lineProperties, type ObjectProperty, type Property } from './schema.js';

const interfaces: Readonly<Record<Naming, { name: string; note: string }>> = {
  ipfix: { name: 'IpfixFlow', note: 'A line of `naming=ipfix`.' },
  nprobe: { name: 'NprobeFlow', note: 'A line of `naming=nprobe`.' },
  ecs: { name: 'EcsFlow', note: 'A line of `naming=ecs`: an Elastic Common Schema document.' },
  goflow2: { name: 'Goflow2Flow', note: 'A line of `naming=goflow2`: one direction of a flow.' },
};

const head = `// Generated from src/fields/catalogue.ts by \`npm run generate\`; do not edit. Imports nothing, to be taken alone.
//
// Which keys a line has depends on the template, and keys with nothing to say are left out: all are optional.
// \`number | string\`: 64-bit counters and ids are texts above 2^53 - 1. Times are ISO 8601 texts or, with time=ms,
// integers. Nanoseconds since 1970 pass 2^53: JSON.parse() rounds them to some 256 ns.
`;

function literal(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (Array.isArray(value)) return 'string[]';
  return typeof value;
}

function typeText(property: Property): string {
  if (property.enum !== undefined) return [...new Set(property.enum.map(literal))].join(' | ');
  if (property.type === 'array') return property.items?.type === 'string' ? 'string[]' : 'number[]';
  if (property.type === 'object') return 'Record<string, string>';
  const names: Readonly<Record<string, string>> = { integer: 'number', array: 'string[]' };
  const types = [property.type ?? 'string'].flat().map((type) => names[type] ?? type);
  return [...new Set(types)].sort().join(' | ');
}

function memberLines(key: string, property: Property | ObjectProperty, indent: string): string[] {
  const name = /^[A-Za-z_$][\w$]*$/.test(key) ? key : `'${key}'`;
  if ('properties' in property) {
    return [`${indent}${name}?: {`, ...objectLines(property, `${indent}  `), `${indent}};`];
  }
  return [
    `${indent}/** ${property.description.replaceAll('*/', '* /')} */`,
    `${indent}${name}?: ${typeText(property)};`,
  ];
}

function objectLines(object: ObjectProperty, indent: string): string[] {
  return Object.entries(object.properties).flatMap(([key, property]) => memberLines(key, property, indent));
}

/** src/fields/flow_types.ts. */
export function renderFlowTypes(): string {
  const bodies = namings.map((naming) => {
    const { name, note } = interfaces[naming];
    return [`/** ${note} */`, `export interface ${name} {`, ...objectLines(lineProperties(naming), '  '), '}', ''].join(
      '\n',
    );
  });
  return `${head}\n${bodies.join('\n')}`;
}
