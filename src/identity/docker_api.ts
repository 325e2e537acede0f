// Docker's REST API over its Unix socket, which Podman speaks as well. Paths have no version: each engine takes them as its
// newest, and none refuses them as too old; the members read here are the same in all of them.
import type { Labels } from './container_facts.js';
import { isDigest } from './container_facts.js';
import {
  type ContainerChange,
  isContainerId,
  type RuntimeClient,
  RuntimeError,
  type SeenContainer,
} from './runtime_client.js';
import { followJson, getJson } from './unix_http.js';

type Json = Record<string, unknown>;

const object = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function labelsOf(value: unknown): Labels {
  return Object.fromEntries(
    Object.entries(object(value)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

const nameOf = (name: unknown): string => text(name).replace(/^\//, '');

/** Attributes of an event that are no labels. */
const eventFacts = new Set(['name', 'image', 'exitCode', 'containerExitCode', 'execDuration', 'signal', 'oldName']);

/** Actions that change what is told of a container, in Docker's and in Podman's words. */
const actions: Readonly<Record<string, ContainerChange['kind']>> = {
  create: 'changed',
  start: 'changed',
  rename: 'changed',
  destroy: 'gone',
  remove: 'gone',
};

export class DockerApi implements RuntimeClient {
  readonly #socket: string;
  /** docker or podman, as the engine says once it was asked. */
  #engine: string;

  constructor(socket: string, engine: 'docker' | 'podman') {
    this.#socket = socket;
    this.#engine = engine;
  }

  async version(): Promise<{ name: string; version: string }> {
    const said = object(await getJson(this.#socket, '/version'));
    const components = Array.isArray(said.Components) ? said.Components.map(object) : [];
    if (text(said.Version) === '') throw new RuntimeError('answers, but not as Docker or Podman do');
    this.#engine = components.some(({ Name }) => text(Name).startsWith('Podman')) ? 'podman' : 'docker';
    return { name: this.#engine, version: text(said.Version) };
  }

  async list(): Promise<SeenContainer[]> {
    const said = await getJson(this.#socket, '/containers/json');
    if (!Array.isArray(said)) throw new RuntimeError('/containers/json: answer is not a list');
    const seen: SeenContainer[] = [];
    for (const entry of said) {
      const container = this.#fromSummary(object(entry));
      if (!isContainerId(container.id)) continue;
      // A tag that has moved on: only the container itself has the name it was started from.
      seen.push(isDigest(container.image) ? ((await this.container(container.id)) ?? container) : container);
    }
    return seen;
  }

  async container(id: string): Promise<SeenContainer | undefined> {
    const said = await this.#inspect(id);
    if (text(said.Id) !== id) return undefined; // another container has this id as its name
    const config = object(said.Config);
    return this.#seen(
      id,
      nameOf(said.Name),
      text(config.Image) || text(said.ImageName) || text(said.Image),
      labelsOf(config.Labels),
      object(said.State).Running === true,
    );
  }

  async processOf({ id }: SeenContainer): Promise<number> {
    const { Running, Pid } = object((await this.#inspect(id)).State);
    return Running === true && Number.isSafeInteger(Pid) ? Number(Pid) : 0;
  }

  async watch(sinceMs: number, onChange: (change: ContainerChange) => void, signal: AbortSignal): Promise<void> {
    const filters = { type: ['container'], event: Object.keys(actions) };
    const since = (sinceMs / 1000).toFixed(3);
    await followJson(
      this.#socket,
      `/events?since=${since}&filters=${encodeURIComponent(JSON.stringify(filters))}`,
      (value) => {
        const change = this.#fromEvent(object(value));
        if (change) onChange(change);
      },
      signal,
    );
  }

  close(): void {} // every request has a connection of its own

  async #inspect(id: string): Promise<Json> {
    return object(await getJson(this.#socket, `/containers/${encodeURIComponent(id)}/json`));
  }

  #seen(id: string, name: string, image: string, labels: Labels, running: boolean): SeenContainer {
    const type = labels['io.kubernetes.docker.type'];
    return { id, name, image, runtime: this.#engine, labels, running, sandbox: type === 'podsandbox' };
  }

  #fromSummary(entry: Json): SeenContainer {
    const names = Array.isArray(entry.Names) ? entry.Names : [];
    // Docker lists the names of links too, as /OTHER/NAME.
    const name = names.map(nameOf).find((candidate) => !candidate.includes('/')) ?? '';
    return this.#seen(
      text(entry.Id),
      name,
      text(entry.Image),
      labelsOf(entry.Labels),
      text(entry.State).toLowerCase() === 'running',
    );
  }

  #fromEvent(event: Json): ContainerChange | undefined {
    const actor = object(event.Actor);
    const id = text(actor.ID);
    const kind = Object.hasOwn(actions, text(event.Action)) ? actions[text(event.Action)] : undefined;
    if (kind === undefined || !isContainerId(id)) return undefined;
    if (kind === 'gone') return { id, kind };
    const attributes = labelsOf(actor.Attributes);
    const labels = Object.fromEntries(Object.entries(attributes).filter(([name]) => !eventFacts.has(name)));
    const running = event.Action === 'start';
    return { id, kind, seen: this.#seen(id, attributes.name ?? '', attributes.image ?? '', labels, running) };
  }
}
