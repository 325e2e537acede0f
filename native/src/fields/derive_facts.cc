// What weir's parsers found in a flow, in words.
#include <algorithm>
#include <span>

#include "fields/cipher_suites.h"
#include "fields/derive_application.h"
#include "fields/flow_facts.h"
#include "fields/text_value.h"

namespace weir::derive {
namespace {

class Facts {
 public:
  Facts(const FlowRecord& record, const FieldContext& context) : octets_(facts::of(record, context.heap)) {}
  std::string_view text(Fact fact) const { return facts::find(octets_, fact); }
  uint64_t number(Fact fact) const { return facts::number(octets_, fact); }

 private:
  std::span<const uint8_t> octets_;
};

struct Named {
  uint64_t number;
  std::string_view name;
};

// IANA registry DNS Resource Record TYPEs: those in use, and those that flows of attacks ask for.
constexpr Named kDnsTypes[] = {
    {1, "A"}, {2, "NS"}, {5, "CNAME"}, {6, "SOA"}, {10, "NULL"}, {11, "WKS"}, {12, "PTR"}, {13, "HINFO"},
    {14, "MINFO"}, {15, "MX"}, {16, "TXT"}, {17, "RP"}, {18, "AFSDB"}, {24, "SIG"}, {25, "KEY"}, {28, "AAAA"},
    {29, "LOC"}, {33, "SRV"}, {35, "NAPTR"}, {36, "KX"}, {37, "CERT"}, {38, "A6"}, {39, "DNAME"}, {41, "OPT"},
    {42, "APL"}, {43, "DS"}, {44, "SSHFP"}, {45, "IPSECKEY"}, {46, "RRSIG"}, {47, "NSEC"}, {48, "DNSKEY"},
    {49, "DHCID"}, {50, "NSEC3"}, {51, "NSEC3PARAM"}, {52, "TLSA"}, {53, "SMIMEA"}, {55, "HIP"}, {59, "CDS"},
    {60, "CDNSKEY"}, {61, "OPENPGPKEY"}, {62, "CSYNC"}, {63, "ZONEMD"}, {64, "SVCB"}, {65, "HTTPS"}, {99, "SPF"},
    {108, "EUI48"}, {109, "EUI64"}, {249, "TKEY"}, {250, "TSIG"}, {251, "IXFR"}, {252, "AXFR"}, {253, "MAILB"},
    {254, "MAILA"}, {255, "ANY"}, {256, "URI"}, {257, "CAA"}, {32768, "TA"}, {32769, "DLV"},
};

// IANA registry DNS RCODEs.
constexpr Named kReplyCodes[] = {
    {0, "NOERROR"}, {1, "FORMERR"}, {2, "SERVFAIL"}, {3, "NXDOMAIN"}, {4, "NOTIMP"}, {5, "REFUSED"},
    {6, "YXDOMAIN"}, {7, "YXRRSET"}, {8, "NXRRSET"}, {9, "NOTAUTH"}, {10, "NOTZONE"}, {11, "DSOTYPENI"},
    {16, "BADVERS"}, {23, "BADCOOKIE"},
};

// IANA registry BOOTP Vendor Extensions and DHCP Options, message types (option 53).
constexpr Named kDhcpTypes[] = {
    {1, "DISCOVER"}, {2, "OFFER"}, {3, "REQUEST"}, {4, "DECLINE"}, {5, "ACK"}, {6, "NAK"}, {7, "RELEASE"},
    {8, "INFORM"}, {9, "FORCERENEW"}, {10, "LEASEQUERY"}, {11, "LEASEUNASSIGNED"}, {12, "LEASEUNKNOWN"},
    {13, "LEASEACTIVE"},
};

// The name, or the number behind a word: TYPE1234 (RFC 3597).
size_t named(std::span<const Named> names, uint64_t number, std::string_view word, char* out, size_t capacity) {
  for (const Named& one : names) {
    if (one.number == number) return copy(one.name, out, capacity);
  }
  Appender text(out, capacity);
  text.add(word);
  text.add(number);
  return text.size();
}

// 0x and digits hexadecimal digits.
size_t hexadecimal(uint64_t number, unsigned digits, char* out, size_t capacity) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  Appender text(out, capacity);
  text.add("0x");
  while (digits-- > 0) text.add(kDigits.substr(number >> (4 * digits) & 15, 1));
  return text.size();
}

struct TlsVersion {
  uint64_t number;
  std::string_view protocol, version, name;
};

constexpr TlsVersion kTlsVersions[] = {
    {0x0002, "ssl", "2.0", "SSLv2"},      {0x0300, "ssl", "3.0", "SSLv3"},      {0x0301, "tls", "1.0", "TLSv1.0"},
    {0x0302, "tls", "1.1", "TLSv1.1"},    {0x0303, "tls", "1.2", "TLSv1.2"},    {0x0304, "tls", "1.3", "TLSv1.3"},
    {0xfeff, "dtls", "1.0", "DTLSv1.0"},  {0xfefd, "dtls", "1.2", "DTLSv1.2"},  {0xfefc, "dtls", "1.3", "DTLSv1.3"},
};

const TlsVersion* tlsVersionOf(const FlowRecord& record, const FieldContext& context) {
  const uint64_t number = Facts(record, context).number(Fact::tlsVersion);
  for (const TlsVersion& one : kTlsVersions) {
    if (one.number == number) return &one;
  }
  return nullptr;
}

// Without the port; an IPv6 address in brackets keeps them.
std::string_view withoutPort(std::string_view host) {
  const size_t colon = host.rfind(':');
  const bool isPort = colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos &&
                      (host.find(':') == colon || host.starts_with('['));
  return isPort ? host.substr(0, colon) : host;
}

constexpr size_t kMacOctets = 6, kAddressOctets = 4;

}  // namespace

uint64_t tlsUnsafeCipher(const FlowRecord& record, unsigned, const FieldContext& context) {
  const uint64_t cipher = Facts(record, context).number(Fact::tlsCipher);
  return cipher != 0 && cipher <= UINT16_MAX && isUnsafeCipherSuite(static_cast<uint16_t>(cipher)) ? 1 : 0;
}

size_t applicationInfo(const FlowRecord& record, unsigned, const FieldContext& context, char* out, size_t capacity) {
  const Facts facts(record, context);
  const std::string_view host = facts.text(Fact::httpHost), url = facts.text(Fact::httpUrl);
  Appender text(out, capacity);
  if (!host.empty() || !url.empty()) {
    const bool isPath = url.starts_with('/');  // else it has a host in it, or is an asterisk
    if (isPath || url.empty() || url == "*") text.add(host);
    if (url != "*") text.add(url);
    return text.size();
  }
  for (const Fact fact : {Fact::tlsServerName, Fact::dnsQuery, Fact::dhcpHostName, Fact::info, Fact::sshServer,
                          Fact::sshClient, Fact::tlsCertificateSubject, Fact::dhcpClass}) {
    text.add(facts.text(fact));
    if (text.size() != 0) break;
  }
  return text.size();
}

size_t applicationDomain(const FlowRecord& record, unsigned, const FieldContext& context, char* out, size_t capacity) {
  const Facts facts(record, context);
  const std::string_view host = facts.text(Fact::httpHost), server = facts.text(Fact::tlsServerName);
  if (!host.empty()) return copy(withoutPort(host), out, capacity);
  return copy(server.empty() ? facts.text(Fact::dnsQuery) : server, out, capacity);
}

size_t httpRequestDomain(const FlowRecord& record, unsigned, const FieldContext& context, char* out, size_t capacity) {
  return copy(withoutPort(Facts(record, context).text(Fact::httpHost)), out, capacity);
}

size_t tlsVersionName(const FlowRecord& record, unsigned, const FieldContext& context, char* out, size_t capacity) {
  const TlsVersion* const version = tlsVersionOf(record, context);
  if (version != nullptr) return copy(version->name, out, capacity);
  const uint64_t number = Facts(record, context).number(Fact::tlsVersion);
  return number == 0 ? 0 : hexadecimal(number, 4, out, capacity);
}

size_t tlsVersionNumber(const FlowRecord& record, unsigned, const FieldContext& context, char* out, size_t capacity) {
  const TlsVersion* const version = tlsVersionOf(record, context);
  return version == nullptr ? 0 : copy(version->version, out, capacity);
}

size_t tlsVersionProtocol(const FlowRecord& record, unsigned, const FieldContext& context, char* out,
                          size_t capacity) {
  const TlsVersion* const version = tlsVersionOf(record, context);
  return version == nullptr ? 0 : copy(version->protocol, out, capacity);
}

size_t tlsCipherName(const FlowRecord& record, unsigned, const FieldContext& context, char* out, size_t capacity) {
  const uint64_t cipher = Facts(record, context).number(Fact::tlsCipher);
  if (cipher == 0 || cipher > UINT16_MAX) return 0;
  const std::string_view name = cipherSuiteName(static_cast<uint16_t>(cipher));
  if (name.empty()) return hexadecimal(cipher, 4, out, capacity);
  Appender text(out, capacity);
  text.add("TLS_");
  text.add(name);
  return text.size();
}

size_t quicVersionName(const FlowRecord& record, unsigned, const FieldContext& context, char* out, size_t capacity) {
  constexpr uint64_t kVersion1 = 1, kVersion2 = 0x6b3343cf, kDraft = 0xff000000;
  const uint64_t version = Facts(record, context).number(Fact::quicVersion);
  if (version == 0) return 0;
  if (version == kVersion1) return copy("v1", out, capacity);
  if (version == kVersion2) return copy("v2", out, capacity);
  if (version > kDraft && version <= kDraft + 0xff) return named({}, version - kDraft, "draft-", out, capacity);
  // Google's: a letter and three digits
  const char google[] = {static_cast<char>(version >> 24), static_cast<char>(version >> 16),
                         static_cast<char>(version >> 8), static_cast<char>(version)};
  const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
  const bool isGoogle = (google[0] == 'Q' || google[0] == 'T') && std::all_of(google + 1, google + 4, isDigit);
  return isGoogle ? copy({google, sizeof google}, out, capacity) : hexadecimal(version, 8, out, capacity);
}

size_t dnsQueryTypeName(const FlowRecord& record, unsigned, const FieldContext& context, char* out, size_t capacity) {
  const uint64_t type = Facts(record, context).number(Fact::dnsQueryType);
  return type == 0 ? 0 : named(kDnsTypes, type, "TYPE", out, capacity);
}

size_t dnsReplyCodeName(const FlowRecord& record, unsigned, const FieldContext& context, char* out, size_t capacity) {
  const uint64_t stored = Facts(record, context).number(Fact::dnsReplyCode);  // plus 1
  return stored == 0 ? 0 : named(kReplyCodes, stored - 1, "RCODE", out, capacity);
}

size_t dhcpMessageTypeName(const FlowRecord& record, unsigned, const FieldContext& context, char* out,
                           size_t capacity) {
  const uint64_t type = Facts(record, context).number(Fact::dhcpMessageType);
  return type == 0 ? 0 : named(kDhcpTypes, type, "TYPE", out, capacity);
}

size_t dhcpClientMacText(const FlowRecord& record, unsigned, const FieldContext& context, char* out, size_t capacity) {
  const std::string_view mac = Facts(record, context).text(Fact::dhcpClientMac);
  if (mac.size() != kMacOctets || capacity < 3 * kMacOctets + 1) return 0;
  static constexpr std::string_view kDigits = "0123456789abcdef";
  Appender text(out, capacity);
  for (size_t i = 0; i < kMacOctets; i++) {
    text.add(i == 0 ? "\"" : ":");
    text.add(kDigits.substr(static_cast<uint8_t>(mac[i]) >> 4, 1));
    text.add(kDigits.substr(static_cast<uint8_t>(mac[i]) & 15, 1));
  }
  text.add("\"");
  return text.size();
}

size_t dhcpClientMacOctets(const FlowRecord& record, unsigned, const FieldContext& context, char* out,
                           size_t capacity) {
  const std::string_view mac = Facts(record, context).text(Fact::dhcpClientMac);
  if (capacity < kMacOctets) return 0;
  std::memset(out, 0, kMacOctets);
  if (mac.size() == kMacOctets) std::memcpy(out, mac.data(), kMacOctets);
  return kMacOctets;
}

size_t dhcpClientAddressText(const FlowRecord& record, unsigned, const FieldContext& context, char* out,
                             size_t capacity) {
  const std::string_view address = Facts(record, context).text(Fact::dhcpClientAddress);
  if (address.size() != kAddressOctets) return 0;
  return quotedAddress(AF_INET, reinterpret_cast<const uint8_t*>(address.data()), out, capacity);
}

size_t dhcpClientAddressOctets(const FlowRecord& record, unsigned, const FieldContext& context, char* out,
                               size_t capacity) {
  const std::string_view address = Facts(record, context).text(Fact::dhcpClientAddress);
  if (capacity < kAddressOctets) return 0;
  std::memset(out, 0, kAddressOctets);
  if (address.size() == kAddressOctets) std::memcpy(out, address.data(), kAddressOctets);
  return kAddressOctets;
}

}  // namespace weir::derive
