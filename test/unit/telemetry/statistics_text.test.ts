import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { statisticsText } from '../../../src/telemetry/statistics_text.js';
import { oneSink, statusDocument } from '../../support/status_documents.js';

test('one value a line, dotted names, lists by number', () => {
  const text = statisticsText({
    on: true,
    unknown: null,
    gone: undefined,
    meter: { frames: 12, outcomes: { metered: 12 } },
    sinks: [{ name: 'a' }, { name: '' }],
    files: ['x'],
  });
  assert.equal(
    text,
    'on: true\nunknown: unknown\nmeter.frames: 12\nmeter.outcomes.metered: 12\nsinks: 2\nsink.1.name: a\nsink.2.name: \nfiles: 1\nfile.1: x\n',
  );
});

test('a name cannot make a line of its own', () => {
  const name = 'file:///tmp/a\nmeter.frames: 9\u001b[2J\u202e';
  const text = statisticsText(statusDocument({ sinks: () => [oneSink({ name })] }));
  assert.equal(text.match(/^meter\.frames: /gm)?.length, 1);
  assert.match(text, /^sink\.1\.name: file:\/\/\/tmp\/a\\nmeter\.frames: 9\\u001b\[2J\\u202e$/m);
  for (const line of text.trimEnd().split('\n')) assert.match(line, /^[A-Za-z0-9.]+: .*$/);
});

test('names are unique, and awk reads them', () => {
  const text = statisticsText(statusDocument());
  const names = text.split('\n').map((line) => line.split(':')[0]);
  assert.equal(new Set(names).size, names.length);
  const sums = spawnSync('awk', ['-F: ', '/^meter.outcomes/ { sum += $2 } END { print sum }'], { input: text });
  assert.equal(sums.stdout.toString(), '1001\n');
});
