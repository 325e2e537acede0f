// The DaemonSet's container without a cluster: weir in it has what it needs of a node, and no more.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needsContainers, order, Place, PodContainer, servesAndAsks, startRunc } from '../support/containers.js';
import { LiveWeir } from '../support/live_weir.js';

const fields = [
  'destinationTransportPort sourceProcessName destinationProcessName sourceParentProcessExecutable sourceUserName',
  'sourceContainerId destinationContainerId',
].join(' ');

test('weir in the container of config/daemonset.yaml', needsContainers('nsenter'), async (t) => {
  const place = await Place.make(t);
  const pod = await PodContainer.make(place);
  const args = ['-T', fields, '--to', '-?format=json', '--idle-timeout', '1s', '--linger-timeout', '100ms'];
  const weir = new LiveWeir(t, args, (all) => pod.start(all));
  await weir.said(/"msg":"metering /);
  await weir.said(/"msg":"ends of flows are named by \d+ BPF programs/);
  assert.doesNotMatch(weir.stderr, /own container|profile|only a branch|cannot|not permitted/i);

  const web = await startRunc(t, { netns: place.netns, args: servesAndAsks });
  await order(web, 'http://127.0.0.1:8080/');
  // On a busy machine a client may be gone before /proc was read: another one is asked then.
  const asked = (): (typeof weir.flows)[0] | undefined =>
    weir.flows.find(
      (flow) => flow.destinationTransportPort === 8080 && flow.sourceParentProcessExecutable !== undefined,
    );
  for (let request = 1; asked() === undefined && request <= 5; request++) {
    if (request > 1) await order(web, 'http://127.0.0.1:8080/');
    const toPort = (): number => weir.flows.filter((flow) => flow.destinationTransportPort === 8080).length;
    await weir.until(() => toPort() >= request, `told of request ${request}`);
  }
  const flow = asked();
  assert.ok(flow !== undefined, JSON.stringify(weir.flows));
  const text = JSON.stringify(flow);
  assert.equal(flow['ntop.SRC_PROC_NAME'], 'wget', text);
  assert.deepEqual(
    [flow.sourceParentProcessExecutable, flow['ntop.SRC_PROC_USER_NAME']],
    ['/bin/busybox', 'root'],
    text,
  );
  for (const end of ['SRC', 'DST']) assert.equal(flow[`ntop.${end}_PROC_CONTAINER_ID`], web.id, text);

  const [own] = /^\d+\.stats$/m.exec(await place.run('ls', '/run/weir')) ?? [];
  assert.ok(own !== undefined, 'the statistics file is there for the node');

  // It lives by its own file alone: neither by one of a process of the node, nor by a listener that nobody can reach.
  assert.equal(await pod.exec(pod.livenessCommand), 0);
  const pid = own.replace('.stats', '');
  await place.run('kill', '-STOP', pid);
  await place.run('cp', `/run/weir/${own}`, '/run/weir/1.stats');
  await place.run('touch', '-d', '1 minute ago', `/run/weir/${own}`);
  assert.equal(await pod.exec(pod.livenessCommand), 1, 'it stands still');
  await place.run('kill', '-CONT', pid);

  // As Kubernetes ends it: SIGTERM, which the child passes on.
  const ended = await weir.stop();
  assert.match(ended.stderr, /"msg":"stopping/);
  assert.equal(ended.status, 0, ended.stderr);
});
