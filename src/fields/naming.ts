// What stands in a JSON line under each naming: keys, the objects they stand in, and the form of their values.
import { type DocumentKey, ecs, ecsEvents, goflow2 } from './documents.js';
import { elementByName, elements, lookupElement, twinOf } from './elements.js';
import type { Element, ValueForm } from './field.js';

/**
 * `ipfix`: IANA's and our names, vendor elements with a prefix. `nprobe`: nProbe's labels. `ecs`: nested documents of
 * the Elastic Common Schema. `goflow2`: the keys of goflow2's JSON.
 */
export const namings = ['ipfix', 'nprobe', 'ecs', 'goflow2'] as const;
export type Naming = (typeof namings)[number];

/** True for namings that have no second direction in a record: the sink exports uniflows. */
export function forcesUniflow(naming: Naming | undefined): boolean {
  return naming === 'goflow2';
}

/** What a line says of the run instead of the flow. */
export interface LineSettings {
  /** One of so many packets was metered (goflow2's sampling_rate). */
  samplingRate: number;
  /** Address of this exporter (goflow2's sampler_address); '' = unknown. */
  samplerAddress: string;
}

/** One key of a JSON line. */
export interface LineKey {
  /** The objects around it, outermost first. */
  path: readonly string[];
  key: string;
  form: ValueForm;
  /** Whose value it is; else one of these JSON texts, or a setting of the run. */
  element?: Element;
  /** The element in records of IPv6 flows, where allKeys() tells of both versions. */
  twin?: Element;
  constants?: readonly string[];
  setting?: keyof LineSettings;
}

/** A field of a template: nProbe's label when the template called it by one. */
export interface NamedElement {
  element: Element;
  label?: string;
}

function underscored(name: string): string {
  return name
    .replace(/IPv([46])/g, 'Ipv$1')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2');
}

/** camelCase to UPPER_SNAKE: reverseOctetDeltaCount, IPSecSPI -> REVERSE_OCTET_DELTA_COUNT, IPSEC_SPI. */
export function upperSnake(name: string): string {
  return underscored(name.replace(/IPSec/g, 'Ipsec')).toUpperCase();
}

/** camelCase to the snake_case of Filebeat's netflow input: sourceIPv4Address, IPSecSPI -> source_ipv4_address, ip_sec_spi. */
export function snakeCase(name: string): string {
  return underscored(name).toLowerCase();
}

/** The key of an element in a flat naming. `label` is nProbe's label as the template wrote it: naming nprobe keeps it. */
export function jsonKey(element: Element, naming: 'ipfix' | 'nprobe', label?: string): string {
  const first = element.labels[0];
  if (naming === 'nprobe') return label ?? first ?? upperSnake(element.name);
  if (element.field.enterprise === 'ntop') return `ntop.${first ?? upperSnake(element.name)}`;
  if (element.field.enterprise === 'antrea') return `antrea.${element.name}`;
  return element.name;
}

// nProbe's JSON writes epoch seconds under the labels of the SysUpTime elements, and both numbers of an application.
const nprobeValues: Readonly<Record<string, string>> = {
  flowStartSysUpTime: 'flowStartSeconds',
  flowEndSysUpTime: 'flowEndSeconds',
  l7Protocol: 'applicationNumbers',
};

/** The element whose value stands under its jsonKey(): another one only where nProbe's JSON differs from its IPFIX. */
export function jsonElement(element: Element, naming: Naming): Element {
  const other = naming === 'nprobe' ? nprobeValues[element.name] : undefined;
  return (other === undefined ? undefined : lookupElement(other)) ?? element;
}

/** ECS has no name for it: `netflow.` and Filebeat's snake_case, vendors in an object of their own. */
function netflowKey(element: Element): LineKey {
  const vendor = element.field.enterprise;
  const apart = vendor === 'ntop' || vendor === 'antrea';
  const label = vendor === 'ntop' ? element.labels[0]?.toLowerCase() : undefined;
  return {
    path: apart ? ['netflow', vendor] : ['netflow'],
    key: label ?? snakeCase(element.name),
    form: 'plain',
    element,
  };
}

function forVersion(name: string, version: 4 | 6): Element | undefined {
  const element = elementByName(name);
  return element.family === 0 || element.family === version ? element : twinOf(element);
}

function documentKey(entry: DocumentKey, version: 4 | 6, biflow: boolean): LineKey | undefined {
  const path = entry.key.split('.');
  const key = path.pop() ?? '';
  const { source, form } = entry;
  if ('setting' in source) return { path, key, form, setting: source.setting };
  if ('constant' in source) return { path, key, form, constants: [source.constant] };
  if ('constants' in source) return { path, key, form, constants: [source.constants[version === 4 ? 0 : 1]] };
  const element = forVersion(biflow ? source.element : (source.uniflow ?? source.element), version);
  return element === undefined || (element.reverse && !biflow) ? undefined : { path, key, form, element };
}

/** Fields of an object stand together, in the order in which the first of them came. */
function together(keys: readonly LineKey[], depth = 0): LineKey[] {
  const groups = new Map<string, LineKey[]>();
  for (const key of keys) {
    const step = key.path[depth] === undefined ? `.${key.key}` : key.path[depth];
    groups.set(step, [...(groups.get(step) ?? []), key]);
  }
  return [...groups.values()].flatMap((group) =>
    group[0]?.path[depth] === undefined ? group : together(group, depth + 1),
  );
}

/** Which elements the document says, by name; twins say each other. */
function saidBy(keys: readonly LineKey[], entries: readonly DocumentKey[]): Set<string> {
  const names = [
    ...keys.flatMap(({ element }) => (element === undefined ? [] : [element, twinOf(element)])),
    ...entries.flatMap(({ says }) => says.map((name) => elementByName(name))),
  ];
  return new Set(names.flatMap((element) => (element === undefined ? [] : [element.name])));
}

const eventElements = ['eventType', 'eventName'];

function documentOf(naming: 'ecs' | 'goflow2', asked: ReadonlySet<string>): readonly DocumentKey[] {
  if (naming === 'goflow2') return goflow2;
  return eventElements.some((name) => asked.has(name)) ? ecsEvents : ecs;
}

/** What a line of one IP version holds, in order, and the elements of the template that the naming has no place for. */
export function lineKeys(
  fields: readonly NamedElement[],
  naming: Naming,
  version: 4 | 6,
  biflow: boolean,
): { keys: LineKey[]; leftOut: Element[] } {
  if (naming === 'ipfix' || naming === 'nprobe') {
    const keys = fields.map(({ element, label }) => ({
      path: [],
      key: jsonKey(element, naming, label),
      form: 'plain' as const,
      element: jsonElement(element, naming),
    }));
    return { keys, leftOut: [] };
  }
  const asked = new Set(fields.map(({ element }) => element.name));
  const entries = documentOf(naming, asked);
  const keys = entries
    .filter(({ when }) => when === 'always' || when.some((name) => asked.has(name)))
    .map((entry) => documentKey(entry, version, biflow && !forcesUniflow(naming)))
    .filter((key) => key !== undefined);
  const said = saidBy(keys, entries);
  const rest = fields.map(({ element }) => element).filter(({ name }) => !said.has(name));
  return naming === 'ecs'
    ? { keys: together([...keys, ...rest.map(netflowKey)]), leftOut: [] }
    : { keys, leftOut: rest };
}

/** Adds a key, or what it says in other records to the one that is there. */
function addKey(to: Map<string, LineKey>, key: LineKey): void {
  const name = [...key.path, key.key].join('.');
  const known = to.get(name) ?? key;
  const constants = new Set([...(known.constants ?? []), ...(key.constants ?? [])]);
  const twin = known.element && twinOf(known.element);
  to.set(name, {
    ...known,
    ...(constants.size > 0 ? { constants: [...constants] } : {}),
    ...(known.element === undefined && key.element !== undefined ? { element: key.element } : {}),
    ...(twin !== undefined && twin === key.element ? { twin } : {}),
  });
}

/** Every key a line of a naming may have, alternative nProbe labels included. */
export function allKeys(naming: Naming): LineKey[] {
  if (naming === 'nprobe') {
    return elements().flatMap((element) =>
      (element.labels.length === 0 ? [undefined] : element.labels).flatMap(
        (label) => lineKeys([label === undefined ? { element } : { element, label }], naming, 4, true).keys,
      ),
    );
  }
  if (naming === 'ipfix')
    return lineKeys(
      elements().map((element) => ({ element })),
      naming,
      4,
      true,
    ).keys;
  const merged = new Map<string, LineKey>();
  const flow = elements().filter(({ name }) => !eventElements.includes(name));
  const all = naming === 'ecs' ? [flow, elements()] : [elements()];
  for (const [biflow, wanted] of [true, false].flatMap((flag) => all.map((list) => [flag, list] as const))) {
    const fields = wanted.flatMap((element) => (element.reverse && !biflow ? [] : [{ element }]));
    for (const version of [4, 6] as const) {
      for (const key of lineKeys(fields, naming, version, biflow).keys) addKey(merged, key);
    }
  }
  return together([...merged.values()]);
}
