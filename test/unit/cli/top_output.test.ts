import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { TableOutput } from '../../../src/cli/top_output.js';

test('a terminal that tells no width, or 0, has the usual one', () => {
  for (const [columns, width] of [
    [0, 120],
    [undefined, 120],
    [77, 77],
  ] as const)
    assert.equal(new TableOutput(Object.assign(new PassThrough(), { columns }) as never).width, width);
});
