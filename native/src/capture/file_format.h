// What pcap and pcapng readers have in common: they turn the window of a ByteSource into frames that point into it.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/cursor.h"
#include "capture/frame.h"

namespace weir {

struct FormatOptions {
  uint16_t observationPoint = 0;
  uint32_t snapLength = UINT32_MAX;  // octets of a frame shown to decode
};

struct Parsed {
  enum Stop : uint8_t {
    full,     // out is full, or what follows must be read by another call
    starved,  // the next record needs `need` octets in the window
    damaged,  // the octets at window.at cannot be a record: damage() says why
  };
  size_t frames;
  Stop stop;
  size_t need;
};

// A link type met for the first time; pcap has one, pcapng one or more for each section.
struct LinkTypeSeen {
  uint32_t linkType;
  bool bigEndian;  // byte order of the writer
};

class FileFormat {
 public:
  virtual ~FileFormat() = default;
  // Frames from window.at on; advances it behind what was taken. With an empty out: only what precedes the next frame.
  virtual Parsed parse(Cursor& window, std::span<Frame> out) = 0;
  // Byte order of the writer of the frames that parse() gave last.
  virtual bool bigEndian() const = 0;
  // True when the input must not end here although window is empty.
  virtual bool insideRecord() const { return false; }
  // True once something but the magic was understood.
  virtual bool begun() const { return true; }
  const std::string& damage() const { return damage_; }
  std::vector<LinkTypeSeen> takeLinkTypes() { return std::exchange(linkTypes_, {}); }

 protected:
  Parsed damaged(size_t frames, std::string why) {
    damage_ = std::move(why);
    return {frames, Parsed::damaged, 0};
  }
  std::string damage_;
  std::vector<LinkTypeSeen> linkTypes_;
};

// Captured lengths above this are corruption: twice the snap length the file claims, at least 256 KiB, at most 128 MiB.
inline uint32_t largestRecord(uint32_t snapLength) {
  constexpr uint64_t kLeast = 256u << 10, kMost = 128u << 20;
  return static_cast<uint32_t>(std::max(kLeast, std::min(uint64_t{2} * snapLength, kMost)));
}

// Seconds and a fraction cannot pass this (the year 2262), so that timeouts may be added to any frame time.
inline constexpr uint64_t kLatestNs = INT64_MAX;

}  // namespace weir
