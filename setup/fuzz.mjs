// npm run fuzz [-- SECONDS [TARGET ...]]: every target for 60 s (or SECONDS), findings in build/fuzz-findings. Native
// targets are libFuzzer programs; ipfix_reader is TypeScript, which libFuzzer cannot drive, and mutates by itself.
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildNative, buildTypeScript, ensureNpm, ensurePackages, packages, root, run, say } from './steps.mjs';

const [seconds = '60', ...targets] = process.argv.slice(2);
const wanted = (name) => targets.length === 0 || targets.includes(name);
const readerTarget = 'ipfix_reader';

function fuzzNative() {
  ensurePackages([...packages.build, ...packages.fuzz], { required: true });
  const folder = buildNative('fuzz', ['all'], ['-DWEIR_FUZZ=ON', '-DCMAKE_CXX_COMPILER=clang++']);
  const findings = join(root, 'build', 'fuzz-findings');
  mkdirSync(findings, { recursive: true });
  for (const program of readdirSync(folder)
    .filter((name) => /^fuzz_\w+$/.test(name))
    .sort()) {
    if (!wanted(program.slice(5))) continue;
    const corpus = join(root, 'build', 'fuzz-corpus', program);
    mkdirSync(corpus, { recursive: true });
    say(`${program} for ${seconds} s`);
    run(join(folder, program), [
      corpus,
      `-max_total_time=${seconds}`,
      '-print_final_stats=1',
      '-verbosity=0',
      '-max_len=8192',
      `-artifact_prefix=${findings}/`,
    ]);
  }
}

function fuzzReader() {
  ensureNpm();
  buildTypeScript();
  say(`${readerTarget} for ${seconds} s`);
  run(process.execPath, [join(root, 'dist', 'test', 'fuzz', `${readerTarget}.js`), seconds]);
}

if (targets.length === 0 || targets.some((name) => name !== readerTarget)) fuzzNative();
if (wanted(readerTarget)) fuzzReader();
say('fuzz: clean');
