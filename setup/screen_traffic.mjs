// Traffic for pictures: a small site in a network namespace of its own, whose processes talk over its loopback. Run by
// setup/screens.mjs inside the namespace; ends with its stdin.
import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dnsServer } from './small_dns.mjs';

const folder = process.argv[2];
const children = new Set();

function start(command, args) {
  const child = spawn(command, args, { cwd: folder, stdio: ['ignore', 'ignore', 'ignore'] });
  children.add(child);
  child.once('close', () => children.delete(child));
  child.on('error', () => children.delete(child));
  return child;
}

writeFileSync(join(folder, 'page.html'), '<p>weir</p>'.repeat(2_000));
writeFileSync(join(folder, 'image.bin'), Buffer.alloc(3 << 20));
spawnSync(
  'openssl',
  [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=shop.example',
    '-keyout',
    'key.pem',
    '-out',
    'cert.pem',
  ],
  { cwd: folder, stdio: 'ignore' },
);

const dnsClient = `
const { Resolver } = require('node:dns');
const resolver = new Resolver();
resolver.setServers(['127.0.0.1:53']);
const names = ['www.example.org', 'shop.example', 'api.example.net', 'mail.example.com'];
setInterval(() => resolver.resolve4(names[Math.floor(Math.random() * names.length)], () => {}), 300);`;
const sensor = `
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    for port in range(9000, 9004): s.sendto(b'reading' * 20, ('127.0.0.1', port))
    time.sleep(1)`;

start('python3', ['-m', 'http.server', '8080', '--bind', '127.0.0.1']);
start('openssl', ['s_server', '-accept', '8443', '-www', '-cert', 'cert.pem', '-key', 'key.pem', '-quiet']);
start('python3', ['-c', dnsServer('127.0.0.1')]);
start(process.execPath, ['-e', dnsClient]);
start('python3', ['-c', sensor]);

const shop = [
  'curl',
  '-sk',
  '--resolve',
  'shop.example:8443:127.0.0.1',
  '-o',
  '/dev/null',
  'https://shop.example:8443/',
];
const page = ['curl', '-s', '-o', '/dev/null', 'http://127.0.0.1:8080/page.html'];
const image = ['curl', '-s', '-o', '/dev/null', '--limit-rate', '4M', 'http://127.0.0.1:8080/image.bin'];
const closed = ['curl', '-s', '-o', '/dev/null', 'http://127.0.0.1:8081/'];

/** More and less in waves, as of people. */
let turn = 0;
const timer = setInterval(() => {
  turn++;
  const wave = 2 + Math.round(1.5 * Math.sin(turn / 25) + Math.random());
  for (let n = 0; n < wave && children.size < 60; n++) {
    const [command, ...args] = Math.random() < 0.4 ? shop : page;
    start(command, args);
  }
  if (turn % 30 === 0) start(image[0], image.slice(1));
  if (turn % 20 === 0) start(closed[0], closed.slice(1));
}, 400);

process.stdin.on('end', () => {
  clearInterval(timer);
  for (const child of children) child.kill('SIGKILL');
  process.exit(0);
});
process.stdin.resume();
process.stdout.write('talking\n');
