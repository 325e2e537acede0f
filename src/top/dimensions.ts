// THE table of dimensions: by what flows are put together. `--by` and the keys of the screen are made from it.
import type { End, Observation, Side } from './observation.js';

export interface Dimension {
  name: string;
  /** Key of the screen. */
  key: string;
  /** Of the first column. */
  heading: string;
  doc: string;
  /**
   * Of what is here: an attributed end is asked. A flow with both ends here counts for both of them, so that each process
   * shows what it sent and received; totals count it once, and `twice` says how much that is.
   */
  ofEnd?: (end: End) => string;
  /** Of the flow as a whole, seen from an end: it counts once. */
  ofFlow?: (observation: Observation, viewpoint: Side) => string;
}

const other = (side: Side): Side => (side === 0 ? 1 : 0);

/** What an end has that somebody of this host is known at, but nothing of this kind. */
const none = '(host)';
/** Nothing is known. */
export const unknown = '?';

export const dimensions = [
  { name: 'process', key: 'p', heading: 'PROCESS', doc: 'name of the process', ofEnd: ({ process }) => process },
  {
    name: 'pid',
    key: 'd',
    heading: 'PROCESS ID',
    doc: 'single processes',
    ofEnd: ({ process, processId }) => (processId > 0 ? `${process}(${processId})` : ''),
  },
  { name: 'user', key: 'u', heading: 'USER', doc: 'user of the process', ofEnd: ({ user }) => user },
  {
    name: 'container',
    key: 'c',
    heading: 'CONTAINER',
    doc: 'container of the process',
    ofEnd: ({ container, attributed }) => container || (attributed ? none : ''),
  },
  {
    name: 'pod',
    key: 'o',
    heading: 'POD',
    doc: 'Kubernetes pod of the process',
    ofEnd: ({ pod, attributed }) => pod || (attributed ? none : ''),
  },
  {
    name: 'application',
    key: 'a',
    heading: 'APPLICATION',
    doc: 'what nDPI finds inside',
    ofFlow: ({ application }) => application,
  },
  {
    name: 'host',
    key: 'h',
    heading: 'REMOTE HOST',
    doc: 'address of the other end, the responder where neither or both ends are here',
    ofFlow: ({ ends }, viewpoint) => ends[other(viewpoint)].address,
  },
  {
    name: 'port',
    key: 't',
    heading: 'SERVER PORT',
    doc: 'port of the responder, with its protocol',
    ofFlow: ({ ends, protocol }) => (ends[1].port > 0 ? `${ends[1].port}/${protocol.toLowerCase()}` : protocol),
  },
  {
    name: 'client',
    key: 'e',
    heading: 'CLIENT',
    doc: 'address of the initiator',
    ofFlow: ({ ends }) => ends[0].address,
  },
  {
    name: 'interface',
    key: 'i',
    heading: 'INTERFACE',
    doc: 'Observation Point',
    ofFlow: (observation) => observation.interface,
  },
  { name: 'protocol', key: 'l', heading: 'PROTOCOL', doc: 'IP protocol', ofFlow: ({ protocol }) => protocol },
  { name: 'flow', key: 'f', heading: 'FLOW', doc: 'single flows', ofFlow: ({ flow }) => flow.text },
] as const satisfies readonly Dimension[];

export type DimensionName = (typeof dimensions)[number]['name'];

export const dimensionNames = dimensions.map(({ name }) => name);

export function dimensionOf(name: DimensionName): Dimension {
  return dimensions.find((one) => one.name === name) as Dimension;
}

/** Calls back with each row that the observation counts in, and the end from whose side it does. */
export function eachKey(
  { ofEnd, ofFlow }: Dimension,
  observation: Observation,
  visit: (key: string, viewpoint: Side) => void,
  viewpoint: Side = observation.viewpoint,
): void {
  if (ofFlow !== undefined) {
    visit(ofFlow(observation, viewpoint) || unknown, viewpoint);
    return;
  }
  const { ends } = observation;
  if (ofEnd === undefined || !(ends[0].attributed || ends[1].attributed)) {
    visit(unknown, viewpoint);
    return;
  }
  if (ends[0].attributed) visit(ofEnd(ends[0]) || unknown, 0);
  if (ends[1].attributed) visit(ofEnd(ends[1]) || unknown, 1);
}
