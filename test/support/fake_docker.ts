// An engine with Docker's REST API on a Unix socket, as far as src/identity asks it.
import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';

export interface FakeContainer {
  id: string;
  name: string;
  image?: string;
  labels?: Record<string, string>;
  running?: boolean;
  pid?: number;
  /** What the list says of its image; Config.Image unless given. */
  listedImage?: string;
}

/** 64 hex digits that end in these. */
export const idOf = (end: number | string): string => String(end).padStart(64, '0');

export class FakeDocker {
  readonly path: string;
  readonly containers = new Map<string, FakeContainer>();
  /** Paths asked for, without queries. */
  readonly asked: string[] = [];
  /** Given instead of an answer when it returns true. */
  intercept: (path: string, response: ServerResponse) => boolean = () => false;
  engine: 'Engine' | 'Podman Engine' = 'Engine';
  lastEventsQuery = new URLSearchParams();
  readonly #streams = new Set<ServerResponse>();
  #server: Server | undefined;

  private constructor(path: string) {
    this.path = path;
  }

  static async start(context: TestContext, path: string, ...containers: FakeContainer[]): Promise<FakeDocker> {
    const fake = new FakeDocker(path);
    for (const container of containers) fake.containers.set(container.id, container);
    context.after(() => fake.stop());
    await fake.listen();
    return fake;
  }

  async listen(): Promise<void> {
    rmSync(this.path, { force: true });
    const server = createServer((request, response) => this.#answer(request, response));
    this.#server = server;
    await new Promise<void>((resolve) => void server.listen(this.path, resolve));
  }

  /** The socket goes away, open streams too. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    server.closeAllConnections();
    this.#streams.clear();
    await new Promise((resolve) => server.close(resolve));
  }

  get followers(): number {
    return this.#streams.size;
  }

  event(action: string, id: string, attributes: Record<string, string> = {}): void {
    this.write(`${JSON.stringify({ Type: 'container', Action: action, Actor: { ID: id, Attributes: attributes } })}\n`);
  }

  /** Raw octets into the streams of events. */
  write(text: string): void {
    for (const stream of this.#streams) stream.write(text);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url!, 'http://localhost');
    this.asked.push(pathname);
    if (this.intercept(pathname, response)) return;
    if (pathname === '/events') {
      this.lastEventsQuery = searchParams;
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.flushHeaders();
      this.#streams.add(response);
      response.on('close', () => this.#streams.delete(response));
      return;
    }
    const answer = this.#content(pathname);
    response.writeHead(answer === undefined ? 404 : 200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(answer ?? { message: `No such container: ${pathname}` }));
  }

  #content(path: string): unknown {
    if (path === '/version') return { Version: '9.8.7', ApiVersion: '1.99', Components: [{ Name: this.engine }] };
    if (path === '/containers/json') {
      return [...this.containers.values()]
        .filter(({ running }) => running !== false)
        .map(({ id, name, image = 'box:1', listedImage, labels }) => ({
          Id: id,
          Names: [`/other/${name}`, `/${name}`],
          Image: listedImage ?? image,
          Labels: labels ?? null,
          State: 'running',
        }));
    }
    const asked = /^\/containers\/([^/]+)\/json$/.exec(path)?.[1] ?? '';
    const found = [...this.containers.values()].find(({ id, name }) => id === asked || name === asked);
    return (
      found && {
        Id: found.id,
        Name: `/${found.name}`,
        Image: 'sha256:0123456789abcdef',
        Config: { Image: found.image ?? 'box:1', Labels: found.labels ?? {} },
        State: { Running: found.running !== false, Pid: found.pid ?? 0 },
      }
    );
  }
}
