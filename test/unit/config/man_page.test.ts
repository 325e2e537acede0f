// The manual page: what it must hold, and that groff and mandoc have nothing to say about it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { commands } from '../../../src/config/argv.js';
import { manPage, roffText } from '../../../src/config/man_page.js';
import { longFlag, optionNames } from '../../../src/config/options.js';
import { sinkParameters } from '../../../src/config/sink_parameters.js';
import { errorKinds } from '../../../src/errors.js';
import { packageRoot, packageVersion } from '../../../src/native/load.js';
import { installed } from '../../support/completing_shells.js';

const file = join(packageRoot(), 'config', 'weir.1');

function needs(command: string): { skip?: string } {
  return installed(command) ? {} : { skip: `not installed: ${command}` };
}

/** The page as a terminal shows it, in one line a paragraph. */
function shown(): string {
  const done = spawnSync('man', ['-l', file], {
    encoding: 'utf8',
    env: { ...process.env, MANWIDTH: '1000', LC_ALL: 'C.UTF-8' },
  });
  assert.equal(done.status, 0, done.stderr);
  return done.stdout;
}

test('every option, command, sink parameter and error code is in the page', needs('man'), () => {
  const text = shown();
  for (const name of optionNames) assert.match(text, new RegExp(`--(\\[no-\\])?${longFlag(name)}\\b`), name);
  for (const name of Object.keys(commands)) assert.match(text, new RegExp(`^ +weir ${name}\\b`, 'm'), name);
  for (const name of Object.keys(sinkParameters)) assert.match(text, new RegExp(`^ +${name}=`, 'm'), name);
  for (const name of Object.keys(errorKinds)) assert.ok(text.includes(name), name);
  const sections = [...text.matchAll(/^([A-Z][A-Z ]+)$/gm)].map(([, name]) => name);
  assert.deepEqual(sections, [
    ...['NAME', 'SYNOPSIS', 'DESCRIPTION', 'COMMANDS', 'OPTIONS', 'SINKS', 'TEMPLATES', 'SIGNALS', 'EXIT STATUS'],
    ...['ENVIRONMENT', 'FILES', 'EXAMPLES', 'SEE ALSO'],
  ]);
  assert.match(text, new RegExp(`weir ${packageVersion()} +\\d{4}-\\d\\d-\\d\\d`));
});

test('mandoc has no warning', needs('mandoc'), () => {
  const { status, stdout, stderr } = spawnSync('mandoc', ['-T', 'lint', '-W', 'warning', file], { encoding: 'utf8' });
  assert.deepEqual({ status, said: stdout + stderr }, { status: 0, said: '' });
});

test('groff has no warning', needs('groff'), () => {
  const { status, stderr } = spawnSync('groff', ['-man', '-ww', '-Tutf8', file], { encoding: 'utf8' });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
});

test('what roff would read as its own is escaped', needs('groff'), () => {
  const text = `it's \\fB "a-b" .x ~^\` µ €`;
  const { stdout } = spawnSync('groff', ['-man', '-ww', '-Tutf8', '-P-cbou'], {
    input: `.TH X 1\n${roffText(text)}\n`,
    encoding: 'utf8',
  });
  assert.ok(stdout.includes(text), stdout);
  const page = manPage({
    version: packageVersion(),
    templates: [{ name: 'odd', comment: ".begins' with\n'a dot. More." }],
  });
  assert.match(page, /\n\\fBodd\\fR\n\\&\.begins\\\(aq with \\\(aqa dot\.\n/);
  assert.doesNotMatch(page, /\n'/);
});

test('the page has no clock in it: a version without a day is refused', () => {
  assert.throws(() => manPage({ version: '99.0.0', templates: [] }), /releaseDays/);
  assert.match(readFileSync(file, 'utf8'), /^\.TH WEIR 1 "\d{4}-\d\d-\d\d" /m);
});
