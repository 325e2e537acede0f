// A container runtime with the CRI on a Unix socket, as far as src/identity asks it.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Server, ServerCredentials, type ServerWritableStream, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { packageRoot } from '../../src/native/load.js';

export interface FakePod {
  id: string;
  name: string;
  namespace: string;
  uid?: string;
  labels?: Record<string, string>;
  ready?: boolean;
  /** Of the pause process, 0 = it has none. */
  pid?: number;
}

export interface FakeCriContainer {
  id: string;
  sandbox: string;
  name: string;
  image?: string;
  /** What ContainerStatus says; the same unless given. */
  statusImage?: string;
  labels?: Record<string, string>;
  running?: boolean;
  pid?: number;
}

type Stream = ServerWritableStream<unknown, unknown>;
interface Asked {
  filter: { id?: string; state?: { state: string } | null } | null;
  pod_sandbox_id: string;
  container_id: string;
  verbose: boolean;
}
type Done = (error: { code: number; details: string } | null, answer?: object) => void;

const info = (pid: number | undefined): Record<string, string> => ({ info: JSON.stringify({ pid: pid ?? 0 }) });

export class FakeCri {
  readonly path: string;
  readonly pods = new Map<string, FakePod>();
  readonly containers = new Map<string, FakeCriContainer>();
  readonly calls: string[] = [];
  /** False: GetContainerEvents is not implemented, as in containerd 1.6. */
  events = true;
  readonly #streams = new Set<Stream>();
  #server: Server | undefined;

  private constructor(path: string) {
    this.path = path;
  }

  static async start(context: TestContext, path: string): Promise<FakeCri> {
    const fake = new FakeCri(path);
    context.after(() => fake.stop());
    await fake.listen();
    return fake;
  }

  async listen(): Promise<void> {
    rmSync(this.path, { force: true });
    const file = join(packageRoot(), 'src', 'identity', 'runtime_v1.proto');
    const definition = loadSync(file, { keepCase: true, longs: Number, enums: String, defaults: true });
    const server = new Server();
    server.addService(definition['runtime.v1.RuntimeService'] as never, this.#implementation() as never);
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(`unix://${this.path}`, ServerCredentials.createInsecure(), (error) =>
        error ? reject(error) : resolve(),
      );
    });
    this.#server = server;
  }

  stop(): void {
    this.#server?.forceShutdown();
    this.#server = undefined;
    this.#streams.clear();
    rmSync(this.path, { force: true });
  }

  get followers(): number {
    return this.#streams.size;
  }

  event(id: string, type: string): void {
    for (const stream of this.#streams) stream.write({ container_id: id, container_event_type: type });
  }

  #implementation(): object {
    const answering =
      (name: string, answer: (request: Asked) => object | undefined) =>
      ({ request }: { request: Asked }, done: Done): void => {
        this.calls.push(name);
        const said = answer(request);
        if (said) done(null, said);
        else done({ code: status.NOT_FOUND, details: `${name}: not found` });
      };
    return {
      version: answering('version', () => ({ runtime_name: 'fakerd', runtime_version: 'v2.1' })),
      listPodSandbox: answering('listPodSandbox', ({ filter }) => ({ items: this.#listPods(filter) })),
      listContainers: answering('listContainers', ({ filter }) => ({ containers: this.#listContainers(filter) })),
      podSandboxStatus: answering('podSandboxStatus', ({ pod_sandbox_id, verbose }) => {
        const pod = this.pods.get(pod_sandbox_id);
        return pod && { info: verbose ? info(pod.pid) : {} };
      }),
      containerStatus: answering('containerStatus', ({ container_id, verbose }) => {
        const found = this.containers.get(container_id);
        const image = found?.statusImage ?? found?.image ?? 'box:1';
        return found && { status: { id: found.id, image: { image } }, info: verbose ? info(found.pid) : {} };
      }),
      getContainerEvents: (stream: Stream) => {
        if (!this.events) {
          stream.emit('error', { code: status.UNIMPLEMENTED, details: 'unknown method GetContainerEvents' });
          return;
        }
        this.#streams.add(stream);
        stream.on('cancelled', () => this.#streams.delete(stream));
      },
    };
  }

  #listPods(filter: Asked['filter']): object[] {
    return [...this.pods.values()]
      .filter(({ id }) => !filter?.id || id.startsWith(filter.id))
      .map(({ id, name, namespace, uid = `uid-${name}`, labels = {}, ready }) => ({
        id,
        metadata: { name, namespace, uid },
        state: ready === false ? 'SANDBOX_NOTREADY' : 'SANDBOX_READY',
        labels,
      }));
  }

  #listContainers(filter: Asked['filter']): object[] {
    return [...this.containers.values()]
      .filter(({ id }) => !filter?.id || id.startsWith(filter.id))
      .map(({ id, sandbox, name, image = 'box:1', labels = {}, running }) => ({
        id,
        pod_sandbox_id: sandbox,
        metadata: { name },
        image: { image },
        state: running === false ? 'CONTAINER_EXITED' : 'CONTAINER_RUNNING',
        labels,
      }))
      .filter(({ state }) => !filter?.state || filter.state.state === state);
  }
}
