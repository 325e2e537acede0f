// Many sockets: those that are older than weir, found again after kill -9; a storm of short ones, each told of once.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { loadAddon } from '../../src/native/load.js';
import { HeldSockets, loads, storm } from '../support/held_sockets.js';
import { type Flow, flowsOf, LiveWeir } from '../support/live_weir.js';
import { Network, needsNetwork } from '../support/network.js';

const status = loadAddon().probeAttribution();

function needs(tier: 'bpf' | 'diag'): { skip?: string; timeout: number } {
  if (!existsSync(loads)) return { skip: `not built: ${loads}`, timeout: 0 };
  if (tier === 'bpf' && status.tier !== 'bpf') return { skip: `BPF is refused here: ${status.reason}`, timeout: 0 };
  return needsNetwork('ip');
}

const program = 'attribution_loa'; // as the kernel cuts it
const names = (flow: Flow) => [flow['ntop.SRC_PROC_NAME'], flow['ntop.DST_PROC_NAME']];

for (const tier of ['bpf', 'diag'] as const)
  test(
    `tier ${tier}: after kill -9 the next one finds 2,000 open sockets, both ends of each flow`,
    needs(tier),
    async (t) => {
      const { near } = new Network(t);
      const sockets = 2000;
      const held = await HeldSockets.open(t, sockets, near.prefix);
      const args = [
        '-i',
        `lo@netns:${near.netns}`,
        '-T',
        'process',
        '--attribution',
        tier,
        '--idle-timeout',
        '1s',
        '--to',
        '-?format=json',
      ];
      const former = await LiveWeir.metering(t, args);
      await former.stop('SIGKILL');
      const weir = await LiveWeir.metering(t, args);
      held.talk();
      const told = () => weir.stdout.split('\n').length > sockets / 2;
      await weir.until(told, `told of ${sockets / 2} flows`);
      const run = await weir.stop();
      assert.equal(run.status, 0, run.stderr);
      const flows = flowsOf(run.stdout);
      assert.equal(flows.length, sockets / 2);
      const pidAt = new Map(held.holders.map(({ pid, port }) => [port, pid]));
      const wrong = flows.filter((flow) => {
        const pid = pidAt.get(Number(flow.destinationTransportPort));
        return flow['ntop.SRC_PROC_PID'] !== pid || flow['ntop.DST_PROC_PID'] !== pid;
      });
      assert.deepEqual(wrong.slice(0, 3), []);
    },
  );

for (const sources of ['ebpf:', 'lo and ebpf:'])
  test(`${sources} a storm of short connections, each told of once, with both ends`, needs('bpf'), async (t) => {
    const { near } = new Network(t);
    const capture = sources === 'ebpf:' ? [] : ['-i', `lo@netns:${near.netns}`];
    const args = [...capture, '-i', 'ebpf:', '-T', 'process', '--to', '-?format=json'];
    const weir = await LiveWeir.metering(t, args);
    const { operations } = await storm(4000, 2000, near.prefix);
    const run = await weir.stop();
    assert.equal(run.status, 0, run.stderr);
    const flows = flowsOf(run.stdout).filter((flow) => names(flow).includes(program) && flow.protocolIdentifier === 6);
    assert.equal(flows.length, operations);
    assert.deepEqual(flows.filter((flow) => names(flow).some((name) => name !== program)).slice(0, 3), []);
    assert.doesNotMatch(run.stderr, /"kernelDropped"|"socketsEvicted"|"socketsForgottenEarly"|"flowsDropped"/);
  });
