// A container of config/daemonset.yaml by runc, as a kubelet would have it made: user, capabilities, namespaces and mounts are
// the manifest's. Its root is this host's, read-only, so that no image is needed.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as apps from 'kubernetes-models/apps/v1';
import { parseAllDocuments } from 'yaml';
import { packageRoot } from '../../../src/native/load.js';
import { cliPath } from '../weir.js';
import type { Place } from './place.js';

type PodSpec = NonNullable<
  NonNullable<NonNullable<ConstructorParameters<typeof apps.DaemonSet>[0]>['spec']>['template']['spec']
>;

interface Manifest {
  kind: string;
  spec: { template: { spec: PodSpec } };
  data: Record<string, string>;
}

interface Mount {
  destination: string;
  source: string;
  type: string;
  options: string[];
}

interface Spec {
  process: Record<string, unknown>;
  root: { path: string; readonly: boolean };
  mounts: Mount[];
  linux: { cgroupsPath: string; namespaces: { type: string }[] };
}

export class PodContainer {
  readonly id = randomBytes(32).toString('hex');
  readonly #place: Place;
  readonly #folder: string;
  readonly #pod: PodSpec;
  /** Where each volume is on this machine. */
  readonly #sources = new Map<string, string>();

  private constructor(place: Place, pod: PodSpec) {
    this.#place = place;
    this.#folder = join(place.folder, 'pod');
    this.#pod = pod;
    place.cgroups.parent('/kubepods/burstable');
    place.cgroups.add(this.id.slice(0, 32));
    place.cleanUp(() => place.run('runc', ...this.#state, 'delete', '--force', this.id));
  }

  static async make(place: Place): Promise<PodContainer> {
    const text = readFileSync(join(packageRoot(), 'config', 'daemonset.yaml'), 'utf8');
    const manifests = parseAllDocuments(text).map((document) => document.toJS() as Manifest);
    const one = (kind: string): Manifest => manifests.find((manifest) => manifest.kind === kind)!;
    const made = new PodContainer(place, one('DaemonSet').spec.template.spec);
    await place.run('mkdir', '-p', made.#root);
    await place.run('mount', '--rbind', '/', made.#root);
    for (const volume of made.#pod.volumes!) await made.#provide(volume, one('ConfigMap').data);
    return made;
  }

  /** Starts weir with these arguments behind those of the manifest; a signal to the child goes to weir. */
  start(args: readonly string[]): ChildProcess {
    this.#writeSpec(args);
    const [enter, ...rest] = [...this.#place.prefix, 'runc', ...this.#state, 'run', '--bundle', this.#folder, this.id];
    return spawn(enter!, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** Runs a command in it, as a kubelet runs a probe; the exit status. */
  async exec(command: readonly string[]): Promise<number | null> {
    const [enter, ...rest] = [...this.#place.prefix, 'runc', ...this.#state, 'exec', this.id, ...command];
    const child = spawn(enter!, rest, { stdio: 'ignore' });
    const [status] = (await once(child, 'close')) as [number | null];
    return status;
  }

  /** What tells a kubelet that weir lives. */
  get livenessCommand(): readonly string[] {
    return this.#pod.containers[0]!.livenessProbe!.exec!.command!;
  }

  get #state(): string[] {
    return ['--root', join(this.#folder, 'state')];
  }

  get #root(): string {
    return join(this.#folder, 'rootfs');
  }

  /** The node's folders that weir writes to are those of the place; what it only reads is this machine's. */
  async #provide({ name, hostPath }: NonNullable<PodSpec['volumes']>[0], files: Record<string, string>): Promise<void> {
    const read = hostPath?.type === 'Directory' || hostPath?.path.startsWith('/run');
    const source = read ? hostPath!.path : join(this.#folder, 'volumes', name);
    await this.#place.run('mkdir', '-p', source);
    if (!hostPath) for (const [key, text] of Object.entries(files)) writeFileSync(join(source, key), text);
    this.#sources.set(name, source);
  }

  #writeSpec(args: readonly string[]): void {
    const container = this.#pod.containers[0]!;
    const { securityContext: security } = container;
    execFileSync('runc', ['spec', '--bundle', this.#folder]);
    const file = join(this.#folder, 'config.json');
    const spec = JSON.parse(readFileSync(file, 'utf8')) as Spec;
    const held = security!.capabilities!.add!.map((name) => `CAP_${name}`);
    Object.assign(spec.process, {
      terminal: false,
      args: [process.execPath, cliPath, ...container.args!, ...args],
      env: [`PATH=${process.env.PATH}`, ...container.env!.map(({ name, value }) => `${name}=${value ?? 'worker-1'}`)],
      user: { uid: security!.runAsUser, gid: security!.runAsGroup },
      capabilities: { bounding: held, effective: held, permitted: held },
      noNewPrivileges: security!.allowPrivilegeEscalation === false,
      rlimits: undefined, // those here are lower than runc's and cannot be raised without CAP_SYS_RESOURCE
    });
    spec.root = { path: this.#root, readonly: security!.readOnlyRootFilesystem === true };
    const own = [...(this.#pod.hostNetwork ? [] : ['network']), ...(this.#pod.hostPID ? [] : ['pid'])];
    spec.linux.namespaces = ['mount', 'ipc', 'uts', 'cgroup', ...own].map((type) => ({ type }));
    spec.linux.cgroupsPath = `/kubepods/burstable/pod${this.id.slice(0, 32)}/${this.id}`;
    const volumes = container.volumeMounts!.map(({ name, mountPath, readOnly }) => ({
      destination: mountPath,
      source: this.#sources.get(name)!,
      type: 'bind',
      options: ['rbind', readOnly ? 'ro' : 'rw'],
    }));
    spec.mounts = [...spec.mounts.filter(({ destination }) => destination !== '/sys/fs/cgroup'), ...volumes];
    writeFileSync(file, JSON.stringify(spec));
  }
}
