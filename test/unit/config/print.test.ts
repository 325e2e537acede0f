import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseArguments } from '../../../src/config/argv.js';
import { findOption, helpText, optionPage, wrap } from '../../../src/config/help.js';
import { loadOptions } from '../../../src/config/load.js';
import { environmentName, groups, longFlag, optionNames, optionOf } from '../../../src/config/options.js';
import { effectiveYaml, optionsMarkdown, weirYaml } from '../../../src/config/print.js';
import { fillTables, generatedFiles } from '../../../src/config/reference.js';
import { loadTemplates } from '../../../src/fields/template.js';
import { packageRoot, packageVersion } from '../../../src/native/load.js';

function fromText(text: string): ReturnType<typeof loadOptions> {
  return loadOptions({ assignments: parseArguments(['-c', 'x.yaml']).assignments, env: {}, readFile: () => text });
}

test('generated files equal the committed ones', () => {
  const readme = join(packageRoot(), 'README.md');
  const text = existsSync(readme) ? readFileSync(readme, 'utf8') : '';
  const templates = [...loadTemplates(join(packageRoot(), 'templates')).values()];
  for (const { path, content } of generatedFiles(text, { version: packageVersion(), templates })) {
    assert.equal(
      readFileSync(join(packageRoot(), path), 'utf8'),
      content,
      `${path} is out of date: run npm run generate`,
    );
  }
});

test('weir.yaml loads to the defaults, as it is and with every option put in', () => {
  const defaults = { ...loadOptions({ assignments: [], env: {} }).options, config: 'x.yaml' };
  assert.deepEqual(fromText(weirYaml()).options, defaults);
  const all = weirYaml().replaceAll(/^#(?=\w+:)/gm, '');
  for (const name of optionNames.filter((one) => optionOf(one).inFile !== false))
    assert.match(all, new RegExp(`^${name}:`, 'm'));
  assert.deepEqual(fromText(all).options, defaults);
});

test('the effective configuration reads back to itself and says where values come from', () => {
  const { assignments } = parseArguments([
    '-r',
    'a b.pcap',
    '--to',
    'udp://c:1',
    '-t',
    '90',
    '-f',
    "host 'x'",
    '--tunnels',
  ]);
  const { options, places } = loadOptions({ assignments, env: { WEIR_WORKERS: '3' } });
  const text = effectiveYaml(options, places);
  assert.deepEqual({ ...fromText(text).options, config: '' }, options);
  assert.match(text, /^activeTimeout: 90s # -t$/m);
  assert.match(text, /^workers: 3 # WEIR_WORKERS$/m);
  assert.match(text, /^idleTimeout: 15s$/m);
});

test('help has every option, fits the width, and wraps whole words', () => {
  const help = helpText(80);
  for (const name of optionNames) {
    assert.match(help, new RegExp(`--(\\[no-\\])?${longFlag(name)}\\b`), name);
    const [letter] = optionOf(name).letters ?? '';
    if (letter) assert.ok(help.includes(`  -${letter}, --`), letter);
  }
  for (const heading of Object.values(groups)) assert.ok(help.includes(`\n${heading}:\n`));
  const wide = help
    .split('\n')
    .filter((line) => line.length > 80 && !line.startsWith('Every option') && !line.startsWith('(active'));
  assert.deepEqual(wide, []);
  assert.deepEqual(wrap('one two  three', 7), ['one two', 'three']);
  assert.deepEqual(wrap('', 7), []);
});

test('the page of one option, by any of its names', () => {
  for (const word of ['-t', 't', '--active-timeout', 'active-timeout', 'activeTimeout', 'WEIR_ACTIVE_TIMEOUT']) {
    assert.equal(findOption(word), 'activeTimeout');
  }
  assert.equal(findOption('--no-promiscuous'), 'promiscuous');
  assert.equal(findOption('nothing'), undefined);
  for (const name of optionNames) {
    const page = optionPage(name);
    assert.ok(page.includes(environmentName(name)) && page.includes(longFlag(name)), name);
  }
});

test('README tables: every option, and only what stands between the marks', () => {
  const table = optionsMarkdown();
  for (const name of optionNames) assert.match(table, new RegExp(`--(\\[no-\\])?${longFlag(name)}\\b`));
  const readme = 'before\n<!-- options -->\nthe old table\n<!-- /options -->\nafter $& $1\n';
  const filled = fillTables(readme);
  assert.ok(filled.startsWith('before\n<!-- options -->\n\n### '));
  assert.ok(filled.endsWith('<!-- /options -->\nafter $& $1\n'));
  assert.ok(!filled.includes('the old table'));
  assert.equal(fillTables(filled), filled);
  assert.equal(fillTables('no marks'), 'no marks');
});

test('every option: example and default are values of its format, doc is a sentence', () => {
  for (const name of optionNames) {
    const { kind, example, default: value, doc } = optionOf(name);
    assert.doesNotThrow(() => kind.parse(example), name);
    assert.deepEqual(kind.parse(kind.print(value)), value, name);
    assert.match(doc, /^[A-Z].*\.$/, name);
  }
});
