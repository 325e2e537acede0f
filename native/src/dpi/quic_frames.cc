#include "dpi/quic_frames.h"

namespace weir {
namespace {

constexpr uint8_t kPadding = 0;
constexpr size_t kAckRanges = 256;

}  // namespace

bool QuicFrames::next(HandshakePiece& piece) {
  while (at_.left() > 0) {
    if (at_.u8() == kPadding) {
      at_.skip(1);
      continue;
    }
    const Found found = kind_ == QuicKind::ietf ? readIetf(piece) : readGoogle(piece);
    if (found == Found::piece) return true;
    if (found == Found::stop) return false;
  }
  return false;
}

// Only these may stand in an Initial (RFC 9000 section 12.4); CONNECTION_CLOSE ends it.
QuicFrames::Found QuicFrames::readIetf(HandshakePiece& piece) {
  constexpr uint8_t kPing = 0x01, kAck = 0x02, kAckEcn = 0x03, kCrypto = 0x06;
  const uint8_t type = at_.u8();
  at_.skip(1);
  switch (type) {
    case kPing: return Found::passed;
    case kAck:
    case kAckEcn: return passAck(type == kAckEcn) ? Found::passed : Found::stop;
    case kCrypto: return readCrypto(piece);
    default: return Found::stop;
  }
}

QuicFrames::Found QuicFrames::readCrypto(HandshakePiece& piece) {
  uint64_t size;
  if (!takeQuicInteger(at_, piece.offset) || !takeQuicInteger(at_, size) || !at_.has(size)) return Found::stop;
  piece.octets = {at_.at, size};
  at_.skip(size);
  return Found::piece;
}

bool QuicFrames::passAck(bool ecn) {
  uint64_t ignored, ranges;
  // Largest, delay, number of ranges, first range.
  if (!takeQuicInteger(at_, ignored) || !takeQuicInteger(at_, ignored) || !takeQuicInteger(at_, ranges)) return false;
  if (!takeQuicInteger(at_, ignored) || ranges > kAckRanges) return false;
  for (uint64_t i = 0; i < ranges * 2; i++) {
    if (!takeQuicInteger(at_, ignored)) return false;
  }
  for (int i = 0; ecn && i < 3; i++) {
    if (!takeQuicInteger(at_, ignored)) return false;
  }
  return true;
}

// Frames of Google's QUIC: STREAM has its upper bit set, ACK the next one. From Q047 on the handshake has CRYPTO frames.
QuicFrames::Found QuicFrames::readGoogle(HandshakePiece& piece) {
  constexpr uint8_t kStream = 0x80, kAck = 0x40, kPing = 0x07, kCrypto = 0x08;
  const uint8_t type = at_.u8();
  at_.skip(1);
  if (type == kCrypto && kind_ == QuicKind::googleProtected) return readCrypto(piece);
  if (type == kPing) return Found::passed;
  if ((type & 0xc0) == kAck) return passGoogleAck(type) ? Found::passed : Found::stop;
  return (type & kStream) != 0 && kind_ == QuicKind::google ? readStream(type, piece) : Found::stop;
}

// Up to Q038 integers had the octet order of x86.
uint64_t QuicFrames::googleInteger(const uint8_t* at, size_t size) const {
  uint64_t value = 0;
  for (size_t i = 0; i < size; i++) value = value << 8 | at[googleVersion_ < 39 ? size - 1 - i : i];
  return value;
}

// 1fdooossB: data length present, octets of the offset, octets of the stream's id less one.
QuicFrames::Found QuicFrames::readStream(uint8_t type, HandshakePiece& piece) {
  constexpr uint64_t kCryptoStream = 1;
  const size_t idSize = (type & 3u) + 1;
  const size_t offsetBits = type >> 2 & 7u;
  const size_t offsetSize = offsetBits == 0 ? 0 : offsetBits + 1;
  const size_t lengthSize = (type & 0x20) != 0 ? 2 : 0;
  if (!at_.has(idSize + offsetSize + lengthSize)) return Found::stop;
  const uint64_t id = googleInteger(at_.at, idSize);
  piece.offset = googleInteger(at_.at + idSize, offsetSize);
  const uint64_t length = googleInteger(at_.at + idSize + offsetSize, lengthSize);
  at_.skip(idSize + offsetSize + lengthSize);
  const size_t size = lengthSize == 0 ? at_.left() : length;
  if (!at_.has(size)) return Found::stop;
  piece.octets = {at_.at, size};
  at_.skip(size);
  return id == kCryptoStream ? Found::piece : Found::passed;
}

// 01ntllmm of Q034 and later: more blocks, octets of the largest number, octets of a block's length.
bool QuicFrames::passGoogleAck(uint8_t type) {
  static constexpr uint8_t kSizes[] = {1, 2, 4, 6};
  const size_t largest = kSizes[type >> 2 & 3], block = kSizes[type & 3];
  const bool several = (type & 0x20) != 0;
  size_t header = largest + 2 + (several ? 1 : 0) + block;
  if (!at_.has(header + 1)) return false;
  if (several) header += at_.u8(largest + 2) * (1 + block);
  if (!at_.has(header + 1)) return false;
  const size_t timestamps = at_.u8(header);
  header += 1 + (timestamps == 0 ? 0 : 5 + (timestamps - 1) * 3);
  if (!at_.has(header)) return false;
  at_.skip(header);
  return true;
}

}  // namespace weir
