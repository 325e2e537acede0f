// Frame -> Packet. One decoder per worker: it owns the worker's fragment table. No allocation per packet.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "capture/frame.h"
#include "decode/packet.h"

namespace weir {

struct DecoderOptions {
  bool tunnels = false;            // --tunnels: meter the inner packet
  uint8_t tunnelDepth = 4;         // envelopes removed at most
  uint32_t fragmentEntries = 4096; // fragment table size (datagrams in flight), memory is bounded by it
};

struct DecoderCounters {
  std::array<Counter, kOutcomes> frames;  // by Outcome
  Counter wirePackets;          // of metered frames
  Counter fragmentsUnmatched;   // later fragments whose first was not seen: metered with ports 0
  Counter fragmentsEvicted;     // fragment table full: the oldest left
};

class FragmentTable;
struct Level;
struct Ports;

class Decoder {
 public:
  explicit Decoder(const DecoderOptions& options);
  ~Decoder();
  // Fills packet when the result is metered; counts the outcome either way. The packet points into the frame.
  Outcome decode(const Frame& frame, Packet& packet);
  DecoderCounters& counters() { return counters_; }

 private:
  Outcome decodeAny(const Frame& frame, Packet& packet);
  Outcome decodeNested(const Frame& frame, Packet& packet);
  // levels_[chosen] makes the packet; deepest is where a super-packet's payload is cut.
  Outcome meter(const Frame& frame, uint32_t chosen, uint32_t deepest, Packet& packet);
  Outcome readLaterFragment(const Frame& frame, const Level& level, Ports& ports, uint8_t& protocol, Packet& packet);
  void rememberFragments(const Frame& frame, uint32_t chosen, const Packet& packet);
  void segment(const Frame& frame, uint32_t chosen, uint32_t deepest, Packet& packet) const;

  DecoderOptions options_;
  DecoderCounters counters_;
  std::unique_ptr<FragmentTable> fragments_;
  std::unique_ptr<Level[]> levels_;  // of the frame at hand, outermost first; kept so that none is cleared unused
};

}  // namespace weir
