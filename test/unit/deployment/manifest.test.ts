// config/daemonset.yaml without a cluster: the schemas of Kubernetes, and what must agree with the rest of weir.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import * as apps from 'kubernetes-models/apps/v1';
import * as core from 'kubernetes-models/v1';
import { parseAllDocuments } from 'yaml';
import { capabilityNeeds, neededCapabilities } from '../../../src/capabilities.js';
import { loadOptions } from '../../../src/config/load.js';
import type { Options } from '../../../src/config/options.js';
import { packageRoot } from '../../../src/native/load.js';
import { temporaryFolder } from '../../support/weir.js';

type Json = Record<string, unknown>;
interface Manifest extends Json {
  kind: string;
  metadata: { name: string; namespace?: string };
}

const documents = parseAllDocuments(readFileSync(join(packageRoot(), 'config', 'daemonset.yaml'), 'utf8'));
const manifests = documents.map((document) => document.toJS() as Manifest);
const only = (kind: string): Manifest => {
  const found = manifests.filter((one) => one.kind === kind);
  assert.equal(found.length, 1, kind);
  return found[0]!;
};
const pod = new apps.DaemonSet(only('DaemonSet') as never).spec!.template.spec!;
const container = pod.containers[0]!;
const [, , alive] = container.livenessProbe!.exec!.command! as [string, string, string];
const mounts = new Map(container.volumeMounts!.map(({ name, ...mount }) => [name, mount]));

/** A view of value that notes the path of every member that somebody reads. */
function watched<T>(value: T, path: string, read: Set<string>): T {
  if (typeof value !== 'object' || value === null) return value;
  return new Proxy(value, {
    get(target, key) {
      const member = Reflect.get(target, key) as unknown;
      if (typeof key === 'symbol' || typeof member === 'function') return member;
      read.add(`${path}.${key}`);
      return watched(member, `${path}.${key}`, read);
    },
  });
}

/** Paths of all members below value. */
function membersOf(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [`${path}.${key}`, ...membersOf(member, `${path}.${key}`)]);
}

/** What is wrong with it: mistakes by the schema, and members that the schema never looks at. */
function wrongWith(manifest: Manifest): string[] {
  const known: Json = { ...core, ...apps };
  const Model = known[manifest.kind] as { prototype: { validate(this: unknown): void } } | undefined;
  if (!Model) return [`no kind ${manifest.kind}`];
  const read = new Set<string>([`.apiVersion`, `.kind`]);
  try {
    Model.prototype.validate.call(watched(manifest, '', read));
  } catch (error) {
    return [(error as Error).message];
  }
  return membersOf(manifest, '').filter((path) => !read.has(path));
}

test('every object is what the schemas of Kubernetes say, without unknown members', () => {
  for (const { errors } of documents) assert.deepEqual(errors, []);
  for (const manifest of manifests) assert.deepEqual(wrongWith(manifest), [], manifest.kind);
  assert.deepEqual(
    manifests.map(({ kind }) => kind),
    ['Namespace', 'ServiceAccount', 'ConfigMap', 'DaemonSet'],
  );
});

test('the check finds what a typing mistake would make', () => {
  const changed = (change: (spec: Json, container: Json) => void): string[] => {
    const copy = structuredClone(only('DaemonSet')) as Json;
    const { template } = copy.spec as { template: { spec: Json & { containers: Json[] } } };
    change(template.spec, template.spec.containers[0]!);
    return wrongWith(copy as Manifest);
  };
  assert.deepEqual(
    changed((spec) => (spec.hostPid = true)),
    ['.spec.template.spec.hostPid'],
  );
  assert.deepEqual(
    changed((_, one) => ((one.securityContext as Json).readOnlyRootfs = true)),
    ['.spec.template.spec.containers.0.securityContext.readOnlyRootfs'],
  );
  assert.equal(changed((spec) => (spec.hostPID = 'yes')).length, 1);
  assert.equal(changed((_, one) => delete one.name).length, 1);
});

test('names agree: namespace, labels, service account, ConfigMap, volumes, port', () => {
  const { spec, metadata } = new apps.DaemonSet(only('DaemonSet') as never);
  for (const manifest of manifests.slice(1)) assert.equal(manifest.metadata.namespace, only('Namespace').metadata.name);
  assert.deepEqual(spec!.selector.matchLabels, spec!.template.metadata!.labels);
  assert.deepEqual(metadata!.labels, spec!.template.metadata!.labels);
  assert.equal(pod.serviceAccountName, only('ServiceAccount').metadata.name);
  assert.deepEqual([...mounts.keys()].sort(), pod.volumes!.map(({ name }) => name).sort());
  const configuration = pod.volumes!.find(({ configMap }) => configMap)!;
  assert.equal(configuration.configMap!.name, only('ConfigMap').metadata.name);
  const { data } = new core.ConfigMap(only('ConfigMap') as never);
  assert.deepEqual(container.args, ['-c', `${mounts.get(configuration.name)!.mountPath}/${Object.keys(data!)[0]}`]);
  const port = container.ports![0]!;
  assert.equal(spec!.template.metadata!.annotations!['prometheus.io/port'], String(port.containerPort));
  assert.equal(container.readinessProbe!.httpGet!.port, port.name);
  assert.deepEqual(container.startupProbe!.exec, container.livenessProbe!.exec);
  assert.ok(alive.includes(`127.0.0.1:${port.containerPort}/healthz`));
  assert.ok(alive.includes(`find ${mounts.get('statistics')!.mountPath} `));
});

/** Exit status of the liveness probe, with a folder for /run/weir and another port. */
function probed(folder: string, port: number): Promise<number | null> {
  const script = alive.replace('/run/weir', folder).replace('9464', String(port));
  return new Promise((resolve) => {
    spawn('sh', ['-c', script], { stdio: 'ignore' }).once('close', resolve);
  });
}

test('it lives by the statistics file of its own process, else by what the listener answers', async (context) => {
  const folder = temporaryFolder(context);
  const nobody = 1; // no listener there
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  write(`${spawnSync('true').pid}.stats`, 'process.stalledThreads: 0\n');
  assert.equal(await probed(folder, nobody), 1, 'a file of somebody else');
  const own = write(`${process.pid}.stats`, 'pid: 7\nprocess.stalledThreads: 0\n');
  assert.equal(await probed(folder, nobody), 0);
  write(`${process.pid}.stats`, 'process.stalledThreads: 1\nprocess.stalledThread.1: weir eth0/0\n');
  assert.equal(await probed(folder, nobody), 1, 'a thread stands still');
  write(`${process.pid}.stats`, 'process.stalledThreads: 0\n');
  const old = Date.now() / 1000 - 60;
  utimesSync(own, old, old);
  assert.equal(await probed(folder, nobody), 1, 'an old file');
  let status = 200;
  const server = createServer((_, response) => response.writeHead(status).end()).listen(0, '127.0.0.1');
  context.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  assert.equal(await probed(folder, port), 0, 'a full disk, say');
  status = 503;
  assert.equal(await probed(folder, port), 1);
});

/** The ConfigMap's file as weir itself reads it, with the environment of the container. */
function options(): Options {
  const { data } = new core.ConfigMap(only('ConfigMap') as never);
  const [, path] = container.args!;
  const { options: loaded, warnings } = loadOptions({
    assignments: [{ name: 'config', value: path!, place: 'argv', code: 'WEIR_OPTION' }],
    env: Object.fromEntries(container.env!.map(({ name, value }) => [name, value ?? 'worker-1'])),
    readFile: () => data!['weir.yaml']!,
  });
  assert.deepEqual(warnings, []);
  return loaded;
}

test("the ConfigMap is a configuration that weir takes, and its paths are the container's volumes", () => {
  const { metrics, spool, nodeName, read, logFormat } = options();
  assert.equal(metrics, `0.0.0.0:${container.ports![0]!.containerPort}`);
  assert.ok(spool.startsWith(`${mounts.get('spool')!.mountPath}/`) && !mounts.get('spool')!.readOnly);
  assert.deepEqual([nodeName, read, logFormat], ['worker-1', [], 'json']);
});

test('capabilities are those of the table for this configuration, and nothing else', () => {
  const { capabilities, allowPrivilegeEscalation, readOnlyRootFilesystem, privileged } = container.securityContext!;
  assert.deepEqual(capabilities!.drop, ['ALL']);
  const needed = neededCapabilities({ ...options(), attribution: 'auto' }).map((name) => name.toUpperCase());
  assert.deepEqual([...capabilities!.add!].sort(), needed.sort());
  assert.ok(
    capabilities!.add!.every((name) => capabilityNeeds.some(({ capability }) => capability === name.toLowerCase())),
  );
  assert.deepEqual([allowPrivilegeEscalation, readOnlyRootFilesystem, privileged], [false, true, undefined]);
});

test('what weir reads of a node is there: its processes, network, cgroups and runtime sockets', () => {
  assert.deepEqual([pod.hostNetwork, pod.hostPID, pod.hostIPC], [true, true, undefined]);
  const places = new Map(pod.volumes!.map(({ name, hostPath }) => [name, hostPath?.path]));
  for (const [name, path] of places) if (path) assert.equal(mounts.get(name)!.mountPath, path, 'as on the node');
  assert.deepEqual([...places.values()].filter(Boolean).sort(), [
    '/run',
    '/run/weir',
    '/sys/fs/cgroup',
    '/var/lib/weir',
  ]);
  const writable = [...mounts.values()].filter(({ readOnly }) => !readOnly).map(({ mountPath }) => mountPath);
  assert.deepEqual(writable.sort(), ['/run/weir', '/var/lib/weir']);
  assert.ok(pod.terminationGracePeriodSeconds! > 10, 'a stop of weir takes up to 10 s (cli/live_run.ts)');
});
