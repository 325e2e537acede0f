// What holds for every byte stream: TCP, TLS, Unix.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { systemClock, type UnitRun } from '../../../src/sinks/sink.js';
import type { StreamSink } from '../../../src/sinks/stream.js';
import { seededRandom } from '../../support/seeded_random.js';
import { Recorder, unitRun } from '../../support/sink_run.js';
import { received, streamKinds } from '../../support/stream_collector.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const million = (count: number): Buffer[] => Array.from({ length: count }, (_, index) => Buffer.alloc(1 << 20, index));

/** Writes units until the sink has no more room, though the kernel had time to take what it can. */
async function fill(sink: StreamSink, units: Buffer[]): Promise<ReturnType<typeof unitRun>> {
  const run = unitRun(units);
  for (let idle = 0; idle < 50 && run.from < run.to; idle++) {
    const from = run.from;
    sink.write(run);
    if (run.from > from) idle = 0;
    await turn();
  }
  return run;
}

/** The kernel takes what it can while the collector reads nothing. */
async function settle(events: Recorder): Promise<void> {
  for (let idle = 0, records = events.records; idle < 200; idle++) {
    await turn();
    if (events.records !== records) idle = 0;
    records = events.records;
  }
}

const broken = (events: Recorder) => events.until(() => events.notices.some((text) => text.includes('next attempt')));

for (const kind of streamKinds) {
  test(`${kind.name}: units arrive in order, and close ends the session behind the last octet`, async (context) => {
    const collector = await kind.listen(context);
    const { sink, events } = await kind.open(context, collector);
    await events.until(() => events.sessions === 1);
    const units = Array.from({ length: 500 }, (_, index) => `message ${index};`);
    const run = unitRun(units);
    sink.write(run);
    assert.equal(run.from, 500);
    run.bytes.fill(0); // the exporter uses its buffer again
    const whole = received(await collector.accepted());
    await sink.close(5000);
    assert.equal((await whole).toString(), units.join(''));
    assert.deepEqual([events.records, events.dropped, events.returns, events.unconfirmedRecords], [500, {}, [], 0]);
    assert.match(events.notices[0] ?? '', /connected to /);
  });

  test(`${kind.name}: a collector that does not read fills a bounded buffer; reading empties it`, async (context) => {
    const collector = await kind.listen(context);
    const { sink, events } = await kind.open(context, collector, { bufferOctets: 100_000 });
    await events.until(() => events.sessions === 1);
    const run = await fill(
      sink,
      Array.from({ length: 10_000 }, (_, index) => Buffer.alloc(1000, index)),
    );
    assert.ok(run.from < run.to, 'ten megabytes do not fit');
    assert.equal(sink.ready, false);
    const { socket } = await collector.accepted();
    let octets = 0;
    socket.on('data', (chunk) => (octets += chunk.length)).resume();
    while (run.from < run.to) {
      const drains = events.drains;
      await events.until(() => events.drains > drains || sink.ready);
      sink.write(run);
    }
    await sink.flush();
    assert.equal(events.records, 10_000);
    const ended = once(socket, 'end');
    await sink.close(5000);
    await ended;
    assert.equal(octets, 10_000_000);
  });

  test(`${kind.name}: a reset gives back, in order, what may not have arrived, and nothing is lost`, async (context) => {
    const collector = await kind.listen(context);
    const { sink, events, clock } = await kind.open(context, collector, { bufferOctets: 50 << 20 });
    await events.until(() => events.sessions === 1);
    clock.advance(5000);
    const units = million(30);
    sink.write(unitRun(units));
    const first = await collector.accepted();
    await settle(events);
    first.reset();
    await broken(events);
    assert.deepEqual([events.dropped, sink.ready, events.returns.length], [{}, false, 1]);
    assert.equal(events.accounted, 30);
    const [back] = events.returns;
    assert.deepEqual(
      back!.units,
      units.slice(30 - back!.units.length).map((unit) => unit.toString('latin1')),
    );
    assert.equal(back!.reported + 30 - events.records, back!.units.length);
    assert.match(events.notices.at(-1) ?? '', /next attempt in 55 s/);
    clock.advance(54_999);
    assert.equal(events.sessions, 1);
    clock.advance(1);
    await events.until(() => events.sessions === 2);
    const whole = received(await collector.accepted());
    sink.write(unitRun(back!.units.map((unit) => Buffer.from(unit, 'latin1'))));
    await sink.close(20_000);
    assert.equal((await whole).length, back!.units.length << 20);
    assert.equal(events.records - events.reportedRecords, 30);
  });

  test(`${kind.name}: a unit that was partly written is sent again whole`, async (context) => {
    const collector = await kind.listen(context);
    const { sink, events } = await kind.open(context, collector, { bufferOctets: 64 << 20 });
    await events.until(() => events.sessions === 1);
    const unit = Buffer.alloc(32 << 20, 'abc');
    sink.write(unitRun([unit], [7]));
    const session = await collector.accepted();
    const some = once(session.socket, 'data');
    session.socket.resume();
    await some;
    session.socket.pause();
    session.reset();
    await broken(events);
    assert.deepEqual([events.records, events.accounted, events.returns[0]?.reported], [0, 7, 0]);
    assert.ok(events.returns[0]?.units[0] === unit.toString('latin1'));
  });

  test(`${kind.name}: a collector that closes its half ends the session, also when it never reads`, async (context) => {
    const collector = await kind.listen(context);
    const { sink, events, clock } = await kind.open(context, collector, { bufferOctets: 50 << 20 });
    await events.until(() => events.sessions === 1);
    const session = await collector.accepted();
    sink.write(unitRun(million(30)));
    clock.advance(3_600_000);
    session.socket.end();
    await events.until(() =>
      events.notices.some((text) => /closed by the collector.*; next attempt in 1 s/.test(text)),
    );
    assert.equal(events.accounted, 30);
    assert.ok(events.returns[0]!.records > 0);
    clock.advance(1000);
    await events.until(() => events.sessions === 2);
  });

  test(`${kind.name}: refused, then there: tried soon at first, then once a minute, said once a minute`, async (context) => {
    const collector = await kind.listen(context);
    collector.stop();
    await turn();
    const { sink, events, clock } = await kind.open(context, collector);
    const attempts = async (count: number) => {
      while (sink.counters.errors < count || !clock.waiting.every((ms) => ms !== 10_000)) await turn();
    };
    let failed = 0;
    for (const wait of [1000, 2000, 4000, 60_000]) {
      await attempts(++failed);
      assert.deepEqual(clock.waiting, [wait]);
      clock.advance(wait);
    }
    await attempts(5);
    const refusals = events.notices.filter((text) => /ECONNREFUSED|ENOENT/.test(text));
    assert.equal(refusals.length, 2);
    assert.match(refusals[1]!, /\(5 times now\); next attempt in 60 s/);
    assert.equal(events.sessions, 0);
    await collector.start();
    clock.advance(60_000);
    await events.until(() => events.sessions === 1);
    assert.match(events.notices.at(-1) ?? '', /connected to/);
  });

  test(`${kind.name}: close gives up at its deadline, and gives back what the collector never took`, async (context) => {
    const collector = await kind.listen(context);
    const { sink, events, clock } = await kind.open(context, collector, { bufferOctets: 50 << 20 });
    await events.until(() => events.sessions === 1);
    sink.write(unitRun(million(30)));
    await settle(events);
    const closing = sink.close(3000);
    clock.advance(3000);
    await closing;
    assert.deepEqual([events.dropped, events.returns.length, events.returns[0]?.reported], [{}, 1, 0]);
    assert.ok(events.returns[0]!.records > 0);
    assert.equal(events.accounted, 30);
    assert.equal(events.unconfirmedRecords, events.records, 'what the kernel took was never read');
  });
}

const [tcp] = streamKinds as [(typeof streamKinds)[0]];

test('only the last seconds and octets are kept; what left for want of room is unconfirmed', async (context) => {
  const collector = await tcp.listen(context);
  const { sink, events, clock } = await tcp.open(context, collector, { resendSeconds: 5, resendOctets: 100 });
  await events.until(() => events.sessions === 1);
  const session = await collector.accepted();
  const send = async (unit: string, records: number): Promise<void> => {
    sink.write(unitRun([unit.padEnd(60)], [records]));
    await sink.flush();
  };
  await send('old', 1); // 6 s before the end: not kept
  clock.advance(2000);
  await send('early', 10); // 4 s before: no room
  clock.advance(2000);
  await send('late', 100);
  clock.advance(2000);
  session.reset();
  await broken(events);
  assert.deepEqual([events.records, events.unconfirmedRecords], [111, 10]);
  assert.deepEqual(events.returns, [{ units: ['late'.padEnd(60)], records: 100, reported: 1 }]);
});

test('while a collector reads nothing, what the kernel took before does not grow old', async (context) => {
  const collector = await tcp.listen(context);
  const options = { bufferOctets: 50 << 20, resendOctets: 50 << 20 };
  const { sink, events, clock } = await tcp.open(context, collector, options);
  await events.until(() => events.sessions === 1);
  sink.write(unitRun(million(30)));
  await events.until(() => events.records > 0);
  await settle(events);
  assert.ok(events.records < 30);
  clock.advance(3_600_000);
  (await collector.accepted()).reset();
  await broken(events);
  assert.deepEqual([events.returns[0]?.records, events.returns[0]?.reported], [30, events.records]);
});

test('templates and statistics are not given back: the next session makes its own', async (context) => {
  const collector = await tcp.listen(context);
  const { sink, events } = await tcp.open(context, collector);
  await events.until(() => events.sessions === 1);
  sink.write(unitRun(['template'], [0]));
  const statistics = unitRun(['statistics'], [0]);
  statistics.dataRecords[0] = 3;
  sink.write({ ...statistics, statistics: true });
  const tail = unitRun(['first half', 'second half'], [0, 1]); // a biflow of two Data Records in two messages
  tail.dataRecords[0] = 1;
  sink.write(tail);
  await sink.flush();
  (await collector.accepted()).reset();
  await broken(events);
  assert.deepEqual(events.returns, [{ units: ['first half', 'second half'], records: 1, reported: 2 }]);
});

test('a collector that breaks off the farewell leaves what it may not have read unconfirmed', async (context) => {
  const collector = await tcp.listen(context);
  const { sink, events } = await tcp.open(context, collector);
  await events.until(() => events.sessions === 1);
  sink.write(unitRun(['a', 'b'], [1, 2]));
  await sink.flush();
  const session = await collector.accepted();
  const closing = sink.close(5000);
  await turn();
  session.reset();
  await closing;
  assert.deepEqual([events.records, events.unconfirmedRecords, events.returns], [3, 3, []]);
});

test('close while an attempt is under way or waited for ends at once', async (context) => {
  const collector = await tcp.listen(context);
  const { sink, events, clock } = await tcp.open(context, collector);
  await sink.close(1000);
  await sink.close(1000);
  assert.deepEqual([events.sessions, clock.waiting.filter((ms) => ms !== 10_000)], [0, []]);
});

/** What an exporter does with a sink: a queue, and what comes back goes in front. */
class Feeder extends Recorder {
  queue: string[];
  sink: StreamSink | undefined;

  constructor(units: string[]) {
    super();
    this.queue = units;
  }

  pump(): void {
    while (this.queue.length > 0 && this.sink?.ready === true) {
      const run = unitRun(this.queue.slice(0, 50));
      this.sink.write(run);
      this.queue.splice(0, run.from);
    }
  }

  override session(): void {
    super.session();
    this.pump();
  }

  override drain(): void {
    super.drain();
    this.pump();
  }

  override returned(run: UnitRun, reported: number): void {
    super.returned(run, reported);
    this.queue.unshift(...(this.returns.at(-1)?.units ?? []));
  }
}

for (const kind of streamKinds) {
  test(`${kind.name}: a collector that breaks off again and again gets every unit`, async (context) => {
    const random = seededRandom(20261121);
    const collector = await kind.listen(context);
    const count = 1500;
    const units = Array.from({ length: count }, (_, id) => `${id};`.padEnd(10 + Math.floor(random() * 20_000), '.'));
    const feeder = new Feeder(units.map((unit) => `${unit}\n`));
    const options = { reconnectSeconds: 0.01, resendSeconds: 60, resendOctets: 1 << 30, clock: systemClock };
    const { sink } = await kind.open(context, collector, options, feeder);
    feeder.sink = sink;
    feeder.pump();
    const ids = new Set<string>();
    let sessions = 0;
    while (ids.size < count) {
      const session = await collector.accepted();
      sessions++;
      let text = '';
      let left = sessions > 12 ? Infinity : random() * 3e6;
      session.socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
        left -= chunk.length;
        if (left < 0) {
          left = Infinity;
          if (random() < 0.5) session.reset();
          else session.socket.pause().end(); // what it has not read by now, it never reads
          session.socket.emit('enough');
        }
        const lines = text.split('\n');
        text = lines.pop() ?? '';
        for (const line of lines) {
          if (line === units[Number.parseInt(line, 10)]) ids.add(line);
          else assert.fail(`a unit is torn: ${line.slice(0, 40)}`);
        }
        if (ids.size === count) session.socket.emit('enough');
      });
      await new Promise((resolve) => session.socket.resume().once('enough', resolve));
    }
    await sink.close(5000);
    assert.ok(sessions > 3, `${sessions} sessions`);
    assert.deepEqual([feeder.queue.length, feeder.dropped, feeder.unconfirmedRecords], [0, {}, 0]);
    // Whatever came back was written again: what is counted as sent, less what was sent twice, is what there was.
    assert.equal(feeder.records - feeder.reportedRecords, count);
  });
}
