#include "capture/pcapng.h"

#include <bit>
#include <cstring>

namespace weir {

namespace {

constexpr uint32_t kByteOrder = 0x1a2b3c4d;
enum BlockType : uint32_t {
  interfaceBlock = 1,
  obsoletePacketBlock = 2,
  simplePacketBlock = 3,
  enhancedPacketBlock = 6,
  sectionBlock = kPcapngMagic,
};
enum Option : uint16_t { endOfOptions = 0, packetFlags = 2, timeResolution = 9, timeOffset = 14 };
constexpr uint8_t kDefaultResolution = 6;         // microseconds
constexpr size_t kBlockHead = 8, kBlockTail = 4;  // type and length; the length again
constexpr size_t kPacketHead = 28;                // block head, then interface, time and lengths
constexpr size_t kSimpleHead = 12;                // block head and the length on the wire
constexpr size_t kMostOptions = 1u << 20;         // octets of options a packet block may have
constexpr size_t kMostDescription = 1u << 20;     // section and interface blocks
constexpr size_t kMostInterfaces = 1u << 16;      // of one section

struct Interface {
  LinkType linkType;
  uint32_t snapLength;
  uint32_t limit;
  uint8_t resolution = kDefaultResolution;
  int64_t offset = 0;
  bool plain = true;      // ns = units * factor
  uint64_t factor = 1000;
};

class Pcapng final : public FileFormat {
 public:
  explicit Pcapng(const FormatOptions& options) : options_(options) {}
  Parsed parse(Cursor& window, std::span<Frame> out) override;
  bool bigEndian() const override { return swapped_ != (std::endian::native == std::endian::big); }
  bool insideRecord() const override { return skipping_ != 0; }
  bool begun() const override { return sections_ != 0; }

 private:
  enum Step : uint8_t { taken, frameMade, outFull, starved, broken };
  template <bool Swapped>
  Parsed parseSection(Cursor& window, std::span<Frame> out);
  template <bool Swapped>
  Step block(Cursor& window, std::span<Frame> out, size_t frames);
  template <bool Swapped>
  Step packet(Cursor& window, uint32_t type, size_t total, Frame& frame);
  template <bool Swapped>
  Step simplePacket(Cursor& window, size_t total, Frame& frame);
  template <bool Swapped>
  Step whole(const Cursor& window, size_t total);
  template <bool Swapped>
  FrameDirection direction(Cursor options) const;
  template <bool Swapped, typename Visit>
  void eachOption(Cursor options, Visit visit) const;
  template <bool Swapped>
  Step interface(Cursor& window, size_t total);
  template <bool Swapped>
  Step skipBlock(Cursor& window, size_t total);
  Step section(Cursor& window);
  Step skip(Cursor& window);
  Step wants(size_t need) {
    need_ = need;
    return starved;
  }
  Step breaks(std::string why) {
    damage_ = std::move(why);
    return broken;
  }
  uint64_t timeNs(const Interface& interface, uint64_t units) const;

  const FormatOptions options_;
  std::vector<Interface> interfaces_;  // of this section
  uint64_t sections_ = 0;
  bool swapped_ = false;
  size_t need_ = 0;
  uint64_t skipping_ = 0;      // octets left of a block that is skipped, its last length included
  uint32_t skippedTotal_ = 0;
  uint64_t lastNs_ = 0;        // simple packet blocks have no time: they take the previous frame's
};

template <bool Swapped>
uint32_t u32(const uint8_t* at) {
  uint32_t value;
  std::memcpy(&value, at, 4);
  return Swapped ? __builtin_bswap32(value) : value;
}
template <bool Swapped>
uint16_t u16(const uint8_t* at) {
  uint16_t value;
  std::memcpy(&value, at, 2);
  return Swapped ? __builtin_bswap16(value) : value;
}
template <bool Swapped>
int64_t i64(const uint8_t* at) {
  uint64_t value;
  std::memcpy(&value, at, 8);
  return static_cast<int64_t>(Swapped ? __builtin_bswap64(value) : value);
}

size_t padded(size_t count) { return (count + 3) & ~size_t{3}; }

Parsed Pcapng::parse(Cursor& window, std::span<Frame> out) {
  size_t frames = 0;
  // A new section may change the byte order; it is entered only with no frames of the previous one in hand.
  for (;;) {
    Parsed parsed = swapped_ ? parseSection<true>(window, out) : parseSection<false>(window, out);
    frames = parsed.frames;
    if (parsed.stop != Parsed::full || frames != 0 || !window.has(kBlockHead)) return parsed;
    if (u32<false>(window.at) != sectionBlock || skipping_ != 0) return parsed;
    const Step step = section(window);
    if (step == broken) return {0, Parsed::damaged, 0};
    if (step == starved) return {0, Parsed::starved, need_};
  }
}

// Up to the next section header; `full` in front of it.
template <bool Swapped>
Parsed Pcapng::parseSection(Cursor& window, std::span<Frame> out) {
  size_t frames = 0;
  for (;;) {
    const Step step = block<Swapped>(window, out, frames);
    if (step == frameMade) frames++;
    if (step == outFull) return {frames, Parsed::full, 0};
    if (step == starved) return {frames, Parsed::starved, need_};
    if (step == broken) return {frames, Parsed::damaged, 0};
  }
}

template <bool Swapped>
Pcapng::Step Pcapng::block(Cursor& window, std::span<Frame> out, size_t frames) {
  if (skipping_ != 0) return skip(window);
  if (!window.has(kBlockHead)) return wants(kBlockHead);
  const uint32_t type = u32<Swapped>(window.at);
  if (type == sectionBlock) return outFull;
  const size_t total = u32<Swapped>(window.at + 4);
  if (total < kBlockHead + kBlockTail || total % 4 != 0) {
    return breaks("a block claims a length of " + std::to_string(total) + " octets");
  }
  if (type == interfaceBlock) return interface<Swapped>(window, total);
  const bool isPacket = type == enhancedPacketBlock || type == obsoletePacketBlock;
  if (!isPacket && type != simplePacketBlock) return skipBlock<Swapped>(window, total);
  if (frames == out.size()) return outFull;
  if (isPacket) return packet<Swapped>(window, type, total, out[frames]);
  return simplePacket<Swapped>(window, total, out[frames]);
}

// The whole block is in the window and its two lengths agree.
template <bool Swapped>
Pcapng::Step Pcapng::whole(const Cursor& window, size_t total) {
  if (!window.has(total)) return wants(total);
  if (u32<Swapped>(window.at + total - kBlockTail) != total) {
    return breaks("the lengths at both ends of a block of " + std::to_string(total) + " octets differ");
  }
  return taken;
}

template <bool Swapped>
Pcapng::Step Pcapng::packet(Cursor& window, uint32_t type, size_t total, Frame& frame) {
  if (total < kPacketHead + kBlockTail) return breaks("a packet block of " + std::to_string(total) + " octets");
  if (!window.has(kPacketHead)) return wants(kPacketHead);
  const uint8_t* at = window.at;
  const bool enhanced = type == enhancedPacketBlock;
  const uint32_t index = enhanced ? u32<Swapped>(at + 8) : u16<Swapped>(at + 8);
  if (index >= interfaces_.size()) [[unlikely]] {
    return breaks("a packet names interface " + std::to_string(index) + " of " + std::to_string(interfaces_.size()));
  }
  const Interface& interface = interfaces_[index];
  const uint32_t captured = u32<Swapped>(at + 20), wire = u32<Swapped>(at + 24);
  const size_t room = total - kPacketHead - kBlockTail;
  if (captured > interface.limit || captured > room || room - captured > kMostOptions) [[unlikely]] {
    return breaks("a packet block of " + std::to_string(total) + " octets claims " + std::to_string(captured) +
                  " captured octets");
  }
  if (const Step step = whole<Swapped>(window, total); step != taken) return step;
  const uint64_t units = uint64_t{u32<Swapped>(at + 12)} << 32 | u32<Swapped>(at + 16);
  frame = Frame{};
  frame.data = at + kPacketHead;
  frame.captured = std::min(captured, options_.snapLength);
  frame.wire = std::max(captured, wire);
  frame.ns = lastNs_ = timeNs(interface, units);
  frame.linkType = interface.linkType;
  frame.observationPoint = options_.observationPoint;
  const size_t data = padded(captured);
  if (room > data) frame.direction = direction<Swapped>(Cursor(at + kPacketHead + data, room - data));
  window.skip(total);
  __builtin_prefetch(window.at + 4 * total);
  __builtin_prefetch(window.at + 4 * total + 64);
  return frameMade;
}

template <bool Swapped>
Pcapng::Step Pcapng::simplePacket(Cursor& window, size_t total, Frame& frame) {
  if (total < kSimpleHead + kBlockTail) return breaks("a simple packet block of " + std::to_string(total) + " octets");
  if (interfaces_.empty()) return breaks("a simple packet block without an interface");
  if (!window.has(kSimpleHead)) return wants(kSimpleHead);
  const Interface& interface = interfaces_.front();
  const uint32_t wire = u32<Swapped>(window.at + 8);
  const size_t room = total - kSimpleHead - kBlockTail;
  const uint32_t kept = interface.snapLength == 0 ? wire : std::min(wire, interface.snapLength);
  // The captured length is not in the block: it follows from the others.
  const auto captured = static_cast<uint32_t>(std::min<size_t>(kept, room));
  if (captured > interface.limit || room - captured > kMostOptions) {
    return breaks("a simple packet block of " + std::to_string(total) + " octets");
  }
  if (const Step step = whole<Swapped>(window, total); step != taken) return step;
  frame = Frame{};
  frame.data = window.at + kSimpleHead;
  frame.captured = std::min(captured, options_.snapLength);
  frame.wire = wire;
  frame.ns = lastNs_;
  frame.linkType = interface.linkType;
  frame.observationPoint = options_.observationPoint;
  window.skip(total);
  return frameMade;
}

// Options that run past their block end the list: they are no reason to lose the frame.
template <bool Swapped, typename Visit>
void Pcapng::eachOption(Cursor options, Visit visit) const {
  while (options.has(4)) {
    const uint16_t code = u16<Swapped>(options.at);
    const uint16_t length = u16<Swapped>(options.at + 2);
    options.skip(4);
    if (code == endOfOptions || !options.has(length)) return;
    visit(code, options.at, length);
    options.skip(std::min(padded(length), options.left()));
  }
}

// epb_flags and pack_flags: bits 0-1 are 01 inbound, 10 outbound.
template <bool Swapped>
FrameDirection Pcapng::direction(Cursor options) const {
  FrameDirection found = FrameDirection::unknown;
  eachOption<Swapped>(options, [&found](uint16_t code, const uint8_t* value, uint16_t length) {
    if (code != packetFlags || length != 4) return;
    const uint32_t bits = u32<Swapped>(value) & 3;
    found = bits == 1 ? FrameDirection::received : bits == 2 ? FrameDirection::sent : FrameDirection::unknown;
  });
  return found;
}

template <bool Swapped>
Pcapng::Step Pcapng::interface(Cursor& window, size_t total) {
  constexpr size_t kHead = 16;
  if (total < kHead + kBlockTail || total > kMostDescription || interfaces_.size() == kMostInterfaces) {
    return breaks("an interface block of " + std::to_string(total) + " octets, number " +
                  std::to_string(interfaces_.size()));
  }
  if (const Step step = whole<Swapped>(window, total); step != taken) return step;
  Interface interface;
  const uint16_t linkType = u16<Swapped>(window.at + 8);
  interface.linkType = static_cast<LinkType>(linkType);
  interface.snapLength = u32<Swapped>(window.at + 12);
  interface.limit = largestRecord(interface.snapLength);
  eachOption<Swapped>(Cursor(window.at + kHead, total - kHead - kBlockTail),
                      [&interface](uint16_t code, const uint8_t* value, uint16_t length) {
                        if (code == timeResolution && length == 1) interface.resolution = *value;
                        if (code == timeOffset && length == 8) interface.offset = i64<Swapped>(value);
                      });
  interface.plain = interface.resolution <= 9 && interface.offset == 0;
  interface.factor = 1;
  for (uint8_t i = interface.resolution; i < 9; i++) interface.factor *= 10;
  interfaces_.push_back(interface);
  linkTypes_.push_back({linkType, bigEndian()});
  window.skip(total);
  return taken;
}

// Skipped blocks may be of any size: they pass through the window piece by piece.
template <bool Swapped>
Pcapng::Step Pcapng::skipBlock(Cursor& window, size_t total) {
  skippedTotal_ = static_cast<uint32_t>(total);
  skipping_ = total - kBlockHead;
  window.skip(kBlockHead);
  return taken;
}

Pcapng::Step Pcapng::skip(Cursor& window) {
  const uint64_t body = skipping_ - kBlockTail;
  const uint64_t step = std::min<uint64_t>(body, window.left());
  window.skip(step);
  skipping_ -= step;
  if (skipping_ > kBlockTail) return wants(1);
  if (!window.has(kBlockTail)) return wants(kBlockTail);
  const uint32_t tail = swapped_ ? u32<true>(window.at) : u32<false>(window.at);
  if (tail != skippedTotal_) {
    return breaks("the lengths at both ends of a block of " + std::to_string(skippedTotal_) + " octets differ");
  }
  window.skip(kBlockTail);
  skipping_ = 0;
  return taken;
}

Pcapng::Step Pcapng::section(Cursor& window) {
  constexpr size_t kHead = 24;
  if (!window.has(kHead)) return wants(kHead);
  const uint32_t order = u32<false>(window.at + 8);
  if (order != kByteOrder && order != __builtin_bswap32(kByteOrder)) return breaks("a section has no byte-order magic");
  const bool swapped = order != kByteOrder;
  const size_t total = swapped ? u32<true>(window.at + 4) : u32<false>(window.at + 4);
  const unsigned major = swapped ? u16<true>(window.at + 12) : u16<false>(window.at + 12);
  if (total < kHead + kBlockTail || total % 4 != 0 || total > kMostDescription) {
    return breaks("a section header claims a length of " + std::to_string(total) + " octets");
  }
  if (major != 1) return breaks("a section is of pcapng version " + std::to_string(major));
  const Step step = swapped ? whole<true>(window, total) : whole<false>(window, total);
  if (step != taken) return step;
  swapped_ = swapped;
  interfaces_.clear();
  sections_++;
  window.skip(total);
  return taken;
}

uint64_t Pcapng::timeNs(const Interface& interface, uint64_t units) const {
  uint64_t ns;
  if (interface.plain && !__builtin_mul_overflow(units, interface.factor, &ns) && ns <= kLatestNs) [[likely]] return ns;
  return pcapngTimeNs(units, interface.resolution, interface.offset);
}

}  // namespace

std::unique_ptr<FileFormat> makePcapng(const FormatOptions& options) { return std::make_unique<Pcapng>(options); }

}  // namespace weir
