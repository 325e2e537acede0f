// Reading a QUIC client's first packets: Initials are decrypted, their CRYPTO frames put in order.
#pragma once

#include <array>
#include <cstdint>

#include "dpi/parsers.h"
#include "dpi/piece_buffer.h"
#include "dpi/quic_keys.h"

namespace weir {

// What is kept of a client between its datagrams, 8.5 KiB; made when a flow looks like QUIC, gone with its ClientHello
// (or ServerHello, for parseQuicServer).
struct QuicCrypto {
  uint32_t version = 0;                   // that the keys are for; 0 = none yet
  uint8_t connectionIdSize = 0;           // of the first Initial's destination
  uint8_t failures = 0;                   // datagrams of the client that told nothing
  uint8_t serverFailures = 0;
  std::array<uint8_t, 20> connectionId;
  QuicKeys keys;                          // the client's
  uint64_t base = 0;                      // offset in the stream of the hello
  uint64_t serverBase = 0;                // of the server's hello: behind its HelloRetryRequest
  PieceBuffer stream;                     // CRYPTO stream, or Google's stream 1
};

// A datagram of the server, after the client's first: tlsVersion, tlsCipher, tlsJa3Server, where its ServerHello stands in
// one CRYPTO frame. Follows a Retry to its new keys. Parse::no when nothing is to be found.
ParseResult parseQuicServer(Octets datagram, QuicCrypto& crypto, FactBuffer& facts);

}  // namespace weir
