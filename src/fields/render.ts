// Renders from the catalogue what is committed: fields.def for C++, the field reference, the JSON Schemas, flow types.
import { catalogue } from './catalogue.js';
import { catalogueHash, elements, fieldNeeds, variableLength } from './elements.js';
import { defaultEnterprise, type Element, type Field } from './field.js';
import { renderFlowTypes } from './flow_type_text.js';
import { namings } from './naming.js';
import { jsonSchema } from './schema.js';

function nativeEnterprise(element: Element): string {
  if (element.enterprise === 'own') return 'kOwnEnterprise';
  return element.field.enterprise === 'iana' && element.reverse ? 'kReverseEnterprise' : `${element.enterprise}`;
}

function numbers(element: Element): string {
  return `"${element.name}", ${nativeEnterprise(element)}, ${element.id}`;
}

/** Last arguments of every line: IP version, left out of JSON when zero. */
function tail(field: Field): string {
  return `${field.family ?? 0}, ${field.absentWhenZero === true}`;
}

const needsNames = {
  tcp: 'needsTcp',
  stats: 'needsStats',
  tunnel: 'needsTunnel',
  text: 'needsText',
  endpoint: 'needsEndpoint',
  kernel: 'needsKernel',
  label: 'needsLabel',
  risk: 'needsRisk',
  info: 'needsInfo',
  tls: 'needsTls',
  dns: 'needsDns',
  http: 'needsHttp',
  ssh: 'needsSsh',
  dhcp: 'needsDhcp',
  certificate: 'needsTls | needsCertificate',
  fingerprint: 'needsTls | needsFingerprint',
  summary: 'needsInfo | kFactNeeds',
} as const;

/** Which function type a derived row calls, by its wire type. */
export function derivedMacro(field: Field): string {
  switch (field.type) {
    case 'float64':
      return 'FIELD_REAL';
    case 'string':
      return field.semantics === 'list' ? 'FIELD_LIST' : 'FIELD_TEXT';
    case 'octetArray':
    case 'macAddress':
    case 'ipv4Address':
    case 'ipv6Address':
      return 'FIELD_LIST';
    default:
      return 'FIELD_NUMBER';
  }
}

type ProfilePlace = Extract<Field['place'], { kind: 'profile' }>;

/** One line an element, like those of derived rows: the functions are made of the member. */
function profileLines(field: Field, place: ProfilePlace, ...both: (Element | undefined)[]): string[] {
  const text = place.json ? 'FIELD_PROFILE_JSON' : 'FIELD_PROFILE_TEXT';
  const macro = field.type === 'string' ? text : 'FIELD_PROFILE_NUMBER';
  const unknown = field.absentWhenAllOnes === true ? ', allOnes' : ', zero';
  return both
    .filter((element) => element !== undefined)
    .map(
      (element) =>
        `${macro}(${numbers(element)}, ${field.type}, ${place.of}, ${place.member}, ${element.side}` +
        `${field.type === 'string' ? '' : unknown}, ${tail(field)})`,
    );
}

type FactPlace = Extract<Field['place'], { kind: 'fact' }>;

function factLine(field: Field, place: FactPlace, element: Element): string {
  const text = place.form === 'list' ? 'FIELD_FACT_LIST' : 'FIELD_FACT_TEXT';
  const macro = field.type === 'string' ? text : 'FIELD_FACT_NUMBER';
  const stored = field.type === 'string' ? '' : `${place.form}, `;
  const needs = needsNames[fieldNeeds(field)!];
  return `${macro}(${numbers(element)}, ${field.type}, ${place.fact}, ${stored}${needs}, ${tail(field)})`;
}

function nativeLines(field: Field): string[] {
  const [first, second] = elements().filter((element) => element.field === field);
  if (first === undefined) throw new Error(`no element for catalogue row ${field.name}`);
  const { place } = field;
  if (place.kind === 'derived') {
    const need = fieldNeeds(field);
    const needs = need === undefined ? 'needsNothingMore' : needsNames[need];
    const end = tail(field);
    return [first, ...(second ? [second] : [])].map(
      (element) =>
        `${derivedMacro(field)}(${numbers(element)}, ${field.type}, ${place.call}, ${element.side}, ${needs}, ${end})`,
    );
  }
  if (place.kind === 'profile') return profileLines(field, place, first, second);
  if (place.kind === 'fact') return [factLine(field, place, first)];
  if (second === undefined) return [`FIELD_SCALAR(${numbers(first)}, ${field.type}, ${place.member}, ${tail(field)})`];
  const macro = place.kind === 'pair' ? 'FIELD_PAIR' : 'FIELD_ENDPOINT';
  const [array = '', member] = place.member.split('[].');
  const where = member === undefined ? array : `${array}, ${member}`;
  const which = member === undefined ? macro : 'FIELD_SIDES';
  return [`${which}(${numbers(first)}, ${numbers(second)}, ${field.type}, ${where}, ${tail(field)})`];
}

/** native/src/fields/fields.def: one macro line per row (per element where derived), in the order of elements(). */
export function renderDefinitions(): string {
  return [
    '// Generated from src/fields/catalogue.ts by `npm run generate`; do not edit.',
    '// The forms of a line are explained in field_table.cc.',
    `FIELD_HASH("${catalogueHash()}")`,
    ...catalogue.flatMap(nativeLines),
    '',
  ].join('\n');
}

/** How the reference and `weir fields` print an element's number. */
export function numberText(element: Element): string {
  return `${element.enterprise === 'own' ? 'own' : element.enterprise}.${element.id}`.replace(/^0\./, '');
}

/** NetFlow v9 field type: ids below 128 as they are, ntop's at 57472 + id; the others have none. */
export function netflow9Type(element: Element): number | undefined {
  if (element.side === 0 && element.field.v9 !== undefined) return element.field.v9;
  if (element.field.enterprise === 'ntop') return 57472 + element.id;
  return element.enterprise === 0 && element.id < 128 ? element.id : undefined;
}

function referenceRow(element: Element): string {
  const length = element.length === variableLength ? 'variable' : `${element.length}`;
  const labels = element.labels.map((label) => `\`${label}\``).join(' ');
  const { field } = element;
  const side = element.side === 0 ? '' : element.reverse ? 'Reverse: ' : 'Destination: ';
  const family = field.family === undefined ? '' : ` IPv${field.family} records only.`;
  const note = `${side}${field.note.replaceAll('|', '\\|')}${family}`;
  const cells = [`\`${element.name}\``, numberText(element), labels, element.type, length, field.units ?? '', note];
  return `| ${cells.join(' | ')} |`;
}

const referenceHead = `# Templates and fields

Generated from \`src/fields/catalogue.ts\` by \`npm run generate\`; do not edit.

A template says which fields a flow record carries. \`-T NAME\` takes one of the \`*.tmpl\` files of this folder,
\`-T FILE\` any file like them (one field name a line, \`#\` comments), \`-T '%IPV4_SRC_ADDR %L4_DST_PORT octetDeltaCount'\`
a list. Fields are called by the name below, by nProbe's label (with or without \`%\`) or by number (\`8\`, \`35632.123\`), in
any case. One template serves IPv4 and IPv6: a field of one IP version is replaced by its twin, or left out, in records
of the other.

The number is IANA's Information Element; \`29305.N\` is the RFC 5103 reverse of N, \`35632.N\` ntop's, \`56506.N\`
Antrea's, and \`own.N\` ours, sent under the enterprise number of \`--enterprise-number\` (${defaultEnterprise} is for
documentation: loopback and tests only). JSON of naming \`ipfix\` uses the name (ntop's fields: \`ntop.\` and
the label, Antrea's: \`antrea.\` and the name), naming \`nprobe\` the label.
Naming \`ecs\` writes Elastic Common Schema documents and what ECS has no name for under \`netflow\`, naming \`goflow2\` the
keys of goflow2's JSON (src/fields/documents.ts). \`config/schema/\` has a JSON Schema of each.
Length is the number of octets in IPFIX.

Who is at the ends is known for processes of this host. On the wire an empty text and process id 0 say that nobody is
known there; user, group and session ids say it by 4294967295, since 0 is root. JSON leaves all of them out. Under \`ecs\`
the source's process, user, container and pod stand at the top (\`process\`, \`user\`, \`container\`, \`orchestrator\`), the
destination's process and user under \`destination\`, as Packetbeat has it.
`;

/** templates/README.md: the field reference. */
export function renderReference(): string {
  const groups = [...new Set(catalogue.map((field) => field.group))];
  const sections = groups.flatMap((group) => [
    `\n## ${group}\n`,
    '| name | number | nProbe label | type | length | units | meaning |',
    '|---|---|---|---|---|---|---|',
    ...elements()
      .filter((element) => element.field.group === group)
      .map(referenceRow),
  ]);
  return [referenceHead.trimEnd(), ...sections, ''].join('\n');
}

/** Every generated file: path inside the package and content. */
export function generatedFiles(): { path: string; content: string }[] {
  return [
    { path: 'native/src/fields/fields.def', content: renderDefinitions() },
    { path: 'templates/README.md', content: renderReference() },
    { path: 'src/fields/flow_types.ts', content: renderFlowTypes() },
    ...namings.map((naming) => ({
      path: `config/schema/${naming}.json`,
      content: `${JSON.stringify(jsonSchema(naming), null, 2)}\n`,
    })),
  ];
}
