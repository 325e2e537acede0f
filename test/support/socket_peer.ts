// A process that does with sockets what it is told to, a JSON object a line, and answers each line with what came of it:
// the far side of peers.ts. It does nothing by itself, so that a test knows each octet and each end of a connection.
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

export interface Order {
  host?: string;
  port?: number;
  id?: number;
  octets?: number;
  times?: number;
}

/** One connection of `ask`, as its socket knew it. */
export interface Asked {
  port: number;
  sent: number;
  received: number;
}

interface Line {
  socket: Socket;
  received: number;
  closed: boolean;
}

const lines: Line[] = [];
const servers = new Map<number, Server>();
const datagrams: { socket: DatagramSocket; received: number }[] = [];
/** Called whenever anything comes in or ends. */
const looks = new Set<() => void>();
const look = (): void => {
  for (const one of [...looks]) one();
};
const parallel = 16;

function until(met: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const one = (): void => {
      if (!met()) return;
      looks.delete(one);
      resolve();
    };
    looks.add(one);
    one();
  });
}

function keep(socket: Socket): number {
  const line: Line = { socket, received: 0, closed: false };
  socket.on('data', (chunk) => {
    line.received += chunk.length;
    look();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    line.closed = true;
    look();
  });
  return lines.push(line) - 1;
}

async function listenOn(order: Order, take: (socket: Socket) => void): Promise<object> {
  const server = createServer({ allowHalfOpen: true }, take);
  server.listen({ host: order.host, port: order.port ?? 0, backlog: 4096 });
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  servers.set(port, server);
  return { port };
}

/** Half a connection's answer: three octets and a bit for each that came. */
export const answerTo = (octets: number): number => octets * 3 + 1;

function answer(socket: Socket): void {
  let received = 0;
  socket.on('data', (chunk) => {
    received += chunk.length;
  });
  socket.on('end', () => socket.end(Buffer.alloc(answerTo(received))));
  socket.on('error', () => undefined);
}

async function connectTo({ host, port }: Order): Promise<object> {
  const socket = connect({ host, port: port!, allowHalfOpen: true });
  const error = await new Promise<string>((resolve) => {
    socket.once('connect', () => resolve(''));
    socket.once('error', (why: NodeJS.ErrnoException) => resolve(why.code ?? why.message));
  });
  return error === '' ? { id: keep(socket), port: socket.localPort } : { error };
}

function askOnce({ host, port: to }: Order, octets: number): Promise<Asked> {
  return new Promise((resolve, reject) => {
    let port = 0;
    let received = 0;
    const socket = connect({ host, port: to!, allowHalfOpen: true }, () => {
      port = socket.localPort!;
      socket.end(Buffer.alloc(octets));
    });
    socket.on('data', (chunk) => {
      received += chunk.length;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve({ port, sent: octets, received }));
  });
}

async function bind({ host, port }: Order): Promise<object> {
  const socket = createSocket(host?.includes(':') ? 'udp6' : 'udp4');
  const line = { socket, received: 0 };
  socket.on('message', (message) => {
    line.received += message.length;
    look();
  });
  socket.bind(0, host);
  await once(socket, 'listening');
  if (port !== undefined) {
    socket.connect(port, host);
    await once(socket, 'connect');
  }
  return { id: datagrams.push(line) - 1, port: socket.address().port };
}

const line = (order: Order): Line => lines[order.id!]!;

export const verbs = {
  /** Takes connections and keeps them for `accept`. */
  listen: (order: Order) =>
    listenOn(order, (socket) => {
      keep(socket);
      look();
    }),
  /** Answers each connection by itself. */
  serve: (order: Order) => listenOn(order, answer),
  unlisten: async (order: Order) => {
    const server = servers.get(order.port!)!;
    server.close();
    await once(server, 'close');
    return {};
  },
  connect: connectTo,
  /** The connection that came from the port. */
  accept: async ({ port }: Order) => {
    const find = (): number => lines.findIndex(({ socket, closed }) => !closed && socket.remotePort === port);
    await until(() => find() >= 0);
    return { id: find() };
  },
  send: async (order: Order) => {
    await new Promise((resolve) => line(order).socket.write(Buffer.alloc(order.octets!), resolve));
    return {};
  },
  /** No more is sent. */
  shut: async (order: Order) => {
    await new Promise<void>((resolve) => line(order).socket.end(resolve));
    return {};
  },
  reset: async (order: Order) => {
    line(order).socket.resetAndDestroy();
    await until(() => line(order).closed);
    return {};
  },
  got: async (order: Order) => {
    await until(() => line(order).received >= order.octets!);
    return { octets: line(order).received };
  },
  closed: async (order: Order) => {
    await until(() => line(order).closed);
    return {};
  },
  /** Many short connections, each with its own number of octets. */
  ask: async (order: Order) => {
    const asked: Asked[] = [];
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < order.times!) asked.push(await askOnce(order, (next++ * 7919) % 4999));
    };
    await Promise.all(Array.from({ length: parallel }, work));
    return { asked };
  },
  /** A datagram socket; with a port it is connected. */
  bind,
  say: async ({ id, octets, host, port }: Order) => {
    const { socket } = datagrams[id!]!;
    await new Promise((resolve) => {
      if (port === undefined) socket.send(Buffer.alloc(octets!), resolve);
      else socket.send(Buffer.alloc(octets!), port, host, resolve);
    });
    return {};
  },
  heard: async (order: Order) => {
    await until(() => datagrams[order.id!]!.received >= order.octets!);
    return { octets: datagrams[order.id!]!.received };
  },
  hush: async (order: Order) => {
    const { socket } = datagrams[order.id!]!;
    socket.close();
    await once(socket, 'close');
    return {};
  },
};

if (process.argv[1]?.endsWith('socket_peer.js')) {
  createInterface({ input: process.stdin })
    .on('line', (text) => {
      const { n, verb, ...order } = JSON.parse(text) as Order & { n: number; verb: keyof typeof verbs };
      void verbs[verb](order).then((done) => console.log(JSON.stringify({ n, ...done })));
    })
    .on('close', () => process.exit(0));
  console.log(JSON.stringify({ n: 0 }));
}
