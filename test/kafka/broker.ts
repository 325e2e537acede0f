// A real Apache Kafka for tests: one node in KRaft mode on loopback, from Maven Central by pom.xml. Its jars stay in
// build/kafka, so only the first run downloads.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import type { Kafka } from 'kafkajs';
import { packageRoot } from '../../src/native/load.js';
import { type Certificates, makeCertificates } from './certificates.js';

const kafkajs = createRequire(import.meta.url)('kafkajs') as typeof import('kafkajs');
const folder = join(packageRoot(), 'build', 'kafka');
const startMs = 60_000;

/**
 * newest: of 4.4.0 Maven Central lacks kafka-tools-api. tolerant: the last series that takes SCRAM from librdkafka before
 * 2.6.1 (Debian 12 has 2.0.2), which writes the client's nonce twice; 4.0 and later refuse that.
 */
export const versions = { newest: '4.3.1', tolerant: '3.9.2' };

/** SCRAM users of the broker; only alice may write at first. */
export const users = { alice: 'alice-secret', bob: 'bob-secret' };

export interface Broker {
  /** host:port by listener. Plain text needs no permission; over SASL only alice may write. */
  readonly plain: string;
  readonly ssl: string;
  readonly sasl: string;
  readonly certificates: Certificates;
  /** A client for what tests ask of the broker besides producing. */
  readonly client: Kafka;
  createTopic(topic: string, partitions?: number, settings?: Record<string, string>): Promise<void>;
  /** SIGKILL: the broker loses what it had not written. */
  kill(): Promise<void>;
  /** Again with its ports and data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Why no broker can be started here, or undefined. */
export function brokerMissing(version: string): string | undefined {
  for (const [program, argument] of [
    ['java', '-version'],
    ['openssl', 'version'],
    ['kcat', '-V'],
  ] as const) {
    if (spawnSync(program, [argument]).error) return `${program} is not installed`;
  }
  const java = /version "(\d+)/.exec(spawnSync('java', ['-version'], { encoding: 'utf8' }).stderr)?.[1];
  if (Number(java) < 17) return `Kafka needs Java 17, this is ${java}`;
  return jarsMissing(version);
}

function libraries(version: string): string {
  return join(folder, `libs-${version}`);
}

/** Copies the jars once; a pom.xml that changed copies them anew. Several test processes may do it at the same time. */
function jarsMissing(version: string): string | undefined {
  const libs = libraries(version);
  const pom = join(packageRoot(), 'test', 'kafka', 'pom.xml');
  const copied = (): boolean =>
    existsSync(join(libs, 'pom.xml')) && readFileSync(join(libs, 'pom.xml'), 'utf8') === readFileSync(pom, 'utf8');
  if (copied()) return undefined;
  mkdirSync(folder, { recursive: true });
  const fresh = mkdtempSync(join(folder, 'copying-'));
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${fresh}`, `-Dkafka.version=${version}`];
  const copy = (...more: string[]): ReturnType<typeof spawnSync> =>
    spawnSync('mvn', ['-B', '-q', ...more, '-f', pom, ...goal], { encoding: 'utf8', timeout: 300_000 });
  try {
    const offline = copy('-o');
    if (offline.error) return 'mvn is not installed';
    const online = offline.status === 0 ? offline : copy();
    if (online.status !== 0) return `mvn does not give Kafka: ${String(online.stdout).split('\n')[0]}`;
    copyFileSync(pom, join(fresh, 'pom.xml'));
    if (copied()) return undefined; // by another process meanwhile
    rmSync(libs, { recursive: true, force: true });
    renameSync(fresh, libs);
    return undefined;
  } catch (error) {
    if (copied()) return undefined;
    throw error;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** Free ports of loopback: taken and let go, all at the same time. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(servers.map((server) => new Promise<void>((done) => server.listen(0, '127.0.0.1', done))));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

function properties(data: string, ports: readonly number[], certificates: Certificates): string {
  const [plain, ssl, sasl, controller] = ports;
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
  const own = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAIN',
    listeners: `PLAIN://127.0.0.1:${plain},SSL://127.0.0.1:${ssl},SASL://127.0.0.1:${sasl},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `PLAIN://127.0.0.1:${plain},SSL://127.0.0.1:${ssl},SASL://127.0.0.1:${sasl}`,
    'listener.security.protocol.map': 'PLAIN:PLAINTEXT,SSL:SSL,SASL:SASL_SSL,CONTROLLER:PLAINTEXT',
    'sasl.enabled.mechanisms': 'SCRAM-SHA-256,SCRAM-SHA-512',
    'listener.name.sasl.scram-sha-256.sasl.jaas.config': scram,
    'listener.name.sasl.scram-sha-512.sasl.jaas.config': scram,
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.location': certificates.keyStore,
    'ssl.keystore.password': certificates.password,
    'ssl.key.password': certificates.password,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS',
    'log.dirs': join(data, 'log'),
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'broker.session.timeout.ms': 2000, // a killed broker may register again after so long
    'broker.heartbeat.interval.ms': 500,
    'log.cleaner.dedupe.buffer.size': 4 << 20,
    'num.network.threads': 2,
    'num.io.threads': 2,
  };
  return Object.entries(own)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

const javaOptions = [
  ...['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'],
  ...['-Dorg.slf4j.simpleLogger.log.kafka.server=info', '-Dorg.slf4j.simpleLogger.log.org.apache.kafka.server=info'],
];

class LocalBroker implements Broker {
  readonly plain: string;
  readonly ssl: string;
  readonly sasl: string;
  readonly client: Kafka;
  readonly #data: string;
  readonly #version: string;
  readonly #java: string[];
  #process: ChildProcess | undefined;

  constructor(
    version: string,
    data: string,
    ports: readonly number[],
    readonly certificates: Certificates,
  ) {
    this.#version = version;
    this.#data = data;
    this.#java = [...javaOptions, '-cp', join(libraries(version), '*')];
    [this.plain, this.ssl, this.sasl] = ports.map((port) => `127.0.0.1:${port}`) as [string, string, string];
    this.client = newClient(this.plain);
    writeFileSync(join(data, 'server.properties'), properties(data, ports, certificates));
    const scram = Object.entries(users).flatMap(([name, password]) =>
      ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
        '--add-scram',
        `${mechanism}=[name=${name},password=${password}]`,
      ]),
    );
    const format = ['kafka.tools.StorageTool', 'format', '--cluster-id', 'weirtestAAAAAAAAAAAAAA'];
    execFileSync('java', [...this.#java, ...format, '--config', join(data, 'server.properties'), ...scram], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  }

  async restart(): Promise<void> {
    const log = join(this.#data, 'broker.out');
    const output = openSync(log, 'w');
    const child = spawn('java', [...this.#java, 'kafka.Kafka', join(this.#data, 'server.properties')], {
      stdio: ['ignore', output, output],
    });
    this.#process = child;
    process.once('exit', () => child.kill('SIGKILL')); // a test that failed before stop() leaves no broker behind
    const deadline = Date.now() + startMs;
    const admin = this.client.admin();
    for (;;) {
      if (child.exitCode !== null) throw new Error(`the broker ended: ${readFileSync(log, 'utf8').slice(-2000)}`);
      if (/Kafka Server started/.test(readFileSync(log, 'utf8'))) break;
      if (Date.now() > deadline) throw new Error(`the broker does not start, see ${log}`);
      await new Promise((done) => setTimeout(done, 50)); // until its log says so
    }
    await admin.connect();
    await admin.disconnect();
  }

  async createTopic(topic: string, partitions = 3, settings: Record<string, string> = {}): Promise<void> {
    await createTopic(this.client, topic, partitions, settings);
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
    copyFileSync(join(this.#data, 'broker.out'), join(folder, `broker-${this.#version}.log`));
    rmSync(this.#data, { recursive: true, force: true });
  }

  #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null) return Promise.resolve();
    return new Promise((done) => {
      const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
      child.once('exit', () => {
        clearTimeout(timer);
        done();
      });
      child.kill(signal);
    });
  }
}

/** A kafkajs client for tests. */
export function newClient(broker: string): Kafka {
  return new kafkajs.Kafka({ brokers: [broker], clientId: 'weir-test', logLevel: kafkajs.logLevel.NOTHING });
}

export async function createTopic(
  client: Kafka,
  topic: string,
  partitions: number,
  settings: Record<string, string>,
): Promise<void> {
  const admin = client.admin();
  await admin.connect();
  const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
  await admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions: partitions, configEntries }] });
  // kafkajs's own waiting gives up while the broker does not know the topic yet.
  for (const deadline = Date.now() + startMs; ; ) {
    const found = await admin.fetchTopicMetadata({ topics: [topic] }).catch(() => undefined);
    if (found?.topics[0]?.partitions.every(({ leader }) => leader >= 0)) break;
    if (Date.now() > deadline) throw new Error(`topic ${topic} has no leader`);
  }
  await admin.disconnect();
}

/** Lets a user write to a topic, or to all. */
export async function permit(client: Kafka, user: string, topic = '*'): Promise<void> {
  const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;
  const admin = client.admin();
  await admin.connect();
  const entry = {
    principal: `User:${user}`,
    host: '*',
    permissionType: AclPermissionTypes.ALLOW,
    resourceName: topic,
    resourcePatternType: ResourcePatternTypes.LITERAL,
  };
  const topics = { ...entry, resourceType: AclResourceTypes.TOPIC };
  await admin.createAcls({
    acl: [
      { ...topics, operation: AclOperationTypes.WRITE },
      { ...topics, operation: AclOperationTypes.DESCRIBE },
    ],
  });
  await admin.disconnect();
}

/** Starts a broker of its own; call stop(). Ask brokerMissing() before. */
export async function startBroker(version: string): Promise<Broker> {
  mkdirSync(folder, { recursive: true });
  const data = mkdtempSync(join(folder, 'run-'));
  const broker = new LocalBroker(version, data, await freePorts(4), makeCertificates(data));
  await broker.restart();
  await permit(broker.client, 'alice');
  return broker;
}
