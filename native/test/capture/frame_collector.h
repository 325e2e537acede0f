// Opens and reads a live source for tests: until a number of frames came, or until it has been quiet.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/cursor.h"
#include "base/error.h"
#include "capture/af_packet.h"
#include "wire.h"

namespace weir {

inline PacketSourceOptions watching(const std::string& interface) {
  PacketSourceOptions options;
  options.interface = interface;
  options.ringBytes = 4u << 20;
  return options;
}

inline std::unique_ptr<FrameSource> opened(const PacketSourceOptions& options) {
  auto source = makePacketSource(options);
  source->open();
  return source;
}

// Code of the Error that the action throws, empty when it throws none.
inline std::string codeOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  return "";
}

struct CollectedFrame {
  Frame frame;  // data is not valid any more
  wire::Bytes data;

  uint16_t etherType() const { return data.size() < 14 ? 0 : loadBe16(&data[12]); }
  // IPv4 without options behind an Ethernet header.
  bool isIp4(uint8_t protocol) const { return etherType() == 0x0800 && data.size() >= 34 && data[23] == protocol; }
  uint16_t destinationPort() const { return data.size() < 38 ? 0 : loadBe16(&data[36]); }
};

using Collected = std::vector<CollectedFrame>;

// Waits in steps of waitMs (longer than the kernel keeps a block that is not full), `rounds` of them without a frame
// at most; ends as soon as `enough` frames are there.
inline void collect(FrameSource& source, Collected& into, size_t enough, int rounds = 60, int waitMs = 50) {
  std::array<Frame, 64> burst;
  for (int quiet = 0; quiet < rounds && into.size() < enough;) {
    const size_t count = source.read(burst, waitMs);
    for (const Frame& frame : std::span(burst).first(count)) {
      into.push_back({frame, wire::Bytes(frame.data, frame.data + frame.captured)});
    }
    quiet = count == 0 ? quiet + 1 : 0;
  }
}

// `enough` frames, and whatever more comes within two rounds: for exact counts.
inline Collected collectAll(FrameSource& source, size_t enough) {
  Collected frames;
  collect(source, frames, enough);
  collect(source, frames, SIZE_MAX, 2);
  return frames;
}

// Reads (frames are dropped) until done() holds; false when it did not within the rounds.
inline bool readUntil(FrameSource& source, const std::function<bool()>& done, int rounds = 200) {
  std::array<Frame, 64> burst;
  for (int i = 0; i < rounds; i++) {
    if (done()) return true;
    source.read(burst, 20);
  }
  return done();
}

inline bool contains(const std::vector<FrameSource::Notice>& notices, const std::string& text) {
  for (const FrameSource::Notice& notice : notices) {
    if (notice.text.find(text) != std::string::npos) return true;
  }
  return false;
}

}  // namespace weir
