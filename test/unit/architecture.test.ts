// Dependencies run one way (DESIGN section 2): read from the imports and #includes themselves.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/native/load.js';

const root = packageRoot();

/** Rooms of src/ and what each may import. Types of native/boundary.ts are a contract and free for all but sinks. */
const typeScriptRooms: Record<string, string[]> = {
  errors: [],
  secrets: [],
  fields: ['errors'],
  config: ['errors', 'fields', 'secrets'],
  native: ['errors', 'fields', 'config'],
  metering: ['errors', 'fields', 'config', 'native'],
  identity: ['errors', 'config', 'native', 'telemetry'],
  sinks: ['errors', 'secrets'],
  telemetry: ['errors', 'secrets'],
  spool: ['errors', 'sinks'],
  ipfix: ['errors', 'fields'],
  exporting: ['errors', 'fields', 'config', 'native', 'metering', 'sinks', 'spool', 'ipfix', 'telemetry'],
  capabilities: [],
  service: ['errors', 'fields', 'capabilities', 'telemetry'],
  process_view: ['capabilities'],
  doctor: ['errors', 'config', 'native', 'capabilities', 'process_view', 'telemetry'],
  privileges: ['errors', 'config', 'native', 'capabilities', 'telemetry'],
  attribution_run: [
    'errors',
    'fields',
    'config',
    'native',
    'metering',
    'exporting',
    'identity',
    'process_view',
    'telemetry',
  ],
  dpi_run: ['errors', 'fields', 'config', 'native', 'exporting', 'telemetry', 'secrets'],
  run_summary: ['native', 'exporting', 'telemetry', 'attribution_run'],
  status_run: ['errors', 'config', 'native', 'exporting', 'telemetry', 'attribution_run'],
  app: [
    'attribution_run',
    'status_run',
    'dpi_run',
    'run_summary',
    'privileges',
    'process_view',
    'errors',
    'fields',
    'config',
    'native',
    'metering',
    'sinks',
    'spool',
    'ipfix',
    'telemetry',
    'exporting',
    'identity',
    'capabilities',
  ],
  top: ['errors', 'fields', 'config', 'telemetry', 'ipfix'],
  cli: ['*'],
};

const nativeRooms: Record<string, string[]> = {
  base: [],
  fields: ['base'],
  capture: ['base'],
  decode: ['base', 'fields', 'capture'],
  attribution: ['base', 'fields', 'capture', 'ebpf'],
  dpi: ['base', 'fields', 'decode'],
  metering: ['base', 'fields', 'capture', 'decode', 'attribution', 'dpi'],
  encode: ['base', 'fields'],
  kafka: ['base'],
  binding: ['base', 'fields', 'capture', 'decode', 'attribution', 'dpi', 'metering', 'encode', 'kafka', 'ebpf'],
};

function files(folder: string, endings: string[]): string[] {
  return readdirSync(join(root, folder), { recursive: true })
    .map(String)
    .filter((name) => endings.some((ending) => name.endsWith(ending)))
    .map((name) => join(folder, name));
}

test('TypeScript imports follow the one-way order', () => {
  const wrong: string[] = [];
  for (const file of files('src', ['.ts', '.tsx'])) {
    const inside = relative('src', file);
    const room = inside.split('/')[0]!.replace(/\.tsx?$/, '');
    const allowed = typeScriptRooms[room];
    assert.ok(allowed, `src/${room} has no line in the architecture test`);
    const text = readFileSync(join(root, file), 'utf8');
    for (const match of text.matchAll(
      /^\s*(import|export)\s+(type\s)?[^;]*?from '(\.[^']+)'|import\('(\.[^']+)'\)/gm,
    )) {
      const target = relative('src', join(dirname(file), match[3] ?? match[4]!));
      const used = target.split('/')[0]!.replace(/\.js$/, '');
      const contract = match[2] && target === 'native/boundary.js' && room !== 'sinks';
      if (used === room || contract || allowed.includes('*') || allowed.includes(used)) continue;
      wrong.push(`${file} uses ${target}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('native #includes follow the one-way order', () => {
  const wrong: string[] = [];
  for (const file of files('native/src', ['.h', '.cc'])) {
    const room = relative('native/src', file).split('/')[0]!;
    const allowed = nativeRooms[room];
    assert.ok(allowed, `native/src/${room} has no line in the architecture test`);
    for (const match of readFileSync(join(root, file), 'utf8').matchAll(/^#include "(?:\.\.\/)?([^"/]+)\//gm)) {
      if (match[1] !== room && !allowed.includes(match[1]!)) wrong.push(`${file} includes ${match[1]}/`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('only the binding knows Node-API, only load.ts loads the addon, only the cli touches the process', () => {
  for (const file of files('native/src', ['.h', '.cc'])) {
    const napi = readFileSync(join(root, file), 'utf8').includes('<napi.h>');
    assert.equal(napi && !file.startsWith('native/src/binding/'), false, `${file} includes <napi.h>`);
  }
  for (const file of files('src', ['.ts', '.tsx'])) {
    const text = readFileSync(join(root, file), 'utf8');
    if (file !== 'src/native/load.ts') assert.doesNotMatch(text, /weir\.node/, file);
    if (file !== 'src/cli.ts' && file !== 'src/fields/generate.ts') {
      assert.doesNotMatch(text, /process\.(argv|env|exit|on)\b/, file);
    }
  }
});

test('no room or file is called utils, common, helpers or manager', () => {
  const names = [
    ...files('src', ['.ts', '.tsx']),
    ...files('native/src', ['.h', '.cc']),
    ...files('test', ['.ts', '.tsx', '.cc']),
  ];
  assert.deepEqual(
    names.filter((name) => /(^|[/_-])(utils?|common|helpers?|managers?)([/_.-]|$)/i.test(name)),
    [],
  );
});
