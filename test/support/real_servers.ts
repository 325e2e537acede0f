// Servers from Debian whose answers tell which process served: nginx with workers, redis, a forking Python server, node,
// and OpenSSH, which does not tell. Each is started in a place (a command prefix) and ended by its id.
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export interface RealServer {
  /** As the kernel names the process that serves. */
  name: string;
  /** Programs that must be installed. */
  needs: string[];
  port: number;
  /** Command of the server; folder is writable for everybody. */
  command(folder: string, address: string): string[];
  /** Command of one request. */
  client(address: string): string[];
  /** Process id of the server in what the client printed; undefined: the answer does not tell. */
  servedBy(answer: string): number | undefined;
}

const pidIn = (answer: string): number => Number(/pid=(\d+)/.exec(answer)?.[1] ?? Number.NaN);
const curl = (port: number) => (address: string) => ['curl', '-s', `http://${address}:${port}/`];

function nginxCommand(folder: string, address: string): string[] {
  const file = join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((n) => `${n}_temp_path ${folder}/${n};`);
  writeFileSync(
    file,
    `daemon off; worker_processes 3; user nobody nogroup; pid ${folder}/nginx.pid; error_log stderr;
     events { worker_connections 64; }
     http { access_log off; ${temporary.join(' ')}
       server { listen ${address}:8081 reuseport; location / { return 200 "pid=$pid"; } } }`,
  );
  return ['nginx', '-c', file, '-p', folder];
}

const forkingPython = `
import os, socketserver, sys
class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        while self.rfile.readline().strip(): pass
        self.wfile.write(b"HTTP/1.0 200 OK\\r\\n\\r\\npid=%d" % os.getpid())
class Server(socketserver.ForkingTCPServer):
    allow_reuse_address = True
Server((sys.argv[1], 8083), Handler).serve_forever()`;

const nodeServer = `
require('node:http').createServer((q, a) => a.end('pid=' + process.pid)).listen(8084, process.argv[1])`;

function sshdCommand(folder: string, address: string): string[] {
  const key = join(folder, 'host_key');
  spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  chmodSync(key, 0o600);
  mkdirSync('/run/sshd', { recursive: true });
  const options = ['UsePAM=no', `PidFile=${folder}/sshd.pid`, `ListenAddress=${address}:8085`];
  return ['/usr/sbin/sshd', '-D', '-e', '-f', '/dev/null', '-h', key, ...options.flatMap((text) => ['-o', text])];
}

export const realServers: RealServer[] = [
  { name: 'nginx', needs: ['nginx', 'curl'], port: 8081, command: nginxCommand, client: curl(8081), servedBy: pidIn },
  {
    name: 'redis-server',
    needs: ['redis-server', 'redis-cli'],
    port: 8082,
    // protected mode refuses whoever does not come from loopback
    command: (folder, address) => [
      ...['redis-server', '--port', '8082', '--bind', address, '--protected-mode', 'no'],
      ...['--save', '', '--dir', folder],
    ],
    client: (address) => ['redis-cli', '-h', address, '-p', '8082', 'info', 'server'],
    servedBy: (answer) => Number(/process_id:(\d+)/.exec(answer)?.[1] ?? Number.NaN),
  },
  {
    name: 'python3',
    needs: ['python3', 'curl'],
    port: 8083,
    command: (_folder, address) => ['python3', '-c', forkingPython, address],
    client: curl(8083),
    servedBy: pidIn,
  },
  {
    name: 'node',
    needs: ['curl'],
    port: 8084,
    command: (_folder, address) => [process.execPath, '-e', nodeServer, address],
    client: curl(8084),
    servedBy: pidIn,
  },
  {
    name: 'sshd',
    needs: ['/usr/sbin/sshd', 'ssh-keyscan'],
    port: 8085,
    command: sshdCommand,
    client: (address) => ['ssh-keyscan', '-t', 'ed25519', '-p', '8085', address],
    servedBy: () => undefined,
  },
];

export function missingFor(server: RealServer): string[] {
  return server.needs.filter((command) => spawnSync('which', [command]).status !== 0);
}

// A test that is killed must not leave its server: a second one at the same address would make later answers ambiguous.
const notAlone = ['setpriv', '--pdeathsig', 'TERM'];

/** Starts a server behind a prefix and waits until it listens; it ends with the test. */
export async function startServer(
  context: TestContext,
  server: RealServer,
  around: { prefix: readonly string[]; folder: string; address: string },
): Promise<ChildProcess> {
  const [command, ...rest] = [...notAlone, ...around.prefix, ...server.command(around.folder, around.address)];
  const child = spawn(command!, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  context.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'close');
  });
  for (let tries = 0; !(await listens(around.prefix, server.port)); tries++) {
    if (child.exitCode !== null || tries > 500) throw new Error(`${server.name} does not listen: ${said}`);
    await delay(20);
  }
  return child;
}

async function listens(prefix: readonly string[], port: number): Promise<boolean> {
  const [command, ...rest] = [...prefix, 'ss', '-Hltn', `sport = :${port}`];
  return (await execute(command!, rest)).stdout.trim() !== '';
}

export interface Request {
  client: { name: string; pid: number };
  server: { name: string; pid: number | undefined; port: number };
}

/** One request by a process of its own: who asked and who answered. */
export async function request(server: RealServer, prefix: readonly string[], address: string): Promise<Request> {
  const asking = server.client(address);
  const [command, ...rest] = [...prefix, ...asking];
  const child = spawn(command!, rest, { stdio: ['ignore', 'pipe', 'ignore'] });
  let answer = '';
  child.stdout.on('data', (chunk: Buffer) => {
    answer += chunk.toString();
  });
  await once(child, 'close');
  const pid = server.servedBy(answer);
  if (Number.isNaN(pid)) throw new Error(`${server.name} answered: ${answer}`);
  return {
    client: { name: asking[0]!.slice(0, 15), pid: child.pid! },
    server: { name: server.name, pid, port: server.port },
  };
}

/** User id of a process, as /proc says it now. */
export function userOf(pid: number): number {
  return Number(/^Uid:\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}
