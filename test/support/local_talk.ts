// A server and a client on loopback, each a node process of its own: what attribution has to name.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { saying } from './weir.js';

const serverCode = `
const server = require('node:net').createServer((socket) => socket.on('data', () => socket.end(Buffer.alloc(ANSWER))));
server.listen(0, '127.0.0.1', () => console.log('port ' + server.address().port));`;

const clientCode = `
process.stdin.once('data', () => {
  const socket = require('node:net').connect(PORT, '127.0.0.1', () => {
    console.log('from ' + socket.localPort + '.');
    socket.write(Buffer.alloc(REQUEST));
  });
  socket.resume().on('close', () => process.exit(0));
});
console.log('waiting');`;

/** Octets that a client sends, and gets. */
export const requestOctets = 1234;
export const answerOctets = 56789;

export interface Speaker {
  pid: number;
  /** As the kernel has it now. */
  name: string;
  /** Of a client: the port it spoke from; of a server: the one it listens on. */
  port: number;
}

/** As root, or with what stands in front of the command (setpriv ...). */
function run(t: TestContext, code: string, prefix: readonly string[]): ChildProcess {
  const [command, ...args] = [...prefix, process.execPath, '-e', code];
  const child = spawn(command!, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => void child.kill('SIGKILL'));
  return child;
}

const nameOf = (pid: number): string => readFileSync(`/proc/${pid}/comm`, 'utf8').trim();

export async function startServer(t: TestContext, prefix: readonly string[] = []): Promise<Speaker> {
  const child = run(t, serverCode.replace('ANSWER', String(answerOctets)), prefix);
  const port = Number(/port (\d+)/.exec(await saying(child, 'stdout', /port \d+/))?.[1]);
  return { pid: child.pid!, name: nameOf(child.pid!), port };
}

/** One connection, from begin to end; the client process has ended. */
export async function talk(t: TestContext, server: Speaker, prefix: readonly string[] = []): Promise<Speaker> {
  const code = clientCode.replace('REQUEST', String(requestOctets)).replace('PORT', String(server.port));
  const child = run(t, code, prefix);
  await saying(child, 'stdout', /waiting/);
  const name = nameOf(child.pid!);
  const spoken = saying(child, 'stdout', /from \d+\./);
  const ended = once(child, 'close');
  child.stdin!.end('go');
  const port = Number(/from (\d+)/.exec(await spoken)?.[1]);
  await ended;
  return { pid: child.pid!, name, port };
}
