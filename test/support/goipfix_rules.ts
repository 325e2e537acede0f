// What collectors built on go-ipfix can read, as rules on the bytes of messages.

import { elements } from '../../src/fields/elements.js';

/** Octets of types at full size; what is not here has any. */
const fullSizes: Record<string, number> = {
  ...{ unsigned8: 1, unsigned16: 2, unsigned32: 4, unsigned64: 8, float64: 8, boolean: 1 },
  ...{ ipv4Address: 4, ipv6Address: 16, macAddress: 6, dateTimeSeconds: 4, dateTimeMilliseconds: 8 },
};

interface Field {
  enterprise: number;
  id: number;
  length: number;
}

function fieldsOf(template: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 4;
  for (let count = template.readUInt16BE(2); count > 0; count--) {
    const id = template.readUInt16BE(at);
    const length = template.readUInt16BE(at + 2);
    const enterprise = id & 0x8000 ? template.readUInt32BE(at + 4) : 0;
    fields.push({ enterprise, id: id & 0x7fff, length });
    at += id & 0x8000 ? 8 : 4;
  }
  return fields;
}

function fieldProblems({ enterprise, id, length }: Field): string[] {
  const element = elements().find((one) => one.enterprise === enterprise && one.id === id);
  if (element === undefined) return [`unknown element ${enterprise}/${id}`];
  if (/^dateTime(Micro|Nano)seconds$/.test(element.type)) return [`${element.name} is a ${element.type}`];
  const full = fullSizes[element.type];
  return full === undefined || full === length ? [] : [`${element.name} has ${length} octets, its type ${full}`];
}

/** What breaks the rules in the messages of one session; none when all is well. */
export function goIpfixProblems(messages: readonly Buffer[]): string[] {
  const problems: string[] = [];
  const recordLengths = new Map<number, number>();
  for (const [index, message] of messages.entries()) {
    const id = message.readUInt16BE(16);
    const set = message.subarray(20, 16 + message.readUInt16BE(18));
    if (20 + set.length !== message.length) problems.push(`message ${index} has more than one set`);
    if (id === 3) problems.push(`message ${index} has an options template`);
    if (id === 2) {
      const fields = fieldsOf(set);
      problems.push(...fields.flatMap(fieldProblems));
      recordLengths.set(
        set.readUInt16BE(0),
        fields.reduce((sum, { length }) => sum + (length === 65535 ? Number.NaN : length), 0),
      );
      const octets = 4 + fields.reduce((sum, { enterprise }) => sum + (enterprise === 0 ? 4 : 8), 0);
      if (octets !== set.length) problems.push(`message ${index}: the template set has padding or a second template`);
    }
    const length = recordLengths.get(id);
    if (id >= 256 && length === undefined) problems.push(`message ${index}: data before its template`);
    if (length !== undefined && set.length % length !== 0) problems.push(`message ${index}: padding in a data set`);
  }
  return problems;
}
