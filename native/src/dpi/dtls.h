// Reading DTLS handshakes: messages in fragments, within a datagram or over several.
#pragma once

#include <cstdint>

#include "dpi/parsers.h"
#include "dpi/piece_buffer.h"

namespace weir {

// What is kept of one direction between its datagrams: the message whose fragments are being put together.
struct DtlsMessages {
  uint8_t type = 0;
  uint16_t sequence = 0;
  uint32_t length = 0;    // 0 = none
  uint8_t failures = 0;   // datagrams that told nothing
  PieceBuffer body;
};

// As parseDtlsClient and parseDtlsServer of parsers.h, with fragments over several datagrams.
ParseResult parseDtlsClient(Octets datagram, DtlsMessages& messages, FactBuffer& facts);
ParseResult parseDtlsServer(Octets datagram, DtlsMessages& messages, FactBuffer& facts);

}  // namespace weir
