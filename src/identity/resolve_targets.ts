// -i eth0@container:NAME and @pod:NS/NAME: from the target to the network namespace of one of its processes.
import { existsSync } from 'node:fs';
import type { ObservationPointOption } from '../config/observation_point.js';
import { WeirError, WeirErrors } from '../errors.js';
import type { Identity } from './identity.js';

async function resolved(
  point: ObservationPointOption,
  identity: Pick<Identity, 'resolve'>,
  proc: string,
): Promise<ObservationPointOption> {
  if (point.target === undefined) return point;
  const { kind, name } = point.target;
  const { processId, runtime } = await identity.resolve(kind, name);
  // The runtime counts processes in its own pid namespace.
  if (!existsSync(`${proc}/${processId}`)) {
    throw new WeirError(
      'WEIR_CONTAINER',
      `${kind} '${name}': ${runtime} says its process is ${processId}, which weir does not see; ` +
        'run weir in the pid namespace of the host (--pid=host, hostPID: true)',
    );
  }
  return { ...point, netns: `/proc/${processId}/ns/net` };
}

/** The points with the network namespaces of their targets. Throws WeirErrors with all that cannot be had. */
export async function resolveTargets(
  points: readonly ObservationPointOption[],
  identity: Pick<Identity, 'resolve'>,
  proc = '/proc',
): Promise<ObservationPointOption[]> {
  const done = await Promise.allSettled(points.map((point) => resolved(point, identity, proc)));
  const failures = done.filter((one) => one.status === 'rejected').map(({ reason }) => reason as unknown);
  for (const failure of failures) if (!(failure instanceof WeirError)) throw failure;
  if (failures.length > 0) throw new WeirErrors(failures as WeirError[]);
  return done.map((one) => (one as PromiseFulfilledResult<ObservationPointOption>).value);
}
