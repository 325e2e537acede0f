// Flows with applications and facts, as the inspector leaves them: one of each protocol that weir reads, and two of which
// nothing is known. Numbers of applications are those of nDPI 4.2.
import type { AttributedFlow } from './attributed_batch.js';

const settled = 1;
const encrypted = 4;
const listed = 16;

const common: AttributedFlow = {
  addresses: ['c0000201', 'c6336407'],
  ports: [40_000, 443],
  protocol: 6,
  octets: [1000, 2000],
  payload: [600, 1600],
  packets: [9, 7],
};

export const tlsFlow: AttributedFlow = {
  ...common,
  application: {
    ...{ application: 126, master: 91, category: 5, breed: 1, confidence: 6, flags: settled | encrypted, inspected: 9 },
    facts: {
      tlsServerName: 'www.google.com',
      tlsAlpn: 'h2,http/1.1',
      tlsAlpnChosen: 'h2',
      tlsVersion: 0x0303,
      tlsOfferedVersions: 'TLSv1.3,TLSv1.2',
      tlsCipher: 0xc02f,
      tlsJa3Client: '0123456789abcdef0123456789abcdef',
      tlsJa3Server: 'fedcba9876543210fedcba9876543210',
      tlsJa4Client: 't13d1516h2_8daaf6152771_b186095e22b6',
      tlsEch: 1,
      tlsCertificateSubject: 'CN=*.google.com',
      tlsCertificateIssuer: 'CN=GTS CA 1C3, O="Google, Trust", C=US',
      tlsCertificateNotBefore: 1_690_000_000,
      tlsCertificateNotAfter: 253_402_300_799,
      tlsCertificateSelfSigned: 1,
      tlsCertificateSha1: '9e393d93138888d288266c2d915214d1d1cceb2a',
      tlsCertificateNames: '*.google.com,google.com',
    },
  },
};

export const quicFlow: AttributedFlow = {
  ...common,
  addresses: [`20010db8${'0'.repeat(23)}1`, `20010db8${'0'.repeat(23)}7`],
  protocol: 17,
  application: {
    ...{
      application: 126,
      master: 188,
      category: 5,
      breed: 1,
      confidence: 6,
      flags: settled | encrypted,
      inspected: 1,
    },
    facts: {
      tlsServerName: 'play.google.com',
      tlsAlpn: 'h3',
      tlsVersion: 0x0304,
      tlsJa4Client: 'q13d0310h3_55b375c5d22e_cd85d2d88918',
      quicVersion: 0xff00001d,
      quicUserAgent: 'Chrome/115 Windows NT 10.0',
    },
  },
};

export const dnsFlow: AttributedFlow = {
  ...common,
  ports: [40_001, 53],
  protocol: 17,
  application: {
    ...{
      application: 5,
      category: 14,
      breed: 1,
      confidence: 6,
      flags: settled | listed,
      listCategory: 100,
      inspected: 2,
    },
    facts: {
      dnsQuery: 'example.org',
      dnsQueryType: 257,
      dnsQueryId: 4660,
      dnsReplyCode: 1,
      dnsAnswers: 3,
      dnsFirstTtl: 1,
      dnsAddresses: '192.0.2.7,2001:db8::7',
      dnsResponse: '192.0.2.7,2001:db8::7',
      dnsLatencyUs: 1235,
    },
  },
};

/** A query that nobody answered. */
export const dnsUnanswered: AttributedFlow = {
  ...dnsFlow,
  application: { ...dnsFlow.application, facts: { dnsQuery: 'a\\000"b', dnsQueryType: 1, dnsQueryId: 7 } },
};

export const httpFlow: AttributedFlow = {
  ...common,
  ports: [40_002, 8080],
  application: {
    ...{ application: 7, category: 5, breed: 1, confidence: 6, flags: settled, inspected: 6 },
    ...{ risks: (1n << 5n) | (1n << 11n), riskScore: 110 },
    facts: {
      httpMethod: 'GET',
      httpHost: 'shop.example:8080',
      httpUrl: '/cart?id=1',
      httpUserAgent: 'curl/8.0\n"quoted"',
      httpReferer: 'http://shop.example:8080/',
      httpForwardedFor: '192.0.2.99',
      httpVia: '1.1 proxy',
      httpStatus: 404,
      httpContentType: 'text/html',
      httpServer: 'nginx',
    },
  },
};

export const sshFlow: AttributedFlow = {
  ...common,
  ports: [40_003, 22],
  application: {
    ...{ application: 92, category: 12, breed: 1, confidence: 6, flags: settled | encrypted, inspected: 6 },
    facts: {
      sshClient: 'SSH-2.0-OpenSSH_9.2p1',
      sshServer: 'SSH-2.0-OpenSSH_8.9p1 Ubuntu-3',
      sshHasshClient: 'aae6b9604f6f3356543709a376d7f657',
      sshHasshServer: 'f5d3bf62a9ee5ef3b1f4f0ee5e3e5c4a',
    },
  },
};

export const dhcpFlow: AttributedFlow = {
  ...common,
  ports: [68, 67],
  protocol: 17,
  application: {
    ...{ application: 18, category: 14, breed: 1, confidence: 6, flags: settled, inspected: 1 },
    facts: {
      dhcpHostName: 'laptop',
      dhcpFingerprint: '1,3,6,15',
      dhcpClass: 'MSFT 5.0',
      dhcpMessageType: 3,
      dhcpClientMac: Buffer.from('02005eabcd01', 'hex'),
      dhcpClientAddress: Buffer.from('c0000263', 'hex'),
    },
  },
};

/** nDPI knows more of it than weir's parsers. */
export const otherFlow: AttributedFlow = {
  ...common,
  ports: [40_004, 5060],
  protocol: 17,
  application: {
    ...{ application: 100, category: 10, breed: 1, confidence: 1, flags: settled | 2, inspected: 24 },
    facts: { info: 'sip:alice@example.org' },
  },
};

export const unknownFlow: AttributedFlow = { ...common, application: { flags: settled, inspected: 24 } };
export const bareFlow: AttributedFlow = common;

export const inspectedFlows: readonly AttributedFlow[] = [
  ...[tlsFlow, quicFlow, dnsFlow, dnsUnanswered, httpFlow, sshFlow, dhcpFlow, otherFlow, unknownFlow, bareFlow],
];
