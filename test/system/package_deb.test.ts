// The Debian package from begin to end: built, judged by lintian, installed on a fresh minimal Debian, run as its unit says,
// upgraded, purged. Under a real systemd it runs in `npm run test:service`.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { packageRoot, packageVersion } from '../../src/native/load.js';
import { DebianRoot, needsDebianRoot } from '../support/debian_root.js';
import { idsOf, InstalledUnit } from '../support/installed_unit.js';
import { type Flow, flowsOf } from '../support/live_weir.js';
import { Network } from '../support/network.js';
import { ServiceListener } from '../support/service_listener.js';
import { saying, temporaryFolder } from '../support/weir.js';

const configuration = '/etc/weir/weir.yaml';
const accounts = ['/etc/passwd', '/etc/group', '/etc/shadow', '/etc/gshadow'];

function must(command: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? `${stdout}${stderr}`}`);
  return stdout;
}

let built: string | undefined;
/** `npm run deb`, once. */
function deb(): string {
  if (built !== undefined) return built;
  must(process.execPath, join(packageRoot(), 'setup', 'deb.mjs'));
  const architecture = must('dpkg', '--print-architecture').trim();
  built = join(packageRoot(), 'build', `weir_${packageVersion()}_${architecture}.deb`);
  return built;
}

/** The same package as a later version, with another configuration. */
function nextVersion(folder: string): string {
  const tree = join(folder, 'tree');
  must('dpkg-deb', '-R', deb(), tree);
  const rewrite = (path: string, change: (text: string) => string): void =>
    writeFileSync(join(tree, path), change(readFileSync(join(tree, path), 'utf8')));
  rewrite('DEBIAN/control', (text) => text.replace(/^Version: .*$/m, '$&+later'));
  rewrite(`.${configuration}`, (text) => `${text}\n# A later version says more.\n`);
  const file = join(folder, 'later.deb');
  must('dpkg-deb', '--root-owner-group', '-Znone', '--build', tree, file);
  return file;
}

function install(root: DebianRoot, file: string): void {
  copyFileSync(file, root.at(`/tmp/${basename(file)}`));
  root.install('-o', 'Dpkg::Options::=--force-confold', `/tmp/${basename(file)}`);
}

/** A program that answers one line to whoever connects, in a network of the host; its port. */
async function serve(t: TestContext, prefix: readonly string[], address: string): Promise<number> {
  const code = `require('node:net').createServer((socket) => socket.on('data', () => socket.write('answer\\n')))
    .listen(0, '${address}', function () { console.log('port ' + this.address().port + '.'); })`;
  const [command, ...args] = [...prefix, process.execPath, '-e', code];
  const child = spawn(command!, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => void child.kill('SIGKILL'));
  return Number(/port (\d+)\./.exec(await saying(child, 'stdout', /port \d+\./))![1]);
}

/** One conversation of a process of the root that calls itself `talker`; it stays until the test ends. */
async function talk(
  t: TestContext,
  prefix: readonly string[],
  address: string,
  port: number,
): Promise<{ pid: number; port: number }> {
  const code = `use IO::Socket::INET; $| = 1; $0 = "talker";
    my $socket = IO::Socket::INET->new(PeerAddr => "${address}", PeerPort => ${port}) or die "connect: $!";
    print $socket "question\\n"; my $answer = <$socket>; print "spoke from " . $socket->sockport . ".\\n"; <STDIN>;`;
  const [command, ...args] = [...prefix, 'perl', '-e', code];
  const child = spawn(command!, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => void child.kill('SIGKILL'));
  return { pid: child.pid!, port: Number(/from (\d+)\./.exec(await saying(child, 'stdout', /from \d+\./))![1]) };
}

/** `weir collect` of the package: the flows that have come so far. */
class Collector {
  readonly #child: ChildProcess;
  #text = '';
  #look = new Set<() => void>();

  private constructor(t: TestContext, prefix: readonly string[]) {
    const [command, ...args] = [...prefix, '/usr/bin/weir', 'collect', 'udp://:4739'];
    this.#child = spawn(command!, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    t.after(() => void this.#child.kill('SIGKILL'));
    this.#child.stdout!.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString();
      for (const look of this.#look) look();
    });
  }

  static async start(t: TestContext, prefix: readonly string[]): Promise<Collector> {
    const collector = new Collector(t, prefix);
    await saying(collector.#child, 'stderr', /listening on/);
    return collector;
  }

  /** Of the conversation from this port. */
  flow(port: number): Flow | undefined {
    return flowsOf(this.#text.slice(0, this.#text.lastIndexOf('\n') + 1))
      .map((record) => (record as unknown as { fields: Flow }).fields)
      .find((flow) => flow?.sourceTransportPort === port);
  }

  arrives(port: number): Promise<Flow> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no flow of port ${port}:\n${this.#text}`)), 60_000);
      const look = (): void => {
        const found = this.flow(port);
        if (found === undefined) return;
        clearTimeout(timer);
        this.#look.delete(look);
        resolve(found);
      };
      this.#look.add(look);
      look();
    });
  }
}

test('lintian has nothing to say against it', needsDebianRoot('lintian'), () => {
  const judged = spawnSync('lintian', ['--allow-root', '--fail-on', 'error,warning', deb()], { encoding: 'utf8' });
  assert.deepEqual([judged.status, judged.stdout], [0, '']);
});

function checkInstalled(root: DebianRoot): void {
  const { uid, gid } = idsOf(root, 'weir');
  assert.match(root.read('/etc/passwd'), /^weir:.*:\/var\/lib\/weir:\/usr\/sbin\/nologin$/m);
  const of = (path: string): [number, number, string] => {
    const { uid: owner, gid: group, mode } = statSync(root.at(path));
    return [owner, group, (mode & 0o7777).toString(8)];
  };
  assert.deepEqual(of('/etc/weir'), [0, gid, '750']);
  assert.deepEqual(of(configuration), [0, gid, '640']);
  for (const folder of ['/var/lib/weir', '/var/log/weir']) assert.deepEqual(of(folder), [uid, gid, '750'], folder);
  assert.match(root.output('dpkg-query', '-W', '-f', `\${Conffiles}`, 'weir'), / \/etc\/weir\/weir\.yaml [0-9a-f]{32}/);
  for (const path of root.output('dpkg', '-L', 'weir').split('\n').filter(Boolean)) {
    assert.equal(statSync(root.at(path)).uid, 0, path);
    assert.equal(statSync(root.at(path)).mode & 0o002, 0, path);
  }
  assert.equal(root.output('dpkg', '--verify', 'weir'), '');
}

/** What the package has left out of npm packages is not missed. */
function checkModules(root: DebianRoot): void {
  const { dependencies } = JSON.parse(root.read('/usr/lib/weir/package.json')) as { dependencies: object };
  const names = Object.keys(dependencies).filter((name) => !name.startsWith('node-a')); // headers of the build
  const node = root.run('test', '-x', '/usr/lib/weir/node').status === 0 ? '/usr/lib/weir/node' : 'node';
  const code = `for (const name of ${JSON.stringify(names)}) await import(name); console.log('all')`;
  assert.equal(root.output('env', '--chdir=/usr/lib/weir', node, '--input-type=module', '-e', code), 'all\n');
}

function checkCommand(root: DebianRoot): void {
  assert.match(root.output('weir', 'version'), new RegExp(`^weir ${packageVersion()} \\(.*nDPI \\d`));
  const { status, stdout } = root.run('weir', 'doctor', '--json');
  const report = JSON.parse(stdout) as {
    canCapture: boolean;
    findings: { area: string; name: string; state: string }[];
  };
  assert.deepEqual([status, report.canCapture], [0, true]);
  const libraries = report.findings.filter(({ area, name }) => area === 'libraries' && name !== 'zstd');
  assert.deepEqual(
    libraries.filter(({ state }) => state !== 'ok'),
    [],
  );
}

/** The unit's process in a network of its own, with what operators change: a collector and timeouts. */
async function checkService(t: TestContext, root: DebianRoot): Promise<void> {
  const { near, far } = new Network(t);
  const outside = ['nsenter', `--net=/run/netns/${near.netns}`];
  const collector = await Collector.start(t, root.prefix(near.netns));
  const port = await serve(t, outside, near.address);
  const manager = await ServiceListener.open(t, root.at('/tmp/notify'));
  chmodSync(root.at('/tmp/notify'), 0o777);
  const change = (from: string | RegExp, to: string): void => {
    const text = root.read(configuration);
    assert.match(text, from instanceof RegExp ? from : new RegExp(from));
    writeFileSync(root.at(configuration), text.replace(from, to));
  };
  change(/#- udp:\/\/collector.example:4739/, `- udp://${near.address}:4739`);
  change(/$/, 'idleTimeout: 10m\n');

  const service = new InstalledUnit(t, root, 'weir.service', { netns: far.netns, socket: '/tmp/notify' });
  const ready = await manager.heard(/^READY=1$/).catch((error: Error) => {
    throw new Error(`${error.message}\n${service.text}`);
  });
  assert.equal(ready.notice.pid, service.child.pid);
  const first = await talk(t, root.prefix(far.netns), near.address, port);
  assert.equal(collector.flow(first.port), undefined, 'idle for ten minutes, then it would come');
  change(/idleTimeout: 10m/, 'idleTimeout: 1s');
  service.reload();
  const reloading = await manager.heard(/^RELOADING=1$/);
  await manager.heard(/^READY=1$/, reloading.at);
  const client = await talk(t, root.prefix(far.netns), near.address, port);
  const flow = await collector.arrives(client.port);
  const bpf = /named by \d+ BPF programs/.test(service.text);
  if (bpf)
    assert.deepEqual([flow.sourceProcessId, flow.sourceProcessName], [client.pid, 'talker'], JSON.stringify(flow));
  else t.diagnostic(`processes are not judged, there is no BPF here: ${service.text}`);
  assert.equal(await service.stop(), 0, service.text);
  await manager.heard(/^STOPPING=1$/);
  const files = readdirSync(root.at('/var/log/weir'));
  assert.match(files.join(' '), /^flows-\d{8}T\d{6}Z\.json\.gz$/);
  const written = gunzipSync(readFileSync(root.at(`/var/log/weir/${files[0]}`))).toString();
  assert.ok(flowsOf(written).some((one) => one.sourceTransportPort === first.port));
}

/** What a purge has left: neither there before, nor of a package that came with weir and stays, nor dpkg's and apt's own. */
function leftovers(root: DebianRoot, before: ReadonlySet<string>): string[] {
  const packages = root.output('dpkg-query', '-W', '-f', `\${Package}:\${Architecture}\\n`).split('\n').filter(Boolean);
  const owned = new Set(root.output('dpkg', '-L', ...packages).split('\n'));
  const merged = (path: string): string => path.replace(/^\/usr\/(?=s?bin\/|lib)/, '/');
  for (const path of [...owned]) owned.add(merged(path));
  const books =
    /^\/var\/(?:lib\/(?:dpkg|apt)|cache|log\/(?:apt|dpkg\.log|alternatives\.log))|^\/etc\/(?:passwd|group|shadow|gshadow|subuid|subgid)-$|^\/etc\/ld\.so\.cache$|^\/run\/adduser$/;
  return root
    .paths()
    .filter((path) => !before.has(path) && !owned.has(path) && !owned.has(merged(path)) && !books.test(path));
}

test('install, run, upgrade and purge on a fresh Debian', needsDebianRoot('python3'), async (t) => {
  const root = new DebianRoot(t);
  const before = new Set(root.paths());
  const accountsBefore = accounts.map((path) => root.read(path));
  install(root, deb());
  await t.test('user, configuration and owners', () => checkInstalled(root));
  await t.test('the npm packages it holds', () => checkModules(root));
  await t.test('weir version, weir doctor', () => checkCommand(root));
  await t.test('the service, as its unit says', (inner) => checkService(inner, root));
  await t.test('an upgrade keeps what was changed in the configuration', () => {
    const changed = root.read(configuration);
    install(root, nextVersion(temporaryFolder(t)));
    assert.match(root.output('weir', 'version'), /^weir /);
    assert.equal(root.read(configuration), changed);
    assert.equal(statSync(root.at(configuration)).mode & 0o777, 0o640);
  });
  await t.test('a purge leaves nothing', () => {
    root.output('apt-get', 'purge', '-y', '-q', 'weir');
    assert.deepEqual(
      root.paths().filter((path) => path.includes('weir')),
      [],
    );
    assert.deepEqual(leftovers(root, before), []);
    assert.deepEqual(
      accounts.map((path) => root.read(path)),
      accountsBefore,
    );
  });
});
