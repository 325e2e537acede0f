import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DatagramOptions, type DatagramSender, UdpSink, type UdpSinkOptions } from '../../../src/sinks/udp.js';
import { ManualClock } from '../../support/manual_clock.js';
import { Recorder, unitRun } from '../../support/sink_run.js';

/** Answers each send() as scripted: how many units go, and the error of the next one ('' = it would block). */
class ScriptedSender implements DatagramSender {
  payloadSize = 1400;
  lastError = '';
  sent: string[] = [];
  closed = false;
  script: [number, string][] = [];

  send(bytes: Uint8Array, ends: Uint32Array, from: number, units: number): number {
    const [count, error] = this.script.shift() ?? [units, ''];
    this.lastError = error;
    if (error === 'EMSGSIZE') this.payloadSize = 5;
    const to = Math.min(units, from + count);
    for (let unit = from; unit < to; unit++) {
      this.sent.push(Buffer.from(bytes.subarray(unit === 0 ? 0 : ends[unit - 1], ends[unit])).toString());
    }
    return to;
  }

  close(): void {
    this.closed = true;
  }
}

async function opened(options: Partial<UdpSinkOptions> = {}) {
  const clock = new ManualClock();
  const events = new Recorder();
  const senders: ScriptedSender[] = [];
  const asked: DatagramOptions[] = [];
  const sink = new UdpSink({
    name: 'udp://collector:4739',
    host: 'collector',
    port: 4739,
    clock,
    lookup: async () => [{ address: '192.0.2.9', family: 4 }],
    openSender: (given) => {
      asked.push(given);
      senders.push(new ScriptedSender());
      return senders.at(-1) as ScriptedSender;
    },
    ...options,
  });
  await sink.open(events);
  return { sink, clock, events, senders, asked, sender: senders[0] as ScriptedSender };
}

test('resolves the name, tells the message size, and sends each unit as a datagram', async () => {
  const { sink, events, sender, asked } = await opened({ maxPayload: 1200, bind: '192.0.2.1' });
  assert.deepEqual(asked, [
    { address: '192.0.2.9', port: 4739, family: 4, maxPayload: 1200, sendBuffer: 0, bind: '192.0.2.1' },
  ]);
  assert.deepEqual([events.sessions, events.sizes], [1, [1400]]);
  const run = unitRun(['one', 'two', 'three'], [1, 2, 3]);
  sink.write(run);
  assert.equal(run.from, 3);
  assert.deepEqual(sender.sent, ['one', 'two', 'three']);
  assert.deepEqual([events.records, events.units, events.octets], [6, 3, 11]);
});

test('a full socket buffer is tried again soon, and loses nothing', async () => {
  const { sink, events, sender, clock } = await opened();
  const run = unitRun(['a', 'b', 'c']);
  sender.script = [[1, '']];
  sink.write(run);
  assert.equal(run.from, 1);
  assert.equal(sink.ready, false);
  sink.write(run);
  assert.equal(run.from, 1, 'nothing is taken while it waits');
  clock.advance(2);
  assert.deepEqual([events.drains, sink.ready], [1, true]);
  sink.write(run);
  assert.deepEqual(sender.sent, ['a', 'b', 'c']);
});

test('EMSGSIZE lowers the message size; only messages that cannot fit are lost', async () => {
  const { sink, events, sender } = await opened();
  sender.script = [
    [0, 'EMSGSIZE'],
    [1, 'EMSGSIZE'],
  ];
  const run = unitRun(['too long', 'too long as well', 'short', 'too long again'], [1, 2, 4, 8]);
  sink.write(run);
  assert.deepEqual(sender.sent, ['short']);
  assert.deepEqual(events.dropped, { messageTooLong: 11 });
  assert.deepEqual(events.sizes, [1400, 5, 5]);
  assert.equal(events.records, 4);
});

test('ECONNREFUSED belongs to an earlier datagram: counted, logged once, and this one is sent', async () => {
  const { sink, events, sender } = await opened();
  sender.script = [
    [0, 'ECONNREFUSED'],
    [1, 'ECONNREFUSED'],
    [1, 'ECONNREFUSED'],
  ];
  const run = unitRun(['a', 'b', 'c']);
  sink.write(run);
  assert.deepEqual(sender.sent, ['a', 'b', 'c']);
  assert.deepEqual([events.records, sink.counters.errors, sink.errors.get('ECONNREFUSED')], [3, 3, 3]);
  assert.deepEqual(events.notices, [
    'udp://collector:4739: sending to 192.0.2.9 port 4739',
    'udp://collector:4739: ECONNREFUSED (counted; further ones are not logged)',
  ]);
});

test('an error that stays costs the message, not the sink', async () => {
  const { sink, events, sender } = await opened();
  sender.script = [
    [0, 'ENETUNREACH'],
    [0, 'ENETUNREACH'],
    [0, 'ENETUNREACH'],
  ];
  sink.write(unitRun(['a', 'b'], [5, 7]));
  assert.deepEqual(events.dropped, { socketError: 5 });
  assert.deepEqual(sender.sent, ['b']);
});

test('after errors the name is looked up again, at most every 30 s; a new address is a new session', async () => {
  const addresses = ['192.0.2.9', '192.0.2.9', '192.0.2.10'];
  let lookups = 0;
  const { sink, events, senders, clock, sender } = await opened({
    lookup: async () => [{ address: addresses[lookups++] ?? '', family: 4 }],
  });
  sender.script = [[0, 'ECONNREFUSED']];
  sink.write(unitRun(['a']));
  assert.equal(lookups, 1, 'too early');
  for (let round = 0; round < 2; round++) {
    clock.advance(30_000);
    sender.script = [[0, 'ECONNREFUSED']];
    sink.write(unitRun(['a']));
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(lookups, 3);
  assert.equal(events.sessions, 2);
  assert.ok(senders[0]?.closed);
  sink.write(unitRun(['b']));
  assert.deepEqual(senders[1]?.sent, ['b']);
});

const failing = (code: string) => async () => {
  throw Object.assign(new Error(`getaddrinfo ${code} collector`), { code });
};
/** What was resolved is acted upon. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('with a file to read an unknown name is an error for the user; a name server that is away is not', async () => {
  await assert.rejects(opened({ lookup: failing('ENOTFOUND'), mustResolve: true }), {
    code: 'WEIR_SOCKET',
    message: /getaddrinfo ENOTFOUND/,
  });
  const { sink, clock, events } = await opened({ lookup: failing('EAI_AGAIN'), mustResolve: true });
  assert.deepEqual([sink.ready, events.sessions], [false, 0]);
  assert.deepEqual(clock.waiting, [1_000]);
  await sink.close();
  assert.deepEqual(clock.waiting, []);
});

test('a name that is not known yet is waited for, said once, and then used', async () => {
  let known = false;
  const unknown = failing('ENOTFOUND');
  const { sink, clock, events, senders } = await opened({
    lookup: () => (known ? Promise.resolve([{ address: '192.0.2.9', family: 4 }]) : unknown()),
  });
  for (const wait of [1_000, 2_000, 5_000, 10_000, 30_000]) {
    assert.deepEqual([sink.ready, clock.waiting], [false, [wait]]);
    clock.advance(wait);
    await settled();
  }
  const [first, ...others] = events.notices;
  assert.equal(
    first,
    'udp://collector:4739: getaddrinfo ENOTFOUND collector; looking again in 1 s',
    events.notices.join('; '),
  );
  assert.deepEqual(others, [], 'the same reason within a minute');
  assert.equal(sink.counters.errors, 6);
  known = true;
  clock.advance(30_000);
  await settled();
  assert.deepEqual([sink.ready, events.sessions], [true, 1]);
  assert.match(events.notices.at(-1) ?? '', /sending to 192\.0\.2\.9 port 4739$/);
  sink.write(unitRun(['a']));
  assert.deepEqual(senders[0]?.sent, ['a']);
});

test('a name server that does not answer holds up nothing', async () => {
  const clock = new ManualClock();
  const sink = new UdpSink({
    name: 'udp://collector:4739',
    host: 'collector',
    port: 4739,
    clock,
    lookup: () => new Promise(() => {}),
    openSender: () => new ScriptedSender(),
  });
  const open = sink.open(new Recorder());
  clock.advance(2_000);
  await open;
  assert.equal(sink.ready, false);
  await sink.close();
});

test('now and then it is looked whether the collector has moved; one that stays among its addresses has not', async () => {
  let answers = ['192.0.2.9'];
  const { events, clock, senders, asked } = await opened({
    lookup: async () => answers.map((address) => ({ address, family: 4 })),
  });
  answers = ['192.0.2.10', '192.0.2.9'];
  clock.advance(300_000);
  await settled();
  assert.equal(events.sessions, 1);
  answers = ['192.0.2.10'];
  clock.advance(300_000);
  await settled();
  assert.deepEqual([events.sessions, senders[0]?.closed, asked[1]?.address], [2, true, '192.0.2.10']);
  assert.match(events.notices.at(-1) ?? '', /moved from 192\.0\.2\.9 to 192\.0\.2\.10$/);
});

test('a name server that fails later changes nothing', async () => {
  let fails = false;
  const { sink, events, clock } = await opened({
    lookup: () => (fails ? failing('EAI_AGAIN')() : Promise.resolve([{ address: '192.0.2.9', family: 4 }])),
  });
  fails = true;
  clock.advance(300_000);
  await settled();
  assert.deepEqual([sink.ready, events.sessions], [true, 1]);
  assert.match(events.notices.at(-1) ?? '', /EAI_AGAIN collector; sending to 192\.0\.2\.9 as before$/);
});

test('of several addresses the first that can be used is taken; an address that is not routed yet is waited for', async () => {
  let routed = false;
  const asked: string[] = [];
  const { sink, events, clock } = await opened({
    host: '192.0.2.9',
    lookup: async () => [
      { address: '2001:db8::1', family: 6 },
      { address: '192.0.2.9', family: 4 },
    ],
    openSender: ({ address, family }) => {
      asked.push(address);
      if (!routed || family === 6) throw new Error(`udp://${address}:4739: connect: Network is unreachable`);
      return new ScriptedSender();
    },
  });
  assert.deepEqual([asked, sink.ready], [['2001:db8::1', '192.0.2.9'], false]);
  routed = true;
  clock.advance(1_000);
  await settled();
  assert.deepEqual([sink.ready, events.sessions], [true, 1]);
});

test('a socket whose own address has gone is replaced, though the collector has not moved', async () => {
  const { sink, events, clock, sender, senders } = await opened();
  clock.advance(30_000);
  sender.script = [[0, 'EINVAL']];
  sink.write(unitRun(['a']));
  await settled();
  assert.deepEqual([events.sessions, senders.length, sender.closed], [2, 2, true]);
});
