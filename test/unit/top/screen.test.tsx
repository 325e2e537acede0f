// The screen as ink draws it: keys, filter, freeze, sizes, hostile names.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { cleanup, render } from 'ink-testing-library';
import stringWidth from 'string-width';
import { Model } from '../../../src/top/model.js';
import type { Fields } from '../../../src/top/reading.js';
import { Screen } from '../../../src/top/screen.js';
import { firstState } from '../../../src/top/state.js';
import { Watch } from '../../../src/top/watch.js';
import { epoch, record, served } from '../../support/top_flows.js';

after(cleanup);

const colours = /\p{Cc}\[[\d;]*m/gu;

/** React draws in its own time: resolves when the condition holds. */
async function until(met: () => boolean, what: () => string): Promise<void> {
  for (const end = Date.now() + 10_000; !met(); await new Promise((resolve) => setImmediate(resolve)))
    assert.ok(Date.now() < end, what());
}

/** A screen over flows of a file: all of them are in the window. */
function screen(flows: readonly Fields[], width = 120, height = 30) {
  const watch = new Watch({ startedMs: epoch });
  for (const fields of flows) watch.take(fields, epoch + 1000);
  const losses: Record<string, number> = { kernel: 0 };
  const state = firstState({ seconds: Infinity });
  const model = new Model({ watch, state, source: 'test', losses: () => losses, now: () => epoch + 1000 });
  model.resize(width, height);
  const { stdin, lastFrame } = render(<Screen model={model} />);
  const lines = (): string[] => (lastFrame() ?? '').replaceAll(colours, '').split('\n');
  return {
    watch,
    model,
    losses,
    raw: () => lastFrame() ?? '',
    lines,
    /** Resolves when the keys were taken. */
    press: async (...keys: string[]) => {
      for (const key of keys) {
        const before = model.picture();
        stdin.write(key);
        await until(
          () => model.picture() !== before,
          () => `${key} changes nothing`,
        );
      }
      // React's scheduler works in setImmediate.
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    },
    /** First words of the rows below the headings. */
    rows: () => {
      const all = lines();
      const heading = all.findLastIndex((line) => /^(PROCESS|USER|SERVER PORT|FLOW|REMOTE HOST|CLIENT) /.test(line));
      return all.slice(
        heading + 1,
        all.findIndex((line, index) => index > heading && !/\S\s+\d/.test(line)),
      );
    },
  };
}

const two = [record(), record(served), record({ sourceProcessName: 'wget', reverseOctetDeltaCount: 50_000 })];
const firsts = (rows: string[]): string[] => rows.map((row) => row.split(/[( ]/)[0]!);

test('rows by octets; questions, dimensions and columns one key away', async () => {
  const { press, rows, lines } = screen(two);
  assert.deepEqual(firsts(rows()), ['wget', 'curl', 'nginx']);
  await press('3');
  assert.deepEqual(firsts(rows()), ['443/tcp']);
  assert.match(lines()[0]!, /port by octets/);
  await press('p', 'O');
  assert.deepEqual(firsts(rows()), ['nginx', 'wget', 'curl']);
  await press('r');
  assert.deepEqual(firsts(rows()).at(-1), 'nginx');
  assert.match(lines()[0]!, /smallest first/);
});

test('a filter is typed, shown and taken away; a wrong one says why', async () => {
  const { press, rows, lines } = screen(two);
  await press('/', ...'process=wget', '\r');
  assert.deepEqual(firsts(rows()), ['wget']);
  assert.match(lines()[0]!, /\/process=wget/);
  await press('\u001b');
  assert.equal(rows().length, 3);
  await press('/', ...'proces=x', '\r');
  assert.match(lines().at(-1)!, /no field 'proces', did you mean process\?/);
  await press('\u001b');
  await press('/wget\r');
  assert.deepEqual(firsts(rows()), ['wget'], 'pasted in one piece');
});

test('a frozen picture stands still, whatever comes, until it is asked for another view', async () => {
  const { press, watch, model, rows, lines } = screen(two);
  await press(' ');
  watch.take(record({ sourceProcessName: 'scp' }), epoch + 1000);
  model.tick();
  assert.equal(rows().length, 3);
  assert.match(lines()[0]!, /FROZEN/);
  await press('b');
  assert.equal(rows().length, 3, 'units change no flows');
  await press(' ');
  assert.ok(firsts(rows()).includes('scp'));
});

test('into a talker: remote hosts and flows of it, and back', async () => {
  const { press, lines, rows } = screen(two);
  await press('\u001b[B', '\r');
  const all = lines();
  assert.match(all[0]!, /curl: flows/);
  assert.ok(all.some((line) => line.startsWith('REMOTE HOST')));
  assert.equal(all.filter((line) => line.startsWith('TCP 10.0.0.1:')).length, 1);
  await press('\u001b');
  assert.equal(rows().length, 3);
});

test('every size: no line is wider than the terminal, no screen higher; narrow ones have fewer columns', async () => {
  const many = Array.from({ length: 50 }, (_, index) => record({ sourceProcessName: `process-with-a-name-${index}` }));
  const { model, lines } = screen(many);
  for (const [width, height] of [
    [200, 60],
    [120, 30],
    [80, 24],
    [40, 12],
    [20, 10],
    [10, 5],
  ] as const) {
    model.resize(width, height);
    const fits = (): boolean => lines().length < height && lines().every((line) => stringWidth(line) <= width);
    await until(fits, () => `${width} x ${height}:\n${lines().join('\n')}`);
  }
  model.resize(60, 24);
  await until(
    () => lines().length === 23,
    () => lines().join('\n'),
  );
  assert.ok(!lines().some((line) => line.includes('SINCE')));
  assert.ok(lines().some((line) => / IN b\/s/.test(line)));
});

test('the cursor moves over pages', async () => {
  const many = Array.from({ length: 50 }, (_, index) =>
    record({ sourceProcessName: `p${String(index).padStart(2, '0')}` }),
  );
  const { press, rows, raw } = screen(many, 120, 20);
  await press('\u001b[6~', '\u001b[6~', '\u001b[B');
  const at = rows();
  assert.equal(at.length, 11);
  assert.match(at.at(-1)!, /^p23/);
  assert.ok(raw().includes('p23'));
});

test('hostile names move no cursor and make no line', async () => {
  const bad = '\u001b[2J\u001b[1;1HOWNED\r\n\u202e';
  const flows = [
    'sourceProcessName',
    'sourceUserName',
    'sourceContainerName',
    'sourcePodName',
    'interfaceName',
    'applicationLabel',
  ];
  const { model, raw, lines } = screen([
    record({ ...Object.fromEntries(flows.map((name) => [name, bad])), sourcePodNamespace: bad }),
  ]);
  for (const key of ['p', 'd', 'u', 'c', 'o', 'a', 'i', 'f', '\r']) {
    model.press(key);
    await until(() => raw().includes(model.picture().state.by), raw);
    assert.doesNotMatch(lines().join(''), /[\p{Cc}\u202e]/u, key);
  }
});

test('losses stand out, the last warning stands at the bottom, the end is said', async () => {
  const { model, losses, lines } = screen(two);
  assert.ok(lines().includes('nothing dropped'));
  losses.queue = 12;
  model.say('a warning');
  await until(
    () => lines().at(-1)!.includes('a warning'),
    () => lines().join('\n'),
  );
  assert.ok(lines().some((line) => line.includes('dropped: queue 12')));
  assert.match(lines()[0]!, /reading/);
  model.end();
  await until(
    () => !/reading/.test(lines()[0]!),
    () => lines()[0]!,
  );
});

test('help names every key, and goes with any', async () => {
  const { press, lines } = screen(two, 120, 24);
  await press('?');
  const text = lines().join('\n');
  for (const word of ['processes with failing connects', 'container', 'retransmits', 'freeze', 'Ctrl-C'])
    assert.ok(text.includes(word), word);
  await press('x');
  assert.match(lines()[0]!, /weir top/);
});
