#include "dpi/tls_records.h"

#include <algorithm>
#include <cstring>

namespace weir {
namespace {

constexpr size_t kRecordHeader = 5;
constexpr size_t kLongestRecord = (16u << 10) + 2048;
constexpr uint8_t kChangeCipherSpec = 20, kAlert = 21, kHandshake = 22;

bool isRecord(const uint8_t* header) {
  return header[0] >= kChangeCipherSpec && header[0] <= 24 && header[1] == 3 && header[2] <= 4 &&
         loadBe16(header + 3) <= kLongestRecord;
}

}  // namespace

bool looksLikeTls(Octets stream) {
  if (stream.size() < 3 || stream[0] != kHandshake || stream[1] != 3 || stream[2] > 4) return false;
  if (stream.size() < kRecordHeader) return true;
  const size_t length = loadBe16(stream.data() + 3);
  if (length == 0 || length > kLongestRecord) return false;
  return stream.size() == kRecordHeader || stream[5] == handshake::kClientHello || stream[5] == handshake::kServerHello;
}

// Stands in a handshake record with octets left, when it is State::message.
HandshakeReader::State HandshakeReader::enterRecord() {
  while (left_ == 0) {
    if (stream_.size() - at_ < kRecordHeader) {
      wanted_ = at_ + kRecordHeader;
      return State::more;
    }
    const uint8_t* header = stream_.data() + at_;
    if (!isRecord(header)) return State::broken;
    const size_t length = loadBe16(header + 3);
    if (header[0] == kHandshake) {
      at_ += kRecordHeader;
      left_ = length;
      continue;
    }
    // Warnings may stand between the messages: unrecognized_name before a ServerHello.
    const bool passed = (header[0] == kAlert && length == 2) || (header[0] == kChangeCipherSpec && passChangeCipherSpec_);
    if (!passed) return State::end;
    if (stream_.size() - at_ < kRecordHeader + length) {
      wanted_ = at_ + kRecordHeader + length;
      return State::more;
    }
    at_ += kRecordHeader + length;
  }
  return State::message;
}

// Where the stream must end for so many octets of the handshake more: in this record, else in one more at least.
size_t HandshakeReader::ahead(size_t octets) const { return at_ + octets + (octets > left_ ? kRecordHeader : 0); }

HandshakeReader::State HandshakeReader::passRest() {
  while (rest_ > 0) {
    const State state = enterRecord();
    if (state != State::message) return state;
    const size_t step = std::min(rest_, here());
    if (step == 0) {
      wanted_ = ahead(rest_);
      return State::more;
    }
    pass(step);
    rest_ -= step;
  }
  return State::message;
}

HandshakeReader::State HandshakeReader::gather(HandshakeMessage& message) {
  size_t have = 0;
  size_t target = kHandshakeHeader;
  while (have < std::min(target, gathered_.size())) {
    const State state = enterRecord();
    if (state == State::end || state == State::broken) return state;
    const size_t step = state == State::more ? 0 : std::min(std::min(target, gathered_.size()) - have, here());
    if (step == 0) break;
    std::memcpy(gathered_.data() + have, stream_.data() + at_, step);
    pass(step);
    have += step;
    if (have == kHandshakeHeader) target += loadBe24(gathered_.data() + 1);
  }
  if (have < kHandshakeHeader) {
    wanted_ = ahead(kHandshakeHeader - have);
    return State::more;
  }
  message = {gathered_[0], target, Octets(gathered_.data(), have)};
  rest_ = target - have;
  return State::message;
}

HandshakeReader::State HandshakeReader::next(HandshakeMessage& message) {
  State state = passRest();
  if (state == State::message) state = enterRecord();
  if (state != State::message) return state;
  if (here() < kHandshakeHeader) return gather(message);
  const uint8_t* header = stream_.data() + at_;
  const size_t length = handshakeLength({header, kHandshakeHeader});
  if (length > left_) return gather(message);
  // Within one record: no copy.
  const size_t have = std::min(length, here());
  message = {header[0], length, Octets(header, have)};
  pass(have);
  rest_ = length - have;
  return State::message;
}

}  // namespace weir
