import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { createProgress } from '../../../src/telemetry/progress.js';

function terminal(isTTY: boolean): { stream: NodeJS.WriteStream; text: () => string } {
  let text = '';
  const stream = Object.assign(
    new Writable({
      write(chunk, _encoding, done) {
        text += String(chunk);
        done();
      },
    }),
    { isTTY, columns: 120, rows: 24 },
  );
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => text };
}

test('a bar on a terminal shows how far the file is, and goes away', () => {
  const { stream, text } = terminal(true);
  const progress = createProgress(stream);
  assert.ok(progress);
  progress.update({ filePosition: 0, fileSize: 0, wirePackets: 0, flowsCreated: 0 });
  assert.equal(text(), '', 'nothing before the size is known');
  progress.update({ filePosition: 500, fileSize: 1000, wirePackets: 12_345, flowsCreated: 67 });
  progress.stop();
  assert.match(text(), /50% {2}12\.3k packets {2}67 flows/);
  assert.ok(text().endsWith('\u001b[?25h') || text().includes('\u001b[?25h'), 'the cursor is shown again');
  const length = text().length;
  progress.update({ filePosition: 900, fileSize: 1000, wirePackets: 1, flowsCreated: 1 });
  progress.stop();
  assert.equal(text().length, length, 'nothing after stop');
});

test('no bar where there is no terminal; a bar never started needs no end', () => {
  assert.equal(createProgress(terminal(false).stream), undefined);
  const { stream, text } = terminal(true);
  createProgress(stream)?.stop();
  assert.equal(text(), '');
});
