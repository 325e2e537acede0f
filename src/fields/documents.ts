// The lines of the namings that are documents of their own, one line a key: which key, from which element. A table of its
// own and not members of the catalogue's rows, since a line has an order, constants and keys that no template names, and
// one element may stand under several keys.
import type { ValueForm } from './field.js';

/** Where the value of a key comes from. */
export type LineSource =
  /** An element, its twin in records of the other IP version; `uniflow` takes its place in uniflow records. */
  | { element: string; uniflow?: string }
  /** JSON text, the same in all lines or by IP version (4, 6). */
  | { constant: string }
  | { constants: readonly [string, string] }
  /** Something the run knows: LineSettings of naming.ts. */
  | { setting: 'samplingRate' | 'samplerAddress' };

/** One key of a line. */
export interface DocumentKey {
  /** Objects and key joined by dots. */
  key: string;
  source: LineSource;
  form: ValueForm;
  /** In every line, or only when the template names one of these elements. */
  when: 'always' | readonly string[];
  /** Elements beside the source that this key says already. */
  says: readonly string[];
}

type Extra = Partial<Pick<DocumentKey, 'form' | 'says'>> & { uniflow?: string };

const from = (
  key: string,
  when: DocumentKey['when'],
  element: string,
  { uniflow, form, says }: Extra = {},
): DocumentKey => ({
  key,
  source: uniflow === undefined ? { element } : { element, uniflow },
  form: form ?? 'plain',
  when,
  says: says ?? [],
});
/** In every line. */
const always = (key: string, element: string, extra?: Extra): DocumentKey => from(key, 'always', element, extra);
/** When the template names the element, or one of `by`. */
const named = (key: string, element: string, form: ValueForm = 'plain', by: readonly string[] = []): DocumentKey =>
  from(key, [element, ...by], element, { form });
const fixed = (key: string, value: unknown): DocumentKey => ({
  key,
  source: { constant: JSON.stringify(value) },
  form: 'constant',
  when: 'always',
  says: [],
});
const byVersion = (key: string, four: string, six: string, says: readonly string[]): DocumentKey => ({
  key,
  source: { constants: [JSON.stringify(four), JSON.stringify(six)] },
  form: 'constant',
  when: 'always',
  says,
});
const setting = (key: string, name: 'samplingRate' | 'samplerAddress'): DocumentKey => ({
  key,
  source: { setting: name },
  form: 'constant',
  when: 'always',
  says: [],
});

/**
 * Who is at the ends. ECS has process, container and orchestrator at the top only: here they are the source's, since in
 * events that is who acts. For the destination ECS has users; its process stands where Packetbeat puts it
 * (destination.process, no ECS field); its container and pod, and what ECS has no name for, follow under `netflow`.
 * ECS means effective ids by process.user and process.group, real ones by process.real_user.
 */
// biome-ignore format: one line a key
const ecsProcesses: readonly DocumentKey[] = [
  named('process.pid', 'sourceProcessId'),
  named('process.vpid', 'sourceInsideProcessId'),
  named('process.name', 'sourceProcessName'),
  named('process.executable', 'sourceProcessExecutable'),
  named('process.command_line', 'sourceProcessCommandLine'),
  named('process.working_directory', 'sourceProcessWorkingDirectory'),
  named('process.start', 'sourceProcessStartMilliseconds'),
  named('process.thread.id', 'sourceThreadId'),
  named('process.group.id', 'sourceEffectiveGroupId', 'quoted'),
  named('process.parent.pid', 'sourceParentProcessId'),
  named('process.parent.name', 'sourceParentProcessName'),
  named('process.parent.executable', 'sourceParentProcessExecutable'),
  named('process.parent.start', 'sourceParentProcessStartMilliseconds'),
  named('process.parent.real_user.id', 'sourceParentUserId', 'quoted'),
  named('process.parent.real_user.name', 'sourceParentUserName'),
  named('user.id', 'sourceUserId', 'quoted'),
  from('user.name', ['sourceUserName', 'userName'], 'sourceUserName', { says: ['userName'] }),
  named('user.effective.id', 'sourceEffectiveUserId', 'quoted'),
  named('user.effective.name', 'sourceEffectiveUserName'),
  named('group.id', 'sourceGroupId', 'quoted'),
  named('group.name', 'sourceGroupName'),
  named('container.id', 'sourceContainerId'),
  named('container.name', 'sourceContainerName'),
  named('container.image.name', 'sourceContainerImage'),
  named('container.runtime', 'sourceContainerRuntime'),
  named('container.labels', 'sourceContainerLabels'),
  named('orchestrator.type', 'sourceOrchestratorType', 'plain', ['sourcePodName']),
  named('orchestrator.namespace', 'sourcePodNamespace'),
  named('orchestrator.resource.name', 'sourcePodName'),
  named('orchestrator.resource.id', 'sourcePodUid'),
  named('destination.process.pid', 'destinationProcessId'),
  named('destination.process.name', 'destinationProcessName'),
  named('destination.process.executable', 'destinationProcessExecutable'),
  named('destination.process.command_line', 'destinationProcessCommandLine'),
  named('destination.process.working_directory', 'destinationProcessWorkingDirectory'),
  named('destination.process.start', 'destinationProcessStartMilliseconds'),
  named('destination.process.parent.pid', 'destinationParentProcessId'),
  named('destination.process.parent.name', 'destinationParentProcessName'),
  named('destination.user.id', 'destinationUserId', 'quoted'),
  named('destination.user.name', 'destinationUserName'),
];

/**
 * What is inside. ECS has no JA4 and no application ids: those follow under `netflow`. network.protocol is what carries the
 * application, tls where network.application is google; hashes are in upper case.
 */
// biome-ignore format: one line a key
const ecsApplication: readonly DocumentKey[] = [
  from('network.application', ['applicationName', 'applicationLabel', 'l7ProtocolName'], 'applicationName', { form: 'lower' }),
  from('network.protocol', ['applicationProtocolName', 'applicationName', 'applicationLabel', 'l7ProtocolName'], 'applicationProtocolName', { form: 'lower' }),
  named('tls.version', 'tlsVersionNumber', 'plain', ['tlsVersion', 'tlsVersionName']),
  named('tls.version_protocol', 'tlsVersionProtocol', 'plain', ['tlsVersion', 'tlsVersionName']),
  named('tls.cipher', 'tlsCipherName', 'plain', ['tlsCipher']),
  named('tls.next_protocol', 'tlsAlpnChosen', 'lower'),
  named('tls.client.server_name', 'tlsServerName'),
  named('tls.client.ja3', 'tlsClientJa3'),
  named('tls.server.ja3s', 'tlsServerJa3'),
  named('tls.server.subject', 'tlsCertificateSubject'),
  named('tls.server.issuer', 'tlsCertificateIssuer'),
  named('tls.server.not_before', 'tlsCertificateNotBefore'),
  named('tls.server.not_after', 'tlsCertificateNotAfter'),
  named('tls.server.hash.sha1', 'tlsCertificateSha1', 'upper'),
  named('tls.server.x509.subject.distinguished_name', 'tlsCertificateSubject'),
  named('tls.server.x509.issuer.distinguished_name', 'tlsCertificateIssuer'),
  named('tls.server.x509.not_before', 'tlsCertificateNotBefore'),
  named('tls.server.x509.not_after', 'tlsCertificateNotAfter'),
  named('tls.server.x509.alternative_names', 'tlsCertificateNames'),
  named('dns.id', 'dnsQueryId', 'quoted'),
  named('dns.question.name', 'dnsQuery'),
  named('dns.question.type', 'dnsQueryTypeName', 'plain', ['dnsQueryType']),
  named('dns.response_code', 'dnsReturnCodeName', 'plain', ['dnsReturnCode']),
  named('dns.resolved_ip', 'dnsAddresses'),
  from('http.request.method', ['httpRequestMethod', 'httpMethod'], 'httpRequestMethod', { says: ['httpMethod'] }),
  named('http.request.referrer', 'httpReferer'),
  from('http.response.status_code', ['httpStatusCode', 'httpReturnCode'], 'httpStatusCode', { says: ['httpReturnCode'] }),
  from('url.original', ['httpRequestTarget', 'httpUrl'], 'httpRequestTarget', { says: ['httpUrl'] }),
  named('url.domain', 'httpRequestDomain', 'plain', ['httpRequestHost', 'httpHost']),
  from('user_agent.original', ['httpUserAgent', 'httpUserAgentText'], 'httpUserAgent', { says: ['httpUserAgentText'] }),
];

// biome-ignore format: one line a key
const ecsTranslation: readonly DocumentKey[] = [
  named('source.nat.ip', 'postNATSourceIPv4Address', 'plain', ['postNATSourceIPv6Address']),
  named('source.nat.port', 'postNAPTSourceTransportPort'),
  named('destination.nat.ip', 'postNATDestinationIPv4Address', 'plain', ['postNATDestinationIPv6Address']),
  named('destination.nat.port', 'postNAPTDestinationTransportPort'),
];

/**
 * Elastic Common Schema; every name is in ECS 8.11 and in 9.x. Elements without a key here follow under `netflow`, as
 * Filebeat's netflow input calls them.
 */
// biome-ignore format: one line a key
export const ecs: readonly DocumentKey[] = [
  always('@timestamp', 'flowEndMilliseconds'),
  fixed('ecs.version', '8.11.0'),
  fixed('event.kind', 'event'),
  fixed('event.category', ['network']),
  fixed('event.type', ['connection']),
  fixed('event.action', 'network_flow'),
  always('event.start', 'flowStartMilliseconds'),
  always('event.end', 'flowEndMilliseconds'),
  always('event.duration', 'flowDurationMilliseconds', { form: 'nanoseconds' }),
  always('source.ip', 'sourceIPv4Address'),
  always('source.port', 'sourceTransportPort'),
  named('source.mac', 'sourceMacAddress', 'hyphens'),
  always('source.bytes', 'octetDeltaCount'),
  always('source.packets', 'packetDeltaCount'),
  always('destination.ip', 'destinationIPv4Address'),
  always('destination.port', 'destinationTransportPort'),
  named('destination.mac', 'destinationMacAddress', 'hyphens'),
  always('destination.bytes', 'reverseOctetDeltaCount'),
  always('destination.packets', 'reversePacketDeltaCount'),
  byVersion('network.type', 'ipv4', 'ipv6', ['ipVersion']),
  always('network.transport', 'protocolKeyword'),
  always('network.iana_number', 'protocolIdentifier', { form: 'quoted' }),
  always('network.bytes', 'flowOctets', { uniflow: 'octetDeltaCount' }),
  always('network.packets', 'flowPackets', { uniflow: 'packetDeltaCount' }),
  always('network.community_id', 'communityId'),
  always('network.direction', 'flowDirectionName'),
  always('network.vlan.id', 'dot1qVlanId', { form: 'quoted' }),
  always('network.inner.vlan.id', 'dot1qCustomerVlanId', { form: 'quoted' }),
  named('observer.ingress.interface.id', 'ingressInterface', 'quoted'),
  named('observer.ingress.interface.name', 'ingressInterfaceName', 'plain', ['ingressInterface']),
  named('observer.egress.interface.id', 'egressInterface', 'quoted'),
  named('observer.egress.interface.name', 'egressInterfaceName', 'plain', ['egressInterface']),
  ...ecsApplication,
  ...ecsTranslation,
  ...ecsProcesses,
];

/** An event (--events) under Elastic Common Schema: a template with eventType or eventName asks for it. */
// biome-ignore format: one line a key
export const ecsEvents: readonly DocumentKey[] = [
  always('@timestamp', 'flowEndMilliseconds'),
  fixed('ecs.version', '8.11.0'),
  fixed('event.kind', 'event'),
  always('event.category', 'eventCategory'),
  always('event.type', 'eventPhase'),
  always('event.action', 'eventName', { says: ['eventType'] }),
  named('source.ip', 'sourceIPv4Address', 'plain', ['sourceIPv6Address']),
  named('source.port', 'sourceTransportPort'),
  named('source.bytes', 'transportOctetDeltaCount'),
  named('destination.ip', 'destinationIPv4Address', 'plain', ['destinationIPv6Address']),
  named('destination.port', 'destinationTransportPort'),
  named('destination.bytes', 'reverseTransportOctetDeltaCount'),
  named('network.transport', 'protocolKeyword', 'plain', ['protocolIdentifier']),
  named('network.iana_number', 'protocolIdentifier', 'quoted'),
  ...ecsTranslation,
  ...ecsProcesses,
];

/**
 * goflow2's JSON: its keys in its order, whatever the template names. Where weir knows nothing (0 or empty) the key is
 * left out, which goflow2 writes as 0. weir has no packet to take time_received_ns and sequence_num from: they are the end
 * of the record and 0.
 */
// biome-ignore format: one line a key
export const goflow2: readonly DocumentKey[] = [
  fixed('type', 'IPFIX'),
  always('time_received_ns', 'flowEndNanoseconds', { form: 'nanoseconds', says: ['flowEndMilliseconds', 'flowEndSeconds', 'flowEndMicroseconds'] }),
  fixed('sequence_num', 0),
  setting('sampling_rate', 'samplingRate'),
  setting('sampler_address', 'samplerAddress'),
  always('time_flow_start_ns', 'flowStartNanoseconds', { form: 'nanoseconds', says: ['flowStartMilliseconds', 'flowStartSeconds', 'flowStartMicroseconds'] }),
  always('time_flow_end_ns', 'flowEndNanoseconds', { form: 'nanoseconds' }),
  always('bytes', 'octetDeltaCount'),
  always('packets', 'packetDeltaCount'),
  always('src_addr', 'sourceIPv4Address'),
  always('dst_addr', 'destinationIPv4Address'),
  byVersion('etype', 'IPv4', 'IPv6', ['ipVersion']),
  always('proto', 'protocolName', { says: ['protocolIdentifier', 'protocolKeyword'] }),
  always('src_port', 'sourceTransportPort'),
  always('dst_port', 'destinationTransportPort'),
  always('in_if', 'ingressInterface'),
  always('out_if', 'egressInterface'),
  always('src_mac', 'sourceMacAddress'),
  always('dst_mac', 'destinationMacAddress'),
  always('src_vlan', 'vlanId'),
  always('vlan_id', 'vlanId'),
  always('ip_tos', 'ipClassOfService', { says: ['ipDiffServCodePoint'] }),
  always('ip_ttl', 'minimumTTL'),
  always('tcp_flags', 'tcpControlBits'),
  always('icmp_type', 'icmpTypeIPv4', { says: ['icmpTypeCodeIPv4', 'icmpTypeCodeIPv6'] }),
  always('icmp_code', 'icmpCodeIPv4'),
  always('ipv6_flow_label', 'flowLabelIPv6'),
  always('observation_domain_id', 'observationDomainId'),
  always('observation_point_id', 'observationPointId'),
];
