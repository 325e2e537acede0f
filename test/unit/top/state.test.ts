import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandFlags, commands } from '../../../src/config/argv.js';
import { commandPage } from '../../../src/config/help.js';
import { columnNames, columns } from '../../../src/top/columns.js';
import { dimensionNames, dimensions } from '../../../src/top/dimensions.js';
import { parseFilter } from '../../../src/top/filter.js';
import { questions } from '../../../src/top/questions.js';
import { commandKeys, firstState, type Key, press, type State } from '../../../src/top/state.js';
import { inside, observe, record, served } from '../../support/top_flows.js';

const shown = { keys: ['a', 'b', 'c', 'd', 'e'], page: 2 };
const after = (keys: readonly Key[], start: Partial<State> = {}): State =>
  keys.reduce((state, key) => press(state, key, shown), firstState(start));

test('each key does one thing', () => {
  const words = commandKeys.flatMap(({ keys }) => keys.split(' ').filter((one) => one.length === 1));
  const keys = [...questions, ...dimensions, ...columns].map(({ key }) => key).concat(words);
  assert.deepEqual(
    keys.filter((key, index) => keys.indexOf(key) !== index),
    [],
  );
  for (const { name, key } of dimensions) assert.ok(name.includes(key), `${key} is no letter of ${name}`);
});

test('the help of the command names every dimension and column', () => {
  for (const name of [...dimensionNames, ...columnNames]) assert.match(commands.top.more, new RegExp(`\\b${name}\\b`));
  assert.deepEqual([commandFlags.by.words, commandFlags.sort.words], [dimensionNames, columnNames]);
  for (const flag of ['--by', '--sort', '--limit', '--once', '--for', '--every'])
    assert.ok(commandPage('top').includes(flag));
});

test('questions, dimensions, columns', () => {
  for (const { key, by, sort } of questions) {
    const state = after(['r', key]);
    assert.deepEqual([state.by, state.sort, state.reverse], [by, sort, false]);
  }
  for (const { key, name } of dimensions) assert.equal(after([key]).by, name);
  for (const { key, name } of columns) assert.equal(after([key]).sort, name);
  assert.equal(after(['>', 'right'], { sort: 'in' }).sort, 'octets');
  assert.equal(after(['<'], { sort: 'in' }).sort, 'total');
  assert.deepEqual(after(['r']).reverse, true);
  assert.deepEqual([after(['b']).units, after(['b', 'b']).units], ['octets', 'bits']);
});

test('the window grows and shrinks by its steps; that of a file does not', () => {
  assert.equal(after(['+']).seconds, 10);
  assert.equal(after(['+', '+', '+', '+', '+']).seconds, 60);
  assert.equal(after(['-', '-', '-']).seconds, 2);
  assert.equal(after(['-', '+'], { seconds: Infinity }).seconds, Infinity);
});

test('the cursor stays on its row, the first row is no row', () => {
  assert.equal(after(['down', 'down']).cursor, 'c');
  assert.equal(after(['down', 'up']).cursor, undefined);
  assert.equal(after(['pageDown', 'pageDown', 'pageDown']).cursor, 'e');
  assert.equal(after(['end', 'pageUp']).cursor, 'c');
  assert.equal(after(['end', 'home']).cursor, undefined);
  assert.equal(after(['down'], { cursor: 'gone' }).cursor, 'b');
});

test('into a talker and back', () => {
  const state = after(['u', 'C', 'down', 'enter']);
  assert.deepEqual([state.inside, state.by], [{ by: 'user', key: 'b' }, 'flow']);
  assert.equal(press(state, 'h', shown).inside, state.inside, 'other dimensions inside it');
  const back = press(press(state, 'h', shown), 'escape', shown);
  assert.deepEqual([back.inside, back.by, back.sort, back.cursor], [undefined, 'user', 'connections', 'b']);
  assert.equal(press(firstState(), 'enter', { keys: [], page: 1 }).inside, undefined);
  assert.equal(after(['enter', '3']).inside, undefined, 'a question leaves it');
});

test('typing a filter', () => {
  const typed = after(['/', ...'port=443x', 'backspace', 'up', 'enter']);
  assert.deepEqual([typed.typing, typed.filter?.text], [undefined, 'port=443']);
  assert.equal(after(['/', 'q']).quit, false);
  assert.equal(after(['/', 'q', 'interrupt']).quit, true);
  const wrong = after(['/', ...'prot=443', 'enter']);
  assert.match(wrong.problem, /no field 'prot', did you mean/);
  assert.equal(wrong.typing, 'prot=443');
  assert.equal(press(wrong, 'escape', shown).typing, undefined);
  assert.equal(press(typed, 'escape', shown).filter, undefined);
  assert.equal(press(press(typed, '/', shown), 'escape', shown).filter?.text, 'port=443');
});

test('help, freeze, quit', () => {
  assert.deepEqual([after(['?']).help, after(['?', 'x']).help, after(['?', 'q']).quit], [true, false, true]);
  assert.deepEqual([after([' ']).frozen, after([' ', ' ']).frozen], [true, false]);
  assert.deepEqual([after(['q']).quit, after(['interrupt']).quit, after(['Z']).quit], [true, true, false]);
});

test('filters: words anywhere, fields as a whole or with *, all of them', () => {
  const [client, server, local] = observe([
    record(),
    record({ ...served, sourceIPv4Address: '10.7.7.7' }),
    record(inside),
  ]);
  const accepted = (text: string): boolean[] => {
    const filter = parseFilter(text);
    if ('problem' in filter) throw new Error(filter.problem);
    return [client, server, local].map((one) => filter.accepts(one!));
  };
  assert.deepEqual(accepted('CURL'), [true, false, true]);
  assert.deepEqual(accepted('process=nginx'), [false, true, true]);
  assert.deepEqual(accepted('process=ngin'), [false, false, false]);
  assert.deepEqual(accepted('user=www-*'), [false, true, true]);
  assert.deepEqual(accepted('port=443'), [true, true, true]);
  assert.deepEqual(accepted('port=443/udp'), [false, false, false]);
  assert.deepEqual(accepted('address=10.7.*'), [false, true, false]);
  assert.deepEqual(accepted('host=10.0.0.2 curl'), [true, false, true]);
  assert.deepEqual(accepted('user=(.*'), [false, false, false]);
  assert.deepEqual(accepted('process=*g*n*x'), [false, true, true]);
  assert.deepEqual(accepted('process=C*rl*l'), [false, false, false], 'parts do not overlap');
  assert.deepEqual(accepted('process=*'), [true, true, true]);
});

test('a filter with many * is as fast as any', () => {
  const [long] = observe([record({ sourceProcessName: 'a'.repeat(79) })]);
  const filter = parseFilter(`process=${'*a'.repeat(30)}*b`);
  assert.ok(!('problem' in filter) && !filter.accepts(long!));
});
