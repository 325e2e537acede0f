// The contiguous beginning of one direction of a TCP connection, put together in the order of sequence numbers. Nothing
// is copied while one segment is enough.
#pragma once

#include <cstdint>
#include <vector>

#include "dpi/parsers.h"

namespace weir {

class StreamPrefix {
 public:
  // Forgets all and frees memory.
  void clear();
  // The sequence number of the first octet. certain: a SYN told it; else the other side's acknowledgment, which is taken
  // back when the capture shows another beginning.
  void expect(uint32_t sequence, bool certain);
  // Takes a segment in; room: octets that may be kept for it. The beginning when it grew, else empty: valid until the next
  // call, and lost unless keep() follows.
  Octets add(uint32_t sequence, Octets segment, size_t room);
  // Keeps what add() returned, so that the next segment continues it.
  void keep(Octets stream, size_t room);
  // Octets kept.
  size_t kept() const { return octets_.size() + heldOctets_; }
  // Segments wait for the first one.
  bool waits() const { return octets_.empty() && !held_.empty(); }
  // Nothing is known that contradicts a beginning here.
  bool mayBeginAt(uint32_t sequence) const { return start_ == Start::unknown || first_ == sequence; }
  // A segment earlier than all before it may still arrive.
  bool mayMoveBack() const { return start_ != Start::certain && segments_ < kSettled; }
  // Segments wait behind a gap that was not closed in time: nothing more will come of this stream.
  bool stuck() const { return stuck_; }

  static constexpr size_t kMostHeld = 8;    // segments that wait behind a gap
  static constexpr unsigned kSettled = 4;   // behind so many segments the first one's place is certain

 private:
  enum class Start : uint8_t { unknown, probable, certain };
  struct Held {
    uint32_t sequence;
    std::vector<uint8_t> octets;
  };

  void hold(uint32_t sequence, Octets segment, size_t room);
  void moveBack(uint32_t sequence);
  bool startsBehindGap();
  void joinHeld();

  std::vector<uint8_t> octets_;
  std::vector<Held> held_;
  size_t heldOctets_ = 0;
  uint32_t first_ = 0;  // sequence number of the first octet
  unsigned segments_ = 0;
  Start start_ = Start::unknown;
  bool stuck_ = false;
};

}  // namespace weir
