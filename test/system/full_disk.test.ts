// A disk that is full: files, spool and statistics wait for room, weir goes on, counts, and says so once.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ethernet, pcap, udp } from '../support/frames.js';
import { flowsOf, LiveWeir } from '../support/live_weir.js';
import { needsNetwork, Network } from '../support/network.js';
import { temporaryFolder } from '../support/weir.js';

const flows = 200;

test(
  'a full disk costs what it cannot take, and is used again when there is room',
  needsNetwork('tcpreplay'),
  async (t) => {
    const { near, far } = new Network(t);
    const folder = temporaryFolder(t);
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    const capture = join(folder, 'flows.pcap');
    const frame = (port: number): Buffer =>
      ethernet(
        0,
        udp(
          [
            { address: '10.9.0.50', port },
            { address: '10.9.0.60', port: 9 },
          ],
          100,
        ),
      );
    writeFileSync(capture, pcap(Array.from({ length: flows }, (_, index) => frame(1000 + index))));
    // The tmpfs is in the mount namespace of `ip netns exec` alone; the test sees it through the process.
    const ownDisk = ['sh', '-c', 'mount -t tmpfs -o size=1m none "$0" && exec "$@"', disk];
    const weir = await LiveWeir.metering(
      t,
      [
        ...[
          '-i',
          'far0',
          '--idle-timeout',
          '1s',
          '--metrics',
          '127.0.0.1:9464',
          '--statistics-file',
          join(disk, 'stats'),
        ],
        ...['--spool-size', '1M', '--spool', join(disk, 'spool'), '--to', 'tcp://127.0.0.1:1'],
        ...['--to', `file://${join(disk, 'flows.json')}`],
      ],
      [...far.prefix, ...ownDisk],
    );
    const seen = (name: string): string => join(`/proc/${weir.child.pid}/root`, disk, name);
    const send = (): void => assert.equal(near.replay(capture), flows);
    const lines = (): number => flowsOf(readFileSync(seen('flows.json'), 'utf8').replace(/[^\n]*$/, '')).length;
    const filler = seen('filler');
    const fill = (): void => {
      const chunk = Buffer.alloc(4096);
      try {
        for (;;) writeFileSync(filler, chunk, { flag: 'a' });
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
      }
    };
    send();
    await weir.until(() => statSync(seen('flows.json')).size > 0 && lines() === flows, 'wrote the flows');
    fill();
    send();
    await weir.said(/flows\.json: ENOSPC[^"]*; trying again every second/);
    await weir.said(/spool [^"]* cannot be written: ENOSPC/);
    await weir.said(/statistics file[^"]*ENOSPC/);
    rmSync(filler);
    await weir.said(/flows\.json: writing again/);
    await weir.until(() => lines() === 2 * flows, 'wrote what had waited');
    await weir.nextStatistics(7); // the spool tries again every 5 s
    send();
    await weir.said(/spool [^"]*: writing again/);
    await weir.until(() => lines() === 3 * flows, 'goes on');
    const { status, sinks, stderr } = await weir.stop();
    assert.equal(status, 0, stderr);
    const [tcp, file] = sinks as unknown as Record<string, number>[];
    assert.deepEqual([file!.records, file!.exported, file!.dropped], [3 * flows, 3 * flows, 0]);
    assert.equal(tcp!.records, tcp!.exported! + tcp!.dropped! + (tcp!.spooled ?? 0));
    assert.ok(tcp!.dropped! > 0 && tcp!.spooled! > 0, JSON.stringify(tcp));
    for (const trouble of [/flows\.json: ENOSPC/g, /cannot be written: ENOSPC/g, /statistics file[^"]*ENOSPC/g])
      assert.ok((stderr.match(trouble) ?? []).length <= 2, `${trouble} is said too often:\n${stderr}`);
  },
);
