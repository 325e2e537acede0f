// SCTP. The native socket takes its protocol as a parameter: its states are tried with TCP everywhere, with SCTP itself
// where the kernel has it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { isErrorCode, WeirError } from '../../../src/errors.js';
import { loadAddon } from '../../../src/native/load.js';
import { type MessageSender, SctpSink, type SctpSinkOptions } from '../../../src/sinks/sctp.js';
import { ManualClock } from '../../support/manual_clock.js';
import { Recorder, unitRun } from '../../support/sink_run.js';
import { StreamCollector } from '../../support/stream_collector.js';
import { saying } from '../../support/weir.js';

const tcp = 6;
const sctp = 132;
const { SctpSender } = loadAddon();

/** Why the kernel makes no such socket, '' = it does. */
function refusal(protocol: number): string {
  try {
    new SctpSender({ family: 4, protocol, bind: '' }).close();
    return '';
  } catch (error) {
    return `${(error as { code: string }).code}: ${(error as Error).message}`;
  }
}

async function opened(context: TestContext, options: Partial<SctpSinkOptions> & { port: number }) {
  const events = new Recorder();
  const sink = new SctpSink({
    name: 'sctp',
    host: '127.0.0.1',
    protocol: tcp,
    openSender: (given) => new SctpSender(given),
    ...options,
  });
  context.after(() => sink.close(0));
  await sink.open(events);
  return { sink, events };
}

test('a kernel without SCTP is an error before anything starts, with the reason and the remedy', {
  skip: refusal(sctp) === '' ? 'this kernel has SCTP' : undefined,
}, async () => {
  assert.match(refusal(sctp), /^WEIR_SCTP: this kernel has no SCTP: socket: Protocol not supported$/);
  const sink = new SctpSink({ name: 'sctp://c', host: 'c', port: 4739, openSender: (given) => new SctpSender(given) });
  await assert.rejects(sink.open({} as never), (error: Error) => {
    assert.ok(error instanceof WeirError && isErrorCode(error.code) && error.code === 'WEIR_SCTP');
    assert.match(error.message, /^sctp:\/\/c: this kernel has no SCTP/);
    return true;
  });
});

/** Accepts one session and prints how many octets each message had; Node has no SCTP. */
const server = `
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, int(sys.argv[1]))
s.bind(('127.0.0.1', 0)); s.listen(1)
print('port', s.getsockname()[1], flush=True)
c = s.accept()[0]
while True:
  d = c.recv(1 << 17)
  if not d: break
  print(len(d), flush=True)
`;

for (const [protocol, name] of [
  [tcp, 'TCP'],
  [sctp, 'SCTP'],
] as const) {
  const reason = refusal(protocol);
  const skip = reason === '' ? undefined : `real SCTP could not be tried: ${reason}`;
  test(`messages arrive over ${name}, and close ends the session behind the last one`, { skip }, async (context) => {
    const child = spawn('python3', ['-c', server, String(protocol)], { stdio: ['ignore', 'pipe', 'inherit'] });
    context.after(() => child.kill());
    const port = Number(/port (\d+)/.exec(await saying(child, 'stdout', /port \d+\n/))![1]);
    const ended = once(child, 'close');
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const { sink, events } = await opened(context, { protocol, port, bufferOctets: 64 << 20 });
    await events.until(() => events.sessions === 1);
    const sizes = Array.from({ length: 200 }, (_, index) => 1 + index * 300);
    sink.write(unitRun(sizes.map((size) => Buffer.alloc(size, 'x'))));
    await sink.flush();
    await sink.close(5000);
    await ended;
    const got = said.trim().split('\n').map(Number);
    assert.equal(
      got.reduce((sum, size) => sum + size, 0),
      sizes.reduce((sum, size) => sum + size, 0),
    );
    if (protocol === sctp) assert.deepEqual(got, sizes, 'one message is one send');
    assert.deepEqual([events.records, events.accounted], [200, 200]);
  });
}

test('a receiver that does not read, then resets: what may not have arrived comes back, in order', async (context) => {
  const collector = await StreamCollector.listen(context);
  const { sink, events } = await opened(context, { port: collector.port, bufferOctets: 64 << 20 });
  await events.until(() => events.sessions === 1);
  const units = Array.from({ length: 600 }, (_, index) => Buffer.alloc(60_000, index));
  sink.write(unitRun(units));
  await events.until(() => events.records > 0);
  (await collector.accepted()).reset();
  await events.until(() => events.returns.length === 1);
  assert.equal(events.accounted, 600);
  const [back] = events.returns;
  assert.deepEqual(
    back!.units,
    units.slice(600 - back!.units.length).map((unit) => unit.toString('latin1')),
  );
});

test('refused, and closed by the receiver: said, and tried again', async (context) => {
  const collector = await StreamCollector.listen(context);
  collector.stop();
  const { events } = await opened(context, { port: collector.port, reconnectSeconds: 0.1 });
  await events.until(() => events.notices.length > 0);
  assert.match(events.notices[0]!, /^sctp: ECONNREFUSED; next attempt in 0 s$/);
  await collector.start();
  await events.until(() => events.sessions === 1);
  (await collector.accepted()).socket.resume().end();
  await events.until(() => events.notices.some((text) => text.includes('closed by the collector')));
  await events.until(() => events.sessions === 2);
});

/** Answers as scripted; what is sent is kept. */
class ScriptedSender implements MessageSender {
  state: ReturnType<MessageSender['poll']> = 'connecting';
  lastError = '';
  sent: string[] = [];
  room = Infinity;
  calls: string[] = [];

  connect(address: string, port: number): void {
    this.calls.push(`connect ${address} ${port}`);
  }
  poll(): ReturnType<MessageSender['poll']> {
    return this.state;
  }
  send(message: Uint8Array): boolean {
    if (this.room <= 0) return false;
    this.room--;
    this.sent.push(Buffer.from(message).toString());
    return true;
  }
  shutdown(): void {
    this.calls.push('shutdown');
  }
  close(): void {
    this.calls.push('close');
  }
}

test('one unit is one message; a full socket is tried again soon; names are looked up for each attempt', async (context) => {
  const clock = new ManualClock();
  const senders: ScriptedSender[] = [];
  const families: number[] = [];
  const { sink, events } = await opened(context, {
    host: 'collector',
    port: 4739,
    protocol: sctp,
    clock,
    lookup: async () => ({ address: '2001:db8::1', family: 6 }),
    openSender: ({ family }) => {
      families.push(family);
      senders.push(new ScriptedSender());
      return senders.at(-1)!;
    },
  });
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  await turn();
  assert.deepEqual(families, [4, 6], 'the first one only asks whether the kernel has SCTP');
  const sender = senders[1]!;
  clock.advance(20);
  assert.equal(events.sessions, 0);
  sender.state = 'connected';
  clock.advance(20);
  assert.equal(events.sessions, 1);
  sender.room = 1;
  sink.write(unitRun(['a', 'b', 'c']));
  await turn();
  assert.deepEqual([sender.sent, events.records], [['a'], 1]);
  sender.room = Infinity;
  clock.advance(2);
  await turn();
  assert.deepEqual([sender.sent, events.records], [['a', 'b', 'c'], 3]);
  sender.state = 'closed';
  sender.lastError = 'ETIMEDOUT';
  clock.advance(200);
  await events.until(() => events.returns.length === 1);
  assert.deepEqual(events.returns, [{ units: ['a', 'b', 'c'], records: 3, reported: 3 }]);
  assert.deepEqual(sender.calls, ['connect 2001:db8::1 4739', 'close']);
});
