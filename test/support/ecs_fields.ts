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
  ip: (value) => [value].flat().every((item) => typeof item === 'string' && /^[0-9a-f.:]+$/.test(item)),
  keyword: (value) =>
    typeof value === 'string' || (Array.isArray(value) && value.every((item) => typeof item === 'string')),
  long: (value) => Number.isSafeInteger(value),
  wildcard: (value) => typeof value === 'string',
};

/** Not of ECS, but where Packetbeat puts the process at the destination. */
const packetbeat = /^destination\.process\./;

/** The field whose type the value has to have: labels are an object whose keys ECS does not name. */
function fieldOf(name: string, fields: ReadonlyMap<string, string>): string | undefined {
  const object = /^container\.labels(?=\.)/.exec(name)?.[0];
  if (object !== undefined && fields.get(object) === 'object') return 'keyword';
  return fields.get(name.replace(packetbeat, 'process.'));
}

/** True for a key of ECS, or one that documents.ts names as custom. */
export function isEcsKey(name: string): boolean {
  return name.startsWith('netflow.') || fieldOf(name, ecsFields()) !== undefined;
}

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
    const type = fieldOf(name, fields);
    assert.ok(type, `${name} is no ECS field`);
    assert.ok(judges[type]?.(value), `${name} is ${JSON.stringify(value)}, not of type ${type}`);
  }
}
