// Container engines for tests, each in namespaces of its own and gone after the test: runc, podman, dockerd, containerd.
export { startContainerd, type CriEngine, type Pod } from './containers/containerd.js';
export { imageName } from './containers/image.js';
export { asksOnOrder, order, servesAndAsks } from './containers/orders.js';
export { connectByHand, connectOutside } from './containers/outside.js';
export { needsContainers, Place } from './containers/place.js';
export { PodContainer } from './containers/pod_container.js';
export {
  type CommandEngine,
  type Container,
  type Engine,
  type EngineOptions,
  startDocker,
  startPodman,
} from './containers/rest_engine.js';
export { startRunc, type RuncContainer, type RuncOptions } from './containers/runc.js';
export { buildWeirImage, weirImage } from './containers/weir_image.js';
