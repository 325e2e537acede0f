// What of dist/ and node_modules/ weir runs with: neither types, maps, sources and documents, nor packages that only a build needs.
import { readFileSync, readdirSync } from 'node:fs';
import { join, normalize } from 'node:path';

/** Headers for the build of the addon. */
const buildOnly = new Set(['node-addon-api', 'node-api-headers']);
const leftOutFolders = new Set([
  'node_modules',
  'test',
  'tests',
  '__tests__',
  'docs',
  'example',
  'examples',
  'benchmark',
  'benchmarks',
  'bench',
  'coverage',
  'bin',
]);
const runningFiles = /\.(?:js|cjs|mjs|json|node|wasm|proto)$/;

/** The npm packages that production installs, as npm wrote down what it has installed: where, which and the licence. */
export function productionPackages(root) {
  const { packages } = JSON.parse(readFileSync(join(root, 'node_modules', '.package-lock.json'), 'utf8'));
  return Object.entries(packages)
    .filter(([, { dev }]) => !dev)
    .map(([path]) => {
      const folder = join(root, path);
      const { name, version, license, author, bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const commands = (typeof bin === 'string' ? [bin] : Object.values(bin ?? {})).map((file) => normalize(file));
      return { path, folder, name, version, license, author, commands };
    })
    .filter(({ name }) => !buildOnly.has(name))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Hands over each file of a folder that runs, by its relative name, without these; returns how many of them are programs. */
export function copyRunning(folder, take, leftOut = []) {
  const found = [];
  const walk = (relative) => {
    for (const entry of readdirSync(join(folder, relative), { withFileTypes: true })) {
      const name = relative === '' ? entry.name : `${relative}/${entry.name}`;
      if (entry.isDirectory() && !leftOutFolders.has(entry.name) && !entry.name.startsWith('.')) walk(name);
      if (entry.isFile() && runningFiles.test(entry.name) && !entry.name.startsWith('.')) found.push(name);
    }
  };
  walk('');
  const kept = found.filter((name) => !leftOut.includes(name));
  const programs = kept.filter((name) => !name.endsWith('.json'));
  if (programs.length === 0) return 0; // types alone
  for (const name of kept.sort()) take(name, withoutMap(name, readFileSync(join(folder, name))));
  return programs.length;
}

/** The maps stay behind, so no file may point to one. */
function withoutMap(name, content) {
  if (!/js$/.test(name) || !content.includes('sourceMappingURL=')) return content;
  return content.toString('utf8').replace(/^\/\/# sourceMappingURL=\S+\.map\s*$/gm, '');
}
