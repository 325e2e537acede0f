import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceNotice, startLimitMs } from '../../../src/service/notice.js';
import { SupervisorNotice } from '../../../src/service/supervisor_notice.js';
import { createLog } from '../../../src/telemetry/log.js';
import { ManualClock } from '../../support/manual_clock.js';

class Rig {
  readonly clock = new ManualClock();
  told: string[] = [];
  said = '';
  /** What the manager's socket answers. */
  answer = '';
  statusText = 'metering eth0, lo; 2 sinks';
  stall: string[] = [];
  readonly notice: ServiceNotice;
  readonly manager;

  constructor({ watchdogMs = 0, supervised = false } = {}) {
    this.manager = {
      socket: '@manager',
      watchdogMs,
      send: (message: string) => {
        if (this.answer === '') this.told.push(message);
        return this.answer;
      },
    };
    const log = createLog({ level: 'info', format: 'text', write: (line) => (this.said += line), now: () => 0 });
    this.notice = new ServiceNotice(this.manager, { log, clock: this.noticeClock, supervised });
  }

  get noticeClock() {
    const { clock } = this;
    return {
      now: () => clock.now(),
      monotonicMicroseconds: () => BigInt(clock.now()) * 1000n,
      setTimer: (call: () => void, ms: number) => clock.after(ms, call),
    };
  }

  readonly probe = { status: () => this.statusText, stalled: () => this.stall };

  /** What was told since the last call. */
  news(): string[] {
    return this.told.splice(0);
  }
}

test('a life: starting, ready, reloading, stopping', () => {
  const rig = new Rig();
  rig.notice.starting();
  rig.notice.ready(rig.probe);
  assert.deepEqual(rig.news(), ['STATUS=starting', 'READY=1\nSTATUS=metering eth0, lo; 2 sinks']);
  rig.clock.advance(1234);
  rig.notice.reloading();
  rig.notice.reloaded('');
  assert.deepEqual(rig.news(), [
    'RELOADING=1\nMONOTONIC_USEC=1234000\nSTATUS=reloading',
    'READY=1\nSTATUS=metering eth0, lo; 2 sinks',
  ]);
  rig.notice.stopping('SIGTERM');
  rig.clock.advance(60_000);
  assert.deepEqual(rig.news(), ['STOPPING=1\nSTATUS=stopping: SIGTERM']);
  rig.notice.close();
  assert.deepEqual(rig.clock.waiting, []);
});

test('the status is told anew every ten seconds, on one line, without control characters', () => {
  const rig = new Rig();
  rig.notice.starting();
  rig.notice.ready(rig.probe);
  rig.news();
  rig.statusText = 'metering \u001b[31meth0\nREADY=0';
  rig.clock.advance(10_000);
  rig.clock.advance(9_999);
  const [status, ...more] = rig.news();
  assert.deepEqual(more, []);
  assert.match(status!, /^STATUS=metering .*READY=0$/);
  assert.deepEqual(
    [...status!].filter((character) => character < ' '),
    [],
  );
});

test('a reload that failed says so', () => {
  const rig = new Rig();
  rig.notice.starting();
  rig.notice.ready(rig.probe);
  rig.notice.reloading();
  rig.notice.reloaded('weir.yaml:3: no such option');
  assert.equal(rig.told.at(-1), 'READY=1\nSTATUS=not reloaded: weir.yaml:3: no such option');
});

test('the watchdog is fed at half of its time, from the start to the end', () => {
  const rig = new Rig({ watchdogMs: 30_000 });
  const fed = (): number => rig.news().filter((message) => message === 'WATCHDOG=1').length;
  rig.notice.starting();
  assert.equal(fed(), 1);
  rig.clock.advance(30_000);
  assert.equal(fed(), 2);
  rig.notice.ready(rig.probe);
  rig.clock.advance(60_000);
  assert.equal(fed(), 4);
  rig.notice.stopping('SIGTERM');
  rig.clock.advance(15_000);
  assert.equal(fed(), 1);
  rig.notice.close();
  rig.clock.advance(60_000);
  assert.equal(fed(), 0);
});

test('a worker that stands still is not covered up', () => {
  const rig = new Rig({ watchdogMs: 2_000 });
  const fed = (): boolean => rig.news().includes('WATCHDOG=1');
  rig.notice.starting();
  rig.notice.ready(rig.probe);
  rig.news();
  rig.stall = ['weir eth0/1'];
  rig.clock.advance(5_000);
  assert.equal(fed(), false);
  assert.equal(rig.said.match(/standing still for more than 1 s: weir eth0\/1: .*is not fed/g)?.length, 1, rig.said);
  rig.stall = [];
  rig.clock.advance(1_000);
  assert.equal(fed(), true);
  assert.match(rig.said, /fed again/);
});

test('a start that takes too long is not covered up', () => {
  const rig = new Rig({ watchdogMs: 10_000 });
  rig.notice.starting();
  rig.clock.advance(startLimitMs);
  rig.news();
  rig.clock.advance(10_000);
  assert.deepEqual(rig.news(), []);
  assert.match(rig.said, /not started within 90 s/);
});

test('what a full queue did not take is told again, the newest state only', () => {
  const rig = new Rig();
  rig.answer = 'EAGAIN';
  rig.notice.starting();
  rig.notice.ready(rig.probe);
  rig.notice.reloading();
  rig.clock.advance(1_000);
  assert.deepEqual(rig.news(), []);
  assert.equal(rig.said.match(/cannot tell the service manager at @manager .*EAGAIN/g)?.length, 1, rig.said);
  rig.answer = '';
  rig.clock.advance(200);
  assert.deepEqual(rig.news(), ['RELOADING=1\nMONOTONIC_USEC=0\nSTATUS=reloading']);
  rig.clock.advance(1_000);
  assert.deepEqual(rig.news(), []);
});

test('a manager that is not there is an error in the log, and no more', () => {
  const rig = new Rig();
  rig.answer = 'ECONNREFUSED';
  rig.notice.starting();
  rig.notice.ready(rig.probe);
  assert.deepEqual(rig.clock.waiting, [10_000], 'nothing but the status is tried again');
  assert.match(rig.said, /cannot tell the service manager .*ECONNREFUSED/);
});

test('under a supervisor the end of this process is not the end of the service', () => {
  const rig = new Rig({ supervised: true });
  rig.notice.starting();
  rig.notice.ready(rig.probe);
  rig.news();
  rig.notice.stopping('SIGTERM');
  assert.deepEqual(rig.news(), ['STATUS=stopping: SIGTERM']);
});

test('the supervisor speaks between two children, and when it is the end', () => {
  const rig = new Rig({ watchdogMs: 4_000 });
  const notice = new SupervisorNotice(rig.manager, rig.noticeClock.setTimer);
  notice.started();
  assert.deepEqual(rig.news(), ['WATCHDOG=1']);
  rig.clock.advance(60_000);
  assert.deepEqual(rig.news(), [], 'the child feeds');
  notice.pausing('weir crashed', 32_000);
  assert.deepEqual(rig.news(), ['EXTEND_TIMEOUT_USEC=122000000\nSTATUS=weir crashed', 'WATCHDOG=1']);
  rig.clock.advance(32_000);
  assert.equal(rig.news().length, 16);
  notice.started();
  assert.deepEqual(rig.news(), ['WATCHDOG=1']);
  assert.deepEqual(rig.clock.waiting, []);
  notice.stopping('SIGTERM');
  assert.deepEqual(rig.news(), ['STOPPING=1\nSTATUS=stopping: SIGTERM']);
  notice.pausing('weir crashed', 1_000);
  assert.deepEqual(rig.news(), [], 'a stop is not extended');
});
