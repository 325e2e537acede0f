// Frames of QUIC Initial packets: what carries the handshake is handed on, what else may stand there is passed.
#pragma once

#include <algorithm>

#include "base/cursor.h"
#include "dpi/quic_packet.h"

namespace weir {

struct HandshakePiece {
  uint64_t offset = 0;
  Octets octets;
};

class QuicFrames {
 public:
  QuicFrames(Octets frames, QuicKind kind, uint32_t version)
      : at_(frames.data(), frames.size()), kind_(kind), googleVersion_(googleVersion(version)) {}
  // The next piece of the handshake; false when there is none, or frames follow that are not understood.
  bool next(HandshakePiece& piece);

 private:
  enum class Found : uint8_t { piece, passed, stop };
  Found readIetf(HandshakePiece& piece);
  Found readGoogle(HandshakePiece& piece);
  Found readCrypto(HandshakePiece& piece);
  Found readStream(uint8_t type, HandshakePiece& piece);
  bool passAck(bool ecn);
  bool passGoogleAck(uint8_t type);
  uint64_t googleInteger(const uint8_t* at, size_t size) const;

  Cursor at_;
  QuicKind kind_;
  unsigned googleVersion_;
};

}  // namespace weir
