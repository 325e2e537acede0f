// Framing of TLS: the handshake messages inside the records of one direction, over record boundaries. A view, no state.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/cursor.h"
#include "dpi/parsers.h"

namespace weir {

// HandshakeType of RFC 8446 section 4 and RFC 5246 section 7.4.
namespace handshake {
inline constexpr uint8_t kHelloRequest = 0, kClientHello = 1, kServerHello = 2, kHelloVerifyRequest = 3,
                         kCertificate = 11, kSupplementalData = 23;
}

inline constexpr size_t kHandshakeHeader = 4;
// Octets of the message that begins here, with its header; the header must be there.
inline size_t handshakeLength(Octets message) { return kHandshakeHeader + loadBe24(message.data() + 1); }
// Of a message that spans records; what is longer is read as far as this.
inline constexpr size_t kLongestHandshake = 16u << 10;

struct HandshakeMessage {
  uint8_t type = 0;
  size_t length = 0;   // of the whole message with its header
  Octets octets;       // as much of it as is there, header first
  bool complete() const { return octets.size() == length; }
};

class HandshakeReader {
 public:
  enum class State : uint8_t {
    message,  // one was found; perhaps only its beginning, as the stream ends there
    more,     // the stream ends before the next one's header
    end,      // another kind of record follows
    broken,   // not a record
  };

  explicit HandshakeReader(Octets stream) : stream_(stream) {}
  // The message's octets are good until the next call.
  State next(HandshakeMessage& message);
  // A server that asked for another hello may send change_cipher_spec before it goes on (RFC 8446 appendix D.4).
  void passChangeCipherSpec() { passChangeCipherSpec_ = true; }
  // After `more`: octets of the stream that are needed at least to go on.
  size_t wanted() const { return wanted_; }
  // After an incomplete message: octets of the stream until this many of the message are there; no more than there are
  // already when the message is longer than what is read of one.
  size_t wantedFor(const HandshakeMessage& message, size_t octets) const { return ahead(octets - message.octets.size()); }

 private:
  State enterRecord();
  State passRest();
  State gather(HandshakeMessage& message);
  size_t ahead(size_t octets) const;
  size_t here() const { return left_ < stream_.size() - at_ ? left_ : stream_.size() - at_; }
  void pass(size_t count) { at_ += count, left_ -= count; }

  Octets stream_;
  size_t at_ = 0;
  size_t left_ = 0;    // octets that the record announces from here on, in the stream or not
  size_t rest_ = 0;    // octets of the last message that were not handed out
  size_t wanted_ = 0;
  bool passChangeCipherSpec_ = false;
  std::array<uint8_t, kLongestHandshake> gathered_;
};

}  // namespace weir
