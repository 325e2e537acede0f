// Traffic for the pictures of weir top: servers and clients of several users in a network namespace of their own, with a
// little delay and loss where the kernel has netem. Run by setup/screen_top.mjs inside the namespace; ends with its stdin.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dnsServer } from './small_dns.mjs';

const folder = process.argv[2];
const server = '10.20.0.1';
const clients = ['10.20.0.31', '10.20.0.32', '10.20.0.47', '10.20.0.90'];
const children = new Set();
// Debian's own programs: what root has at home is closed to others.
const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/nonexistent' };

/** Starts a program as a user of Debian's, again when it ends if `every` (ms) is given. */
function start(user, command, every) {
  const child = spawn('setpriv', [`--reuid=${user}`, '--clear-groups', ...command], {
    cwd: folder,
    stdio: 'ignore',
    env,
  });
  children.add(child);
  child.on('error', () => {});
  child.once('close', () => {
    children.delete(child);
    if (every !== undefined) setTimeout(() => start(user, command, every), every * (0.5 + Math.random())).unref();
  });
}

const run = (command, ...args) => spawnSync(command, args, { cwd: folder, stdio: 'ignore' });

function prepare() {
  run('ip', 'link', 'set', 'lo', 'up');
  for (const address of [server, ...clients]) run('ip', 'address', 'add', `${address}/32`, 'dev', 'lo');
  run('sysctl', '-qw', 'net.ipv4.ip_unprivileged_port_start=0');
  run('tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'netem', 'delay', '2ms', '1ms', 'loss', '0.3%');
  writeFileSync(join(folder, 'image.bin'), Buffer.alloc(1 << 20));
  writeFileSync(join(folder, 'page.html'), '<p>weir</p>'.repeat(2_000));
  const certificate = 'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=shop.example -keyout key.pem -out cert.pem';
  run('openssl', ...certificate.split(' '));
  run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', 'host_key');
  mkdirSync('/run/sshd', { recursive: true });
  chmodSync(join(folder, 'key.pem'), 0o644);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; worker_processes 2; user www-data; pid ${folder}/nginx.pid; error_log /dev/null;
     events { worker_connections 256; }
     http { access_log off; ${temporary.join(' ')} server { listen ${server}:80; root ${folder}; } }`,
  );
}

const dnsClient = `
process.title = 'resolver';
const { Resolver } = require('node:dns');
const names = ['www.example.org', 'shop.example', 'api.example.net', 'mail.example.com'];
setInterval(() => {
  const resolver = new Resolver();
  resolver.setServers(['${server}:53']);
  resolver.resolve4(names[Math.floor(Math.random() * names.length)], () => {});
}, 150);`;

function serve() {
  start('root', ['nginx', '-c', join(folder, 'nginx.conf'), '-p', folder]);
  start('redis', [
    'redis-server',
    '--port',
    '6379',
    '--bind',
    server,
    '--protected-mode',
    'no',
    '--save',
    '',
    '--dir',
    '/tmp',
  ]);
  start('nobody', [
    'openssl',
    's_server',
    '-accept',
    `${server}:443`,
    '-WWW',
    '-cert',
    'cert.pem',
    '-key',
    'key.pem',
    '-quiet',
  ]);
  start('daemon', ['python3', '-c', dnsServer(server)]);
  start('backup', ['iperf3', '-s', '-B', server]);
  start('root', [
    '/usr/sbin/sshd',
    '-D',
    '-f',
    '/dev/null',
    '-h',
    join(folder, 'host_key'),
    '-o',
    'UsePAM=no',
    '-o',
    `ListenAddress=${server}:22`,
  ]);
}

function talk() {
  const [first, second, third, fourth] = clients;
  const get = (from, ...url) => ['curl', '-sk', '-o', '/dev/null', '--interface', from, ...url];
  start('games', get(first, `http://${server}/image.bin`), 400);
  start('games', get(second, `http://${server}/page.html`), 150);
  start('mail', get(third, '--resolve', `shop.example:443:${server}`, 'https://shop.example/image.bin'), 600);
  start('www-data', ['redis-benchmark', '-h', server, '-c', '4', '-n', '400', '-q', '-t', 'get,set'], 500);
  start('backup', ['iperf3', '-c', server, '-B', fourth, '-b', '6M', '-t', '600'], 1000);
  start('root', ['ssh-keyscan', '-T', '2', server], 900);
  start('mail', ['wget', '-q', '-t', '1', '-O', '/dev/null', `http://${server}:8081/`], 300);
  start('news', get(second, '--max-time', '1', `http://${server}:9200/`), 700);
  start('daemon', [process.execPath, '-e', dnsClient]);
}

process.stdin.on('end', () => {
  for (const child of children) child.kill('SIGKILL');
  process.exit(0);
});
process.stdin.resume();
prepare();
serve();
setTimeout(talk, 1000);
process.stdout.write('talking\n');
