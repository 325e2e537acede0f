// What a session sends besides flow records, and in which order; the octets are one per template or row.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OptionsTable } from '../../../src/exporting/options_records.js';
import { SessionControl } from '../../../src/exporting/session_control.js';
import type { Units } from '../../../src/exporting/units.js';
import type { EncodeResult, Encoder, OptionsEncoder, OptionsRow, UnitBuffer } from '../../../src/native/boundary.js';

const header = '-'.repeat(16); // as long as an IPFIX one; the length is at its octets 2 and 3

/** One unit: a header, then the letters. */
function put(letters: string, records: number, out: UnitBuffer): EncodeResult {
  const octets = Buffer.from(header + letters);
  out.bytes.set(octets);
  out.ends[0] = octets.length;
  out.dataRecords[0] = records;
  return { records, units: 1, bytes: octets.length, dataRecords: records, unencodable: 0, truncated: 0, elsewhere: 0 };
}

class Rig {
  interfaces: OptionsRow[] = [];
  sizes: number[] = [];
  /** How often the rows were asked for. */
  looks = 0;
  readonly control: SessionControl;

  constructor(standAlone = false, refreshMessages = 0) {
    const table = (name: string, id: number, rest: Pick<OptionsTable, 'when' | 'leads' | 'rows'>): OptionsTable => ({
      name,
      template: { id, scopes: 1, fields: [] },
      ...rest,
    });
    const encoder: Partial<Encoder> = { templates: (_seconds, out) => put('D', 0, out) };
    const letters: Record<number, string> = { 1: 't', 2: 'i', 3: 's' };
    const optionsEncoder: OptionsEncoder = {
      templates: (list, _seconds, out) => put(list.map(({ id }) => letters[id]!.toUpperCase()).join(''), 0, out),
      records: ({ id }, rows, first, _seconds, out) => put(letters[id]!.repeat(rows.length), rows.length - first, out),
      setMessageSize: (octets) => this.sizes.push(octets),
    };
    this.control = new SessionControl({
      encoder: encoder as Encoder,
      optionsEncoder,
      optionsTables: [
        table('types', 1, { when: 'session', leads: true, rows: () => [[1], [2]] }),
        table('interfaces', 2, { when: 'change', rows: () => this.interfaces }),
        table('statistics', 3, { when: 'interval', rows: () => [[0]] }),
      ],
      optionsState: () => {
        this.looks++;
        return {} as never;
      },
      statisticsMs: 60_000,
      standAlone,
      refreshMs: 600_000,
      refreshMessages,
      copies: 2,
    });
    this.control.newSession(0);
  }

  sent(nowMs: number): { templates: string; statistics: string } {
    const text = (run: Units | undefined) =>
      run === undefined
        ? ''
        : Buffer.from(run.bytes)
            .toString('latin1')
            .replace(/--[\s\S]{2}-{12}/g, '');
    const { templates, statistics } = this.control.make(nowMs, 0);
    return { templates: text(templates), statistics: text(statistics) };
  }
}

test('what describes elements goes before all templates that use them, data templates twice over UDP', () => {
  const rig = new Rig();
  assert.ok(rig.control.due(0));
  assert.deepEqual(rig.sent(0), { templates: 'TttDDISs', statistics: '' });
  assert.ok(!rig.control.due(1));
  assert.deepEqual(rig.sent(600_000), { templates: 'TttDISs', statistics: 's' });
});

test('refreshes by the number of messages that follow each other fast are made once a second', () => {
  const rig = new Rig(false, 1);
  rig.sent(0);
  const refreshAt = (ms: number): string => {
    rig.control.timing.messagesSent(1);
    return rig.sent(ms).templates;
  };
  assert.equal(refreshAt(10), 'TttDISs');
  const looks = rig.looks;
  for (const ms of [11, 12, 1009]) assert.equal(refreshAt(ms), 'TttDISs');
  assert.equal(rig.looks, looks);
  rig.interfaces = [[7]];
  assert.equal(refreshAt(1010), 'TttDISis');
  rig.control.newSession(1011);
  assert.equal(rig.sent(1011).templates, 'TttDDISis');
});

test('tables of change go as soon as one is told of a change, and only when they differ', () => {
  const rig = new Rig();
  rig.sent(0);
  rig.interfaces = [[7]];
  assert.ok(!rig.control.due(1)); // nobody has said so
  rig.control.lookForChanges();
  assert.ok(rig.control.due(1));
  assert.deepEqual(rig.sent(1), { templates: '', statistics: 'i' });
  rig.control.lookForChanges();
  assert.deepEqual(rig.sent(2), { templates: '', statistics: '' });
  assert.ok(!rig.control.due(3));
});

test('messages that stand alone bring their Options Templates with each set of records', () => {
  const rig = new Rig(true);
  assert.deepEqual(rig.sent(0), { templates: '', statistics: '' });
  rig.control.lookForChanges();
  assert.ok(!rig.control.due(1));
  assert.deepEqual(rig.sent(60_000), { templates: '', statistics: 'TttSs' });
});

test('options records keep to the message size of the path', () => {
  const rig = new Rig();
  rig.control.setMessageSize(552);
  assert.deepEqual(rig.sizes, [552]);
});
