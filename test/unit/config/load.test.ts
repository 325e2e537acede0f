import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseArguments } from '../../../src/config/argv.js';
import { type Environment, loadOptions, type Loaded, type OptionCheck } from '../../../src/config/load.js';
import { defaultOptions, environmentName, optionNames } from '../../../src/config/options.js';
import { WeirError, WeirErrors } from '../../../src/errors.js';

interface Given {
  argv?: string[];
  env?: Environment;
  file?: string;
  checks?: OptionCheck[];
}

function load({ argv = [], env = {}, file, checks }: Given): Loaded {
  const withFile = file === undefined ? argv : ['-c', 'weir.yaml', ...argv];
  const { assignments, errors } = parseArguments(withFile);
  return loadOptions({ assignments, errors, env, checks, readFile: () => file ?? '' });
}

/** `CODE message` of every mistake. */
function mistakes(given: Given): string[] {
  try {
    load(given);
  } catch (error) {
    assert.ok(error instanceof WeirErrors, String(error));
    return error.errors.map(({ code, message }) => `${code} ${message}`);
  }
  return [];
}

test('nothing given: defaults, capture everywhere, flows to stdout', () => {
  const { options, places, warnings } = load({});
  const { observationPoints, sinks, ...rest } = options;
  assert.deepEqual(observationPoints, [{ text: 'any', names: ['any'], netns: '' }]);
  assert.deepEqual(
    sinks.map(({ scheme }) => scheme),
    ['stdout'],
  );
  const { observationPoints: _, sinks: __, ...defaults } = defaultOptions();
  assert.deepEqual(rest, defaults);
  assert.deepEqual([[...places], warnings], [[], []]);
});

test('defaults < file < environment < flags', () => {
  const file = 'activeTimeout: 1m\nidleTimeout: 20\nworkers: 2\n';
  const env = { WEIR_IDLE_TIMEOUT: '30', WEIR_WORKERS: '3' };
  const { options, places } = load({ argv: ['--workers', '4'], env, file });
  assert.deepEqual(
    [options.lingerTimeout, options.activeTimeout, options.idleTimeout, options.workers],
    [2000, 60_000, 30_000, 4],
  );
  assert.equal(places.get('activeTimeout'), 'weir.yaml:1:16: activeTimeout');
  assert.equal(places.get('idleTimeout'), 'WEIR_IDLE_TIMEOUT');
  assert.equal(places.get('workers'), '--workers');
});

test('the last flag wins; lists collect within a layer and replace lower layers', () => {
  assert.equal(load({ argv: ['-t', '10', '-t', '20'] }).options.activeTimeout, 20_000);
  const sinks = (given: Given): string[] => load(given).options.sinks.map(({ text }) => text);
  const file = 'sinks: [udp://file1, udp://file2]\n';
  assert.deepEqual(sinks({ file }), ['udp://file1', 'udp://file2']);
  assert.deepEqual(sinks({ file, env: { WEIR_TO: 'udp://a  tcp://b:1' } }), ['udp://a', 'tcp://b:1']);
  assert.deepEqual(sinks({ file, argv: ['--to', 'udp://x', '--to', '-'] }), ['udp://x', '-']);
});

test('YAML and JSON files of every form', () => {
  const yaml =
    'tunnels: yes\nfilter: |\n  tcp port 80\ntemplate: &t tcp\nuser: 1000\n' +
    'observationPoints:\n  - eth0\n  - "veth*"\nsinks: "-"\n';
  const { options } = load({ file: yaml });
  assert.deepEqual(
    [options.tunnels, options.filter, options.template, options.user],
    [true, 'tcp port 80\n', 'tcp', '1000'],
  );
  assert.deepEqual(
    options.observationPoints.map(({ text }) => text),
    ['eth0', 'veth*'],
  );
  const json = load({ file: '{\n\t"idleTimeout": "5s",\n\t"cacheSize": 2048,\n\t"promiscuous": false\n}\n' }).options;
  assert.deepEqual([json.idleTimeout, json.cacheSize, json.promiscuous], [5000, 2048, false]);
  for (const empty of ['', '# only a comment\n', '---\n', '{}']) assert.equal(load({ file: empty }).options.workers, 1);
});

test('mistakes of a file name file, line, column, and the nearest name', () => {
  const cases: [string, string | RegExp][] = [
    ['activeTimeot: 5', "WEIR_CONFIG_FILE weir.yaml:1:1: unknown option 'activeTimeot', did you mean activeTimeout?"],
    ['\n\nxyzzy: 5', "WEIR_CONFIG_FILE weir.yaml:3:1: unknown option 'xyzzy'"],
    [
      'active-timeout: 5',
      "WEIR_CONFIG_FILE weir.yaml:1:1: unknown option 'active-timeout'; in a file it is called activeTimeout",
    ],
    ['to: "-"', "WEIR_CONFIG_FILE weir.yaml:1:1: unknown option 'to'; in a file it is called sinks"],
    ['config: x', "WEIR_CONFIG_FILE weir.yaml:1:1: option 'config' cannot stand in a file"],
    [
      'workers: 2\nidleTimeout: soon',
      /^WEIR_CONFIG_FILE weir\.yaml:2:14: idleTimeout: expected a duration .* found 'soon'$/,
    ],
    ['workers: [1, 2]', 'WEIR_CONFIG_FILE weir.yaml:1:10: workers: expected one value, found a list'],
    ['workers: {a: 1}', /^WEIR_CONFIG_FILE weir\.yaml:1:10: workers: expected a whole number from 1 to 256, or auto$/],
    ['filter:', 'WEIR_CONFIG_FILE weir.yaml:1:1: filter: no value; expected a pcap-filter(7) expression'],
    ['sinks:\n  - udp://a\n  -', /^WEIR_CONFIG_FILE weir\.yaml:3:\d+: sinks: expected a sink such as/],
    ['sinks:\n  - udp://a\n  - udq://b', /^WEIR_SINK weir\.yaml:3:5: sinks: sink 'udq:\/\/b': unknown scheme 'udq'/],
    ['tunnels: maybe', "WEIR_CONFIG_FILE weir.yaml:1:10: tunnels: expected on or off, found 'maybe'"],
    [
      'workers: 1.5',
      "WEIR_CONFIG_FILE weir.yaml:1:10: workers: expected a whole number from 1 to 256, or auto, found '1.5'",
    ],
    ['workers: 1\nworkers: 2', /^WEIR_CONFIG_FILE weir\.yaml:2:1: Map keys must be unique/],
    ['- a\n- b', 'WEIR_CONFIG_FILE weir.yaml:1:1: expected options, one `name: value` a line'],
    ['a: [1', /^WEIR_CONFIG_FILE weir\.yaml:1:\d+: /],
    ['direction: inn', /expected one of both, rx, tx, found 'inn'/],
    ['__proto__: {a: 1}', "WEIR_CONFIG_FILE weir.yaml:1:1: unknown option '__proto__'"],
  ];
  for (const [file, expected] of cases) {
    const [first = ''] = mistakes({ file });
    if (typeof expected === 'string') assert.equal(first, expected);
    else assert.match(first, expected);
  }
});

test('a file that cannot be read', () => {
  const { assignments } = parseArguments(['-c', 'nowhere/weir.yaml']);
  assert.throws(
    () => loadOptions({ assignments, env: {} }),
    (error) => {
      assert.ok(error instanceof WeirErrors);
      assert.equal(error.errors[0]?.code, 'WEIR_CONFIG_FILE');
      assert.equal(error.message, 'nowhere/weir.yaml: ENOENT: no such file or directory');
      return true;
    },
  );
});

test('the environment may name the file; a flag wins', () => {
  const paths: string[] = [];
  const readFile = (path: string): string => {
    paths.push(path);
    return 'workers: 7';
  };
  assert.equal(loadOptions({ assignments: [], env: { WEIR_CONFIG: 'a.yaml' }, readFile }).options.workers, 7);
  const { assignments } = parseArguments(['-c', 'b.yaml']);
  loadOptions({ assignments, env: { WEIR_CONFIG: 'a.yaml' }, readFile });
  assert.deepEqual(paths, ['a.yaml', 'b.yaml']);
});

test('mistakes of flags and environment name them', () => {
  assert.match(mistakes({ argv: ['-t', 'x'] })[0] ?? '', /^WEIR_OPTION -t: expected a duration/);
  assert.match(mistakes({ env: { WEIR_WORKERS: '0' } })[0] ?? '', /^WEIR_OPTION WEIR_WORKERS: expected a whole number/);
  assert.match(
    mistakes({ argv: ['--to', 'udp://a:b'] })[0] ?? '',
    /^WEIR_SINK --to: sink 'udp:\/\/a:b': expected a port/,
  );
  assert.match(mistakes({ argv: ['-i', 'a b'] })[0] ?? '', /^WEIR_OPTION -i: 'a b' cannot be the name/);
});

test('all mistakes of all layers are reported at once, those of the file by line', () => {
  const all = mistakes({
    file: 'idleTimeout: x\nnonsense: 1\nworkers: y\n',
    env: { WEIR_STATS: 'z' },
    argv: ['--cache-size', '1', '--bogus-flag'],
  });
  const places = all.map((line) => line.split(' ').slice(1, 3).join(' '));
  assert.deepEqual(places, [
    'weir.yaml:1:14: idleTimeout:',
    'weir.yaml:2:1: unknown',
    'weir.yaml:3:10: workers:',
    'unknown option',
    'WEIR_STATS: expected',
    '--cache-size: expected',
  ]);
});

test('live and file input exclude each other within a layer; across layers the higher one wins', () => {
  assert.deepEqual(mistakes({ argv: ['-i', 'eth0', '-r', 'x'] }), [
    'WEIR_OPTION -i and -r: read files or capture live, not both',
  ]);
  const fromFile = load({ file: 'observationPoints: eth0\n', argv: ['-r', 'x.pcap'] }).options;
  assert.deepEqual([fromFile.read, fromFile.observationPoints], [['x.pcap'], []]);
  const live = load({ file: 'read: x.pcap\n', argv: ['-i', 'eth0'] }).options;
  assert.deepEqual([live.read, live.observationPoints.length], [[], 1]);
});

test('contradictions between options', () => {
  assert.deepEqual(mistakes({ argv: ['-r', '-', '-r', '-'] }), ['WEIR_OPTION -r: stdin can be read once only']);
  assert.match(
    mistakes({ argv: ['--to', '-', '--to', '-'] })[0] ?? '',
    /^WEIR_SINK --to: sink '-': already the target/,
  );
  assert.match(
    mistakes({ argv: ['--to', 'file:///a', '--to', 'file:///a?format=text'] })[0] ?? '',
    /already the target/,
  );
  assert.deepEqual(
    mistakes({ argv: ['--to', 'file:///a', '--to', 'file:///b', '--to', 'udp://c', '--to', 'udp://c'] }),
    [],
  );
  assert.deepEqual(mistakes({ argv: ['--to', 'none', '--to', '-'] }), ['WEIR_SINK --to: none excludes other sinks']);
  const nfdump = ['--to', 'udp://c?profile=nfdump'];
  assert.match(
    mistakes({ argv: [...nfdump, '--biflow', 'on'] })[0] ?? '',
    /^WEIR_OPTION --biflow: on contradicts sink/,
  );
  assert.deepEqual(mistakes({ argv: nfdump }), []);
});

test('hashed server names need a key', () => {
  assert.deepEqual(mistakes({ argv: ['--dpi-privacy', 'urls,server-names'] }), [
    'WEIR_OPTION --dpi-privacy: server-names needs a key: --dpi-key FILE',
  ]);
  assert.deepEqual(mistakes({ argv: ['--dpi-privacy', 'server-names', '--dpi-key', 'names.key'] }), []);
  assert.deepEqual(load({ argv: ['--dpi-privacy', 'user-agents,urls'] }).options.dpiPrivacy, ['urls', 'user-agents']);
});

test('checks of other rooms get the place of the option', () => {
  const check: OptionCheck = ({ filter }) =>
    filter === 'bad' ? [{ name: 'filter', error: new WeirError('WEIR_FILTER', 'syntax error') }] : [];
  assert.deepEqual(mistakes({ file: 'workers: 2\nfilter: bad\n', checks: [check] }), [
    'WEIR_FILTER weir.yaml:2:9: filter: syntax error',
  ]);
  assert.deepEqual(mistakes({ argv: ['-f', 'good'], checks: [check] }), []);
});

test('nearly right environment names are warned of, foreign ones are not', () => {
  const { warnings } = load({
    env: { WEIR_ACTIV_TIMEOUT: '5', WEIR_PORT: 'tcp://10.0.0.1:80', WEIR_SERVICE_HOST: 'x', WEIR_DATA: '/d' },
  });
  assert.deepEqual(warnings, ['environment variable WEIR_ACTIV_TIMEOUT is unknown, did you mean WEIR_ACTIVE_TIMEOUT?']);
});

test('every option can be set by the environment', () => {
  assert.equal(new Set(optionNames.map(environmentName)).size, optionNames.length);
  assert.equal(environmentName('sinks'), 'WEIR_TO');
  assert.equal(environmentName('activeTimeout'), 'WEIR_ACTIVE_TIMEOUT');
  assert.equal(load({ env: { WEIR_TUNNELS: 'on' } }).options.tunnels, true);
  assert.deepEqual(load({ env: { WEIR_READ: 'a b' } }).options.read, ['a', 'b']);
});

test('events alone capture nothing; beside flows they change nothing', () => {
  const points = (argv: string[]): string[] => load({ argv }).options.observationPoints.map(({ text }) => text);
  assert.deepEqual(points(['--events', 'all']), ['ebpf:']);
  assert.deepEqual(points(['--to', '-?events=exec,exit']), ['ebpf:']);
  assert.deepEqual(points(['--events', 'all', '-i', 'lo']), ['lo']);
  assert.deepEqual(points(['--events', 'all', '--to', '-', '--to', 'udp://a?events=off']), ['any']);
  assert.deepEqual(points(['--to', '-?events=off']), ['any']);
});

test('attribution: what contradicts it', () => {
  const file = /a capture file has no events/;
  assert.match(mistakes({ argv: ['-r', 'x.pcap', '--events', 'all'] }).join(), file);
  assert.match(mistakes({ argv: ['-r', 'x.pcap', '--to', '-?events=exec'] }).join(), file);
  assert.deepEqual(mistakes({ argv: ['-r', 'x.pcap', '--events', 'all', '--to', '-?events=off'] }), []);
  assert.match(mistakes({ argv: ['-i', 'ebpf:', '--attribution', 'off'] }).join(), /off contradicts -i ebpf:/);
  assert.match(mistakes({ argv: ['--events', 'exec', '--attribution', 'off'] }).join(), /off contradicts events/);
  assert.deepEqual(mistakes({ argv: ['-i', 'lo', '--attribution', 'off'] }), []);
});

test('the node name is --node-name, else that of the environment', () => {
  assert.equal(load({ env: { NODE_NAME: 'worker-1' } }).options.nodeName, 'worker-1');
  assert.equal(load({ env: { NODE_NAME: 'worker-1', WEIR_NODE_NAME: 'worker-2' } }).options.nodeName, 'worker-2');
  assert.equal(load({}).options.nodeName, '');
});

test("under systemd the spool is in the unit's state directory, unless somebody says more", () => {
  const spool = (env: Record<string, string>, file = ''): string =>
    loadOptions({
      assignments: parseArguments(file === '' ? [] : ['-c', 'x.yaml']).assignments,
      env,
      readFile: () => file,
    }).options.spool;
  const STATE_DIRECTORY = '/var/lib/weir/second:/var/lib/other';
  assert.equal(spool({}), '/var/lib/weir/spool');
  assert.equal(spool({ STATE_DIRECTORY }), '/var/lib/weir/second/spool');
  assert.equal(spool({ STATE_DIRECTORY }, 'spool: /srv/weir\n'), '/srv/weir');
  assert.equal(spool({ STATE_DIRECTORY, WEIR_SPOOL: '/srv/other' }, 'spool: /srv/weir\n'), '/srv/other');
});
