// podman and dockerd, each in a place of its own, driven through the REST API that both speak.
import { createReadStream, mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { imageName, makeImage } from './image.js';
import { ended, listening, Place } from './place.js';

export interface Container {
  id: string;
  name: string;
  /** Its first process, as this host counts. */
  pid: number;
  /** '' without a network. */
  ip: string;
}

export interface Engine {
  /** What to ask it through. */
  socket: string;
  /** Where its bridge is. */
  place: Place;
  /** Starts a container of imageName. */
  run(name: string, command: readonly string[], labels?: Readonly<Record<string, string>>): Promise<Container>;
  remove(id: string): Promise<void>;
  /** Ends the engine; its containers may stay. start() brings it back. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** One that has a command line client, to be run in its place. */
export interface CommandEngine extends Engine {
  client: readonly string[];
}

export interface EngineOptions {
  /** Static programs of this host to have in /bin of the image. */
  programs?: readonly string[];
  /** Where more images are, and how they are stored there (podman). */
  images?: { store: string; driver: string };
}

type Json = Record<string, unknown>;

/** One request; resolves to the JSON of the answer, or its text. */
function rest(socketPath: string, method: string, path: string, body?: Json | { file: string }): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const isFile = body !== undefined && typeof body.file === 'string';
    const headers = body === undefined ? {} : { 'Content-Type': isFile ? 'application/x-tar' : 'application/json' };
    const asked = request({ socketPath, method, path, headers: { Host: 'localhost', ...headers } }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        if (response.statusCode! >= 400) return reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
        try {
          resolve(JSON.parse(text));
        } catch {
          resolve(text);
        }
      });
    });
    asked.on('error', reject);
    if (isFile) createReadStream(body.file as string).pipe(asked);
    else asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

class RestEngine implements CommandEngine {
  readonly socket: string;
  readonly place: Place;
  readonly client: readonly string[];
  readonly #startDaemon: () => ReturnType<Place['daemon']>;
  #daemon: ReturnType<Place['daemon']> | undefined;
  readonly #started = new Set<string>();

  constructor(place: Place, socket: string, client: readonly string[], startDaemon: () => ReturnType<Place['daemon']>) {
    this.place = place;
    this.socket = socket;
    this.client = client;
    this.#startDaemon = startDaemon;
    place.cleanUp(async () => {
      for (const id of this.#started) await this.remove(id).catch(() => {});
    });
  }

  async start(): Promise<void> {
    this.#daemon = this.#startDaemon();
    await listening(this.socket, this.#daemon);
  }

  async stop(): Promise<void> {
    if (this.#daemon) await ended(this.#daemon);
  }

  async load(image: string): Promise<void> {
    await rest(this.socket, 'POST', '/images/load', { file: image });
  }

  async run(name: string, command: readonly string[], labels: Readonly<Record<string, string>> = {}) {
    const limits = [
      { Name: 'nofile', Soft: 1024, Hard: 1024 },
      { Name: 'nproc', Soft: 500, Hard: 500 },
    ];
    const made = (await rest(this.socket, 'POST', `/containers/create?name=${name}`, {
      Image: imageName,
      Entrypoint: [...command],
      Labels: labels,
      HostConfig: { Ulimits: limits },
    })) as { Id: string };
    this.#started.add(made.Id);
    this.place.cgroups.add(made.Id);
    await rest(this.socket, 'POST', `/containers/${made.Id}/start`);
    const { State, NetworkSettings } = (await rest(this.socket, 'GET', `/containers/${made.Id}/json`)) as {
      State: { Pid: number };
      NetworkSettings: { IPAddress: string; Networks: Record<string, { IPAddress: string }> };
    };
    const [network] = Object.values(NetworkSettings.Networks ?? {});
    return { id: made.Id, name, pid: State.Pid, ip: NetworkSettings.IPAddress || network?.IPAddress || '' };
  }

  async remove(id: string): Promise<void> {
    await rest(this.socket, 'DELETE', `/containers/${id}?force=1`);
    this.#started.delete(id);
  }
}

async function ready(engine: RestEngine, programs?: readonly string[]): Promise<RestEngine> {
  await engine.start();
  await engine.load(makeImage(engine.place.folder, programs));
  return engine;
}

/** Podman: netavark bridge, vfs storage, cgroupfs, runc (crun takes no hybrid cgroups). */
export async function startPodman(
  context: TestContext,
  { programs, images }: EngineOptions = {},
): Promise<CommandEngine> {
  const place = await Place.make(context);
  const at = (name: string): string => join(place.folder, name);
  mkdirSync(at('networks'));
  const containersConf =
    '[network]\nnetwork_backend = "netavark"\n[containers]\ndefault_ulimits = ["nofile=1024:1024"]\n';
  writeFileSync(at('containers.conf'), containersConf);
  const options = [
    ['--root', at('root')],
    ['--runroot', at('runroot')],
    ['--tmpdir', at('tmp')],
    ['--network-config-dir', at('networks')],
    ['--cgroup-manager', 'cgroupfs'],
    ['--events-backend', 'file'],
    ['--runtime', 'runc'],
    ['--storage-driver', images?.driver ?? 'vfs'],
    images ? ['--storage-opt', `${images.driver}.imagestore=${images.store}`] : [],
  ].flat();
  place.cgroups.parent('/libpod_parent/conmon');
  const client = ['env', `CONTAINERS_CONF=${at('containers.conf')}`, 'podman', ...options] as const;
  const service = ['system', 'service', '-t', '0', `unix://${at('podman.sock')}`];
  return ready(new RestEngine(place, at('podman.sock'), client, () => place.daemon(...client, ...service)), programs);
}

/** dockerd with a containerd of its own. */
export async function startDocker(context: TestContext, { programs }: EngineOptions = {}): Promise<Engine> {
  const place = await Place.make(context);
  const at = (name: string): string => join(place.folder, name);
  place.cgroups.parent('/docker');
  writeFileSync(at('daemon.json'), '{}');
  const options = [
    ['--config-file', at('daemon.json')],
    ['--data-root', at('data')],
    ['--exec-root', at('exec')],
    ['--pidfile', at('docker.pid')],
    ['--host', `unix://${at('docker.sock')}`],
    ['--storage-driver', 'vfs'],
    ['--exec-opt', 'native.cgroupdriver=cgroupfs'],
    ['--bip', '172.29.0.1/24'],
    ['--live-restore'],
  ].flat();
  const client = ['docker', '--host', `unix://${at('docker.sock')}`];
  return ready(new RestEngine(place, at('docker.sock'), client, () => place.daemon('dockerd', ...options)), programs);
}
