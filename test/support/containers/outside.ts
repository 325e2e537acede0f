// A namespace behind the one that containers' bridges are in, reached only through its address translation.
import type { TestContext } from 'node:test';
import { type End, Network } from '../network.js';
import type { Place } from './place.js';
import type { RuncContainer } from './runc.js';

const subnet = '10.44.0';

/** Gives the place an interface `near0` (10.9.0.1) to a namespace of its own; that one's end of it (10.9.0.2). */
export async function connectOutside(context: TestContext, place: Place): Promise<End> {
  const { near, far } = new Network(context, 1500);
  near.ip('link', 'set', near.interface, 'netns', place.netns);
  await place.run('ip', 'address', 'add', `${near.address}/24`, 'dev', near.interface);
  await place.run('ip', 'link', 'set', near.interface, 'up');
  return far;
}

/** What engines do for their containers, done by hand: a veth pair with an address, a route, masquerading. */
export async function connectByHand(place: Place, container: RuncContainer): Promise<{ veth: string; ip: string }> {
  const veth = 'byhand0';
  const ip = `${subnet}.2`;
  const inside = ['nsenter', '--target', String(container.pid), '--net', 'ip'] as const;
  const peer = ['peer', 'name', 'eth0', 'netns', String(container.pid)];
  await place.run('ip', 'link', 'add', veth, 'type', 'veth', ...peer);
  await place.run('ip', 'address', 'add', `${subnet}.1/24`, 'dev', veth);
  await place.run('ip', 'link', 'set', veth, 'up');
  await place.run(...inside, 'address', 'add', `${ip}/24`, 'dev', 'eth0');
  await place.run(...inside, 'link', 'set', 'eth0', 'up');
  await place.run(...inside, 'route', 'add', 'default', 'via', `${subnet}.1`);
  await place.run('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward');
  await place.run('iptables', '-t', 'nat', '-A', 'POSTROUTING', '-s', `${subnet}.0/24`, '-j', 'MASQUERADE');
  return { veth, ip };
}
