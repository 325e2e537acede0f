import assert from 'node:assert/strict';
import { test } from 'node:test';
import { didYouMean, nearest } from '../../../src/config/nearest.js';

const names = ['activeTimeout', 'idleTimeout', 'sinks', 'stats'];

test('near names are found in any case, far ones are not', () => {
  assert.equal(nearest('ACTIVETIMEOT', names), 'activeTimeout');
  assert.equal(nearest('active', names), 'activeTimeout');
  assert.equal(nearest('sink', names), 'sinks');
  assert.equal(nearest('stat', names), 'stats');
  assert.equal(nearest('xyz', names), undefined);
  assert.equal(nearest('', names), undefined);
  assert.equal(didYouMean('sniks', names, '--'), ', did you mean --sinks?');
  assert.equal(didYouMean('qqqqq', names), '');
});
