// containerd with its CRI plugin and a CNI bridge, driven as the kubelet does: a pod sandbox and one container in it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Client, credentials, makeClientConstructor } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { packageRoot } from '../../../src/native/load.js';
import { imageName, makeImage } from './image.js';
import { ended, listening, Place } from './place.js';
import type { Container, Engine, EngineOptions } from './rest_engine.js';

export interface Pod extends Container {
  sandbox: string;
  podName: string;
  podNamespace: string;
  podUid: string;
}

export interface CriEngine extends Engine {
  /** `name` is the pod's, NS/NAME or NAME in default; its container is called `main`. `labels` are the pod's. */
  run(name: string, command: readonly string[], labels?: Readonly<Record<string, string>>): Promise<Pod>;
}

type Answer = Record<string, string> & { info: Record<string, string>; status: { network: { ip: string } } };
type Service = Client & Record<string, (request: object, done: (error: Error | null, answer: Answer) => void) => void>;

function configuration(at: (name: string) => string): string {
  return `version = 2
root = "${at('root')}"
state = "${at('state')}"
[grpc]
  address = "${at('containerd.sock')}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${imageName}"
  disable_apparmor = true
  restrict_oom_score_adj = true
  disable_tcp_service = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${at('cni')}"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
[plugins."io.containerd.internal.v1.opt"]
  path = "${at('opt')}"
`;
}

function network(at: (name: string) => string): string {
  return JSON.stringify({
    cniVersion: '0.4.0',
    name: 'pods',
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni0',
        isGateway: true,
        ipMasq: true,
        ipam: {
          type: 'host-local',
          dataDir: at('ipam'),
          ranges: [[{ subnet: '10.88.7.0/24' }]],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
    ],
  });
}

class Containerd implements CriEngine {
  readonly socket: string;
  readonly place: Place;
  #daemon: ReturnType<Place['daemon']> | undefined;
  readonly #service: Service;
  /** Sandbox of each container. */
  readonly #pods = new Map<string, string>();

  constructor(place: Place) {
    this.place = place;
    this.socket = join(place.folder, 'containerd.sock');
    const file = join(packageRoot(), 'test', 'support', 'containers', 'runtime_v1_run.proto');
    const definition = loadSync(file, { keepCase: true, defaults: true })['runtime.v1.RuntimeService'];
    const Made = makeClientConstructor(definition as Parameters<typeof makeClientConstructor>[0], 'RuntimeService');
    this.#service = new Made(`unix://${this.socket}`, credentials.createInsecure(), {
      'grpc.default_authority': 'localhost',
    }) as unknown as Service;
    place.cleanUp(async () => {
      for (const id of this.#pods.keys()) await this.remove(id).catch(() => {});
      this.#service.close();
    });
  }

  async start(): Promise<void> {
    this.#daemon = this.place.daemon('containerd', '--config', join(this.place.folder, 'config.toml'));
    await listening(this.socket, this.#daemon);
  }

  async stop(): Promise<void> {
    if (this.#daemon) await ended(this.#daemon);
  }

  async run(name: string, command: readonly string[], labels: Readonly<Record<string, string>> = {}): Promise<Pod> {
    const [podName, podNamespace] = name.split('/').reverse() as [string, string?];
    const uid = `${podName}-${process.pid}-${this.#pods.size}`;
    const facts = {
      'io.kubernetes.pod.name': podName,
      'io.kubernetes.pod.namespace': podNamespace ?? 'default',
      'io.kubernetes.pod.uid': uid,
    };
    this.place.cgroups.add(uid);
    const config = {
      metadata: { name: podName, uid, namespace: podNamespace ?? 'default' },
      log_directory: join(this.place.folder, 'logs'),
      labels: { ...facts, ...labels },
      linux: { cgroup_parent: `/kubepods/burstable/pod${uid}` },
    };
    const { pod_sandbox_id: sandbox } = await this.#call('RunPodSandbox', { config });
    this.place.cgroups.add(sandbox!);
    const { container_id: id } = await this.#call('CreateContainer', {
      pod_sandbox_id: sandbox,
      config: {
        metadata: { name: 'main' },
        image: { image: imageName },
        command,
        labels: { ...facts, 'io.kubernetes.container.name': 'main' },
        log_path: `${podName}.log`,
      },
      sandbox_config: config,
    });
    this.#pods.set(id!, sandbox!);
    this.place.cgroups.add(id!);
    await this.#call('StartContainer', { container_id: id });
    const { info } = await this.#call('ContainerStatus', { container_id: id, verbose: true });
    const { status } = await this.#call('PodSandboxStatus', { pod_sandbox_id: sandbox });
    return {
      id: id!,
      name: 'main',
      pid: (JSON.parse(info.info!) as { pid: number }).pid,
      ip: status.network.ip,
      sandbox: sandbox!,
      podName,
      podNamespace: podNamespace ?? 'default',
      podUid: uid,
    };
  }

  async remove(id: string): Promise<void> {
    const request = { pod_sandbox_id: this.#pods.get(id) };
    await this.#call('StopPodSandbox', request);
    await this.#call('RemovePodSandbox', request);
    this.#pods.delete(id);
  }

  #call(method: string, request: object): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#service[method]!(request, (error, answer) => (error ? reject(error) : resolve(answer)));
    });
  }
}

export async function startContainerd(context: TestContext, { programs }: EngineOptions = {}): Promise<CriEngine> {
  const place = await Place.make(context);
  place.cgroups.parent('/kubepods/burstable');
  const at = (name: string): string => join(place.folder, name);
  for (const name of ['cni', 'logs', 'ipam']) mkdirSync(at(name));
  writeFileSync(at('config.toml'), configuration(at));
  writeFileSync(join(at('cni'), '10-pods.conflist'), network(at));
  const engine = new Containerd(place);
  await engine.start();
  const image = makeImage(place.folder, programs);
  await place.run('ctr', '--address', engine.socket, '--namespace', 'k8s.io', 'images', 'import', image);
  return engine;
}
