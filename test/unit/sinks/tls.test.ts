// Certificates: what is refused, what the log says of it, and that renewed files need no restart.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Server as TlsServer, TlsOptions as ServerTls } from 'node:tls';
import { WeirError } from '../../../src/errors.js';
import { TlsSink, type TlsSinkOptions } from '../../../src/sinks/tls.js';
import { Authority, type Issued, sharedCertificates } from '../../support/certificates.js';
import { unitRun } from '../../support/sink_run.js';
import { opened, received, StreamCollector } from '../../support/stream_collector.js';
import { temporaryFolder } from '../../support/weir.js';

function serverFiles({ cert, key }: Issued, more: ServerTls = {}): ServerTls {
  return { cert: readFileSync(cert), key: readFileSync(key), ...more };
}

function open(context: TestContext, port: number, options: Partial<TlsSinkOptions>) {
  return opened(
    context,
    (clock) => new TlsSink({ name: 'tls', host: '127.0.0.1', port, clock, reconnectSeconds: 60, ...options }),
  );
}

/** The first line of an attempt that fails, and then the session once `repair` has been done; nothing is lost. */
async function failsThenRecovers(
  context: TestContext,
  collector: StreamCollector,
  options: Partial<TlsSinkOptions>,
  repair: () => void,
): Promise<string> {
  const { sink, events, clock } = await open(context, collector.port, options);
  await events.until(() => events.notices.some((text) => text.includes('next attempt')));
  assert.deepEqual([events.sessions, sink.ready, sink.counters.sessions], [0, false, 0]);
  assert.ok(sink.counters.errors > 0);
  repair();
  clock.advance(60_000);
  await events.until(() => events.sessions === 1);
  sink.write(unitRun(['after repair']));
  await sink.flush();
  const closed = sink.close(5000);
  // In TLS 1.3 the collector is done with the handshake before the sink refuses it: that session holds nothing.
  let whole = '';
  while (whole === '') whole = (await received(await collector.accepted())).toString();
  await closed;
  assert.equal(whole, 'after repair');
  assert.equal(events.accounted, 1);
  return events.notices[0]!;
}

test("an expired certificate of the collector, and another one's name: one line each, no session, recovery", async (context) => {
  const folder = temporaryFolder(context);
  const authority = new Authority(folder);
  const good = authority.issue('good', { names: ['IP:127.0.0.1'] });
  const expired = authority.issue('expired', { names: ['IP:127.0.0.1'], days: -1 });
  let collector = await StreamCollector.listen(context, { tls: serverFiles(expired) });
  const repair = () => (collector.server as TlsServer).setSecureContext(serverFiles(good));
  assert.match(
    await failsThenRecovers(context, collector, { ca: authority.ca }, repair),
    /^tls: the collector's certificate has expired: renew it there; next attempt in 1 s$/,
  );
  const other = authority.issue('other', { names: ['DNS:other.example', 'DNS:*.third.example'] });
  collector = await StreamCollector.listen(context, { tls: serverFiles(other) });
  assert.match(
    await failsThenRecovers(context, collector, { ca: authority.ca }, repair),
    /the collector's certificate is for DNS:other.example, DNS:\*.third.example, not for 127.0.0.1: check the address, or allow/,
  );
});

test('names: those allowed count instead of the host; wildcards; the common name only without other names', async (context) => {
  const folder = temporaryFolder(context);
  const authority = new Authority(folder);
  const connects = async (issued: Issued, names: string[]): Promise<boolean> => {
    const collector = await StreamCollector.listen(context, { tls: serverFiles(issued) });
    const { events } = await open(context, collector.port, { ca: authority.ca, names });
    await events.until(() => events.sessions === 1 || events.notices.length > 0);
    return events.sessions === 1;
  };
  const named = authority.issue('named', { commonName: 'cn.example', names: ['DNS:a.example', 'DNS:*.wild.example'] });
  const plain = authority.issue('plain', { commonName: 'cn.example' });
  assert.equal(await connects(named, ['b.example', 'a.example']), true);
  assert.equal(await connects(named, ['x.wild.example']), true);
  assert.equal(await connects(named, ['x.y.wild.example']), false);
  assert.equal(await connects(named, ['cn.example']), false);
  assert.equal(await connects(plain, ['cn.example']), true);
  assert.equal(await connects(plain, []), false); // the host, 127.0.0.1
});

test('a certificate of another authority is refused; the file with the right one is read at the next attempt', async (context) => {
  const folder = temporaryFolder(context);
  const { authority, server } = sharedCertificates();
  const other = new Authority(folder, 'other');
  const ca = join(folder, 'trusted.pem');
  copyFileSync(other.ca, ca);
  const collector = await StreamCollector.listen(context, { tls: serverFiles(server) });
  assert.match(
    await failsThenRecovers(context, collector, { ca }, () => copyFileSync(authority.ca, ca)),
    /the collector's certificate was not signed by .*trusted.pem \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\): check ca/,
  );
});

test('no older version than TLS 1.2, and a port without TLS is said to be one', async (context) => {
  const { authority, server } = sharedCertificates();
  const old = await StreamCollector.listen(context, {
    tls: serverFiles(server, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }),
  });
  const first = await open(context, old.port, { ca: authority.ca });
  await first.events.until(() => first.events.notices.length > 0);
  assert.match(first.events.notices[0]!, /the collector speaks neither TLS 1.3 nor 1.2: renew its software/);
  const greeter = createServer((socket) => socket.on('error', () => undefined).end('220 hello\r\n'));
  await once(greeter.listen(0, '127.0.0.1'), 'listening');
  context.after(() => greeter.close());
  const second = await open(context, (greeter.address() as { port: number }).port, { ca: authority.ca });
  await second.events.until(() => second.events.notices.length > 0);
  assert.match(second.events.notices[0]!, /does not speak TLS on this port/);
});

test('TLS 1.2 alone is enough; a collector that is silent in the handshake is given up after 10 s', async (context) => {
  const { authority, server } = sharedCertificates();
  const collector = await StreamCollector.listen(context, { tls: serverFiles(server, { maxVersion: 'TLSv1.2' }) });
  const { events } = await open(context, collector.port, { ca: authority.ca });
  await events.until(() => events.sessions === 1);
  const silent = await StreamCollector.listen(context);
  const hung = await open(context, silent.port, { ca: authority.ca });
  const session = await silent.accepted();
  await once(session.socket.resume(), 'data'); // the client's hello
  hung.clock.advance(10_000);
  await hung.events.until(() => hung.events.notices.length > 0);
  assert.equal(hung.events.notices[0], 'tls: no answer within 10 s; next attempt in 1 s');
});

test('what cannot work is an error before anything starts: files missing, not PEM, not a pair, half given', async (context) => {
  const folder = temporaryFolder(context);
  const { authority, server, client } = sharedCertificates();
  const text = join(folder, 'text');
  writeFileSync(text, 'no certificate');
  const refused = async (options: Partial<TlsSinkOptions>, message: RegExp): Promise<void> => {
    const sink = new TlsSink({ name: 'tls://c', host: '127.0.0.1', port: 1, ...options });
    await assert.rejects(sink.open({} as never), (error: Error) => {
      assert.ok(error instanceof WeirError && error.code === 'WEIR_TLS');
      assert.match(error.message, message);
      return true;
    });
  };
  await refused({ ca: join(folder, 'none') }, /^tls:\/\/c: ca: ENOENT.*none/);
  await refused({ ca: text }, /ca: .*text: no certificate in PEM form/);
  await refused({ ca: authority.ca, cert: client.cert }, /a certificate needs its key: key is missing/);
  await refused(
    { ca: authority.ca, cert: client.cert, key: server.key },
    /server.key does not belong to the cert.*client.pem/,
  );
  await refused({ ca: authority.ca, cert: client.cert, key: text }, /key: .*text: /);
});

test('a file that goes away is waited for at the next attempt, and costs no restart', async (context) => {
  const folder = temporaryFolder(context);
  const { authority, server } = sharedCertificates();
  const ca = join(folder, 'ca.pem');
  copyFileSync(authority.ca, ca);
  const collector = await StreamCollector.listen(context, { tls: serverFiles(server) });
  const { sink, events, clock } = await open(context, collector.port, { ca });
  await events.until(() => events.sessions === 1);
  sink.write(unitRun(['kept']));
  await sink.flush();
  unlinkSync(ca);
  (await collector.accepted()).reset();
  await events.until(() => events.returns.length === 1);
  clock.advance(60_000);
  await events.until(() => events.notices.some((text) => /ca: ENOENT.*next attempt in 60 s/.test(text)));
  copyFileSync(authority.ca, ca);
  clock.advance(60_000);
  await events.until(() => events.sessions === 2);
  assert.equal(events.accounted, 1);
});

/** openssl's own TLS server: refuses clients without a certificate that it trusts. */
async function opensslServer(context: TestContext, ca: string, ...more: string[]) {
  const { server } = sharedCertificates();
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address() as { port: number };
  free.close();
  await once(free, 'close');
  const files = ['-cert', server.cert, '-key', server.key, '-CAfile', ca];
  const verify = ['-Verify', '1', '-verify_return_error', '-quiet', '-naccept', '1'];
  const child = spawn('openssl', ['s_server', '-accept', `127.0.0.1:${port}`, ...files, ...verify, ...more], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  context.after(() => child.kill());
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = once(child, 'close').then(() => Buffer.concat(chunks));
  return { port, ended };
}

/** openssl says nothing when it listens: the sink's early retries find it. */
async function until(clock: { advance(ms: number): void }, met: () => boolean): Promise<void> {
  for (let tries = 0; !met() && tries < 1000; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    clock.advance(100);
  }
  assert.ok(met());
}

for (const version of ['-tls1_3', '-tls1_2']) {
  test(`openssl s_server ${version} takes the session of both certificates, and every octet`, async (context) => {
    const { authority, client } = sharedCertificates();
    const { port, ended } = await opensslServer(context, authority.ca, version);
    const { sink, events, clock } = await open(context, port, { ca: authority.ca, ...client, reconnectSeconds: 1 });
    await until(clock, () => events.sessions === 1);
    const units = Array.from({ length: 1000 }, (_, index) => `message ${index};`);
    sink.write(unitRun(units));
    await sink.flush();
    await sink.close(5000);
    assert.equal((await ended).toString(), units.join(''));
    assert.equal(events.accounted, 1000);
  });

  test(`openssl s_server ${version} refuses us: no session counts, the back-off is kept, and the line says why`, async (context) => {
    const folder = temporaryFolder(context);
    const { authority, client } = sharedCertificates();
    const stranger = new Authority(folder, 'stranger').issue('client');
    const refusedWith = async (ca: string, given: Partial<TlsSinkOptions>): Promise<string> => {
      const { port } = await opensslServer(context, ca, version);
      const { sink, events, clock } = await open(context, port, { ca: authority.ca, ...given });
      const refusal = () => events.notices.find((text) => !text.includes('ECONNREFUSED'));
      await until(clock, () => refusal() !== undefined);
      assert.deepEqual([events.sessions, sink.counters.sessions], [0, 0]);
      return refusal()!;
    };
    const nothing = await refusedWith(authority.ca, {});
    assert.match(
      nothing,
      /the collector wants a certificate of ours \(.*\): give cert and key .*; next attempt in \d+ s$/,
    );
    const unknown = await refusedWith(authority.ca, stranger);
    assert.match(
      unknown,
      /the collector refused our certificate \(.*client.pem\) \(unknown ca\): have the collector trust/,
    );
    assert.ok(client.cert !== stranger.cert);
  });
}

test('a TLS 1.3 collector that just closes behind the handshake: what was sent comes back, and the line says why', async (context) => {
  const { authority, server } = sharedCertificates();
  const stranger = new Authority(temporaryFolder(context), 'stranger').issue('client');
  // Node's server looks at the client's certificate only when its handshake and tickets are out.
  const tls = serverFiles(server, { requestCert: true, rejectUnauthorized: true, ca: readFileSync(authority.ca) });
  const collector = await StreamCollector.listen(context, { tls });
  const { sink, events } = await open(context, collector.port, { ca: authority.ca, ...stranger });
  await events.until(() => {
    if (sink.ready && events.records === 0) sink.write(unitRun(['x']));
    return events.notices.some((text) => text.includes('next attempt'));
  });
  assert.match(
    events.notices.at(-1)!,
    /right after the handshake: it may refuse our certificate \(.*client.pem\); next attempt/,
  );
  assert.deepEqual(events.dropped, {});
});
