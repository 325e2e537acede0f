// The yaml package, loaded when first needed: most runs have no configuration file, and its 60 modules cost start-up time.
import { createRequire } from 'node:module';

let loaded: typeof import('yaml') | undefined;

export function yamlLibrary(): typeof import('yaml') {
  loaded ??= createRequire(import.meta.url)('yaml') as typeof import('yaml');
  return loaded;
}
