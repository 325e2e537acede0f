// The only file that loads the addon. Refuses one that was built from another catalogue.
import { constants } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { existsSync, readFileSync } from 'node:fs';
import { WeirError } from '../errors.js';
import { catalogueHash } from '../fields/elements.js';
import type { NativeAddon } from './boundary.js';

function manifest(): { version: string; installedBy?: 'deb' } {
  return JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8'));
}

/** Version of weir. */
export function packageVersion(): string {
  return manifest().version;
}

/** How weir came here: a Debian package (setup/deb.mjs says so in package.json), npm, or a checkout that was built. */
export type Installation = 'deb' | 'npm' | 'source';

export function installation(): Installation {
  const byNpm = basename(dirname(packageRoot())) === 'node_modules';
  return manifest().installedBy ?? (byNpm ? 'npm' : 'source');
}

/** Root of the package: where package.json, templates/ and build/ are. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new WeirError('WEIR_ADDON', 'no package.json above the program');
    folder = parent;
  }
  return folder;
}

let loaded: NativeAddon | undefined;

// Node exports a zlib and an OpenSSL of its own (and zstd since 22.15). A system library that is found half there and half
// at its own place crashes, so the addon and all it pulls in look into themselves first: RTLD_DEEPBIND.

/** The addon; throws WeirError WEIR_ADDON when it is not built, does not load, or has another catalogue. */
export function loadAddon(): NativeAddon {
  if (loaded) return loaded;
  const file = join(packageRoot(), 'build', 'native', 'weir.node');
  if (!existsSync(file)) throw new WeirError('WEIR_ADDON', `the addon is not built: ${file} is missing`);
  let addon: NativeAddon;
  try {
    const module = { exports: {} };
    process.dlopen(module, file, constants.dlopen.RTLD_NOW | (constants.dlopen.RTLD_DEEPBIND ?? 0));
    addon = module.exports as NativeAddon;
  } catch (cause) {
    throw new WeirError('WEIR_ADDON', `the addon does not load: ${(cause as Error).message}`, { cause });
  }
  if (addon.catalogueHash !== catalogueHash()) {
    throw new WeirError(
      'WEIR_ADDON',
      `the addon was built from another field catalogue (${addon.catalogueHash}, not ${catalogueHash()})`,
    );
  }
  loaded = addon;
  return addon;
}

/** The addon, or the reason why there is none. */
export function tryLoadAddon(): { addon: NativeAddon } | { reason: string } {
  try {
    return { addon: loadAddon() };
  } catch (error) {
    return { reason: (error as Error).message };
  }
}
