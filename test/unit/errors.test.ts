import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeError, errorKinds, WeirError, WeirErrors } from '../../src/errors.js';

test('one error: code, message, remedy, exit status', () => {
  assert.deepEqual(describeError(new WeirError('WEIR_FILE', 'x.pcap: no such file')), {
    lines: ['weir: WEIR_FILE: x.pcap: no such file', `  ${errorKinds.WEIR_FILE.remedy}`],
    exit: 1,
  });
  assert.equal(describeError(new WeirError('WEIR_SINK', 'x')).exit, 2);
});

test('several: each its line, each remedy once, configuration decides the status', () => {
  const { lines, exit } = describeError(
    new WeirErrors([
      new WeirError('WEIR_OPTION', 'a'),
      new WeirError('WEIR_FILE', 'b'),
      new WeirError('WEIR_OPTION', 'c'),
    ]),
  );
  assert.equal(lines.length, 5);
  assert.deepEqual(lines.slice(0, 3), ['weir: WEIR_OPTION: a', 'weir: WEIR_FILE: b', 'weir: WEIR_OPTION: c']);
  assert.equal(exit, 2);
});

test('native errors count by their code; anything else is a fault in weir with its place', () => {
  const native = Object.assign(new Error('eth9: no such interface'), { code: 'WEIR_INTERFACE' });
  assert.equal(describeError(native).lines[0], 'weir: WEIR_INTERFACE: eth9: no such interface');
  const fault = describeError(new TypeError('x is undefined'));
  assert.match(fault.lines[0] ?? '', /^weir: WEIR_INTERNAL: TypeError: x is undefined\n {4}at /);
  assert.equal(fault.exit, 1);
  assert.match(describeError('just text').lines[0] ?? '', /WEIR_INTERNAL: just text/);
});
