// The image of weir, built and run by the lines of the README: `npm run test:image`, minutes the first time.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { packageRoot } from '../../src/native/load.js';
import {
  asksOnOrder,
  buildWeirImage,
  type CommandEngine,
  needsContainers,
  order,
  startPodman,
  weirImage,
} from '../support/containers.js';
import { flowsOf } from '../support/live_weir.js';
import { cliPath } from '../support/weir.js';

const asked = process.env.WEIR_IMAGE === undefined ? { skip: 'builds an image for minutes: npm run test:image' } : {};
const readme = readFileSync(join(packageRoot(), 'README.md'), 'utf8');

/** Those here may be lower than the engine's own, and cannot be raised without CAP_SYS_RESOURCE. */
const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=500:500'];

/** Words of the README's line `docker run ... weir ...`: what stands before the image's name, and behind it. */
function lineOf(start: string): { options: string[]; args: string[] } {
  const at = readme.indexOf(`\n${start}`);
  assert.ok(at >= 0, `the README has no line ${start}`);
  const line = /^.*?[^\\]\n/s.exec(readme.slice(at + 1))![0].replace(/\\\n/g, ' ');
  const words = line.trim().split(/ +/).slice(2);
  const image = words.indexOf('weir', words.indexOf('--name') + 2);
  const options = words.slice(0, image).filter((word, index, all) => ![word, all[index - 1]].includes('--name'));
  return { options, args: words.slice(image + 1) };
}

/** Until it is so, looked at again and again. */
async function until<T>(look: () => Promise<T | undefined> | T | undefined, what: string): Promise<T> {
  for (let tries = 0; tries < 600; tries++) {
    const found = await look();
    if (found !== undefined) return found;
    await delay(100);
  }
  throw new Error(`not within a minute: ${what}`);
}

class Image {
  readonly #engine: CommandEngine;

  private constructor(engine: CommandEngine) {
    this.#engine = engine;
  }

  static async built(t: TestContext): Promise<Image> {
    const engine = await startPodman(t, { images: await buildWeirImage() });
    // podman does not make what is to be mounted, as Docker does.
    await engine.place.run('mkdir', '-p', '/run/weir', '/run/podman');
    await engine.place.run('touch', '/run/podman/podman.sock');
    await engine.place.run('mount', '--bind', engine.socket, '/run/podman/podman.sock'); // where a host has it
    return new Image(engine);
  }

  get engine(): CommandEngine {
    return this.#engine;
  }

  podman(...args: string[]): Promise<string> {
    const [command, ...rest] = this.#engine.client;
    return this.#engine.place.run(command!, ...rest, ...args);
  }

  /** Runs it in the background; resolves to the container's name. */
  async start(t: TestContext, name: string, options: readonly string[], args: readonly string[]): Promise<string> {
    const plain = options.filter((word) => !['-d', '--rm'].includes(word));
    const id = await this.podman('run', '-d', '--name', name, ...limits, ...plain, weirImage, ...args);
    this.#engine.place.cgroups.add(id.trim());
    t.after(() => this.podman('rm', '--force', '--volumes', name).catch(() => {}));
    return name;
  }

  async log(name: string): Promise<string> {
    const [command, ...rest] = [...this.#engine.place.prefix, ...this.#engine.client, 'logs', name];
    const child = spawn(command!, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await new Promise((resolve) => child.once('close', resolve));
    return text;
  }

  async said(name: string, pattern: RegExp): Promise<string> {
    let text = '';
    return until(async () => {
      text = await this.log(name);
      return pattern.test(text) ? text : undefined;
    }, `${name} says ${pattern}`).catch((error: Error) => assert.fail(`${error.message}\n${text}`));
  }

  /** By the health check of the image, which fails until weir listens. */
  async healthy(name: string): Promise<void> {
    const asks = (): Promise<true | undefined> =>
      this.podman('healthcheck', 'run', name).then(
        () => true,
        () => undefined,
      );
    await until(asks, `${name} is healthy`);
  }

  /** Ends it as `docker stop` does; its exit status. */
  async stop(name: string): Promise<number> {
    await this.podman('stop', name);
    return Number(await this.podman('inspect', '--format', '{{.State.ExitCode}}', name));
  }
}

/** What `weir collect` prints of a flow; options records have no such fields. */
interface Collected {
  fields: Record<string, unknown>;
}

/** `weir collect` in the engine's place, at TCP port 4739. */
function collect(t: TestContext, { place }: CommandEngine): readonly Collected[] {
  const flows: Collected[] = [];
  const [enter, ...rest] = [...place.prefix, process.execPath, cliPath, 'collect', 'tcp://127.0.0.1:4739'];
  const child = spawn(enter!, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill());
  let open = '';
  child.stdout.on('data', (chunk: Buffer) => {
    open += chunk.toString();
    const end = open.lastIndexOf('\n') + 1;
    flows.push(...(flowsOf(open.slice(0, end)) as unknown as Collected[]));
    open = open.slice(end);
  });
  return flows;
}

const quick = ['--idle-timeout', '1s', '--linger-timeout', '100ms'];

test('image: the documented lines', {
  ...needsContainers('podman', 'mmdebstrap'),
  timeout: 3_600_000,
  ...asked,
}, async (t) => {
  const image = await Image.built(t);
  const size = Number(await image.podman('image', 'inspect', '--format', '{{.Size}}', weirImage));
  t.diagnostic(`the image has ${(size / 2 ** 20).toFixed(0)} MiB`);

  await t.test('libraries are there; without any capability it starts, and says what it needs', async (t) => {
    const bare = (...args: string[]): Promise<string> =>
      image.podman('run', '--rm', '--cap-drop', 'ALL', ...limits, ...args);
    const report = await bare('--cap-add', 'NET_RAW', '--network', 'host', weirImage, 'doctor', '--json');
    const { findings } = JSON.parse(report) as { findings: { area: string; name: string; state: string }[] };
    const libraries = findings
      .filter(({ area, state }) => area === 'libraries' && state === 'ok')
      .map(({ name }) => name);
    for (const name of ['node', 'addon', 'libpcap', 'libgcrypt', 'librdkafka', 'libndpi'])
      assert.ok(libraries.includes(name), report);
    const applications = JSON.parse(await bare(weirImage, 'applications', '--json')) as unknown[];
    assert.ok(applications.length > 200, 'nDPI was asked');
    const none = await image.start(t, 'none', ['--cap-drop', 'ALL'], ['-i', 'any']);
    assert.match(await image.said(none, /CAP_NET_RAW|net_raw/), /CAP_NET_RAW|net_raw/);
  });

  await t.test(
    'as a user without privileges, process 1 of its container, read-only: flows, healthy, a clean stop',
    async (t) => {
      const { options } = lineOf('docker run --rm --network host');
      const own = await image.start(t, 'plain', [...options, '--read-only'], []);
      const said = await image.said(own, /metering /);
      assert.doesNotMatch(said, /EACCES|EROFS/, said);
      assert.match(
        await image.podman('exec', own, 'sh', '-c', 'grep -E "^(Uid|NSpid|CapPrm)" /proc/1/status'),
        /Uid:\s10464\s/,
      );
      await image.podman('exec', own, 'node', '-e', "fetch('http://127.0.0.1:9464/metrics')");
      await image.healthy(own);
      await image.said(own, /"destinationTransportPort":9464/);
      assert.equal(await image.stop(own), 0, await image.log(own));
      assert.match(await image.log(own), /stopping: SIGTERM/);
    },
  );

  await t.test('with all that the README gives it: processes, containers and users, at a collector', async (t) => {
    const { options, args } = lineOf('docker run -d --name weir');
    assert.ok(args.includes('kafka://localhost:9092/flows'));
    const ours = args.map((word) => (word.startsWith('kafka:') ? 'tcp://127.0.0.1:4739' : word));
    const { place } = image.engine;
    const client = await image.engine.run('client', asksOnOrder);
    place.daemon('busybox', 'httpd', '-f', '-p', '8080', '-h', place.folder);
    const flows = collect(t, image.engine);
    const own = await image.start(t, 'weir', [...options, '--security-opt', 'seccomp=unconfined'], [...ours, ...quick]);
    const said = await image.said(own, /metering /);
    assert.match(said, /ends of flows are named by \d+ BPF programs/, said);
    assert.doesNotMatch(said, /warning|EACCES|EROFS/, said);
    await image.said(own, /container names from podman/);
    const gateway = /inet ([\d.]+)/.exec(await place.run('ip', '-4', 'address', 'show', 'dev', 'podman0'))![1]!;
    await order(client, `http://${gateway}:8080/`);
    const { fields } = await until(
      () =>
        flows.find((one) => one.fields.destinationTransportPort === 8080 && one.fields.sourceProcessName === 'wget'),
      'the request is told of',
    );
    const named = [
      fields.sourceContainerId,
      fields.sourceContainerName,
      fields.sourceUserName,
      fields.destinationProcessName,
    ];
    assert.deepEqual(named, [client.id, 'client', 'root', 'busybox'], JSON.stringify(fields));
    await image.healthy(own);
    assert.match(await place.run('ls', '/run/weir'), /^\d+\.stats$/m, 'the statistics file is there for the host');
    const started = Date.now();
    assert.equal(await image.stop(own), 0, await image.log(own));
    t.diagnostic(`stopped in ${Date.now() - started} ms`);
    assert.match(await image.log(own), /stopping: SIGTERM/);
  });

  await t.test('a seccomp profile that forbids bpf(2) is named, and processes are named all the same', async (t) => {
    const { options } = lineOf('docker run -d --name weir');
    const own = await image.start(t, 'profiled', options, ['-i', 'any', '-T', 'process', ...quick]);
    const said = await image.said(own, /metering /);
    assert.match(said, /named by sock_diag and \/proc.*a seccomp profile is in force.*seccomp=unconfined/, said);
    assert.equal(await image.stop(own), 0);
  });
});
