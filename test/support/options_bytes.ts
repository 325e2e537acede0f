// Options templates and rows as octets: what the native OptionsEncoder writes, for tests of what is given to it.
import type { OptionsField, OptionsRow, OptionsTemplate } from '../../src/native/boundary.js';
import { optionsTemplate, set, u16, variable } from './ipfix_bytes.js';

type Value = OptionsRow[number];

function fixed(value: Value, { length, type }: OptionsField): Buffer {
  const octets = Buffer.alloc(length);
  if (type === 'string') octets.write(String(value), 'utf8');
  else if (type === 'float64') octets.writeDoubleBE(Number(value));
  else for (let at = length - 1, rest = BigInt(value); at >= 0; at--, rest >>= 8n) octets[at] = Number(rest & 255n);
  return octets;
}

function row(template: OptionsTemplate, values: OptionsRow): Buffer {
  if (values.length !== template.fields.length) throw new Error(`template ${template.id}: ${values.length} values`);
  const octets = (field: OptionsField, value: Value) =>
    field.length === 65535 ? variable(value) : fixed(value, field);
  return Buffer.concat(template.fields.map((field, at) => octets(field, values[at]!)));
}

/** Options Template Set of RFC 7011 section 3.4.2.2. */
export function ipfixTemplateSet({ id, scopes, fields }: OptionsTemplate): Buffer {
  const specifiers = fields.map((field) =>
    field.enterprise === 0
      ? ([field.id, field.length] as const)
      : ([field.id, field.length, field.enterprise] as const),
  );
  return set(3, optionsTemplate(id, scopes, specifiers));
}

function padded(octets: Buffer): Buffer {
  return Buffer.concat([octets, Buffer.alloc(-octets.length & 3)]);
}

/** Options Template FlowSet of RFC 3954 section 6.1. */
export function netflow9TemplateSet({ id, scopes, fields }: OptionsTemplate): Buffer {
  const specifiers = fields.map((field) => u16(field.id, field.length));
  return set(1, padded(Buffer.concat([u16(id, scopes * 4, (fields.length - scopes) * 4), ...specifiers])));
}

export function dataSet(template: OptionsTemplate, rows: readonly OptionsRow[], align = false): Buffer {
  const body = Buffer.concat(rows.map((values) => row(template, values)));
  return set(template.id, align ? padded(body) : body);
}
