// Troubles that end without a restart: collector away, certificates that are wrong or too old, disks that are full. Each is
// told in one line, and counted.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createServer, type Server } from 'node:tls';
import { Authority, type Issued } from '../support/certificates.js';
import { LiveWeir } from '../support/live_weir.js';
import { needsNetwork, Network } from '../support/network.js';
import {
  Collector,
  distinct,
  Feed,
  lawful,
  numbersIn,
  range,
  reaches,
  readiness,
  scrape,
  type SinkWords,
  spooledRecords,
} from '../support/outage.js';
import { temporaryFolder } from '../support/weir.js';

const bounded = { timeout: 60_000 };
const metrics = ['--metrics', '127.0.0.1:0'];

/** Log lines that contain the text. */
const linesWith = (weir: LiveWeir, text: string): string[] =>
  weir.stderr.split('\n').filter((line) => line.startsWith('{') && line.includes(text));

/** What of the log is about this sink, the summary, statistics lines and the spool's begin and end left out, as 'level: text'. */
function wordsAbout(weir: LiveWeir, port: number): string[] {
  return linesWith(weir, `:${port}`)
    .map((line) => JSON.parse(line) as { level: string; msg: string })
    .filter(({ msg }) => msg !== 'exported' && !/^(reading|packets) /.test(msg))
    .filter(({ msg }) => !/goes to the spool$|all of the spool is delivered$/.test(msg))
    .filter(({ msg }) => !msg.includes('does not belong to the certificate')) // read between the two files' renewal
    .map(({ level, msg }) => `${level}: ${msg.replace(/^\S+ /, '')}`);
}

class TlsCollector {
  readonly server: Server;
  received = Buffer.alloc(0);
  #sockets = new Set<Socket>();

  constructor(t: TestContext, authority: Authority, own: Issued) {
    const files = { cert: readFileSync(own.cert), key: readFileSync(own.key), ca: readFileSync(authority.ca) };
    this.server = createServer({ ...files, requestCert: true, rejectUnauthorized: true }, (socket) => {
      socket.on('data', (chunk: Buffer) => {
        this.received = Buffer.concat([this.received, chunk]);
      });
      socket.on('error', () => undefined);
    });
    this.server.on('connection', (socket) => this.#sockets.add(socket).size);
    this.server.on('tlsClientError', () => undefined);
    t.after(() => {
      this.server.close();
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  async listen(): Promise<number> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return (this.server.address() as AddressInfo).port;
  }
}

test(
  'collector away, certificates expired at either end, wrong CA: one line each, and flows arrive once it is put right',
  bounded,
  async (t) => {
    const folder = temporaryFolder(t);
    mkdirSync(join(folder, 'other'));
    const authority = new Authority(folder);
    const other = new Authority(join(folder, 'other'), 'other');
    const names = ['IP:127.0.0.1'];
    const good = authority.issue('good', { names });
    const client = authority.issue('client');
    const oldClient = authority.issue('oldclient', { days: -1 });
    const ca = join(folder, 'wrong-ca.pem');
    copyFileSync(other.ca, ca);
    const expired = new TlsCollector(t, authority, authority.issue('expired', { names, days: -1 }));
    const strict = new TlsCollector(t, authority, good);
    const trusted = new TlsCollector(t, authority, good);
    const away = await Collector.listen(t);
    away.stop();
    const ports = [await expired.listen(), await strict.listen(), await trusted.listen(), away.port] as const;
    const sink = (port: number, own: Issued, caFile = authority.ca) =>
      `tls://127.0.0.1:${port}?reconnect=1s&ca=${caFile}&cert=${own.cert}&key=${own.key}&spool=${join(folder, `spool-${port}`)}`;
    const urls = [
      sink(ports[0], client),
      sink(ports[1], oldClient),
      sink(ports[2], client, ca),
      `tcp://127.0.0.1:${away.port}?reconnect=1s&spool=${join(folder, 'spool-tcp')}`,
    ];
    const to = urls.flatMap((url) => ['--to', url]);
    const weir = new LiveWeir(t, ['-r', '-', '--idle-timeout', '1s', ...to, ...metrics], [], 'pipe');
    const feed = new Feed(weir);
    feed.send(4000);
    await weir.said(/certificate has expired: renew it there/);
    await weir.said(/refuse our certificate|refused our certificate/);
    await weir.said(/was not signed by/);
    await weir.said(/ECONNREFUSED/);
    for (const port of ports) await reaches(weir, 'weir_sink_spooled_records', { sink: `:${port}` }, 2000);
    for (const port of ports) await reaches(weir, 'weir_sink_errors_total', { sink: `:${port}` }, 4); // tried again
    assert.equal((await readiness(weir)).status, 200); // the spool keeps what comes
    for (const port of ports) assert.equal(wordsAbout(weir, port).length, 1, wordsAbout(weir, port).join('\n'));
    expired.server.setSecureContext({
      cert: readFileSync(good.cert),
      key: readFileSync(good.key),
      ca: readFileSync(authority.ca),
    });
    authority.issue('oldclient'); // renewed in place
    copyFileSync(authority.ca, ca);
    await away.start();
    for (const port of ports) await reaches(weir, 'weir_sink_sessions_total', { sink: `:${port}` }, 1);
    feed.send(1000);
    feed.end();
    const run = await weir.ended;
    for (const words of lawful(run)) assert.deepEqual([words.exported, words.dropped], [5000, 0], run.stderr);
    for (const { received } of [expired, strict, trusted])
      assert.deepEqual(distinct(numbersIn(received)), { numbers: range(0, 5000), repeated: 0 });
    assert.deepEqual(distinct(away.numbers()), { numbers: range(0, 5000), repeated: 0 });
    for (const port of ports) {
      const told = wordsAbout(weir, port);
      assert.equal(told.length, 2, told.join('\n'));
      assert.match(told[1]!, /^info: connected to /);
    }
  },
);

function needsMounts(): { skip?: string; timeout: number } {
  const tried = spawnSync('unshare', ['-m', 'true'], { encoding: 'utf8' });
  return tried.status === 0 ? bounded : { ...bounded, skip: `unshare -m: ${(tried.stderr ?? 'not installed').trim()}` };
}

test(
  'the disk of spool and file is full: one line each, losses counted, and both go on once it has room',
  needsMounts(),
  async (t) => {
    const folder = temporaryFolder(t);
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    const mount = 'mount -t tmpfs -o size=32m tmpfs "$0" && exec "$@"';
    const prefix = ['unshare', '-m', 'sh', '-c', mount, disk];
    const args = ['-r', '-', '--idle-timeout', '1s'];
    const to = [`tcp://127.0.0.1:1?spoolsize=64M&queue=65536&spool=${disk}/spool`, `file://${disk}/flows.json`];
    const weir = new LiveWeir(t, [...args, ...to.flatMap((url) => ['--to', url]), ...metrics], prefix, 'pipe');
    const feed = new Feed(weir);
    await weir.said(/"msg":"reading /);
    const seen = join(`/proc/${weir.child.pid}/root`, disk); // the disk is in a mount namespace of weir's own
    feed.send(2000);
    await reaches(weir, 'weir_sink_spooled_records', { sink: 'tcp:' }, 500);
    assert.throws(() => writeFileSync(join(seen, 'ballast'), Buffer.alloc(40 << 20)), /ENOSPC/);
    feed.send(4000);
    await weir.said(/spool \S+ cannot be written: ENOSPC/);
    await weir.said(/flows\.json: ENOSPC/);
    await reaches(weir, 'weir_sink_records_dropped_total', { sink: 'tcp:', cause: 'spoolError' }, 1);
    rmSync(join(seen, 'ballast'));
    await weir.said(/flows\.json: writing again/);
    // The spool tries again with the next flows, five seconds after it failed.
    for (let tries = 0; !/spool \S+: writing again/.test(weir.stderr); tries++) {
      assert.ok(tries < 15, weir.stderr);
      feed.send(1000);
      await weir.nextStatistics();
    }
    // The disk goes with weir: what it holds is compared while weir runs and nothing moves.
    for (let tries = 0; ; tries++) {
      const now = await scrape(weir);
      now.lawful();
      const counted = [
        now.value('weir_sink_queued_records'),
        now.value('weir_sink_spooled_records', { sink: 'tcp:' }),
        now.value('weir_sink_records_exported_total', { sink: 'file:' }),
      ];
      const written = distinct(numbersIn(readFileSync(join(seen, 'flows.json'))));
      const held = [0, spooledRecords(join(seen, 'spool')), written.numbers.length];
      assert.equal(written.repeated, 0);
      if (JSON.stringify(counted) === JSON.stringify(held)) break;
      assert.ok(tries < 10, `counted ${counted.join(' ')}, on disk ${held.join(' ')}`);
      await weir.nextStatistics();
    }
    const run = await weir.stop();
    const [spool, file] = lawful(run) as [SinkWords, SinkWords];
    assert.deepEqual(Object.keys(spool.causes), ['spoolError']);
    assert.equal(file.dropped, 0, JSON.stringify(file));
    assert.equal(linesWith(weir, 'ENOSPC').length, 2, linesWith(weir, 'ENOSPC').join('\n'));
    assert.equal(linesWith(weir, 'flow records dropped').length, 0);
    const counted = [...weir.stderr.matchAll(/lost: \d+ units with (\d+) flow records/g)];
    assert.equal(
      counted.reduce((sum, [, records]) => sum + Number(records), 0),
      spool.dropped,
    );
  },
);

test('no folder for the spool: said once, and the sink drops its oldest', needsNetwork('tcpreplay'), async (t) => {
  const { far } = new Network(t);
  const weir = await LiveWeir.metering(t, [
    ...['-i', far.point, '--spool', '/proc/weir/spool', '--to', 'tcp://127.0.0.1:1'],
    ...metrics,
  ]);
  const { status, text } = await readiness(weir);
  assert.deepEqual([status, /no session/.test(text)], [503, true]);
  assert.equal(linesWith(weir, 'no spool, what it cannot take is dropped').length, 1, weir.stderr);
  assert.equal((await weir.stop()).status, 0);
});
