// Facts that were read in a flow's payload: texts and numbers by id, packed one behind the other. A flow has few of
// them, so they are found by walking. In a batch they stand in its heap (FlowApplication.facts).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "fields/flow_record.h"

namespace weir {

// Each fact is written once a flow: the first value stays. Numbers are uint64_t in host order.
enum class Fact : uint8_t {
  none = 0,
  // nDPI
  info,                // text: what nDPI says of the flow besides the fields below
  // TLS, DTLS and QUIC (the client's hello, then the server's)
  tlsServerName,       // text; with a key for privacy its HMAC
  tlsAlpn,             // text: offered protocols, comma between them
  tlsAlpnChosen,       // text
  tlsVersion,          // number: the version in use (supported_versions of the server's hello, else its version field)
  tlsOfferedVersions,  // text: TLSv1.3,TLSv1.2
  tlsCipher,           // number: chosen cipher suite
  tlsJa3Client,        // text: 32 hex
  tlsJa3Server,
  tlsJa4Client,        // text: JA4 of the client's hello, t13d1516h2_8daaf6152771_b186095e22b6
  tlsEch,              // number: 1 = the client's hello has encrypted_client_hello, 2 = ESNI (draft)
  tlsCertificateSubject,      // text: RFC 4514 like, CN=..., as nDPI prints it
  tlsCertificateIssuer,
  tlsCertificateNotBefore,    // number: seconds since 1970
  tlsCertificateNotAfter,
  tlsCertificateSelfSigned,   // number: 1
  tlsCertificateSha1,  // text: 40 hex
  tlsCertificateNames, // text: subjectAltName dNSNames, comma between them
  quicVersion,         // number: of the first long header
  quicUserAgent,       // text
  // DNS (also mDNS, LLMNR)
  dnsQuery,            // text: first question's name, escaped as RFC 1035 section 5.1 says
  dnsQueryType,        // number
  dnsQueryId,          // number
  dnsReplyCode,        // number plus 1, since 0 is "no error": see the field's function
  dnsAnswers,          // number plus 1: of the answer section
  dnsFirstTtl,         // number plus 1: seconds, of the first A or AAAA record, else the first record
  dnsAddresses,        // text: A and AAAA records, comma between them, 8 at most
  dnsResponse,         // text: the answers as text, comma between them
  dnsLatencyUs,        // number plus 1: from the first query to the response with its id
  // HTTP (first request, first response)
  httpMethod,          // text
  httpHost,
  httpUrl,             // text: the request target as sent
  httpUserAgent,
  httpReferer,
  httpForwardedFor,
  httpVia,
  httpStatus,          // number
  httpContentType,     // text: of the response, else of the request
  httpServer,          // text
  // SSH
  sshClient,           // text: identification string
  sshServer,
  sshHasshClient,      // text: 32 hex
  sshHasshServer,
  // DHCP
  dhcpHostName,        // text
  dhcpFingerprint,     // text: option 55 as decimals, comma between them
  dhcpClass,           // text: option 60
  dhcpMessageType,     // number
  dhcpClientMac,       // text of 6 octets, raw
  dhcpClientAddress,   // text of 4 octets, raw
  count_,
};
inline constexpr size_t kFacts = static_cast<size_t>(Fact::count_);

namespace facts {

inline constexpr size_t kHeader = 3;            // id, then the length in two octets, host order
inline constexpr size_t kLongestText = 512;
inline constexpr size_t kCapacity = 4096;       // of all facts of a flow

// The value of a fact as stored; empty when there is none.
inline std::string_view find(std::span<const uint8_t> facts, Fact fact) {
  for (size_t at = 0; at + kHeader <= facts.size();) {
    uint16_t length;
    std::memcpy(&length, facts.data() + at + 1, sizeof length);
    if (at + kHeader + length > facts.size()) return {};
    if (facts[at] == static_cast<uint8_t>(fact)) {
      return {reinterpret_cast<const char*>(facts.data()) + at + kHeader, length};
    }
    at += kHeader + length;
  }
  return {};
}

inline uint64_t number(std::span<const uint8_t> facts, Fact fact) {
  uint64_t value = 0;
  const std::string_view stored = find(facts, fact);
  if (stored.size() == sizeof value) std::memcpy(&value, stored.data(), sizeof value);
  return value;
}

// Those of a record; heap: the batch's.
inline std::span<const uint8_t> of(const FlowRecord& record, const uint8_t* heap) {
  const TextRef where = record.application.facts;
  if (where.length == 0 || heap == nullptr) return {};
  return {heap + where.offset, where.length};
}

}  // namespace facts

// Where parsers put what they find. Bounded: what does not fit is left out. Texts become well-formed UTF-8.
class FactBuffer {
 public:
  // FlowNeeds: of facts that are dear, those that somebody asked for. All unless it is said.
  void ask(uint32_t needs) { asked_ = needs; }
  bool asks(uint32_t need) const { return (asked_ & need) != 0; }
  // False when the fact was there already or did not fit. Text longer than facts::kLongestText is cut at a code point.
  bool add(Fact fact, std::string_view text);
  bool add(Fact fact, uint64_t number);
  // A value as text() gave it, of either kind.
  bool addStored(Fact fact, std::string_view stored) { return append(fact, stored.data(), stored.size()); }
  // Takes the place of an earlier value; an empty text leaves that.
  bool replace(Fact fact, std::string_view text);
  bool has(Fact fact) const { return (known_ >> static_cast<unsigned>(fact) & 1) != 0; }
  std::span<const uint8_t> octets() const { return {octets_.data(), used_}; }
  std::string_view text(Fact fact) const { return facts::find(octets(), fact); }
  uint64_t number(Fact fact) const { return facts::number(octets(), fact); }
  void clear() { known_ = used_ = 0; }
  // Facts that octets() of another gave.
  void assign(std::span<const uint8_t> facts);

 private:
  bool append(Fact fact, const void* value, size_t size);
  void remove(Fact fact);

  static_assert(kFacts <= 64);
  uint64_t known_ = 0;
  size_t used_ = 0;
  uint32_t asked_ = ~0u;
  std::array<uint8_t, facts::kCapacity> octets_;
};

}  // namespace weir
