// Nothing that was given as a secret shows up in what weir says, writes or serves: every place that takes one gets a
// canary, starts succeed and fail, and a collector echoes all it was sent.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { ethernet, pcap, udp } from '../support/frames.js';
import { LiveWeir } from '../support/live_weir.js';
import { cliPath, runWeir, temporaryFolder } from '../support/weir.js';

const canary = 'c4nary-S3cret';
const forms = [canary, encodeURIComponent(canary), Buffer.from(canary).toString('base64')];
// Longer texts that hold it have other base64; these are what is sent for a user with this password.
const basic = Buffer.from(`probe:${canary}`).toString('base64');

function assertHidden(text: string, where: string): void {
  for (const form of [...forms, basic])
    assert.ok(!text.includes(form), `${where} shows a secret:\n${text.slice(0, 4000)}`);
}

function weir(args: readonly string[], env: Record<string, string> = {}): { text: string; status: number | null } {
  const { stdout, stderr, status } = spawnSync(process.execPath, [cliPath, ...args], {
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, ...env },
  });
  return { text: stdout + stderr, status };
}

function oneFlow(t: TestContext): string {
  const file = join(temporaryFolder(t), 'flow.pcap');
  const pair = [
    { address: '10.9.0.50', port: 1001 },
    { address: '10.9.0.60', port: 9 },
  ] as const;
  writeFileSync(file, pcap([ethernet(0, udp([...pair], 100))]));
  return file;
}

const goodSinks = [
  `https://probe:${canary}@collector/x?headers=X-Api-Key:${canary}`,
  `http://${canary}-long-token@collector/`,
  `kafka+tls://b1/t?sasl.mechanism=PLAIN&sasl.username=probe&sasl.password=${canary}&ssl.key.password=${canary}`,
  `kafka://b1,b2/t?sasl.oauthbearer.client.secret=${canary}&sasl.oauthbearer.config=${canary}`,
];

test('weir config shows no secret, but says that there is one', (t) => {
  const file = join(temporaryFolder(t), 'weir.yaml');
  writeFileSync(file, `sinks: ['${goodSinks[2]}']\nkafkaProperties: [sasl.password=${canary}]\n`);
  const runs = [
    ['config', ...goodSinks.flatMap((sink) => ['--to', sink]), '--kafka-property', `sasl.password=${canary}`],
    ['config', '-c', file],
  ];
  for (const args of runs) {
    const { text, status } = weir(args);
    assert.equal(status, 0, text);
    assertHidden(text, args.join(' '));
    assert.match(text, /sasl\.password=\*\*\*/);
  }
  const { text } = weir(['config'], { WEIR_TO: goodSinks[0]!, WEIR_KAFKA_PROPERTY: `sasl.password=${canary}` });
  assertHidden(text, 'environment');
  assert.match(text, /https:\/\/probe:\*\*\*@collector\/x\?headers=\*\*\*/);
});

test('mistakes in what holds a secret are told without it', (t) => {
  const file = join(temporaryFolder(t), 'weir.yaml');
  writeFileSync(
    file,
    `sinks: ['kafka://b/t?sasl.password=${canary}&bogus=1']\nkafkaProperties: ['sasl.password ${canary}']\n`,
  );
  const badSinks = [
    `https://probe:${canary}@collector:99999/`,
    `https://probe:${canary}/x@collector/`,
    `https://probe:${canary}?x@collector/`,
    `https://probe:${canary}%zz@collector/`,
    `tcp://probe:${canary}@collector`,
    `udp://${canary}@collector`,
    `kafka://probe:${canary}@b1/t`,
    `kafka://b1/t?sasl.pasword=${canary}&bogus=1`,
    `kafka://b1/t?sasl.password=${canary}%zz`,
    `https://c/?password=${canary}`,
    `https://c/?headers=${canary}&batchsize=1`,
    `https://c/?headers=X:${canary}&format=ipfix`,
    `https://c/?token=${canary}`,
    `ftp://probe:${canary}@host/`,
  ];
  const runs = [
    badSinks.flatMap((sink) => ['--to', sink]), // all are told at once
    ...badSinks.slice(0, 6).map((sink) => [sink]),
    ['--kafka-property', `sasl.password:${canary}`],
    ['--kafka-property', `=${canary}`],
    ['--to', 'kafka://127.0.0.1:1/t', '--kafka-property', `sasl.pasword=${canary}`],
    ['--to', `kafka://127.0.0.1:1/t?ssl.key.pem=${canary}`],
    ['--to', `https://c/?token=${canary}`],
    ['--to', `https://c/?token=${canary}.eyJ/${canary}`],
    ['--to', goodSinks[0]!, '--to', 'udp://c:0'],
    [`sasl.password=${canary}`],
    ['fields', 'x', `https://probe:${canary}@collector/`],
    ['-c', file],
    ['-c', file, '--supervise'],
  ];
  for (const [index, args] of runs.entries()) {
    const format = ['text', 'json', 'journal'][index % 3]!;
    const { text, status } = weir(['-r', '/nonexistent', '--log-format', format, ...args]);
    assert.notEqual(status, 0, args.join(' '));
    assert.match(text, /WEIR_/, args.join(' '));
    assertHidden(text, args.join(' '));
  }
});

/** Answers everything with what it was asked, so that the log would show it. */
async function echo(t: TestContext): Promise<number> {
  const server = createServer((request: IncomingMessage, response) => {
    request.resume();
    request.on('end', () => {
      response.writeHead(401, { Location: `/login?was=${request.headers.authorization}` });
      response.end(`${JSON.stringify(request.headers)} is wrong`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** All files below a folder, with their names. */
function everything(folder: string): string {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .map((path) => `${path}\n${lstatSync(path).isFile() ? readFileSync(path, 'latin1') : ''}`)
    .join('\n');
}

test('a collector that echoes what it was sent, its pages and its files show no secret', async (t) => {
  const port = await echo(t);
  const folder = temporaryFolder(t);
  const token = join(folder, 'token');
  writeFileSync(token, `${canary}-token\n`);
  const statistics = join(folder, 'run.stats');
  const sinks = [
    `http://probe:${canary}@127.0.0.1:${port}/a?headers=X-Api-Key:${canary}&spool=${folder}/a`,
    `http://127.0.0.1:${port}/b?token=${token}`,
    `kafka://127.0.0.1:1/t?sasl.mechanism=PLAIN&security.protocol=SASL_PLAINTEXT&sasl.username=probe&sasl.password=${canary}`,
    `kafka://127.0.0.1:1/u?client=kafkajs&sasl.mechanism=plain&security.protocol=SASL_PLAINTEXT&sasl.username=probe&sasl.password=${canary}`,
  ];
  const common = [
    '-r',
    oneFlow(t),
    '--metrics',
    '127.0.0.1:0',
    '--statistics-file',
    statistics,
    '--log-level',
    'trace',
  ];
  for (const given of [[...sinks.slice(0, 3), '--kafka-property', 'debug=all'], [sinks[3]!]]) {
    const probe = new LiveWeir(t, [
      ...common,
      ...given.flatMap((one) => (one.includes('://') ? ['--to', one] : [one])),
    ]);
    await probe.said(/serving [^"]* on 127\.0\.0\.1/);
    await probe.said(/no broker is reachable|trouble with one broker/);
    if (given.length > 1) await probe.said(/HTTP 401/, 2);
    const [, listening] = /serving [^"]* on 127\.0\.0\.1(?:[: ]|port)+(\d+)/.exec(probe.stderr)!;
    for (const page of ['/metrics', '/readyz', '/status', '/status.json']) {
      const answer = await fetch(`http://127.0.0.1:${listening}${page}`);
      assertHidden(await answer.text(), page);
    }
    await probe.stop();
    if (given.length > 1) assert.match(probe.stderr, /HTTP 401 [^\n]*\*\*\*/);
    assertHidden(probe.stdout + probe.stderr, 'the log');
  }
  writeFileSync(token, '');
  assertHidden(everything(folder), 'the files');
});

test('a key for server names is not told', async (t) => {
  const key = join(temporaryFolder(t), 'names.key');
  for (const text of [`${canary}-and-more`, canary]) {
    writeFileSync(key, text);
    const privacy = ['--dpi-privacy', 'server-names', '--dpi-key', key];
    const { stdout, stderr } = await runWeir(['-r', oneFlow(t), ...privacy, '-T', 'tls', '--log-level', 'trace']);
    assertHidden(stdout + stderr, 'a run with a key');
  }
});
