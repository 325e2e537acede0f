import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventListFormat } from '../../../src/config/event_list.js';
import { FormatError } from '../../../src/config/format.js';
import { eventMask, eventTypes } from '../../../src/fields/event_types.js';

test('lists of event types, in the order of the table, and back', () => {
  const cases: [unknown, string[], string][] = [
    ['all', [...eventTypes], 'all'],
    ['off', [], 'off'],
    ['', [], 'off'],
    [false, [], 'off'],
    ['exec,connect', ['connect', 'exec'], 'connect,exec'],
    [' Exit  exec,exec ', ['exec', 'exit'], 'exec,exit'],
  ];
  for (const [text, types, printed] of cases) {
    const parsed = eventListFormat.parse(text);
    assert.deepEqual(parsed, types);
    assert.equal(eventListFormat.print(parsed), printed);
  }
});

test('what is no event type is refused with the nearest one', () => {
  const refused = (value: unknown, message: RegExp): void =>
    assert.throws(
      () => eventListFormat.parse(value),
      (error: unknown) => error instanceof FormatError && message.test(error.message),
    );
  refused('conect', /found 'conect', did you mean connect\?/);
  refused('exec,all', /found 'all'/);
  refused(7, /expected all, off, or some of connect/);
});

test('the mask has bit n for type n, from 1', () => {
  assert.equal(eventMask([]), 0);
  assert.equal(eventMask(['connect']), 2);
  assert.equal(eventMask(['accept', 'fork']), 4 + 1024);
});
