import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../../src/native/load.js';
import { unitCapabilities, unitFiles } from '../../../src/service/units.js';

for (const { path, content } of unitFiles()) {
  test(`${path} equals the committed one`, () => {
    const committed = readFileSync(join(packageRoot(), path), 'utf8');
    assert.equal(committed, content, `${path} is out of date: run npm run generate`);
  });
}

test('the units give what live capture and attribution need, and no more', () => {
  const wanted = ['NET_RAW', 'BPF', 'PERFMON', 'NET_ADMIN', 'SYS_PTRACE', 'DAC_READ_SEARCH'].map(
    (name) => `CAP_${name}`,
  );
  assert.deepEqual(unitCapabilities(), wanted);
  for (const { content } of unitFiles())
    for (const set of ['AmbientCapabilities', 'CapabilityBoundingSet'])
      assert.ok(content.includes(`\n${set}=${wanted.join(' ')}\n`), set);
});

test('no setting stands twice by mistake', () => {
  for (const { path, content } of unitFiles()) {
    const settings = content.split('\n').filter((line) => /^\w+=/.test(line));
    const names = settings.map((line) => line.split('=')[0]).filter((name) => name !== 'SystemCallFilter');
    assert.deepEqual([...new Set(names)], names, path);
  }
});
