// npm run fuzz [-- SECONDS [TARGET ...]]: every libFuzzer target for 60 s (or SECONDS), findings in build/fuzz-findings.
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildNative, ensurePackages, packages, root, run, say } from './steps.mjs';

const [seconds = '60', ...targets] = process.argv.slice(2);
ensurePackages([...packages.build, ...packages.fuzz], { required: true });
const folder = buildNative('fuzz', ['all'], ['-DWEIR_FUZZ=ON', '-DCMAKE_CXX_COMPILER=clang++']);
const findings = join(root, 'build', 'fuzz-findings');
mkdirSync(findings, { recursive: true });
for (const program of readdirSync(folder)
  .filter((name) => /^fuzz_\w+$/.test(name))
  .sort()) {
  if (targets.length > 0 && !targets.includes(program.slice(5))) continue;
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
say('fuzz: clean');
