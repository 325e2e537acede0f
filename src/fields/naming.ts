// JSON keys and text headings: how an element is called in each naming.
import { elements, lookupElement } from './elements.js';
import type { Element } from './field.js';

/** `ipfix`: IANA's and our names, vendor elements with a prefix. `nprobe`: nProbe's labels. */
export const namings = ['ipfix', 'nprobe'] as const;
export type Naming = (typeof namings)[number];

/** camelCase to UPPER_SNAKE: reverseOctetDeltaCount, IPSecSPI -> REVERSE_OCTET_DELTA_COUNT, IPSEC_SPI. */
export function upperSnake(name: string): string {
  return name
    .replace(/IPv([46])/g, 'Ipv$1')
    .replace(/IPSec/g, 'Ipsec')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toUpperCase();
}

/** The key of an element. `label` is nProbe's label as the template wrote it: naming nprobe keeps the user's choice. */
export function jsonKey(element: Element, naming: Naming, label?: string): string {
  const first = element.labels[0];
  if (naming === 'nprobe') return label ?? first ?? upperSnake(element.name);
  if (element.field.enterprise === 'ntop') return `ntop.${first ?? upperSnake(element.name)}`;
  if (element.field.enterprise === 'antrea') return `antrea.${element.name}`;
  return element.name;
}

// nProbe's JSON writes epoch seconds under the labels of the SysUpTime elements.
const nprobeValues: Readonly<Record<string, string>> = {
  flowStartSysUpTime: 'flowStartSeconds',
  flowEndSysUpTime: 'flowEndSeconds',
};

/** The element whose value stands under its jsonKey(): another one only where nProbe's JSON differs from its IPFIX. */
export function jsonElement(element: Element, naming: Naming): Element {
  const other = naming === 'nprobe' ? nprobeValues[element.name] : undefined;
  return (other === undefined ? undefined : lookupElement(other)) ?? element;
}

/** Every key of a naming with its element, in table order; alternative nProbe labels included. */
export function allKeys(naming: Naming): { key: string; element: Element }[] {
  return elements().flatMap((element) =>
    naming === 'nprobe' && element.labels.length > 0
      ? element.labels.map((label) => ({ key: label, element: jsonElement(element, naming) }))
      : [{ key: jsonKey(element, naming), element: jsonElement(element, naming) }],
  );
}
