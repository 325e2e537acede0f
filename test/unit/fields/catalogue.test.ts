// The catalogue against the registries: IANA's (a trimmed copy is committed) and ntop's (when the data folder is there).
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { catalogue } from '../../../src/fields/catalogue.js';
import { elements, isPaired, typeLengths, variableLength } from '../../../src/fields/elements.js';
import type { Element } from '../../../src/fields/field.js';
import { packageRoot } from '../../../src/native/load.js';
import { dataFolder } from '../../support/captures.js';
import { parseCsvTable } from '../../support/csv.js';

const support = join(packageRoot(), 'test', 'support');
const ianaRows = parseCsvTable(readFileSync(join(support, 'iana-ipfix.csv'), 'utf8'));
const ntopFile = join(dataFolder, 'registries', 'pen-35632-ntop.csv');
const needsNtop = existsSync(ntopFile) ? {} : { skip: 'no registries at WEIR_DATA or ../shared/data' };

/** Deprecated by IANA, kept for collectors that know nothing newer; no template of ours names them. */
const legacy = ['samplingInterval'];

const ownText = (element: Element): string => `${element.id} ${element.name} ${element.type}`;

test('the catalogue has the rows that the measures need', () => {
  assert.ok(catalogue.length >= 120, `${catalogue.length} rows`);
});

test('every IANA element agrees with the registry', () => {
  const wrong: string[] = [];
  for (const element of elements().filter(({ field }) => field.enterprise === 'iana' && field.sharesId === undefined)) {
    const { field, id, reverse } = element;
    const row = ianaRows.find((candidate) => Number(candidate.id) === id);
    assert.ok(row, `IANA has no element ${id} (${element.name})`);
    const name = reverse ? `reverse${row.name!.charAt(0).toUpperCase()}${row.name!.slice(1)}` : row.name;
    if (element.name !== name) wrong.push(`${element.name} is called ${name} by IANA`);
    if (element.type !== row.type) wrong.push(`${element.name} is ${row.type}`);
    if ((field.semantics ?? '') !== row.semantics) wrong.push(`${element.name} has semantics '${row.semantics}'`);
    if ((field.units ?? '') !== row.units) wrong.push(`${element.name} has units '${row.units}'`);
    if (row.status !== 'current' && !legacy.includes(element.name)) wrong.push(`${element.name} is ${row.status}`);
  }
  assert.deepEqual(wrong, []);
});

test('a row that shares an id has the type of the row it shares it with', () => {
  for (const field of catalogue.filter(({ sharesId }) => sharesId !== undefined)) {
    const other = catalogue.find(({ name }) => name === field.sharesId);
    assert.ok(other, `${field.name} shares the id of ${field.sharesId}`);
    const identity = [field.enterprise, field.id, field.type, field.length];
    assert.deepEqual(identity, [other.enterprise, other.id, other.type, other.length]);
  }
});

test("every ntop element agrees with ntop's registry in label, id and size", needsNtop, () => {
  const rows = parseCsvTable(readFileSync(ntopFile, 'utf8'));
  const wrong: string[] = [];
  for (const element of elements().filter(({ enterprise }) => enterprise === 35632)) {
    const row = rows.find((candidate) => Number(candidate.ElementID) === element.id);
    if (!row) wrong.push(`ntop has no element ${element.id} (${element.name})`);
    else if (row.Name !== element.labels[0]) wrong.push(`${element.id} is ${row.Name}, not ${element.labels[0]}`);
    else if (element.type !== 'string' && Number(row.Length) !== element.length) {
      wrong.push(`${row.Name} has ${row.Length} octets, not ${element.length}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('names, labels and numbers are unique', () => {
  const seen = new Map<string, string>();
  const numbers = new Map<string, string>();
  for (const element of elements()) {
    for (const name of [element.name, ...element.labels]) {
      const key = name.toLowerCase();
      assert.equal(seen.get(key), undefined, `${name} names ${seen.get(key)} and ${element.name}`);
      seen.set(key, element.name);
    }
    if (element.field.sharesId !== undefined) continue;
    const number = `${element.enterprise}.${element.id}`;
    assert.equal(numbers.get(number), undefined, `${number} is ${numbers.get(number)} and ${element.name}`);
    numbers.set(number, element.name);
    assert.ok(element.id >= 1 && element.id <= 32767);
  }
});

test('own numbers never change their meaning: own-elements.txt is only ever appended to', () => {
  const own = elements().filter(({ enterprise }) => enterprise === 'own');
  const lines = readFileSync(join(support, 'own-elements.txt'), 'utf8').split('\n');
  const known = lines.filter((line) => /^\d/.test(line));
  const now = new Set(own.map(ownText));
  assert.deepEqual(
    known.filter((line) => !now.has(line)),
    [],
    'these own elements were changed or removed',
  );
  assert.deepEqual(
    [...now].filter((line) => !known.includes(line)),
    [],
    'append these to test/support/own-elements.txt',
  );
});

test('twins name each other, have the same shape and the other IP version', () => {
  for (const field of catalogue.filter(({ twin }) => twin !== undefined)) {
    const twin = catalogue.find(({ name }) => name === field.twin);
    assert.ok(twin, `${field.name} names the twin ${field.twin}`);
    assert.equal(twin.twin, field.name);
    assert.deepEqual([field.family, twin.family].sort(), [4, 6]);
    assert.equal(isPaired(twin), isPaired(field));
  }
});

test('reduced sizes only where RFC 7011 section 6.2 allows them', () => {
  for (const { name, length, type } of elements()) {
    const full = typeLengths[type];
    if (length === full) continue;
    const reducible = /^unsigned(16|32|64)$/.test(type) && length < full && length > 0;
    const fixed = full === variableLength && length < 256;
    assert.ok(reducible || fixed, `${name} has ${length} octets`);
  }
});
