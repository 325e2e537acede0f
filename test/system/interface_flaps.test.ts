// Interfaces that come and go for months, compressed: nothing of them stays behind but counters.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { LiveWeir } from '../support/live_weir.js';
import { needsNetwork, Network } from '../support/network.js';

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

/** Each round waits for its lines, and at this level none is held back. */
const everyLine = ['--log-level', 'debug'];
const warmUp = 15; // rounds until allocators and rings have their size
const rounds = 65;
/** One leaked ring is 32 MB, a cache more; 50 rounds of anything over 160 KiB show. */
const slackKiB = 8_192;

async function flap(weir: LiveWeir, from: number, to: number, said: RegExp, round: () => void): Promise<void> {
  for (let done = from; done < to; done++) {
    round();
    await weir.said(said, done + 2);
  }
}

for (const [what, pattern, args] of [
  ['deleted and made again, named', false, []],
  ['deleted and made again, by pattern', true, []],
  ['deleted and made again, by pattern, two workers', true, ['--workers', '2']],
] as const) {
  test(`${what}: no descriptor, thread or memory stays`, needsNetwork(), async (t) => {
    const network = new Network(t);
    const point = pattern ? `far*@netns:${network.far.netns}` : network.far.point;
    const weir = await LiveWeir.metering(t, [
      '-i',
      point,
      '--to',
      '-?format=json',
      '--attribution',
      'off',
      ...everyLine,
      ...args,
    ]);
    const pid = weir.child.pid!;
    let index = 100;
    const round = (): void => {
      network.far.ip('link', 'del', network.far.interface);
      network.connect(index++);
    };
    const said = pattern ? /now watching far0|metering far0/ : /far0: is up; capturing|metering far0/;
    await flap(weir, 0, warmUp, said, round);
    const before = holdings(pid);
    await flap(weir, warmUp, rounds, said, round);
    // A team leaves once its workers have ended: looked at until it is so.
    let after = holdings(pid);
    await weir.until(
      () => {
        after = holdings(pid);
        return after.threads <= before.threads && after.descriptors <= before.descriptors;
      },
      `let go of threads and descriptors (${JSON.stringify({ before, after })})`,
    );
    assert.ok(after.residentKiB <= before.residentKiB + slackKiB, JSON.stringify({ before, after }));
    t.diagnostic(JSON.stringify({ before, after, rounds: rounds - warmUp }));
    const run = await weir.stop();
    assert.equal(run.status, 0, run.stderr);
  });
}

test('down and up again and again: the same, and each loss is made good', needsNetwork(), async (t) => {
  const { far } = new Network(t);
  const weir = await LiveWeir.metering(t, [
    '-i',
    far.point,
    '--to',
    '-?format=json',
    '--attribution',
    'off',
    ...everyLine,
  ]);
  const pid = weir.child.pid!;
  const round = (): void => {
    far.ip('link', 'set', far.interface, 'down');
    far.ip('link', 'set', far.interface, 'up');
  };
  await flap(weir, 0, warmUp, /far0: is up; capturing|metering far0/, round);
  const before = holdings(pid);
  await flap(weir, warmUp, rounds, /far0: is up; capturing|metering far0/, round);
  const after = holdings(pid);
  assert.deepEqual([after.descriptors, after.threads], [before.descriptors, before.threads]);
  assert.ok(after.residentKiB <= before.residentKiB + slackKiB, JSON.stringify({ before, after }));
  const run = await weir.stop();
  assert.equal(run.status, 0, run.stderr);
});
