import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { type Child, childArguments, type Ending, Supervisor } from '../../../src/cli/supervise.js';
import { createLog } from '../../../src/telemetry/log.js';

class FakeChild implements Child {
  readonly ended: Promise<Ending>;
  readonly signals: string[] = [];
  end: (ending: Partial<Ending>) => void = () => {};

  constructor(readonly args: readonly string[]) {
    this.ended = new Promise((resolve) => {
      this.end = (ending) => resolve({ status: null, signal: null, ...ending });
    });
  }

  kill(signal: string): void {
    this.signals.push(signal);
  }
}

/** Lets what is already due run. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

class Rig {
  readonly children: FakeChild[] = [];
  readonly events = new EventEmitter();
  readonly timers: { call: () => void; ms: number; cancelled: boolean }[] = [];
  time = 0;
  said = '';
  readonly status: Promise<number>;

  constructor(usesDpi = true) {
    const log = createLog({
      level: 'info',
      format: 'text',
      colour: false,
      write: (line) => {
        this.said += line;
      },
    });
    this.status = new Supervisor(['-i', 'eth0'], usesDpi, log, {
      startChild: (args) => {
        const child = new FakeChild(args);
        this.children.push(child);
        return child;
      },
      onSignal: (signal, handler) => {
        this.events.on(signal, handler);
        return () => this.events.off(signal, handler);
      },
      setTimer: (call, ms) => {
        const timer = { call, ms, cancelled: false };
        this.timers.push(timer);
        return () => {
          timer.cancelled = true;
        };
      },
      now: () => this.time,
    }).run();
  }

  get child(): FakeChild {
    return this.children.at(-1)!;
  }

  get pauses(): number[] {
    return this.timers.filter(({ ms }) => ms < 3_600_000).map(({ ms }) => ms);
  }

  /** The child dies, and the pause behind it passes. */
  async crash(signal: NodeJS.Signals = 'SIGSEGV'): Promise<void> {
    this.child.end({ signal });
    await settled();
    const pause = this.timers.filter(({ ms }) => ms < 3_600_000).at(-1)!;
    this.time += pause.ms;
    pause.call();
    await settled();
  }
}

const own = ['-i', 'eth0', '--no-supervise'];
const withoutDpi = [...own, '--dpi', 'off'];

test('the arguments of the child, before those that are no options', () => {
  assert.deepEqual(childArguments(['-i', 'eth0'], true), own);
  assert.deepEqual(childArguments(['-i', 'eth0'], false), withoutDpi);
  assert.deepEqual(childArguments(['-t', '5', '--'], true), ['-t', '5', '--no-supervise', '--']);
});

test('an exit status is passed on, and so is a signal that is no crash', async () => {
  for (const [ending, expected] of [
    [{ status: 0 }, 0],
    [{ status: 2 }, 2],
    [{ signal: 'SIGKILL' }, 137],
    [{ signal: 'SIGTERM' }, 143],
  ] as const) {
    const rig = new Rig();
    rig.child.end(ending);
    assert.equal(await rig.status, expected);
    assert.equal(rig.children.length, 1);
    assert.equal(rig.events.listenerCount('SIGTERM'), 0, 'handlers are taken away');
    assert.equal(rig.said.includes('was ended by SIGKILL: not started again'), expected === 137);
  }
});

test('signals go to the child; a crash while it stops is its end', async () => {
  const rig = new Rig();
  rig.events.emit('SIGHUP');
  rig.events.emit('SIGINT');
  rig.events.emit('SIGINT');
  assert.deepEqual(rig.child.signals, ['SIGHUP', 'SIGINT', 'SIGINT']);
  rig.child.end({ signal: 'SIGSEGV' });
  assert.equal(await rig.status, 139);
  assert.equal(rig.children.length, 1);
});

test('crashes: again after 1, 2 and 4 s; the third time without DPI, for an hour', async () => {
  const rig = new Rig();
  for (const signal of ['SIGSEGV', 'SIGABRT', 'SIGBUS'] as const) await rig.crash(signal);
  assert.deepEqual(
    rig.children.map(({ args }) => args),
    [own, own, own, withoutDpi],
  );
  assert.deepEqual(rig.pauses, [1000, 2000, 4000]);
  const lines = rig.said.trimEnd().split('\n');
  assert.match(lines[0]!, /error weir crashed \(SIGSEGV\): flows .* are lost; starting it again in 1 s$/);
  assert.match(lines[2]!, /\(SIGBUS\).*3 crashes within 10 minutes: starting it in 4 s without DPI.*`weir doctor`/);
  const hour = rig.timers.find(({ ms }) => ms === 3_600_000)!;
  hour.call();
  assert.deepEqual(rig.child.signals, ['SIGTERM']);
  rig.child.end({ status: 0 });
  await settled();
  assert.deepEqual(rig.child.args, own, 'with DPI again');
  assert.match(rig.said, /an hour has passed: starting weir anew with DPI again/);
  rig.child.end({ status: 0 });
  assert.equal(await rig.status, 0);
  assert.equal(hour.cancelled, true);
});

test('crashes that are far from each other do not turn DPI off; DPI that is off is not turned off', async () => {
  const far = new Rig();
  for (let count = 0; count < 4; count++) {
    await far.crash();
    far.time += 400_000;
  }
  assert.deepEqual(far.child.args, own);
  assert.deepEqual(far.pauses, [1000, 2000, 2000, 2000]);
  const off = new Rig(false);
  for (let count = 0; count < 9; count++) await off.crash();
  assert.deepEqual(off.child.args, own);
  assert.deepEqual(off.pauses.slice(3), [8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});

test('SIGHUP brings DPI back before the hour is over', async () => {
  const rig = new Rig();
  for (let count = 0; count < 3; count++) await rig.crash();
  rig.events.emit('SIGHUP');
  assert.deepEqual(rig.child.signals, ['SIGTERM']);
  rig.child.end({ status: 0 });
  await settled();
  assert.deepEqual(rig.child.args, own);
  rig.events.emit('SIGHUP');
  assert.deepEqual(rig.child.signals, ['SIGHUP'], 'a reload from then on');
});

test('a stop while weir is started anew, and in the pause behind a crash', async () => {
  const renewed = new Rig();
  for (let count = 0; count < 3; count++) await renewed.crash();
  renewed.events.emit('SIGHUP');
  renewed.events.emit('SIGTERM');
  assert.deepEqual(renewed.child.signals, ['SIGTERM'], 'one is enough');
  renewed.child.end({ status: 0 });
  assert.equal(await renewed.status, 0);
  assert.equal(renewed.children.length, 4);

  const pausing = new Rig();
  pausing.child.end({ signal: 'SIGSEGV' });
  await settled();
  pausing.events.emit('SIGINT');
  assert.equal(await pausing.status, 0);
  assert.equal(pausing.children.length, 1);
  assert.equal(pausing.timers[0]?.cancelled, true);
});

test('a child that cannot be started is an error', async () => {
  const log = createLog({ level: 'info', format: 'text', colour: false, write: () => {} });
  const supervisor = new Supervisor([], true, log, {
    startChild: () => ({ kill: () => {}, ended: Promise.reject(new Error('spawn EAGAIN')) }),
    onSignal: () => () => {},
    setTimer: () => () => {},
    now: () => 0,
  });
  await assert.rejects(supervisor.run(), /EAGAIN/);
});

test('processes that really crash', async () => {
  const programs = ["process.kill(process.pid, 'SIGSEGV')", 'process.abort()', 'process.exitCode = 5'];
  const started: (readonly string[])[] = [];
  const log = createLog({ level: 'info', format: 'text', colour: false, write: () => {} });
  const supervisor = new Supervisor([], true, log, {
    startChild(args) {
      const child = spawn(process.execPath, ['-e', programs[started.length]!], { stdio: 'ignore' });
      started.push(args);
      const ended = new Promise<Ending>((resolve) => {
        child.once('exit', (status, signal) => resolve({ status, signal }));
      });
      return { kill: (signal) => void child.kill(signal), ended };
    },
    onSignal: () => () => {},
    setTimer(call) {
      setImmediate(call);
      return () => {};
    },
    now: () => 0,
  });
  assert.equal(await supervisor.run(), 5);
  assert.equal(started.length, 3);
});
