import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Repeats } from '../../../src/telemetry/repeats.js';
import { seededRandom } from '../../support/seeded_random.js';

const interval = 30_000;
const sum = (all: readonly { repeats: number }[]): number => all.reduce((total, one) => total + 1 + one.repeats, 0);

test('keys stay bounded, whichever limit holds back', () => {
  const repeats = new Repeats<number>(interval);
  const random = seededRandom(7);
  let told = 0;
  const given = 50_000;
  for (let i = 0; i < given; i++) {
    const source = `source ${Math.floor(random() * 3000)}`;
    const limits = [
      { key: `${source} text ${i}`, burst: 5 },
      { key: source, burst: 2 },
    ];
    told += sum(repeats.pass(limits, i, i));
    assert.ok(repeats.size <= 1000, `${repeats.size} keys`);
  }
  told += sum(repeats.takeHeld());
  assert.equal(told, given);
  assert.equal(repeats.size, 0);
});

test('what a source is held back with takes no room of its own', () => {
  const repeats = new Repeats<number>(interval);
  const limits = (text: number) => [
    { key: `text ${text}`, burst: 5 },
    { key: 'source', burst: 20 },
  ];
  for (let i = 0; i < 300_000; i++) repeats.pass(limits(i), 0, i);
  assert.equal(repeats.size, 21);
  assert.deepEqual(repeats.takeHeld(), [{ what: 299_999, repeats: 299_979 }]);
});

test('a limit keeps its number while another one holds back', () => {
  const repeats = new Repeats<string>(interval);
  const text = { key: 'text', burst: 1 };
  const source = { key: 'source', burst: 2 };
  for (let i = 0; i < 996; i++) repeats.pass([text, source], 0, 'same');
  assert.deepEqual(repeats.pass([source], interval, 'other'), [{ what: 'other', repeats: 0 }]);
  repeats.pass([source], interval, 'other');
  assert.deepEqual(repeats.pass([text, source], interval, 'same'), [], 'the source has had its two');
  assert.deepEqual(repeats.pass([text, source], 2 * interval, 'same'), [{ what: 'same', repeats: 996 }]);
});

test('what is used is not forgotten for what comes once', () => {
  const repeats = new Repeats<string>(interval);
  const busy = { key: 'busy', burst: 1 };
  repeats.pass([busy], 0, 'busy');
  for (let i = 0; i < 5000; i++) {
    repeats.pass([{ key: `key ${i}`, burst: 1 }], 0, 'once');
    assert.deepEqual(repeats.pass([busy], 0, 'busy'), []);
  }
  assert.deepEqual(repeats.takeHeld(), [{ what: 'busy', repeats: 4999 }]);
});
