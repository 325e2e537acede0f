import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Recent, Timeline } from '../../../src/top/recent.js';
import { Senders } from '../../../src/top/senders.js';
import { Watch } from '../../../src/top/watch.js';
import { epoch, observe, record } from '../../support/top_flows.js';

const at = (second: number): number => epoch + second * 1000;

test('a bounded memory of observations, the newest first', () => {
  const recent = new Recent(3);
  const all = observe([0, 1, 2, 3, 4].map((second) => record({}, second)));
  for (const [second, one] of all.entries()) recent.add(one, at(second));
  assert.deepEqual([...recent.all()], [all[4], all[3], all[2]]);
  assert.deepEqual([recent.lost, recent.lostAtMs], [2, at(1)]);
});

test('the edge: as late as records come, clocks that differ included, idle flows and long records not waited for', () => {
  const timeline = new Timeline();
  timeline.note(observe([record({}, 0, 1)])[0]!, at(1.1));
  assert.equal(timeline.edge(at(10)), at(10 - 1.1));
  timeline.note(observe([record({ flowEndReason: 1 }, 0, 0)])[0]!, at(9));
  assert.equal(timeline.edge(at(10)), at(10 - 1.1), 'idle');
  timeline.note(observe([record({}, -59, 1)])[0]!, at(1.2));
  assert.ok(Math.abs(timeline.edge(at(10)) - at(10 - 2.6)) < 1, 'no more than 2.5 s behind the others');
  const skewed = new Timeline();
  skewed.note(observe([record({}, 0, 1)])[0]!, at(3601.1));
  assert.equal(skewed.edge(at(3602)), at(3602 - 3601.1));
  assert.equal(Math.round(skewed.leastDelayMs), 3_600_100);
  skewed.note(observe([record({}, 7300, 7301)])[0]!, at(7301.5));
  skewed.note(observe([record({}, 7400, 7401)])[0]!, at(7401.5));
  assert.equal(skewed.edge(at(7402)), at(7402 - 1.5), 'what was long ago is forgotten');
});

/** A flow of 1,000 octets a second in records of a second, told at once. */
function steady(watch: Watch, seconds: number): void {
  for (let second = 0; second < seconds; second++) {
    const index = { recordIndex: second, flowEndReason: 2, sourceTransportPort: 4000 };
    watch.take(record({ ...index, octetDeltaCount: 500, reverseOctetDeltaCount: 500 }, second), at(second + 1));
  }
}

test('a steady flow has its rate in each window, whenever one looks', () => {
  for (const skew of [0, -3600_000, 3600_000]) {
    const watch = new Watch({ startedMs: epoch + skew, capacity: 1000 });
    for (let second = 0; second < 40; second++)
      watch.take(
        record({ sourceTransportPort: 4000, recordIndex: second, flowEndReason: 2 }, second),
        at(second + 1.5) + skew,
      );
    for (const seconds of [2, 5, 10, 30]) {
      for (const now of [40.5, 40.7, 41.0]) {
        const { tally, seconds: long } = watch.look({ by: 'process', seconds }, at(now) + skew);
        assert.ok(Math.abs((tally.totals.in + tally.totals.out) / long - 1100) < 1e-6, `${skew} ${seconds} ${now}`);
        assert.equal(Math.round(long * 1000), seconds * 1000);
      }
    }
  }
});

test('after the start, and where memory is short, the window is as long as what is known of it', () => {
  const young = new Watch({ startedMs: epoch });
  steady(young, 3);
  const { seconds, tally } = young.look({ by: 'process', seconds: 10 }, at(3));
  assert.ok(seconds < 3.1);
  assert.ok(Math.abs((tally.totals.in + tally.totals.out) / seconds - 1000) < 1e-6);
  const short = new Watch({ startedMs: epoch, capacity: 5 });
  steady(short, 30);
  const look = short.look({ by: 'process', seconds: 30 }, at(30));
  assert.ok(look.seconds <= 5 && look.seconds > 2, String(look.seconds));
  assert.ok(Math.abs((look.tally.totals.in + look.tally.totals.out) / look.seconds - 1000) < 250);
  assert.equal(short.totalsOf('process').of('curl')!.in + short.totalsOf('process').of('curl')!.out, 30_000);
});

test('inside a talker, and all of a file', () => {
  const watch = new Watch({ startedMs: epoch });
  for (const name of ['curl', 'wget', 'curl']) watch.take(record({ sourceProcessName: name }), at(1.5));
  const view = { by: 'flow', seconds: Infinity } as const;
  const { tally, seconds } = watch.look({ ...view, inside: { by: 'process', key: 'curl' } }, at(99));
  assert.equal(tally.talkers.length, 2);
  assert.equal(seconds, 1.001);
  assert.deepEqual([tally.totals.in, tally.totals.out], [2000, 200]);
});

test("the sender's clock is set: within 40 seconds the windows show its flows again", () => {
  for (const step of [-3600, 3600]) {
    const watch = new Watch({ startedMs: epoch, capacity: 1000 });
    const rate = (now: number): number => {
      const { tally, seconds } = watch.look({ by: 'process', seconds: 5 }, at(now));
      return (tally.totals.in + tally.totals.out) / seconds;
    };
    for (let second = 0; second < 100; second++) {
      const told = second < 50 ? second : second + step;
      watch.take(record({ sourceTransportPort: 4000, recordIndex: second, flowEndReason: 2 }, told), at(second + 1.5));
      if (second === 49) assert.ok(Math.abs(rate(50.5) - 1100) < 1e-6, `before ${step}`);
    }
    assert.ok(Math.abs(rate(100.5) - 1100) < 1e-6, `after ${step}: ${rate(100.5)}`);
  }
});

/** Records of a second each, told half a second later; the clock of their sender is ahead of ours. */
function oneOf(second: number, ahead: number, port: number) {
  const index = { recordIndex: second, flowEndReason: 2, sourceTransportPort: port };
  return record(index, second + ahead, second + ahead + 1);
}

test('senders whose clocks differ are all in the window', () => {
  const watch = new Watch({ startedMs: epoch });
  for (let second = 0; second < 40; second++)
    for (const [index, ahead] of [0, 3600, -3600].entries())
      watch.take(oneOf(second, ahead, 4000 + index), at(second + 1.5), `10.0.0.${index}`);
  const { tally, seconds, window } = watch.look({ by: 'flow', seconds: 5 }, at(40.5));
  assert.equal(tally.talkers.length, 3);
  for (const { sums } of tally.talkers) assert.ok(Math.abs((sums.in + sums.out) / seconds - 1100) < 1e-6);
  assert.equal(window.toMs, at(39), 'by the clock nearest to ours');
});

test('a stray record an hour ahead or behind hides nothing', () => {
  for (const stray of [3600, -3600]) {
    const watch = new Watch({ startedMs: epoch });
    for (let second = 0; second < 60; second++) {
      watch.take(oneOf(second, 0, 4000), at(second + 1.5));
      if (second === 20) watch.take(oneOf(second, stray, 4001), at(second + 1.6));
      if (second < 10) continue;
      const { tally, seconds } = watch.look({ by: 'flow', seconds: 5 }, at(second + 2));
      const sums = tally.talkers.find(({ key }) => key.includes(':4000'))!.sums;
      assert.ok(Math.abs((sums.in + sums.out) / seconds - 1100) < 1e-6, `${stray} ${second}`);
    }
  }
});

test('a stray record in a burst decides nothing either', () => {
  const timeline = new Timeline();
  for (const ahead of [3600, 0, 0, 0]) timeline.note(observe([oneOf(0, ahead, 4000)])[0]!, at(1.1));
  assert.ok(Math.abs(timeline.leastDelayMs - 100) < 1e-6);
});

test('senders are remembered in bounded memory: who was not heard for longest goes', () => {
  const senders = new Senders(2);
  const say = (exporter: string, second: number) =>
    senders.note({ ...observe([record({}, second)])[0]!, exporter }, at(second + 1));
  for (const [second, exporter] of ['a', 'b', 'a', 'c'].entries()) say(exporter, second);
  assert.equal(senders.size, 2);
  const { of } = senders.windows(1000, epoch, at(5));
  const known = (exporter: string) => of({ ...observe([record()])[0]!, exporter }) !== undefined;
  assert.deepEqual([known('a'), known('b'), known('c')], [true, false, true]);
});
