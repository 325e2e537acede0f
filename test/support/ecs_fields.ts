// Judges a line of naming ecs by the names and types of the Elastic Common Schema (ecs-fields.txt).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/native/load.js';

/** Elasticsearch type of each field name. */
export function ecsFields(): Map<string, string> {
  const text = readFileSync(join(packageRoot(), 'test', 'support', 'ecs-fields.txt'), 'utf8');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => line.split(' ') as [string, string]));
}

function isDate(value: unknown): boolean {
  const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
  return typeof value === 'string' ? iso.test(value) : Number.isSafeInteger(value);
}

const judges: Readonly<Record<string, (value: unknown) => boolean>> = {
  date: isDate,
  ip: (value) => typeof value === 'string' && /^[0-9a-f.:]+$/.test(value),
  keyword: (value) =>
    typeof value === 'string' || (Array.isArray(value) && value.every((item) => typeof item === 'string')),
  long: (value) => Number.isSafeInteger(value),
};

/** Leaves of nested objects by dotted name. */
export function dotted(value: object, path = ''): [string, unknown][] {
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? dotted(inner, `${path}${key}.`)
      : [[`${path}${key}`, inner] as [string, unknown]],
  );
}

/** Asserts that every key is a field of ECS with a value of its type, or stands under netflow. */
export function checkEcs(document: object): void {
  const fields = ecsFields();
  for (const [name, value] of dotted(document)) {
    if (name.startsWith('netflow.')) continue;
    const type = fields.get(name);
    assert.ok(type, `${name} is no ECS field`);
    assert.ok(judges[type]?.(value), `${name} is ${JSON.stringify(value)}, not of type ${type}`);
  }
}
