import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assignment, environmentOfChild, serviceManager } from '../../../src/service/systemd.js';

const socket = '/run/systemd/notify';

test('without NOTIFY_SOCKET nobody is told', () => {
  assert.equal(
    serviceManager({ WATCHDOG_USEC: '1000000' }, 7, () => ''),
    undefined,
  );
  assert.equal(
    serviceManager({ NOTIFY_SOCKET: '' }, 7, () => ''),
    undefined,
  );
});

test('messages go to the socket of the environment', () => {
  const told: string[][] = [];
  const manager = serviceManager({ NOTIFY_SOCKET: '@manager' }, 7, (...words) => {
    told.push(words);
    return 'EAGAIN';
  });
  assert.equal(manager!.send('READY=1'), 'EAGAIN');
  assert.deepEqual(told, [['@manager', 'READY=1']]);
});

test('the watchdog counts when it is meant for this process, or for nobody in particular', () => {
  const watchdog = (env: Record<string, string>): number =>
    serviceManager({ NOTIFY_SOCKET: socket, ...env }, 7, () => '')!.watchdogMs;
  assert.equal(watchdog({}), 0);
  assert.equal(watchdog({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7' }), 30_000);
  assert.equal(watchdog({ WATCHDOG_USEC: '30000000' }), 30_000);
  assert.equal(watchdog({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '8' }), 0);
  for (const wrong of ['', '0', '-1', '1e6', 'never']) assert.equal(watchdog({ WATCHDOG_USEC: wrong }), 0, wrong);
});

test('a child takes the watchdog over', () => {
  const env = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7', PATH: '/bin' };
  const { WATCHDOG_PID: _, ...kept } = env;
  assert.deepEqual(environmentOfChild(env), kept);
  assert.equal(serviceManager(environmentOfChild(env), 8, () => '')!.watchdogMs, 30_000);
});

test('a value never becomes a second line, nor a message that is too long', () => {
  assert.equal(assignment('STATUS', 'one\nREADY=1\r\nthree'), 'STATUS=one READY=1 three');
  assert.equal(assignment('STATUS', 'x'.repeat(1000)).length, 407);
});
