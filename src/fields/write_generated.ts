// What the programs behind `npm run generate` share.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Writes the files that differ, by path from the root of the package, and says which. */
export function writeGenerated(root: string, files: readonly { path: string; content: string }[]): void {
  for (const { path, content } of files) {
    const file = join(root, path);
    if (existsSync(file) && readFileSync(file, 'utf8') === content) continue;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    process.stderr.write(`generate: wrote ${path}\n`);
  }
}
