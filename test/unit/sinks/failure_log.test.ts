// What a sink says of failures: each reason at once, and not again within a minute, whatever comes in between.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FailureLog } from '../../../src/sinks/failure_log.js';
import { ManualClock } from '../../support/manual_clock.js';

function rig(): { log: FailureLog; clock: ManualClock; said: string[] } {
  const clock = new ManualClock();
  const said: string[] = [];
  return { log: new FailureLog('tcp', clock, (level, text) => said.push(`${level}: ${text}`)), clock, said };
}

test('reasons that take turns are told once a minute each', () => {
  const { log, clock, said } = rig();
  for (let attempt = 0; attempt < 50; attempt++) {
    log.failed(['read ECONNRESET', 'write ECONNRESET', 'connect ECONNREFUSED'][attempt % 3]!, 'next attempt in 1 s');
    clock.advance(1000);
  }
  assert.deepEqual(said, [
    'warning: tcp: read ECONNRESET; next attempt in 1 s',
    'warning: tcp: write ECONNRESET (2 times now); next attempt in 1 s',
    'warning: tcp: connect ECONNREFUSED (3 times now); next attempt in 1 s',
  ]);
  clock.advance(10_000);
  log.failed('write ECONNRESET', 'next attempt in 1 s');
  assert.equal(said.length, 3, 'less than a minute after its line');
  clock.advance(1000);
  log.failed('write ECONNRESET', 'next attempt in 1 s');
  assert.equal(said.at(-1), 'warning: tcp: write ECONNRESET (52 times now); next attempt in 1 s');
});

test('success is told when a failure was, and does not make the same failure news again', () => {
  const { log, clock, said } = rig();
  log.succeeded('connected');
  log.failed('ECONNREFUSED', 'next attempt in 1 s');
  assert.equal(log.last, 'ECONNREFUSED');
  log.succeeded('connected');
  assert.equal(log.last, '');
  for (let turn = 0; turn < 5; turn++) {
    clock.advance(1000);
    log.failed('ECONNREFUSED', 'next attempt in 1 s');
    log.succeeded('connected');
  }
  assert.deepEqual(said, [
    'info: tcp: connected',
    'warning: tcp: ECONNREFUSED; next attempt in 1 s',
    'info: tcp: connected',
  ]);
  clock.advance(60_000);
  log.failed('ECONNREFUSED', 'next attempt in 1 s');
  assert.equal(said.at(-1), 'warning: tcp: ECONNREFUSED (6 times now); next attempt in 1 s', 'those held back too');
});

test('only so many reasons are remembered', () => {
  const { log, said } = rig();
  for (let reason = 0; reason < 40; reason++) log.failed(`reason ${reason}`, 'again');
  log.failed('reason 39', 'again');
  log.failed('reason 0', 'again');
  assert.equal(said.length, 41);
});
