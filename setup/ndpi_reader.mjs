// Builds nDPI's own reader, ndpiReader, from the sources that Debian puts into libndpi-dev's doc folder. They are read
// there when they are needed and lie in build/ only. What Debian leaves out of them is one private header, of which the
// reader uses one declaration.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ensurePackages, packages, root, say } from './steps.mjs';

/** nDPI's files of custom protocols and categories, as Debian has them. */
export const rules = '/usr/share/doc/libndpi-dev';

/** Path of the program, or undefined when it cannot be built here: why is said. */
export function buildNdpiReader() {
  ensurePackages(packages.ndpiReader, { required: false });
  const folder = join(root, 'build', 'ndpi_reader');
  const program = join(folder, 'ndpiReader');
  const packed = join(rules, 'ndpiReader.c.gz');
  if (!existsSync(packed)) {
    say(`no ndpiReader: its sources are not in ${rules}`);
    return undefined;
  }
  if (existsSync(program) && statSync(program).mtimeMs > statSync(packed).mtimeMs) return program;
  const example = join(folder, 'example');
  const headers = join(folder, 'src', 'lib', 'third_party', 'include');
  for (const each of [example, headers]) mkdirSync(each, { recursive: true });
  for (const name of ['ndpiReader.c', 'reader_util.c', 'reader_util.h'])
    writeFileSync(join(example, name), gunzipSync(readFileSync(join(rules, `${name}.gz`))));
  writeFileSync(join(headers, 'ahocorasick.h'), 'void ac_automata_enable_debug(int on);\n');
  const done = spawnSync(
    'gcc',
    ['-w', '-O3', '-I/usr/include/ndpi', '-o', program, 'ndpiReader.c', 'reader_util.c'].concat([
      '-lndpi',
      '-lpcap',
      '-lm',
      '-lpthread',
    ]),
    { cwd: example, encoding: 'utf8' },
  );
  if (done.status === 0) return program;
  say(`no ndpiReader: it does not compile here: ${done.stderr?.split('\n')[0]}`);
  return undefined;
}
