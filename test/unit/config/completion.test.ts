// The completion as bash, zsh and fish themselves do it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { commands } from '../../../src/config/argv.js';
import { completionPath, completionScript, completionShells } from '../../../src/config/completion.js';
import { longFlag, optionNames } from '../../../src/config/options.js';
import { loadTemplates } from '../../../src/fields/template.js';
import { packageRoot } from '../../../src/native/load.js';
import { candidates, installed, type Shell } from '../../support/completing_shells.js';

const templates = [...loadTemplates(join(packageRoot(), 'templates')).keys()].sort();

type Case = { line: string; offers: readonly string[]; butNot?: readonly string[]; exactly?: boolean };

function cases(folder: string): Case[] {
  return [
    { line: 'weir ', offers: Object.keys(commands).sort(), exactly: true },
    { line: 'weir -i lo ', offers: ['fields'], butNot: ['lo'] },
    { line: 'weir --tun', offers: ['--tunnel-depth', '--tunnels'], exactly: true },
    { line: 'weir --no-', offers: ['--no-conntrack', '--no-progress', '--no-promiscuous'], exactly: true },
    { line: 'weir --log-level ', offers: ['debug', 'error', 'info', 'trace', 'warning'], exactly: true },
    { line: 'weir --log-level=w', offers: ['--log-level=warning'], exactly: true },
    { line: 'weir --direction ', offers: ['both', 'rx', 'tx'], exactly: true },
    { line: 'weir -T ', offers: templates, exactly: true },
    { line: 'weir templates ', offers: templates, exactly: true },
    { line: 'weir -i ', offers: ['any', 'ebpf:', ...Object.keys(networkInterfaces())] },
    { line: 'weir -i any@p', offers: ['any@pid:', 'any@pod:'], exactly: true },
    { line: 'weir --to ', offers: ['-', 'none', 'udp://', 'kafka+tls://', 'file://'] },
    { line: `weir --to file://${folder}/flow`, offers: [`file://${folder}/flows.json`] },
    { line: `weir -r ${folder}/flow`, offers: [`${folder}/flows.json`], exactly: true },
    { line: 'weir --to udp://c:4739?fo', offers: ['udp://c:4739?format='], exactly: true },
    { line: 'weir --to udp://c:4739?sp', offers: [], exactly: true }, // a datagram is not spooled
    { line: "weir --to 'kafka://b:1/t?acks=1&compression=l", offers: ['kafka://b:1/t?acks=1&compression=lz4'] },
    { line: 'weir completion ', offers: ['bash', 'fish', 'zsh'], exactly: true },
    { line: 'weir help temp', offers: ['template', 'template-id', 'template-refresh'], butNot: ['full'] },
    { line: 'weir fields --', offers: ['--json'], exactly: true },
    { line: 'weir doctor --js', offers: ['--json'], exactly: true },
    { line: 'weir collect u', offers: ['udp://'], exactly: true },
    { line: 'weir version --log', offers: [], exactly: true },
    { line: 'weir config --log-l', offers: ['--log-level'], exactly: true },
  ];
}

/** Whether the shell's answer means this candidate: bash repeats only what is behind the last : = or @. */
function means(shell: Shell, given: string, wanted: string): boolean {
  return given === wanted || given === `${wanted}=` || (shell === 'bash' && given !== '' && wanted.endsWith(given));
}

/** zsh and fish offer what is similar too; bash answers with parts of words. */
function beginning(shell: Shell, given: readonly string[], line: string): readonly string[] {
  const typed = line.slice(line.lastIndexOf(' ') + 1).replace(/^'/, '');
  return shell === 'bash' ? given : given.filter((one) => one.startsWith(typed));
}

for (const shell of completionShells) {
  const missing = [shell, ...(shell === 'fish' ? [] : ['script'])].filter((command) => !installed(command));
  const skip = missing.length > 0 ? { skip: `not installed: ${missing.join(' ')}` } : {};
  test(`${shell} completes commands, flags, values, sinks and files`, skip, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'weir-completion-'));
    t.after(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'flows.json'), '');
    const file = join(packageRoot(), completionPath(shell));
    const all = cases(folder);
    const answers = await candidates(
      shell,
      file,
      all.map(({ line }) => line),
    );
    for (const [index, { line, offers, butNot = [], exactly = false }] of all.entries()) {
      const given = answers[index]!;
      for (const wanted of offers)
        assert.ok(
          given.some((one) => means(shell, one, wanted)),
          `${line}: ${wanted} is not among ${given.join(' ')}`,
        );
      for (const unwanted of butNot) assert.ok(!given.includes(unwanted), `${line}: ${unwanted}`);
      if (exactly) assert.equal(beginning(shell, given, line).length, offers.length, `${line}: ${given.join(' ')}`);
    }
  });
}

/** What bash offers behind the word, for interfaces and namespaces that are in these folders. */
function interfacesIn(word: string, links: string, namespaces: string): string {
  const script = completionScript('bash', []).replace('/sys/class/net', links).replace('/run/netns', namespaces);
  const asked = `${script}\ncompopt() { :; }; quoted=1 cur='${word}'; _weir_interfaces ''; echo "\${COMPREPLY[*]}"`;
  return spawnSync('bash', ['--norc', '-c', asked], { encoding: 'utf8' }).stdout.trim();
}

test('bash offers no name of a folder that is empty or is not there', { skip: !installed('bash') }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-completion-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const from of [folder, join(folder, 'nothing')]) {
    assert.equal(interfacesIn('', from, from), 'any ebpf:');
    assert.equal(interfacesIn('any@', from, from), 'any@pid: any@container: any@pod:');
  }
  for (const name of ['blue', 'red']) mkdirSync(join(folder, name));
  assert.equal(interfacesIn('', folder, folder), 'any ebpf: blue red');
  assert.equal(interfacesIn('any@n', folder, folder), 'any@netns:blue any@netns:red');
});

test('every option is in every script, and what a description says cannot break it', () => {
  for (const shell of completionShells) {
    const script = completionScript(shell, ["it's"]);
    for (const name of optionNames) assert.ok(script.includes(longFlag(name)), `${shell} ${name}`);
  }
});
