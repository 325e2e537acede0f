// What strangers wrote never reaches the terminal or the journal as it is: names of interfaces, certificates, answers of
// collectors, names in error messages.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { readFileSync } from 'node:fs';
import { Authority } from '../support/certificates.js';
import { LiveWeir } from '../support/live_weir.js';
import { needsNetwork, Network } from '../support/network.js';
import { cliPath, temporaryFolder } from '../support/weir.js';

const evil = 'e\u001b[2J\u009b1m'; // 9 octets: an interface may be called so
const absent = 'x\u001bc\u009b';
const controls = /[\p{Cc}\u2028\u2029\u202a-\u202e]/u;

/** Each line is a line of ours, and nothing in it moves the cursor. */
function assertTame(text: string, line: RegExp): void {
  for (const one of text.split('\n').filter((part) => part !== '')) {
    assert.doesNotMatch(one, controls, JSON.stringify(one));
    assert.match(one, line, JSON.stringify(one));
  }
}

const journal = /^<[34567]>/;
const text = /^(\d\d:\d\d:\d\d\.\d{3} (error|warning|info) |packets )/;

test('an interface may be called anything', needsNetwork(), async (t) => {
  const { far } = new Network(t);
  far.ip('link', 'set', far.interface, 'down');
  far.ip('link', 'set', far.interface, 'name', evil);
  far.ip('link', 'set', evil, 'up');
  for (const [format, line] of [
    ['journal', journal],
    ['text', text],
  ] as const) {
    const weir = new LiveWeir(t, ['-i', 'e*', '-i', absent, '--to', 'none', '--log-format', format], far.prefix);
    await weir.said(/metering e\\u001b\[2J\\u009b1m/);
    await weir.said(/no interface 'x\\u001bc\\u009b' yet/);
    far.ip('link', 'set', evil, 'down');
    await weir.said(/1m: went down|1m is gone/);
    far.ip('link', 'set', evil, 'up');
    await weir.stop();
    assertTame(weir.stderr, line);
  }
  const doctor = far.run(process.execPath, cliPath, 'doctor');
  assertTame(doctor, /./);
});

test('what a collector answers, and how its certificate is called', async (t) => {
  const folder = temporaryFolder(t);
  const authority = new Authority(folder);
  const { cert, key } = authority.issue('evil', { commonName: 'evil\u001b[2J', names: ['DNS:evil.example'] });
  const secure = createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) });
  const plain = createServer((request, response) => {
    request.resume();
    response.writeHead(403, 'no');
    response.end('go away\n<3>error: root\u001b[31m\u202e\u009b2J\r\n12:00:00.000 error all is lost');
  });
  const ports: number[] = [];
  for (const server of [secure, plain]) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close());
    ports.push((server.address() as AddressInfo).port);
  }
  const own = authority.issue('probe');
  const sinks = [
    `tls://127.0.0.1:${ports[0]}?ca=${authority.ca}&cert=${own.cert}&key=${own.key}`,
    `http://127.0.0.1:${ports[1]}/x`,
  ];
  for (const [format, line] of [
    ['journal', journal],
    ['text', text],
  ] as const) {
    const args = ['--events', 'all', ...sinks.flatMap((sink) => ['--to', sink]), '--log-format', format];
    const weir = new LiveWeir(t, args);
    await weir.said(/HTTP 403 \(go away/);
    await weir.said(/altnames|certificate/);
    await weir.stop();
    assertTame(weir.stderr, line);
  }
});

test('errors that end the run quote what they are about, tamed', () => {
  for (const args of [
    ['-r', `/nonexistent/${evil}\n<3>x`],
    ['-T', `%${evil}`],
    ['--to', `udp://${evil}:1:2`],
    [`${evil}`],
    ['-i', `eth0@netns:${evil}`],
    ['spool', `/nonexistent/${evil}`],
    ['help', evil],
  ]) {
    for (const format of ['text', 'journal', 'json']) {
      const environment = { ...process.env, WEIR_LOG_FORMAT: format };
      const { stderr } = spawnSync(process.execPath, [cliPath, ...args], { encoding: 'utf8', env: environment });
      assert.notEqual(stderr, '');
      assertTame(
        stderr,
        format === 'journal' ? journal : format === 'json' ? /^\{.*\}$/ : /^(weir: WEIR_| {2}\S|\d\d:)/,
      );
    }
  }
});
