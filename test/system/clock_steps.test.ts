// The system clock is set while weir meters: flows come out once each, with their durations, at the times of the clock as it
// is then. libfaketime steps the clock that weir reads; the kernel's stamps stay, so they are of an unknown clock to it.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { type Flow, flowsOf, LiveWeir, packetsOf } from '../support/live_weir.js';
import { needsNetwork, Network } from '../support/network.js';
import { canStepClock, steppedClock } from '../support/stepped_clock.js';
import { temporaryFolder } from '../support/weir.js';

const needs = !canStepClock ? { skip: 'not installed: libfaketime' } : needsNetwork();
const hour = 3600;
const slackMs = 500; // stamps of an unknown clock count from their arrival on; export times are whole seconds elsewhere

/** Sends a datagram to the port of each line and says so. */
const senderSource = `
  const socket = require('dgram').createSocket('udp4');
  require('readline').createInterface({ input: process.stdin }).on('line', (port) =>
    socket.send('x', Number(port), '10.9.0.2', () => console.log(port)));
  process.stdin.on('end', () => socket.close());`;

class Sender {
  readonly #child: ChildProcess;
  readonly #said: AsyncIterator<string>;
  /** Milliseconds around the first and the last datagram of a port: before and behind it. */
  readonly times = new Map<number, { first: [number, number]; last: [number, number]; count: number }>();

  constructor(context: TestContext, prefix: readonly string[]) {
    this.#child = spawn(prefix[0]!, [...prefix.slice(1), process.execPath, '-e', senderSource], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#said = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
    context.after(() => void this.#child.kill('SIGKILL'));
  }

  async send(port: number): Promise<void> {
    const before = performance.now();
    this.#child.stdin!.write(`${port}\n`);
    await this.#said.next();
    const at: [number, number] = [before, performance.now()];
    const known = this.times.get(port);
    if (known === undefined) this.times.set(port, { first: at, last: at, count: 1 });
    else Object.assign(known, { last: at, count: known.count + 1 });
  }
}

const toPort = (flows: readonly Flow[], port: number): Flow[] =>
  flows.filter((flow) => flow.protocolIdentifier === 17 && flow.destinationTransportPort === port);
const ms = (flow: Flow, name: string): number => Date.parse(String(flow[name]));

function assertWhole(flows: readonly Flow[], sender: Sender, port: number): Flow {
  const { first, last, count } = sender.times.get(port)!;
  const [flow, ...more] = toPort(flows, port);
  assert.ok(flow !== undefined && more.length === 0, `${port}: ${JSON.stringify(toPort(flows, port))}`);
  assert.equal(packetsOf([flow]), count, `${port}: ${JSON.stringify(flow)}`);
  const duration = ms(flow, 'flowEndMilliseconds') - ms(flow, 'flowStartMilliseconds');
  assert.ok(
    duration <= last[1] - first[0] + slackMs,
    `${port} lasted ${duration} ms, sent in ${last[1] - first[0]} ms`,
  );
  assert.ok(
    duration >= last[0] - first[1] - slackMs,
    `${port} lasted ${duration} ms, sent in ${last[0] - first[1]} ms`,
  );
  return flow;
}

test(
  'hours and days forward and back: flows come once, last as long as they did, and expire in time',
  needs,
  async (t) => {
    const { near, far } = new Network(t);
    const clock = join(temporaryFolder(t), 'clock');
    const setClock = (seconds: number): void => writeFileSync(clock, `${seconds < 0 ? '' : '+'}${seconds}\n`);
    setClock(0);
    const weir = await LiveWeir.metering(
      t,
      [
        '-i',
        far.point,
        '--to',
        '-?format=json',
        '--idle-timeout',
        '2s',
        '--active-timeout',
        '10m',
        '--attribution',
        'off',
      ],
      ['env', ...steppedClock(clock)],
    );
    const sender = new Sender(t, near.prefix);
    const steady = 9;
    // The flow of port 9 goes on all the time; the others are one each between two steps, and end by being idle.
    const steps = [0, hour, 0, -hour, 24 * hour, -24 * hour, 0];
    for (const [at, seconds] of steps.entries()) {
      setClock(seconds);
      const port = 1000 + at;
      for (let i = 0; i < 5; i++) {
        await sender.send(steady);
        await sender.send(port);
      }
      const sent = Date.now();
      let open = true;
      const keepAlive = async (): Promise<void> => {
        while (open) {
          await sender.send(steady);
          await new Promise((resolve) => setTimeout(resolve, 100)); // the pace of the flow, well within its idle timeout
        }
      };
      const alive = keepAlive();
      await weir.until(() => toPort(weir.flows, port).length > 0, `exported the flow to port ${port} at ${seconds} s`);
      open = false;
      await alive;
      const flow = assertWhole(weir.flows, sender, port);
      assert.equal(flow.flowEndReason, 1, JSON.stringify(flow));
      const off = Math.abs(ms(flow, 'flowEndMilliseconds') - sent - seconds * 1000);
      assert.ok(off <= 10 * slackMs, `${port}: its end is ${off} ms off the clock`);
      assert.equal(toPort(weir.flows, steady).length, 0, 'a step ended a flow');
    }
    const run = await weir.stop();
    const flows = flowsOf(run.stdout);
    assert.equal(run.status, 0, run.stderr);
    assert.equal(assertWhole(flows, sender, steady).flowEndReason, 4);
    for (const at of steps.keys()) assertWhole(flows, sender, 1000 + at);
  },
);
