// The soak as a program, in a network and mount namespace of its own: see setup/soak.mjs.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Undoing } from '../support/undo.js';
import type { SoakOptions } from './schedule.js';
import { reportOf } from './report.js';
import { Soak } from './soak.js';

const { values } = parseArgs({
  options: {
    hours: { type: 'string', default: '6' },
    compress: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    flows: { type: 'string', default: '120000' },
    only: { type: 'string', default: '' },
    supervised: { type: 'boolean', default: false },
    report: { type: 'string' },
  },
});
const options: SoakOptions = {
  hours: Number(values.hours),
  compress: Number(values.compress),
  seed: Number(values.seed),
  flowsAnHour: Number(values.flows),
  only: values.only.split(',').filter(Boolean),
  supervised: values.supervised,
};

const undo = new Undoing();
const soak = new Soak(undo, options, (text) => process.stderr.write(`soak: ${text}\n`));
let failed = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void undo.run().then(() => process.exit(1)));
try {
  await soak.run();
} catch (error) {
  failed = true;
  process.stderr.write(`${String((error as Error).stack ?? error)}\n`);
} finally {
  await undo.run();
}
const report = reportOf(soak);
if (values.report !== undefined) {
  writeFileSync(values.report, report);
  writeFileSync(values.report.replace(/\.md$/, '.json'), JSON.stringify(soak.samples));
  writeFileSync(values.report.replace(/\.md$/, '.log'), soak.log);
}
process.stdout.write(report);
process.exit(failed || soak.broken.length > 0 ? 1 : 0);
