// Records as JSON lines, each judged by its naming's schema.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import type { Naming } from '../../src/fields/naming.js';
import { planFields, type Template } from '../../src/fields/template.js';
import type { EncoderSpec } from '../../src/native/boundary.js';
import { packageRoot } from '../../src/native/load.js';
import { checkEcs } from './ecs_fields.js';
import { type MeteredFlows, wireSpec } from './encode_run.js';

/** What a JSON encoder of this template writes. */
export function jsonSpec(template: Template, naming: Naming, changes: Partial<EncoderSpec> = {}): EncoderSpec {
  const { fields4, fields6 } = planFields(template, { naming, biflow: changes.biflow ?? true });
  return { ...wireSpec([]), format: 'json', fields4, fields6, ...changes };
}

export type Line = Record<string, unknown>;

/** Lines of these flows, each as the naming's schema says. */
export function linesOf(flows: MeteredFlows, spec: EncoderSpec, naming: Naming): Line[] {
  const schema = JSON.parse(readFileSync(join(packageRoot(), 'config', 'schema', `${naming}.json`), 'utf8')) as object;
  const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(schema);
  return flows.encode(spec).messages.map((line) => {
    const flow = JSON.parse(line.toString()) as Line;
    assert.ok(validate(flow), `${line.toString()}: ${JSON.stringify(validate.errors)}`);
    if (naming === 'ecs') checkEcs(flow);
    return flow;
  });
}

/** What stands under a dotted key. */
export const under = (line: unknown, key: string): unknown =>
  key.split('.').reduce<unknown>((value, step) => (value as Line | undefined)?.[step], line);
