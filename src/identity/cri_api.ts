// The Container Runtime Interface over gRPC: containerd, CRI-O, cri-dockerd. runtime.v1, which containerd 1.6 and CRI-O 1.23
// are the first to serve. The gRPC library is loaded when the first socket is there to be asked.
import { join } from 'node:path';
import type { Client, ClientReadableStream } from '@grpc/grpc-js';
import { packageRoot } from '../native/load.js';
import { isDigest, type Labels, sandboxName } from './container_facts.js';
import {
  type ContainerChange,
  maxAnswerOctets,
  type RuntimeClient,
  RuntimeError,
  type SeenContainer,
} from './runtime_client.js';

const patienceMs = 10_000;

// Messages as proto-loader gives them with the settings of load(): every member is there, enums are texts.
interface PodSandbox {
  id: string;
  metadata: { name: string; uid: string; namespace: string } | null;
  state: string;
  labels: Labels;
}
interface CriContainer {
  id: string;
  pod_sandbox_id: string;
  metadata: { name: string } | null;
  image: ImageSpec | null;
  state: string;
  labels: Labels;
}
interface ImageSpec {
  image: string;
  user_specified_image: string;
}
interface Info {
  info: Labels;
}
interface ContainerStatus extends Info {
  status: { image: ImageSpec | null; image_ref: string } | null;
}
interface ContainerEvent {
  container_id: string;
  container_event_type: string;
}

type Call = (
  request: object,
  options: { deadline: Date },
  callback: (error: Error | null, answer: unknown) => void,
) => void;
type RuntimeService = Client &
  Record<string, Call> & { getContainerEvents(request: object): ClientReadableStream<ContainerEvent> };

/** gRPC status code of a call that the server does not have. */
const unimplemented = 12;

function imageName(spec: ImageSpec | null | undefined): string {
  return spec?.user_specified_image || spec?.image || '';
}

function processId(answer: Info): number {
  try {
    const { pid } = JSON.parse(answer.info.info ?? '{}') as { pid?: unknown };
    return Number.isSafeInteger(pid) && Number(pid) > 0 ? Number(pid) : 0;
  } catch {
    return 0;
  }
}

/** What the user is told of a failed call. */
function reasonOf(error: unknown): string {
  const { code, details, message } = error as { code?: unknown; details?: unknown; message?: string };
  if (code === unimplemented) {
    return 'serves no CRI runtime.v1: containerd before 1.6, or its plugin cri is in disabled_plugins of config.toml';
  }
  const said = String(details || message || error);
  if (said.includes('ENOENT')) return 'no such socket';
  if (said.includes('ECONNREFUSED')) return 'nobody listens';
  return said.includes('EACCES') ? 'permission denied' : said.split('\n', 1)[0]!;
}

export class CriApi implements RuntimeClient {
  readonly #socket: string;
  #service: Promise<RuntimeService> | undefined;
  #engine = 'cri';
  /** Names of images by container, for those whose list entry has the digest alone; an image never changes. */
  #images = new Map<string, string>();

  constructor(socket: string) {
    this.#socket = socket;
  }

  async version(): Promise<{ name: string; version: string }> {
    const said = await this.#call<{ runtime_name: string; runtime_version: string }>('version', { version: 'v1' });
    this.#engine = said.runtime_name || 'cri';
    return { name: this.#engine, version: said.runtime_version };
  }

  async list(): Promise<SeenContainer[]> {
    const running = { filter: { state: { state: 'CONTAINER_RUNNING' } } };
    const { containers } = await this.#call<{ containers: CriContainer[] }>('listContainers', running);
    const { items } = await this.#call<{ items: PodSandbox[] }>('listPodSandbox', {});
    const sandboxes = new Map(items.map((sandbox) => [sandbox.id, sandbox]));
    const known = new Set(containers.map(({ id }) => id));
    for (const id of this.#images.keys()) if (!known.has(id)) this.#images.delete(id);
    const seen = items.map((sandbox) => this.#fromSandbox(sandbox));
    for (const container of containers) seen.push(await this.#fromContainer(container, sandboxes));
    return seen;
  }

  async container(id: string): Promise<SeenContainer | undefined> {
    const { containers } = await this.#call<{ containers: CriContainer[] }>('listContainers', { filter: { id } });
    const container = containers.find((candidate) => candidate.id === id);
    const { items } = await this.#call<{ items: PodSandbox[] }>('listPodSandbox', {
      filter: { id: container?.pod_sandbox_id ?? id },
    });
    if (container) return this.#fromContainer(container, new Map(items.map((sandbox) => [sandbox.id, sandbox])));
    const sandbox = items.find((candidate) => candidate.id === id);
    return sandbox && this.#fromSandbox(sandbox);
  }

  async processOf({ id, sandbox }: SeenContainer): Promise<number> {
    return sandbox
      ? processId(await this.#call<Info>('podSandboxStatus', { pod_sandbox_id: id, verbose: true }))
      : processId(await this.#call<ContainerStatus>('containerStatus', { container_id: id, verbose: true }));
  }

  async watch(_sinceMs: number, onChange: (change: ContainerChange) => void, signal: AbortSignal): Promise<void> {
    const service = await this.#connect();
    await new Promise<void>((resolve, reject) => {
      if (signal.aborted) return resolve();
      const stream = service.getContainerEvents({});
      signal.addEventListener('abort', () => stream.cancel(), { once: true });
      stream.on('data', (event: ContainerEvent) => {
        const gone = event.container_event_type === 'CONTAINER_DELETED_EVENT';
        onChange({ id: event.container_id, kind: gone ? 'gone' : 'changed' });
      });
      stream.on('error', (error: Error & { code?: number }) =>
        error.code === unimplemented ? resolve() : reject(new RuntimeError(reasonOf(error))),
      );
      stream.on('end', () => reject(new RuntimeError('the stream of events ended')));
    });
  }

  close(): void {
    const service = this.#service;
    this.#service = undefined;
    service?.then(
      (client) => client.close(),
      () => {},
    );
  }

  #connect(): Promise<RuntimeService> {
    this.#service ??= this.#load();
    return this.#service;
  }

  async #load(): Promise<RuntimeService> {
    const [grpc, { loadSync }] = await Promise.all([import('@grpc/grpc-js'), import('@grpc/proto-loader')]);
    const definition = loadSync(join(packageRoot(), 'src', 'identity', 'runtime_v1.proto'), {
      keepCase: true,
      longs: Number,
      enums: String,
      defaults: true,
    });
    const service = definition['runtime.v1.RuntimeService'] as unknown as Parameters<
      typeof grpc.makeClientConstructor
    >[0];
    const RuntimeClientClass = grpc.makeClientConstructor(service, 'RuntimeService');
    return new RuntimeClientClass(`unix://${this.#socket}`, grpc.credentials.createInsecure(), {
      'grpc.max_receive_message_length': maxAnswerOctets,
      // Identity has a pace of its own for sockets that are away.
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1000,
      // Go's gRPC servers refuse an authority that is a path.
      'grpc.default_authority': 'localhost',
    }) as unknown as RuntimeService;
  }

  async #call<Answer>(name: string, request: object): Promise<Answer> {
    const service = await this.#connect();
    return new Promise((resolve, reject) => {
      service[name]!(request, { deadline: new Date(Date.now() + patienceMs) }, (error, answer) =>
        error ? reject(new RuntimeError(reasonOf(error), { cause: error })) : resolve(answer as Answer),
      );
    });
  }

  #fromSandbox({ id, metadata, state, labels }: PodSandbox): SeenContainer {
    return {
      id,
      name: sandboxName,
      image: '',
      runtime: this.#engine,
      labels: podNames(metadata),
      podLabels: labels,
      running: state === 'SANDBOX_READY',
      sandbox: true,
    };
  }

  async #fromContainer(
    { id, pod_sandbox_id, metadata, image, state, labels }: CriContainer,
    sandboxes: Map<string, PodSandbox>,
  ): Promise<SeenContainer> {
    const sandbox = sandboxes.get(pod_sandbox_id);
    return {
      id,
      name: metadata?.name ?? '',
      image: await this.#imageOf(id, imageName(image)),
      runtime: this.#engine,
      labels: { ...labels, ...podNames(sandbox?.metadata ?? null) }, // an image's labels must not rename the pod
      podLabels: sandbox?.labels ?? {},
      running: state === 'CONTAINER_RUNNING',
      sandbox: false,
    };
  }

  /** The kubelet starts containers by the digest of the image; the status of a container has the name. */
  async #imageOf(id: string, listed: string): Promise<string> {
    if (!isDigest(listed)) return listed;
    const known = this.#images.get(id);
    if (known !== undefined) return known;
    try {
      const { status } = await this.#call<ContainerStatus>('containerStatus', { container_id: id, verbose: false });
      const name = imageName(status?.image) || listed;
      this.#images.set(id, name);
      return name;
    } catch {
      return listed; // gone in between
    }
  }
}

/** A pod's names as the labels that the kubelet gives; other clients of CRI may not set them. Images may have any label. */
function podNames(metadata: PodSandbox['metadata']): Labels {
  return metadata === null
    ? {}
    : {
        'io.kubernetes.pod.name': metadata.name,
        'io.kubernetes.pod.namespace': metadata.namespace,
        'io.kubernetes.pod.uid': metadata.uid,
      };
}
