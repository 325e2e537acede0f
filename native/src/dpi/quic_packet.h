// Headers of QUIC packets: IETF long headers (RFC 9000 section 17.2) and those of Google's QUIC before them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/cursor.h"
#include "dpi/parsers.h"
#include "dpi/quic_keys.h"

namespace weir {

enum class QuicKind : uint8_t {
  unknown,
  ietf,            // v1, v2, drafts 22 to 34, mvfst: TLS in CRYPTO frames
  google,          // up to Q046: CHLO in clear
  googleProtected, // Q050: CHLO, T050 and T051: TLS; Initials protected, frame types of Google's
  reserved,        // 0x?a?a?a?a: asks for version negotiation
};

struct QuicVersion {
  QuicKind kind = QuicKind::unknown;
  QuicProtection protection{};
  bool tls = false;
  bool variableParameters = false;  // transport parameters with integers of variable length (draft 27)
};

QuicVersion quicVersion(uint32_t version);

// Decimal digits of a Google version: 46 of Q046; 0 for others.
unsigned googleVersion(uint32_t version);

// An integer of variable length (RFC 9000 section 16); false when it is not all there.
bool takeQuicInteger(Cursor& at, uint64_t& value);

struct QuicPacket {
  enum class Type : uint8_t { initial, zeroRtt, handshake, retry, negotiation };
  Type type = Type::negotiation;
  uint32_t version = 0;
  Octets destination, source;  // connection IDs
  Octets octets;               // of this packet alone
  size_t numberOffset = 0;     // of an initial
};

// Takes the packet with a long header that the datagram begins with; false when there is none or it is not all there.
bool takeQuicPacket(Octets& datagram, QuicPacket& packet);

// A packet of Google's QUIC whose payload is in clear.
struct GooglePacket {
  uint32_t version = 0;
  Octets frames;
};
bool readGooglePacket(Octets datagram, GooglePacket& packet);

}  // namespace weir
