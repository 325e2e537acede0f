// Before npm pack and npm publish: dist/ is what the sources say, without what sources that are gone have left there.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildTypeScript, ensureNpm, root } from './steps.mjs';

ensureNpm();
buildTypeScript();
const built = join(root, 'dist', 'src');
for (const name of readdirSync(built, { recursive: true }).map(String)) {
  const source = join(root, 'src', name.replace(/\.(?:d\.ts|js|js\.map|jsx)$/, ''));
  const isOutput = /\.(?:d\.ts|js|js\.map)$/.test(name);
  if (isOutput && !existsSync(`${source}.ts`) && !existsSync(`${source}.tsx`)) rmSync(join(built, name));
}
