// The units as systemd's own tools judge them, and their command line under exactly the ids and capabilities that they
// name. What needs a running systemd is in `npm run test:service`.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { loadAddon } from '../../src/native/load.js';
import { type Flow, flowsOf, LiveWeir } from '../support/live_weir.js';
import { type Client, type Speaker, startServer, talk } from '../support/local_talk.js';
import { Network } from '../support/network.js';
import { needsNobody } from '../support/nobody.js';
import { UnitFile } from '../support/unit_file.js';
import { cliPath, saying, temporaryFolder } from '../support/weir.js';

const names = ['weir.service', 'weir@.service'];
/** What `systemd-analyze security` may say at most, of 10. Most of the rest is capture, BPF and /proc itself. */
const highestExposure = 2.8;
/** Nobody's, as that of a user made for the service. */
const uid = 61_999;

const [, systemd = '0'] =
  /^systemd (\d+)/.exec(spawnSync('systemd-analyze', ['--version'], { encoding: 'utf8' }).stdout ?? '') ?? [];
const needsSystemd = (version: number): { skip?: string } =>
  Number(systemd) >= version ? {} : { skip: `needs systemd-analyze ${version} or later, here is ${systemd}` };

for (const name of names) {
  test(`${name}: systemd-analyze verify is silent`, needsSystemd(250), (t) => {
    const unit = new UnitFile(name);
    const [program] = unit.words('ExecStart');
    // It looks for the program, which only a package installs.
    const file = join(temporaryFolder(t), name.replace('@', '@second'));
    writeFileSync(file, unit.text.replaceAll(program!, process.execPath));
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' });
    assert.deepEqual([stdout, stderr, status], ['', '', 0]);
  });

  test(`${name}: exposure by systemd-analyze security`, needsSystemd(250), () => {
    const { path } = new UnitFile(name);
    const { stdout, stderr } = spawnSync('systemd-analyze', ['security', '--offline=true', '--no-pager', path], {
      encoding: 'utf8',
    });
    const exposure = Number(/Overall exposure level for \S+ (\d+\.\d+)/.exec(stdout)?.[1]);
    assert.ok(exposure <= highestExposure, `${exposure} is above ${highestExposure}:\n${stdout}${stderr}`);
  });
}

type Folders = Record<'RUNTIME' | 'STATE' | 'LOGS' | 'CONFIGURATION', string>;

/** The folders that systemd makes for a unit, in one of the test; given to the unit's user. */
function makeFolders(t: TestContext, unit: UnitFile): Folders {
  const root = temporaryFolder(t);
  chmodSync(root, 0o755);
  const make = (place: string, setting: string, mode: number): string => {
    const folder = join(root, place, unit.value(setting));
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, mode);
    chownSync(folder, uid, uid);
    return folder;
  };
  const modeOf = (setting: string): number => Number.parseInt(unit.value(setting), 8);
  return {
    RUNTIME: make('run', 'RuntimeDirectory', 0o755),
    STATE: make('var/lib', 'StateDirectory', modeOf('StateDirectoryMode')),
    LOGS: make('var/log', 'LogsDirectory', modeOf('LogsDirectoryMode')),
    CONFIGURATION: make('etc', 'ConfigurationDirectory', modeOf('ConfigurationDirectoryMode')),
  };
}

/** weir collect in the namespace: the flows that have come so far. */
class Collecting {
  readonly #child: ChildProcess;
  #text = '';

  private constructor(t: TestContext, prefix: readonly string[]) {
    const [command, ...args] = [...prefix, process.execPath, cliPath, 'collect', 'tcp://127.0.0.1:4739'];
    this.#child = spawn(command!, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    t.after(() => void this.#child.kill('SIGKILL'));
    this.#child.stdout!.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString();
    });
  }

  static async start(t: TestContext, prefix: readonly string[]): Promise<Collecting> {
    const collecting = new Collecting(t, prefix);
    await saying(collecting.#child, 'stderr', /listening on/);
    return collecting;
  }

  /** The flow of this conversation, if it has arrived. */
  flow(client: Speaker, server: Speaker): Flow | undefined {
    const whole = this.#text.slice(0, this.#text.lastIndexOf('\n') + 1);
    return flowsOf(whole)
      .map((record) => (record as unknown as { fields: Flow }).fields)
      .find((flow) => flow.sourceTransportPort === client.port && flow.destinationTransportPort === server.port);
  }

  async stop(): Promise<void> {
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGTERM');
    await closed;
  }
}

/** All threads have the unit's ids and sets, and may gain nothing. */
function assertCredentials(pid: number, unit: UnitFile): void {
  const bits = unit.words('CapabilityBoundingSet').map((name) => capabilityBits[name]!);
  const set = bits
    .reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n)
    .toString(16)
    .padStart(16, '0');
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const status = readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8');
    const value = (key: string): string => new RegExp(`^${key}:\\s+(.*)$`, 'm').exec(status)![1]!;
    for (const name of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) assert.equal(value(name), set, name);
    for (const name of ['Uid', 'Gid']) assert.equal(value(name), Array(4).fill(uid).join('\t'));
    assert.equal(value('NoNewPrivs'), '1');
  }
}

/** linux/capability.h */
const capabilityBits: Readonly<Record<string, number>> = {
  CAP_DAC_READ_SEARCH: 2,
  CAP_NET_ADMIN: 12,
  CAP_NET_RAW: 13,
  CAP_SYS_PTRACE: 19,
  CAP_PERFMON: 38,
  CAP_BPF: 39,
};

/** The configuration as the unit's user reads it, where the unit's command line has it. */
function writeConfiguration(unit: UnitFile, folders: Folders): string {
  const [, option, path] = unit.words('ExecStart');
  assert.equal(option, '-c');
  assert.equal(dirname(path!), `/etc/${unit.value('ConfigurationDirectory')}`);
  const file = join(folders.CONFIGURATION, basename(path!));
  const lines = [
    ...['observationPoints: [far0]', 'template: process', 'idleTimeout: 1s', 'lingerTimeout: 100ms'],
    `sinks: ["tcp://127.0.0.1:4739", "file://${folders.LOGS}/flows.json"]`,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o640 });
  chownSync(file, 0, uid);
  return file;
}

test('the command line of the unit, as its user and with its capabilities', needsNobody('nsenter'), async (t) => {
  const unit = new UnitFile('weir.service');
  const { near, far } = new Network(t);
  const [outside, inside] = [near, far].map(({ netns }) => ['nsenter', `--net=/run/netns/${netns}`]) as [
    string[],
    string[],
  ];
  const folders = makeFolders(t, unit);
  const file = writeConfiguration(unit, folders);
  const directories = Object.entries(folders).map(([name, folder]) => `${name}_DIRECTORY=${folder}`);
  const prefix = [
    ...inside,
    ...unit.prefix(uid),
    'env',
    '-u',
    'WEIR_SPOOL',
    '-u',
    'WEIR_STATISTICS_FILE',
    ...directories,
  ];
  const bpf = loadAddon().probeAttribution().tier === 'bpf';

  let collecting = await Collecting.start(t, inside);
  let weir = await LiveWeir.metering(t, ['-c', file], prefix);
  if (bpf) await weir.said(/ends of flows are named by \d+ BPF programs/);
  assertCredentials(weir.child.pid!, unit);
  const server = await startServer(t, { prefix: inside, address: far.address });
  const speak = (): Promise<Client> => talk(t, server, { prefix: outside, address: far.address });
  const arrives = async (client: Speaker): Promise<Flow> => {
    await weir.until(() => collecting.flow(client, server) !== undefined, `sent the flow of port ${client.port}`);
    return collecting.flow(client, server)!;
  };

  const client = await speak();
  const flow = await arrives(client);
  const named = ['source', 'destination'].flatMap((end) => [flow[`${end}ProcessId`], flow[`${end}ProcessName`]]);
  if (bpf) assert.deepEqual(named, [client.pid, client.name, server.pid, server.name], JSON.stringify(flow));
  assert.equal(statSync(join(folders.LOGS, 'flows.json')).mode & 0o777, 0o640);

  // The collector goes: flows wait in the unit's StateDirectory, over a restart too.
  await collecting.stop();
  await weir.said(/tcp:.*closed by the collector/);
  const unsent = await speak();
  await weir.said(/tcp:.*what it cannot take now goes to the spool/);
  assert.equal(statSync(join(folders.STATE, 'spool')).uid, uid);
  assert.equal((await weir.stop()).status, 0);
  collecting = await Collecting.start(t, inside);
  weir = await LiveWeir.metering(t, ['-c', file], prefix);
  await arrives(unsent);
  assert.equal((await weir.stop()).status, 0);
});
