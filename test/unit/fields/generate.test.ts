// Drift: what is committed is what the catalogue generates. And the addon, when built, has the same table.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { catalogueHash, elementByName, elements } from '../../../src/fields/elements.js';
import { generatedFiles, netflow9Type, renderDefinitions, renderReference } from '../../../src/fields/render.js';
import { packageRoot, tryLoadAddon } from '../../../src/native/load.js';

for (const { path, content } of generatedFiles()) {
  test(`${path} is up to date (npm run generate)`, () => {
    assert.equal(readFileSync(join(packageRoot(), path), 'utf8'), content);
  });
}

test('fields.def carries the hash and every element once, in order', () => {
  const text = renderDefinitions();
  assert.ok(text.includes(`FIELD_HASH("${catalogueHash()}")`));
  const names = text
    .split('\n')
    .filter((line) => line.startsWith('FIELD_') && !line.startsWith('FIELD_HASH'))
    .flatMap((line) => [...line.matchAll(/"(\w+)"/g)].map((match) => match[1]));
  assert.deepEqual(
    names,
    elements().map((element) => element.name),
  );
});

test('the reference has a line for every element', () => {
  const text = renderReference();
  for (const { name, labels } of elements()) {
    const line = text.split('\n').find((candidate) => candidate.startsWith(`| \`${name}\` |`));
    assert.ok(line, `${name} is not in the reference`);
    for (const label of labels) assert.ok(line.includes(`\`${label}\``));
  }
});

test('NetFlow v9 field types: ids below 128, ntop at 57472 + id, none for the others', () => {
  assert.equal(netflow9Type(elementByName('IN_BYTES')), 1);
  assert.equal(netflow9Type(elementByName('CLIENT_NW_LATENCY_MS')), 57595);
  assert.equal(netflow9Type(elementByName('FLOW_END_REASON')), undefined);
  assert.equal(netflow9Type(elementByName('OUT_BYTES')), undefined);
});

const loaded = tryLoadAddon();
test('the addon was built from this catalogue', 'reason' in loaded ? { skip: loaded.reason } : {}, () => {
  if ('addon' in loaded) assert.equal(loaded.addon.catalogueHash, catalogueHash());
});
