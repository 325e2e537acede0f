// `npm start` without arguments: processes and containers of this host's flows, into a pipe and on a terminal.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/native/load.js';
import { asksOnOrder, imageName, needsContainers, order, startDocker } from '../support/containers.js';
import { flowsOf } from '../support/live_weir.js';
import { realServers, startServer } from '../support/real_servers.js';
import { saying, temporaryFolder } from '../support/weir.js';

const server = realServers.find(({ name }) => name === 'node')!;
const bridge = '172.29.0.1'; // of startDocker
const start = `${process.execPath} ${join(packageRoot(), 'setup', 'start.mjs')}`;

test(
  'npm start names processes and containers, with the image',
  needsContainers('dockerd', 'nsenter', 'script'),
  async (t) => {
    const engine = await startDocker(t);
    const client = await engine.run('client', asksOnOrder);
    const folder = temporaryFolder(t);
    chmodSync(folder, 0o777);
    const prefix = ['nsenter', `--net=${engine.place.netns}`];
    await startServer(t, server, { prefix, folder, address: bridge });
    for (const terminal of [false, true]) {
      // exec: a shell that stays would end by the terminal's SIGINT itself, and script would say its status
      const command = terminal ? ['script', '-qefc', `exec ${start}`, '/dev/null'] : start.split(' ');
      const child = spawn(prefix[0]!, [...prefix.slice(1), ...command], {
        stdio: ['pipe', 'pipe', terminal ? 'ignore' : 'pipe'],
        env: { ...process.env, WEIR_CONTAINER_RUNTIME: `docker:${engine.socket}` },
      });
      t.after(() => void child.kill('SIGKILL'));
      const named = saying(
        child,
        'stdout',
        terminal ? / wget\(\d+\)@client > node\(\d+\)/ : /"ntop.SRC_PROC_NAME":"wget".*\n/,
      );
      await saying(child, terminal ? 'stdout' : 'stderr', /container names from docker/);
      await order(client, `http://${bridge}:${server.port}/`);
      const said = await named;
      const closed = once(child, 'close');
      if (terminal) child.stdin!.write('\u0003');
      else child.kill('SIGINT');
      assert.deepEqual(await closed, [0, null]);
      if (terminal) continue;
      const flow = flowsOf(said).find((one) => one['ntop.SRC_PROC_NAME'] === 'wget');
      assert.deepEqual([flow?.sourceContainerName, flow?.sourceContainerImage], ['client', imageName]);
      assert.equal(flow?.['ntop.DST_PROC_NAME'], 'node');
    }
  },
);
