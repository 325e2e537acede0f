// The workload a pod or container belongs to. The API server knows it; the node does not, so it is read from labels, and
// else from how Kubernetes makes the names of pods.

/** rand.SafeEncodeString of Kubernetes: no vowels, no 0, 1, 3, so that no words come about. */
const safe = '[bcdfghjklmnpqrstvwxz2456789]';

const podNames: readonly RegExp[] = [
  // Deployment: NAME-TEMPLATEHASH-RANDOM
  new RegExp(`^(.+)-${safe}{6,10}-[a-z0-9]{5}$`),
  // CronJob: NAME-MINUTES-RANDOM
  new RegExp(`^(.+)-\\d{8,10}-${safe}{5}$`),
  // DaemonSet, ReplicaSet, Job: NAME-RANDOM
  new RegExp(`^(.+)-${safe}{5}$`),
  // StatefulSet: NAME-ORDINAL
  /^(.+)-\d+$/,
];

function fromPodName(podName: string, templateHash: string | undefined): string {
  if (templateHash && podName.length - templateHash.length > 7) {
    const base = podName.slice(0, -6);
    if (base.endsWith(`-${templateHash}`)) return base.slice(0, -templateHash.length - 1);
  }
  for (const form of podNames) {
    const name = form.exec(podName)?.[1];
    if (name !== undefined) return name;
  }
  return podName;
}

/**
 * `app.kubernetes.io/name`, else `app`, else what the name of the pod is made of: web-7d9f8b6c5-abcde, web-kp9xq and web-0 are
 * web. Containers without a pod: the label alone, or the service that a compose file gives.
 */
export function workloadOf(podName: string, labels: Readonly<Record<string, string>>): string {
  const named = labels['app.kubernetes.io/name'] || labels.app || labels['com.docker.compose.service'];
  if (named) return named;
  return podName === '' ? '' : fromPodName(podName, labels['pod-template-hash']);
}
