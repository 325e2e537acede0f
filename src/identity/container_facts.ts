// What runtimes say of a container, in the words of the contract: ContainerFacts of native/boundary.ts.
import type { ContainerFacts } from '../native/boundary.js';
import { workloadOf } from './workload.js';

export type Labels = Readonly<Record<string, string>>;

/** Octets of one container's labels as JSON text, at most; a flow record carries them. */
export const maxLabelOctets = 2048;

/** Names of a pod's pause container, as Kubernetes has always called it. */
export const sandboxName = 'POD';

/** What a runtime has of a container before it is put into facts. */
export interface RawContainer {
  id: string;
  name: string;
  image: string;
  runtime: string;
  labels: Labels;
  /** Labels of its pod where the runtime keeps them apart. */
  podLabels?: Labels;
}

const octets = (text: string): number => Buffer.byteLength(text);

/** A JSON object of the labels in order of their names, without those that do not fit; how many did not. */
export function labelText(labels: Labels, limit = maxLabelOctets): { text: string; leftOut: number } {
  const parts: string[] = [];
  let used = 2;
  let leftOut = 0;
  for (const name of Object.keys(labels).sort()) {
    const value = labels[name];
    // No text is longer than its JSON: what is too long is not even quoted.
    const part =
      typeof value === 'string' && name.length + value.length <= limit
        ? `${JSON.stringify(name)}:${JSON.stringify(value)}`
        : '';
    const size = octets(part) + (parts.length > 0 ? 1 : 0);
    if (part === '' || used + size > limit) {
      leftOut++;
      continue;
    }
    parts.push(part);
    used += size;
  }
  return { text: `{${parts.join(',')}}`, leftOut };
}

/** Labels of pods that are facts of their own. */
const podFacts = new Set([
  'io.kubernetes.pod.name',
  'io.kubernetes.pod.namespace',
  'io.kubernetes.pod.uid',
  'io.kubernetes.container.name',
]);

function withoutFacts(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !podFacts.has(name)));
}

const shortened = (text: string): string => (text.length > 512 ? text.slice(0, 512) : text);

/** Facts of a container, and how many of its labels did not fit. */
export function factsOf(raw: RawContainer, nodeName: string): { facts: ContainerFacts; labelsLeftOut: number } {
  const label = (name: string): string => shortened(raw.labels[name] ?? raw.podLabels?.[name] ?? '');
  const podName = label('io.kubernetes.pod.name');
  const labels = labelText(raw.labels);
  const podLabels = labelText(withoutFacts(raw.podLabels ?? {}));
  const facts: ContainerFacts = {
    id: raw.id,
    name: shortened(raw.name),
    image: shortened(raw.image),
    runtime: raw.runtime,
    labels: labels.text,
    podName,
    podNamespace: label('io.kubernetes.pod.namespace'),
    podUid: label('io.kubernetes.pod.uid'),
    podLabels: raw.podLabels ? podLabels.text : '',
    workload: shortened(workloadOf(podName, { ...raw.labels, ...raw.podLabels })),
    nodeName: podName === '' ? '' : nodeName,
  };
  return { facts, labelsLeftOut: labels.leftOut + podLabels.leftOut };
}

/** True for an image that is named by its content alone: a runtime may know a better name. */
export function isDigest(image: string): boolean {
  return image === '' || /^(sha256:)?[0-9a-f]{12,64}$/.test(image);
}
