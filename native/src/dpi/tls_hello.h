// What stands in the hellos of TLS, DTLS and QUIC: views into the message, for facts and fingerprints.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dpi/parsers.h"

namespace weir {

namespace tls {
inline constexpr uint16_t kServerName = 0, kGroups = 10, kPointFormats = 11, kSignatureAlgorithms = 13, kAlpn = 16,
                          kSupportedVersions = 43, kTransportParameters = 57, kTransportParametersDraft = 0xffa5,
                          kEncryptedClientHello = 0xfe0d, kEsni = 0xffce;
}

// Values that clients invent to keep servers tolerant (RFC 8701).
inline constexpr bool isGrease(uint16_t value) { return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff); }

// Extension types in the order of the message. More than this many and there are no fingerprints.
struct ExtensionTypes {
  static constexpr size_t kLimit = 256;
  size_t count = 0;
  bool cut = false;
  std::array<uint16_t, kLimit> type;

  void add(uint16_t value) {
    if (count == kLimit) cut = true;
    else type[count++] = value;
  }
};

// Lists are as on the wire, without their lengths: two octets a value, one for point formats.
struct ClientHello {
  uint16_t version = 0;
  bool complete = false;   // every octet of the message was there
  bool hasServerName = false;
  uint8_t ech = 0;
  Octets ciphers, groups, pointFormats, signatureAlgorithms, versions;
  Octets protocols;             // ALPN: each with its length before it
  Octets transportParameters;   // QUIC
  std::string_view serverName;
  ExtensionTypes extensions;
};

struct ServerHello {
  uint16_t version = 0;         // of the field
  uint16_t chosenVersion = 0;   // supported_versions, else the field
  uint16_t cipher = 0;
  bool retry = false;           // HelloRetryRequest
  Octets protocols;
  ExtensionTypes extensions;
};

// dtls: the hello has a cookie. Parse::more fills in what was read so far.
Parse readClientHello(Octets message, bool dtls, ClientHello& hello);
Parse readServerHello(Octets message, ServerHello& hello);

// Whether this version encrypts the server's certificate: TLS 1.3, its drafts, DTLS 1.3.
bool hidesCertificate(uint16_t version);
// It is asked for, or says what the flow is about where the client named no server.
bool wantsCertificate(const FactBuffer& facts);

// Facts of a hello that was read; fingerprints only of a complete one.
void addClientFacts(const ClientHello& hello, char transport, FactBuffer& facts);
void addServerFacts(const ServerHello& hello, FactBuffer& facts);

}  // namespace weir
