import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandFlagOf, parseArguments } from '../../../src/config/argv.js';
import { columnNames } from '../../../src/top/columns.js';
import { dimensionNames } from '../../../src/top/dimensions.js';
import { isFlag, longFlag, optionNames, optionOf } from '../../../src/config/options.js';

/** name=value of the assignments, and the messages of the mistakes. */
function parsed(...argv: string[]): { set: string[]; errors: string[] } {
  const { assignments, errors } = parseArguments(argv);
  return {
    set: assignments.map(({ name, value }) => `${name}=${value}`),
    errors: errors.map(({ code, message }) => (code === 'WEIR_OPTION' ? message : code)),
  };
}

test('long flags, letters, clusters and negations', () => {
  const cases: [string[], string[]][] = [
    [['--active-timeout', '60'], ['activeTimeout=60']],
    [['--active-timeout=5m'], ['activeTimeout=5m']],
    [
      ['-t', '5m', '-d30'],
      ['activeTimeout=5m', 'idleTimeout=30'],
    ],
    [['-t=5m'], ['activeTimeout=5m']],
    [
      ['--tunnels', '--no-promiscuous'],
      ['tunnels=true', 'promiscuous=false'],
    ],
    [['--promiscuous=off'], ['promiscuous=off']],
    [['-56t9'], ['tunnels=true', 'promiscuous=false', 'activeTimeout=9']],
    [
      ['-r', '-', '--to', '-'],
      ['read=-', 'sinks=-'],
    ],
    [
      ['-i', 'eth0', '-ieth1'],
      ['observationPoints=eth0', 'observationPoints=eth1'],
    ],
    [['--to=udp://a?x=y'], ['sinks=udp://a?x=y']],
    [
      ['-f', 'tcp port 443', '-c', 'weir.yaml'],
      ['filter=tcp port 443', 'config=weir.yaml'],
    ],
  ];
  for (const [argv, set] of cases) assert.deepEqual(parsed(...argv), { set, errors: [] });
});

test('every option of the table has its long flag and letters', () => {
  for (const name of optionNames) {
    const value = isFlag(name) ? [] : [optionOf(name).example];
    for (const flag of [`--${longFlag(name)}`, ...[...(optionOf(name).letters ?? '')].map((letter) => `-${letter}`)]) {
      assert.deepEqual(parsed(flag, ...value), { set: [`${name}=${value[0] ?? true}`], errors: [] });
    }
  }
});

test('no letter, flag or alias belongs to two options', () => {
  const all = optionNames.flatMap((name) => {
    const { letters = '', nprobe = [] } = optionOf(name);
    return [...new Set([`--${longFlag(name)}`, ...[...letters].map((letter) => `-${letter}`), ...nprobe])];
  });
  assert.deepEqual(
    all.filter((flag, index) => all.indexOf(flag) !== index),
    [],
  );
});

test('mistakes: unknown, missing and superfluous values', () => {
  const cases: [string[], RegExp][] = [
    [['--idle-timout'], /^unknown option --idle-timout, did you mean --idle-timeout\?$/],
    [['--active'], /did you mean --active-timeout\?/],
    [['--xyzzy'], /^unknown option --xyzzy$/],
    [['-y'], /^unknown option -y$/],
    [['-t'], /^-t: no value given; expected a duration/],
    [['-t', '--tunnels'], /^-t: no value given/],
    [['--to'], /^--to: no value given; expected a sink such as/],
    [['--no-tunnels=1'], /^--no-tunnels: takes no value, found '1'$/],
    [['--no-workers'], /^unknown option --no-workers/],
    [['--help=1'], /^--help: takes no value/],
    [['feilds'], /^unexpected argument 'feilds', did you mean weir fields\?$/],
    [['x.pcap'], /^unexpected argument 'x.pcap'; every capture file needs its own -r$/],
    [['start'], /^no command 'start': weir alone meters flows, the commands are .*\btop\b/],
    [['--tunnels', 'start'], /^unexpected argument 'start'$/],
    [['doctor', 'x'], /^weir doctor: unexpected argument 'x'$/],
  ];
  for (const [argv, message] of cases) {
    const { errors } = parsed(...argv);
    assert.match(errors[0] ?? '', message);
  }
  assert.equal(parsed('--idle-timout', '5').errors.length, 1, 'the value of a mistyped flag is no command');
  assert.equal(parsed('--a', '-y', '-t').errors.length, 3, 'all mistakes at once');
});

test('commands, operands and flags of their own', () => {
  const { command, operands, flags } = parseArguments(['fields', 'rtt', '--json']);
  assert.deepEqual([command, operands, flags.json], ['fields', ['rtt'], true]);
  assert.deepEqual(parseArguments(['collect', 'udp://:1', 'tcp://:2']).operands, ['udp://:1', 'tcp://:2']);
  assert.deepEqual(parseArguments(['help', '-t']).operands, ['-t']);
  assert.equal(parseArguments(['-i', 'eth0']).command, undefined);
  assert.equal(parseArguments(['-h']).flags.help, true);
  assert.equal(parseArguments(['-v']).flags.version, true);
  assert.deepEqual(parseArguments(['fields', '--', '-x']).operands, ['-x']);
});

test('what weir top is asked by is what completion offers', () => {
  assert.deepEqual(commandFlagOf('by').words, dimensionNames);
  assert.deepEqual(commandFlagOf('sort').words, columnNames);
});
