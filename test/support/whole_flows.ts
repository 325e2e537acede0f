// Flows of a capture as nDPI's reader has them (ndpiReader -t): one from the file's beginning to its end, inner packets of
// tunnels, its limits of packets.
import { defaultOptions } from '../../src/config/options.js';
import { dpiOptions } from '../../src/dpi_run.js';
import type { DpiOptions } from '../../src/native/boundary.js';
import { meterFile } from './meter_run.js';

const never = 0x7fffffff; // ms

/** JSON objects of the flows with these elements; none where weir does not read the file's link type or format. */
export async function wholeFlows(
  file: string,
  names: string[],
  dpi: Partial<DpiOptions> = {},
): Promise<Record<string, unknown>[]> {
  const run = await meterFile(file, names, {
    activeTimeoutMs: never,
    idleTimeoutMs: never,
    lingerMs: never,
    tunnels: true,
    dpi: { ...dpiOptions(defaultOptions()), ...dpi },
  }).catch((error: { code?: string }) => {
    if (error.code === 'WEIR_LINKTYPE' || error.code === 'WEIR_CAPTURE_FORMAT') return undefined;
    throw error;
  });
  return run?.flows ?? [];
}
