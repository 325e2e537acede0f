import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { Intake } from '../../../src/top/intake.js';
import type { Fields } from '../../../src/top/reading.js';
import { stdinSource } from '../../../src/top/sources.js';

test('lines over any chunks; what is no object is counted', async () => {
  const taken: Fields[] = [];
  const intake = new Intake({ take: (fields) => taken.push(fields) });
  const text = '{"a":1}\n\n[1]\nnull\n{"b":"é\\n"}\nnonsense{\n{"c":3}';
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at++) intake.write(bytes.subarray(at, at + 1));
  await new Promise<void>((resolve) => intake.end(resolve));
  assert.deepEqual(taken, [{ a: 1 }, { b: 'é\n' }, { c: 3 }]);
  assert.equal(intake.malformed, 3);
});

test('a line without end takes no memory', async () => {
  const taken: Fields[] = [];
  const intake = new Intake({ take: (fields) => taken.push(fields) });
  const chunk = Buffer.alloc(1 << 19, 'x');
  for (let i = 0; i < 8; i++) await new Promise((resolve) => intake.write(chunk, resolve));
  intake.end('\n{"a":1}\n');
  await new Promise((resolve) => intake.once('finish', resolve));
  assert.deepEqual([taken, intake.malformed], [[{ a: 1 }], 2]);
});

test('a turn has its budget: what does not fit waits for the next one', () => {
  let now = 0;
  const turns: (() => void)[] = [];
  let taken = 0;
  const intake = new Intake({
    take: () => {
      taken++;
      now += 1;
    },
    budgetMs: 20,
    now: () => now,
    nextTurn: (call) => void turns.push(call),
  });
  const lines = '{}\n'.repeat(1000);
  intake.write(lines);
  assert.ok(taken >= 20 && taken < 60, String(taken));
  assert.equal(intake.writableLength, lines.length);
  let before = 0;
  while (turns.length > 0) {
    before = taken;
    for (const turn of turns.splice(0)) turn();
    assert.ok(taken - before < 60);
  }
  assert.equal(taken, 1000);
});

test('stdin to its end, or until it is stopped', async () => {
  const taken: Fields[] = [];
  const stdin = new PassThrough();
  const running = await stdinSource(stdin, false).start((fields) => taken.push(fields));
  stdin.end('{"a":1}\n?\n');
  await running.ended;
  assert.deepEqual([taken, running.losses()], [[{ a: 1 }], { malformed: 1 }]);
  const open = await stdinSource(new PassThrough(), true).start(() => {});
  await open.stop();
  await open.ended;
});
