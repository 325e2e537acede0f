#include "dpi/tls_hello.h"

#include <cstring>

#include "base/cursor.h"
#include "dpi/fingerprints.h"
#include "dpi/fixed_text.h"
#include "dpi/tls_records.h"

namespace weir {
namespace {

constexpr size_t kRandom = 32;
constexpr uint8_t kHostName = 0;
// The random of a ServerHello that asks for another ClientHello (RFC 8446 section 4.1.3).
constexpr uint8_t kRetryRandom[kRandom] = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
                                           0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
                                           0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

// A vector behind a length of one or two octets; false when it is not all there.
bool takeVector(Cursor& at, size_t lengthOctets, Octets& vector) {
  if (!at.has(lengthOctets)) return false;
  const size_t length = lengthOctets == 1 ? at.u8() : at.be16();
  if (!at.has(lengthOctets + length)) return false;
  vector = {at.at + lengthOctets, length};
  at.skip(lengthOctets + length);
  return true;
}

// The list inside an extension; empty when its length lies.
Octets listIn(Octets body, size_t lengthOctets) {
  Cursor at(body.data(), body.size());
  Octets list;
  return takeVector(at, lengthOctets, list) ? list : Octets();
}

std::string_view hostName(Octets body) {
  const Octets names = listIn(body, 2);
  Cursor at(names.data(), names.size());
  while (at.has(3)) {
    const uint8_t type = at.u8();
    at.skip(1);
    Octets name;
    if (!takeVector(at, 2, name)) return {};
    if (type == kHostName) return {reinterpret_cast<const char*>(name.data()), name.size()};
  }
  return {};
}

uint8_t echOf(uint16_t type) {
  constexpr uint16_t kFirstDraft = 0xfe08;  // draft-ietf-tls-esni-08, which called it encrypted_client_hello first
  if (type >= kFirstDraft && type <= tls::kEncryptedClientHello) return 1;
  return type == tls::kEsni ? 2 : 0;
}

void readClientExtension(uint16_t type, Octets body, ClientHello& hello) {
  switch (type) {
    case tls::kServerName: hello.hasServerName = true, hello.serverName = hostName(body); break;
    case tls::kGroups: hello.groups = listIn(body, 2); break;
    case tls::kPointFormats: hello.pointFormats = listIn(body, 1); break;
    case tls::kSignatureAlgorithms: hello.signatureAlgorithms = listIn(body, 2); break;
    case tls::kAlpn: hello.protocols = listIn(body, 2); break;
    case tls::kSupportedVersions: hello.versions = listIn(body, 1); break;
    case tls::kTransportParameters:
    case tls::kTransportParametersDraft: hello.transportParameters = body; break;
    default:
      if (const uint8_t ech = echOf(type); ech != 0) hello.ech = ech;
  }
}

void readServerExtension(uint16_t type, Octets body, ServerHello& hello) {
  if (type == tls::kAlpn) hello.protocols = listIn(body, 2);
  if (type == tls::kSupportedVersions && body.size() == 2) hello.chosenVersion = loadBe16(body.data());
}

// Extensions as far as they are there; false when the last one is cut off.
template <typename Hello>
bool readExtensions(Cursor& at, void (*read)(uint16_t, Octets, Hello&), Hello& hello) {
  if (at.left() == 0) return true;
  if (!at.has(2)) return false;
  const size_t length = at.be16();
  at.skip(2);
  const bool whole = at.has(length);
  at.limit(length);
  while (at.has(4)) {
    const uint16_t type = at.be16();
    const size_t size = at.be16(2);
    if (!at.has(4 + size)) return false;
    hello.extensions.add(type);
    read(type, {at.at + 4, size}, hello);
    at.skip(4 + size);
  }
  return whole && at.left() == 0;
}

// The body of a handshake message of this type; what is cut off or missing: Parse::more, an impossible one: Parse::no.
Parse bodyOf(Octets message, uint8_t type, Cursor& body) {
  if (message.empty()) return Parse::more;
  if (message[0] != type) return Parse::no;
  if (message.size() < kHandshakeHeader) return Parse::more;
  const size_t length = loadBe24(message.data() + 1);
  body = Cursor(message.data() + kHandshakeHeader, message.size() - kHandshakeHeader);
  const bool whole = body.has(length);
  body.limit(length);
  return whole ? Parse::done : Parse::more;
}

// Before TLS 1.3 draft 22 its ServerHello had neither session nor compression.
bool isShortServerHello(uint16_t version) { return version >> 8 == 0x7f && (version & 0xff) < 22; }

bool isKnownVersion(uint16_t version) {
  return version >> 8 == 3 || version >> 8 == 0xfe || version == 0x0002 || version >> 8 == 0x7f || version == 0x0100;
}

}  // namespace

Parse readClientHello(Octets message, bool dtls, ClientHello& hello) {
  Cursor at;
  const Parse whole = bodyOf(message, handshake::kClientHello, at);
  if (whole == Parse::no) return Parse::no;
  // What ends early is malformed in a whole message and to be continued in a cut one.
  const Parse early = whole == Parse::more ? Parse::more : Parse::no;
  if (!at.has(2 + kRandom)) return early;
  hello.version = at.be16();
  if (!isKnownVersion(hello.version)) return Parse::no;
  at.skip(2 + kRandom);
  Octets ignored;
  if (!takeVector(at, 1, ignored)) return early;
  if (ignored.size() > 32) return Parse::no;
  if (dtls && !takeVector(at, 1, ignored)) return early;
  if (!takeVector(at, 2, hello.ciphers) || !takeVector(at, 1, ignored)) return early;
  if (hello.ciphers.size() % 2 != 0) return Parse::no;
  const bool all = readExtensions(at, readClientExtension, hello);
  hello.complete = whole == Parse::done && all;
  return whole;
}

Parse readServerHello(Octets message, ServerHello& hello) {
  Cursor at;
  const Parse whole = bodyOf(message, handshake::kServerHello, at);
  if (whole != Parse::done) return whole;
  if (!at.has(2 + kRandom)) return Parse::no;
  hello.version = hello.chosenVersion = at.be16();
  if (!isKnownVersion(hello.version)) return Parse::no;
  hello.retry = std::memcmp(at.at + 2, kRetryRandom, kRandom) == 0;
  at.skip(2 + kRandom);
  const bool isShort = isShortServerHello(hello.version);
  Octets session;
  if (!isShort && (!takeVector(at, 1, session) || session.size() > 32)) return Parse::no;
  if (!at.has(isShort ? 2 : 3)) return Parse::no;
  hello.cipher = at.be16();
  at.skip(isShort ? 2 : 3);
  readExtensions(at, readServerExtension, hello);
  return Parse::done;
}

bool wantsCertificate(const FactBuffer& facts) {
  return facts.asks(needsCertificate) || (facts.asks(needsInfo) && !facts.has(Fact::tlsServerName));
}

bool hidesCertificate(uint16_t version) {
  return (version >> 8 == 3 && version >= 0x0304) || version >> 8 == 0x7f || version >> 8 == 0xfb || version == 0xfefc;
}

namespace {

// Names as OpenSSL and nDPI have them.
void addVersionName(uint16_t version, FixedText<facts::kLongestText>& text) {
  static constexpr struct {
    uint16_t version;
    std::string_view name;
  } kNames[] = {{0x0304, "TLSv1.3"}, {0x0303, "TLSv1.2"}, {0x0302, "TLSv1.1"}, {0x0301, "TLSv1"}, {0x0300, "SSLv3"},
                {0x0002, "SSLv2"},   {0xfefc, "DTLSv1.3"}, {0xfefd, "DTLSv1.2"}, {0xfeff, "DTLSv1.0"},
                {0x0100, "DTLSv1.0"}, {0xfb1a, "TLSv1.3 (Fizz)"}};
  for (const auto& known : kNames) {
    if (known.version == version) return void(text.item(",", known.name));
  }
  if (version >> 8 == 0x7f) return void(text.item(",", "TLSv1.3 (draft)"));
  FixedText<6> number;
  number.add("0x");
  number.hex16(version);
  text.item(",", number.view());
}

void addOfferedVersions(const ClientHello& hello, FactBuffer& facts) {
  FixedText<facts::kLongestText> text;
  for (size_t i = 0; i + 2 <= hello.versions.size(); i += 2) {
    const uint16_t version = loadBe16(hello.versions.data() + i);
    if (!isGrease(version)) addVersionName(version, text);
  }
  if (text.empty()) addVersionName(hello.version, text);
  facts.add(Fact::tlsOfferedVersions, text.view());
}

void addProtocols(Octets protocols, Fact fact, FactBuffer& facts) {
  FixedText<facts::kLongestText> text;
  Cursor at(protocols.data(), protocols.size());
  Octets name;
  while (takeVector(at, 1, name)) text.item(",", {reinterpret_cast<const char*>(name.data()), name.size()});
  facts.add(fact, text.view());
}

}  // namespace

void addClientFacts(const ClientHello& hello, char transport, FactBuffer& facts) {
  facts.add(Fact::tlsServerName, hello.serverName);
  if (!facts.has(Fact::tlsAlpn)) addProtocols(hello.protocols, Fact::tlsAlpn, facts);
  if (!hello.complete) return;
  if (!facts.has(Fact::tlsOfferedVersions)) addOfferedVersions(hello, facts);
  if (hello.ech != 0) facts.add(Fact::tlsEch, hello.ech);
  if (hello.extensions.cut || !facts.asks(needsFingerprint)) return;
  if (!facts.has(Fact::tlsJa3Client)) facts.add(Fact::tlsJa3Client, ja3(hello));
  if (!facts.has(Fact::tlsJa4Client)) facts.add(Fact::tlsJa4Client, ja4(hello, transport));
}

void addServerFacts(const ServerHello& hello, FactBuffer& facts) {
  facts.add(Fact::tlsVersion, hello.chosenVersion);
  facts.add(Fact::tlsCipher, hello.cipher);
  // The hello that follows has its own extensions; version and cipher must stay (RFC 8446 section 4.1.4).
  if (hello.retry) return;
  addProtocols(hello.protocols, Fact::tlsAlpnChosen, facts);
  const bool fingerprint = !hello.extensions.cut && facts.asks(needsFingerprint);
  if (fingerprint && !facts.has(Fact::tlsJa3Server)) facts.add(Fact::tlsJa3Server, ja3s(hello));
}

}  // namespace weir
