// weir's own readers of application protocols: pure functions over octets that may lie, each bounded by its span. They
// add what they find to a FactBuffer; nothing here keeps state or allocates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "fields/flow_facts.h"

namespace weir {

enum class Parse : uint8_t {
  done,      // read to the end; facts added
  more,      // right so far: come again with a longer prefix
  no,        // not this protocol, or malformed beyond use
};

struct ParseResult {
  Parse state = Parse::no;
  size_t wanted = 0;  // more: octets of the prefix that are needed at least, 0 = unknown
};

using Octets = std::span<const uint8_t>;

// A stream is the contiguous beginning of one direction's TCP payload (or DTLS: one datagram).

// Whether this looks like the beginning of a TLS record of a handshake (or of DTLS).
bool looksLikeTls(Octets stream);
// ClientHello: tlsServerName, tlsAlpn, tlsOfferedVersions, tlsJa3Client, tlsJa4Client, tlsEch.
ParseResult parseTlsClient(Octets stream, FactBuffer& facts);
// ServerHello, then Certificate where it is in clear (TLS 1.2 and before): tlsVersion, tlsCipher, tlsAlpnChosen, tlsJa3Server,
// tlsCertificate*.
ParseResult parseTlsServer(Octets stream, FactBuffer& facts);
bool looksLikeDtls(Octets datagram);
ParseResult parseDtlsClient(Octets datagram, FactBuffer& facts);
ParseResult parseDtlsServer(Octets datagram, FactBuffer& facts);
// dtls.h has both for messages in fragments over several datagrams, quic.h has a QUIC server's datagrams.
// The handshake message itself, behind record or CRYPTO framing. transport: 't', 'q' or 'd' of JA4.
ParseResult parseClientHello(Octets message, char transport, FactBuffer& facts);
ParseResult parseServerHello(Octets message, FactBuffer& facts);

// QUIC: long headers of known versions; one datagram at a time, CRYPTO frames kept in a reassembly of the caller's.
struct QuicCrypto;  // quic.h: bounded reassembly of the client's CRYPTO stream, kept by the collector
bool looksLikeQuic(Octets datagram);
// A datagram of the client: quicVersion at once; done when its ClientHello (over several Initials) was read.
ParseResult parseQuicClient(Octets datagram, QuicCrypto& crypto, FactBuffer& facts);

// DNS, mDNS, LLMNR: a message, without the two octets of length it has over TCP. looksLikeDns is for ports that tell
// nothing: only common questions pass it.
bool looksLikeDns(Octets message);
ParseResult parseDnsQuery(Octets message, FactBuffer& facts);      // dnsQuery, dnsQueryType, dnsQueryId
ParseResult parseDnsResponse(Octets message, FactBuffer& facts);   // the query's as well, then dnsReplyCode ... dnsResponse

bool looksLikeHttpRequest(Octets stream);
bool looksLikeHttpResponse(Octets stream);
ParseResult parseHttpRequest(Octets stream, FactBuffer& facts);
ParseResult parseHttpResponse(Octets stream, FactBuffer& facts);

bool looksLikeSsh(Octets stream);
// Identification string and KEXINIT of one direction.
ParseResult parseSsh(Octets stream, bool client, FactBuffer& facts);

bool looksLikeDhcp(Octets datagram);
ParseResult parseDhcp(Octets datagram, FactBuffer& facts);

}  // namespace weir
