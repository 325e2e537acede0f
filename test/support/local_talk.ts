// A server and a client, on loopback unless a place is given, each a node process of its own: what attribution has to name.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { saying } from './weir.js';

const serverCode = `
const server = require('node:net').createServer((socket) => socket.on('data', () => socket.end(Buffer.alloc(ANSWER))));
server.listen(0, 'ADDRESS', () => console.log('port ' + server.address().port));`;

/** Speaks when told to, and lives until its stdin ends. */
const clientCode = `
process.stdin.once('data', () => {
  const socket = require('node:net').connect(PORT, 'ADDRESS', () => {
    const port = socket.localPort;
    socket.write(Buffer.alloc(REQUEST));
    socket.resume().on('close', () => console.log('spoke from ' + port + '.'));
  });
});
process.stdin.on('end', () => process.exit(0)).resume();
console.log('waiting');`;

/** Octets that a client sends, and gets. */
export const requestOctets = 1234;
export const answerOctets = 56789;

/** Where a process runs: in front of its command, and the server's address. */
export interface Place {
  prefix: readonly string[];
  address: string;
}

const here: Place = { prefix: [], address: '127.0.0.1' };

export interface Speaker {
  pid: number;
  /** As the kernel has it now. */
  name: string;
  /** Of a client: the port it spoke from; of a server: the one it listens on. */
  port: number;
}

export interface Client extends Speaker {
  /** The process ends. */
  leave(): Promise<void>;
}

function run(t: TestContext, code: string, { prefix, address } = here): ChildProcess {
  const [command, ...args] = [...prefix, process.execPath, '-e', code.replace('ADDRESS', address)];
  const child = spawn(command!, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => void child.kill('SIGKILL'));
  return child;
}

const nameOf = (pid: number): string => readFileSync(`/proc/${pid}/comm`, 'utf8').trim();

export async function startServer(t: TestContext, place = here): Promise<Speaker> {
  const child = run(t, serverCode.replace('ANSWER', String(answerOctets)), place);
  const port = Number(/port (\d+)/.exec(await saying(child, 'stdout', /port \d+/))?.[1]);
  return { pid: child.pid!, name: nameOf(child.pid!), port };
}

/** One connection, from begin to end. */
export async function talk(t: TestContext, server: Speaker, place = here): Promise<Client> {
  const code = clientCode.replace('REQUEST', String(requestOctets)).replace('PORT', String(server.port));
  const child = run(t, code, place);
  await saying(child, 'stdout', /waiting/);
  child.stdin!.write('go');
  const port = Number(/from (\d+)/.exec(await saying(child, 'stdout', /from \d+\./))?.[1]);
  const leave = async (): Promise<void> => {
    const ended = once(child, 'close');
    child.stdin!.end();
    await ended;
  };
  return { pid: child.pid!, name: nameOf(child.pid!), port, leave };
}

/** A connection that stays until its client is told to speak. */
export interface Held extends Speaker {
  /** Asks, gets the answer, and ends. */
  speak(): Promise<void>;
}

const heldCode = `
const socket = require('node:net').connect(PORT, '127.0.0.1', () => console.log('holds ' + socket.localPort + '.'));
socket.resume().on('close', () => console.log('spoke'));
process.stdin.once('data', () => socket.write(Buffer.alloc(REQUEST)));
process.stdin.on('end', () => process.exit(0)).resume();`;

export async function hold(t: TestContext, server: Speaker): Promise<Held> {
  const child = run(t, heldCode.replace('REQUEST', String(requestOctets)).replace('PORT', String(server.port)));
  const port = Number(/holds (\d+)/.exec(await saying(child, 'stdout', /holds \d+\./))?.[1]);
  const speak = async (): Promise<void> => {
    const spoken = saying(child, 'stdout', /spoke/);
    child.stdin!.write('go');
    await spoken;
  };
  return { pid: child.pid!, name: nameOf(child.pid!), port, speak };
}
