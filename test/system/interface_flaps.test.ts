// Interfaces that come and go for months, compressed: nothing of them stays behind but counters.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { LiveWeir } from '../support/live_weir.js';
import { needsNetwork, Network } from '../support/network.js';
import { scrape } from '../support/outage.js';

interface Holdings {
  descriptors: number;
  threads: number;
  residentKiB: number;
}

function holdings(pid: number): Holdings {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const value = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  const descriptors = readdirSync(`/proc/${pid}/fd`).length;
  return { descriptors, threads: value('Threads'), residentKiB: value('VmRSS') };
}

const warmUp = 15; // rounds until allocators and rings have their size
const rounds = 65;
/** The heap of JavaScript breathes by some MB; one ring that leaked is 32 MB, a cache more. */
const slackKiB = 24_576;

/** Looks again and again; what is said again and again would not all be in the log. */
async function until(met: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const deadline = performance.now() + LiveWeir.patienceMs; !(await met()); ) {
    if (performance.now() > deadline) throw new Error(`${LiveWeir.patienceMs} ms passed before ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** ifIndexes that packet sockets of the namespace are bound to (packet(7) has /proc/net/packet). */
function captured({ far }: Network): number[] {
  const lines = far.run('cat', '/proc/net/packet').trim().split('\n').slice(1);
  return lines.map((line) => Number(line.trim().split(/\s+/)[4]));
}

/** What is held once threads and connections that end have ended, or when patience is at its end. */
async function settled(weir: LiveWeir, before: Holdings): Promise<Holdings> {
  const now = (): Holdings => holdings(weir.child.pid!);
  const back = (): boolean => now().threads <= before.threads && now().descriptors <= before.descriptors;
  await until(back, `threads and descriptors were as before: ${JSON.stringify(before)}`);
  return now();
}

function assertSame(before: Holdings, after: Holdings): void {
  const both = JSON.stringify({ before, after });
  assert.ok(after.descriptors <= before.descriptors && after.threads <= before.threads, both);
  assert.ok(after.residentKiB <= before.residentKiB + slackKiB, both);
}

for (const [what, pattern, args] of [
  ['deleted and made again, named', false, []],
  ['deleted and made again, by pattern', true, []],
  ['deleted and made again, by pattern, two workers', true, ['--workers', '2']],
] as const) {
  test(`${what}: no descriptor, thread or memory stays`, needsNetwork(), async (t) => {
    const network = new Network(t);
    const { far } = network;
    const point = pattern ? `far*@netns:${far.netns}` : far.point;
    const weir = await LiveWeir.metering(t, ['-i', point, '--to', '-?format=json', '--attribution', 'off', ...args]);
    let index = 100;
    const flap = async (times: number): Promise<Holdings> => {
      for (let done = 0; done < times; done++) {
        far.ip('link', 'del', far.interface);
        network.connect(++index);
        await until(() => captured(network).includes(index), `${index} was captured`);
      }
      // A team leaves once its workers have ended.
      await until(() => captured(network).every((one) => one === index), 'the rings of before were closed');
      return holdings(weir.child.pid!);
    };
    const before = await flap(warmUp);
    await flap(rounds - warmUp);
    const after = await settled(weir, before);
    assertSame(before, after);
    t.diagnostic(JSON.stringify({ before, after, rounds: rounds - warmUp }));
    const run = await weir.stop();
    assert.equal(run.status, 0, run.stderr);
  });
}

test('down and up again and again: the same, and each loss is made good', needsNetwork(), async (t) => {
  const { far } = new Network(t);
  const args = ['-i', far.point, '--to', '-?format=json', '--attribution', 'off', '--metrics', '127.0.0.1:0'];
  const weir = await LiveWeir.metering(t, args);
  const reattached = async (): Promise<number> => (await scrape(weir)).value('weir_interface_reattachments_total');
  let times = 0;
  const flap = async (more: number): Promise<Holdings> => {
    for (let done = 0; done < more; done++) {
      far.ip('link', 'set', far.interface, 'down');
      far.ip('link', 'set', far.interface, 'up');
      times++;
      await until(async () => (await reattached()) >= times, `it was captured again ${times} times`);
    }
    return holdings(weir.child.pid!);
  };
  const before = await flap(warmUp);
  await flap(rounds - warmUp);
  assertSame(before, await settled(weir, before)); // the last scrape's connection may still be closing
  const run = await weir.stop();
  assert.equal(run.status, 0, run.stderr);
});
