// config/Dockerfile and .dockerignore without an engine: `npm run test:image` builds and runs them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { validate, ValidationSeverity } from 'dockerfile-utils';
import { parse } from 'yaml';
import { capabilityNeeds } from '../../../src/capabilities.js';
import { packageRoot } from '../../../src/native/load.js';

const root = packageRoot();
const text = readFileSync(join(root, 'config', 'Dockerfile'), 'utf8');
/** Instructions, continued lines as one, without what only lays them out. */
const instructions = text
  .replace(/^#.*\n/gm, '')
  .replace(/\\\n/g, ' ')
  .split('\n')
  .map((line) => /^([A-Z]+) +(.*)$/.exec(line.replace(/ +/g, ' ')))
  .flatMap((match) => (match ? [{ keyword: match[1]!, rest: match[2]! }] : []));
const argumentsOf = (keyword: string): string[] =>
  instructions.filter((one) => one.keyword === keyword).map(({ rest }) => rest);
const commands = argumentsOf('RUN');

/** Packages that the n-th RUN with apt-get installs. */
function installed(stage: number): string[] {
  const run = commands.filter((command) => command.includes('apt-get install'))[stage] ?? '';
  const list = /apt-get install -y --no-install-recommends (.*?) && /.exec(run)?.[1] ?? '';
  return list.split(' ').sort();
}

test('Dockerfile: no mistake, no warning, and what Docker would rather guess is said', () => {
  const found = validate(text, { deprecatedMaintainer: ValidationSeverity.ERROR });
  assert.deepEqual(
    found.map(({ message, range }) => `${range.start.line + 1}: ${message}`),
    [],
  );
  for (const run of commands.filter((command) => command.includes('apt-get install')))
    assert.match(run, /^apt-get update && .* && rm -rf \/var\/lib\/apt\/lists\/\*/);
  for (const form of ['ENTRYPOINT', 'CMD']) {
    const words: unknown = JSON.parse(argumentsOf(form)[0] ?? '');
    assert.ok(Array.isArray(words) && words.every((word) => typeof word === 'string'), `${form} is no list`);
  }
  assert.match(argumentsOf('USER')[0] ?? '', /^[1-9]\d*:[1-9]\d*$/, 'a number, not root');
  assert.deepEqual([argumentsOf('STOPSIGNAL'), argumentsOf('EXPOSE')], [['SIGTERM'], ['9464']]);
  assert.deepEqual(argumentsOf('ADD'), []);
});

test('Dockerfile: both stages are the same release, whose libraries the addon is linked to', () => {
  const images = argumentsOf('FROM').map((from) => from.split(' ')[0]);
  assert.equal(images.length, 2);
  assert.equal(new Set(images).size, 1);
});

test('Dockerfile: the build has the packages that npm run build installs', async () => {
  const { packages } = (await import(pathToFileURL(join(root, 'setup', 'steps.mjs')).href)) as {
    packages: Record<'build' | 'optional' | 'bpf', string[]>;
  };
  const wanted = [...packages.build, ...packages.optional, ...packages.bpf].map((name) => name.split(' | ')[0] ?? '');
  assert.deepEqual(installed(0), [...wanted, 'nodejs', 'npm', 'ca-certificates'].sort());
  assert.deepEqual(
    installed(1).filter((name) => name.endsWith('-dev')),
    [],
  );
});

test("Dockerfile: node's file capabilities are all that weir can use, permitted and not effective", () => {
  const given = /setcap (\S+?)=(\S+) \/usr\/lib\/weir\/node/.exec(commands.join('\n'));
  assert.deepEqual(
    (given?.[1] ?? '').split(',').sort(),
    [...new Set(capabilityNeeds.map(({ capability }) => `cap_${capability}`))].sort(),
  );
  assert.equal(given?.[2], 'p');
});

test('.dockerignore lets through what the Dockerfile copies, and the image has what the npm package has to run', () => {
  const through = readFileSync(join(root, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  const copies = argumentsOf('COPY').map((line) => line.split(' '));
  const fromHere = copies.filter(([first]) => !first?.startsWith('--from=')).flatMap((words) => words.slice(0, -1));
  for (const path of fromHere)
    assert.ok(
      through.some((one) => path === one || path.startsWith(`${one}/`)),
      `.dockerignore hides ${path}`,
    );
  for (const one of through)
    assert.ok(
      fromHere.some((path) => path === one || path.startsWith(`${one}/`)),
      `nothing copies ${one}`,
    );
  // Of the npm package: not its sources and what is built of them, nor documents.
  const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { files: string[] };
  const notToRun = ['native', 'config', 'setup', 'examples', 'README.md', 'LICENSE', 'src/ipfix/README.md'];
  const targets = copies.flatMap((words) => {
    const target = words.at(-1)!;
    const sources = words.slice(words[0]!.startsWith('--') ? 1 : 0, -1).map((path) => path.replace(/^\/weir\//, ''));
    return target.endsWith('/') ? sources.map((path) => target + path.split('/').at(-1)!) : [target];
  });
  const toRun = files.filter(
    (name) => !name.startsWith('!') && !notToRun.some((one) => name === one || name.startsWith(`${one}/`)),
  );
  for (const path of toRun) assert.ok(targets.includes(`/usr/lib/weir/${path}`), `the image has no ${path}`);
});

test('examples/docker-compose.yaml builds this Dockerfile and gives weir time to stop', () => {
  const { services } = parse(readFileSync(join(root, 'examples', 'docker-compose.yaml'), 'utf8')) as {
    services: Record<string, { build?: { context: string; dockerfile: string }; stop_grace_period?: string }>;
  };
  assert.deepEqual(services.weir?.build, { context: '..', dockerfile: 'config/Dockerfile' });
  assert.equal(services.weir?.stop_grace_period, '15s');
});
