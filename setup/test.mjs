// npm test: set-up, native tests, TypeScript tests. Prints every skip with its reason and the closing counts.
// Arguments are words that the names of test files must contain.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildNative, buildTypeScript, ensureNpm, ensurePackages, packages, root, say } from './steps.mjs';

const words = process.argv.slice(2);
ensurePackages(packages.build, { required: true });
const spare = [...packages.optional, ...packages.bpf, ...packages.test, ...packages.servers];
const left = ensurePackages(spare, { required: false });
if (left.length > 0) say(`not installed, their tests are skipped: ${left.join(' ')}`);
ensureNpm();
const haveDoctest = !left.includes('doctest-dev');
buildNative('native', ['all'], [`-DWEIR_TESTS=${haveDoctest ? 'ON' : 'OFF'}`, '-DWEIR_BENCH=ON']);
buildTypeScript();

const skips = [];
let passed = 0;
let failed = 0;

/** A doctest case that cannot run here says `MESSAGE: skipped: why` (or `skipped, why`) and returns. */
function collectSkips(program, output) {
  let name = '';
  for (const line of output.split('\n')) {
    name = /^TEST CASE:\s+(.*)$/.exec(line)?.[1] ?? name;
    const reason = /MESSAGE: skipped[:,] (.*)$/.exec(line)?.[1];
    if (reason) skips.push(`${program}, ${name}: ${reason}`);
  }
}

function nativeTests() {
  const folder = join(root, 'build', 'native');
  for (const program of readdirSync(folder)
    .filter((name) => /^test_\w+$/.test(name))
    .sort()) {
    if (words.length > 0 && !words.some((word) => program.includes(word))) continue;
    const done = spawnSync(join(folder, program), ['--no-intro', '--no-version'], { cwd: root, encoding: 'utf8' });
    const output = `${done.stdout}${done.stderr}`;
    collectSkips(program, output);
    const counts = /test cases:\s*(\d+) \|\s*(\d+) passed \|\s*(\d+) failed/.exec(output);
    passed += Number(counts?.[2] ?? 0);
    failed += Number(counts?.[3] ?? 0);
    const good = done.status === 0 && counts;
    if (!counts) failed++;
    process.stdout.write(
      good ? `${program}: ${counts[2]} passed\n` : `${output}\n${program} failed (${done.signal ?? done.status})\n`,
    );
  }
}

function typeScriptTests() {
  const tests = readdirSync(join(root, 'test'), { recursive: true })
    .map(String)
    .filter((name) => /\.test\.tsx?$/.test(name))
    .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
    .sort()
    .map((name) => join(root, 'dist', 'test', name.replace(/\.tsx?$/, '.js')));
  if (tests.length === 0) return;
  const tap = join(root, 'build', 'test.tap');
  mkdirSync(join(root, 'build'), { recursive: true });
  // weir names processes of all namespaces: test files that ran at once would see each other. Node has the option since 20.10.
  const [major, minor] = process.versions.node.split('.').map(Number);
  const oneByOne = major > 20 || minor >= 10 ? ['--test-concurrency=1'] : [];
  const done = spawnSync(
    process.execPath,
    [
      '--test',
      ...oneByOne,
      '--test-reporter=spec',
      '--test-reporter-destination=stdout',
      '--test-reporter=tap',
      `--test-reporter-destination=${tap}`,
      ...tests,
    ],
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const text = existsSync(tap) ? readFileSync(tap, 'utf8') : '';
  const total = (name) => Number(new RegExp(`^# ${name} (\\d+)`, 'm').exec(text)?.[1] ?? 0);
  passed += total('pass');
  failed += total('fail') + total('cancelled');
  if (done.status !== 0 && total('fail') === 0) failed++;
  for (const line of text.matchAll(/^\s*ok \d+ - (.*?) # SKIP ?(.*)$/gm))
    skips.push(`${line[1]}: ${line[2] || 'no reason given'}`);
}

nativeTests();
typeScriptTests();
process.stdout.write(`\n${skips.length} skipped${skips.length > 0 ? ':' : ''}\n`);
for (const skip of skips) process.stdout.write(`  ${skip}\n`);
process.stdout.write(`${passed} passed, ${failed} failed, ${skips.length} skipped\n`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
