#include "capture/pcap_records.h"

#include <bit>
#include <cstring>

namespace weir {

namespace {

constexpr uint32_t kMicroseconds = 0xa1b2c3d4, kNanoseconds = 0xa1b23c4d;
constexpr uint32_t kModified = 0xa1b2cd34;  // Alexey Kuznetzov's: 8 more octets a record
constexpr uint8_t kPacketOutgoing = 4;      // linux/if_packet.h
constexpr size_t kRecordHeader = 16;

uint32_t load32(const uint8_t* at, bool swapped) {
  uint32_t value;
  std::memcpy(&value, at, 4);
  return swapped ? __builtin_bswap32(value) : value;
}

// What the file header says, beyond the template parameters.
struct PcapHeader {
  bool bigEndian = false;
  uint32_t limit = 0;      // largest captured length taken for real
  bool modified = false;
  uint32_t minor = 4;      // before 2.3 the two lengths were in the other order, in 2.3 some writers had them so
};

// Odd: the variants nobody writes any more, decided at run time.
template <bool Swapped, bool Nanos, bool Odd>
class PcapRecords final : public FileFormat {
 public:
  PcapRecords(const PcapHeader& header, LinkType linkType, const FormatOptions& options)
      : header_(header), snapLength_(options.snapLength) {
    frame_.linkType = linkType;
    frame_.observationPoint = options.observationPoint;
    linkTypes_.push_back({static_cast<uint32_t>(linkType), header.bigEndian});
  }

  bool bigEndian() const override { return header_.bigEndian; }
  Parsed parse(Cursor& window, std::span<Frame> out) override;

 private:
  size_t headerSize() const { return Odd && header_.modified ? kRecordHeader + 8 : kRecordHeader; }

  const PcapHeader header_;
  const uint32_t snapLength_;
  Frame frame_{};  // what all frames share
};

template <bool Swapped, bool Nanos, bool Odd>
Parsed PcapRecords<Swapped, Nanos, Odd>::parse(Cursor& window, std::span<Frame> out) {
  // Copies in registers: the frames written could alias members for all the compiler knows.
  const uint8_t* at = window.at;
  const uint8_t* const end = window.end;
  Frame* frame = out.data();
  Frame* const last = frame + out.size();
  const uint32_t limit = header_.limit, snapLength = snapLength_;
  const size_t skip = headerSize();
  const Frame shared = frame_;
  size_t need = 0;
  for (; frame != last; frame++) {
    const auto left = static_cast<size_t>(end - at);
    if (left < skip) [[unlikely]] {
      need = skip;
      break;
    }
    uint32_t captured = load32(at + 8, Swapped), wire = load32(at + 12, Swapped);
    if (Odd && (header_.minor < 3 || (header_.minor == 3 && captured > wire))) std::swap(captured, wire);
    if (captured > limit || captured > left - skip) [[unlikely]] {
      need = skip + captured;
      break;
    }
    // A fraction past its second is a lie; the second may still be right.
    const uint64_t fraction = std::min(load32(at + 4, Swapped), Nanos ? 999'999'999u : 999'999u);
    *frame = shared;
    frame->data = at + skip;
    frame->captured = std::min(captured, snapLength);
    frame->wire = std::max(captured, wire);
    frame->ns = load32(at, Swapped) * uint64_t{1'000'000'000} + (Nanos ? fraction : fraction * 1000);
    if (Odd && header_.modified) {
      frame->direction = at[22] == kPacketOutgoing ? FrameDirection::sent : FrameDirection::received;
    }
    at += skip + captured;
    // Frames of a bulk transfer are of one size: a good guess at the headers that no linear prefetcher finds.
    __builtin_prefetch(at + 4 * (skip + captured));
    __builtin_prefetch(at + 4 * (skip + captured) + 64);
  }
  window.at = at;
  const auto frames = static_cast<size_t>(frame - out.data());
  if (frame == last) return {frames, Parsed::full, 0};
  if (need > skip + limit) {
    return damaged(frames, "a record claims " + std::to_string(need - skip) + " captured octets");
  }
  return {frames, Parsed::starved, need};
}

template <bool Swapped>
std::unique_ptr<FileFormat> make(const PcapHeader& header, LinkType linkType, bool nanos,
                                 const FormatOptions& options) {
  if (header.modified || header.minor < 4) {
    if (nanos) return std::make_unique<PcapRecords<Swapped, true, true>>(header, linkType, options);
    return std::make_unique<PcapRecords<Swapped, false, true>>(header, linkType, options);
  }
  if (nanos) return std::make_unique<PcapRecords<Swapped, true, false>>(header, linkType, options);
  return std::make_unique<PcapRecords<Swapped, false, false>>(header, linkType, options);
}

}  // namespace

std::unique_ptr<FileFormat> makePcapRecords(const uint8_t* header, const FormatOptions& options) {
  for (const bool swapped : {false, true}) {
    const uint32_t magic = load32(header, swapped);
    if (magic != kMicroseconds && magic != kNanoseconds && magic != kModified) continue;
    PcapHeader parsed;
    parsed.bigEndian = swapped != (std::endian::native == std::endian::big);
    parsed.limit = largestRecord(load32(header + 16, swapped));
    parsed.modified = magic == kModified;
    uint16_t minor;
    std::memcpy(&minor, header + 6, 2);
    parsed.minor = swapped ? __builtin_bswap16(minor) : minor;
    // The upper bits are the FCS length and its flag.
    const auto linkType = static_cast<LinkType>(load32(header + 20, swapped) & 0xffff);
    const bool nanos = magic == kNanoseconds;
    return swapped ? make<true>(parsed, linkType, nanos, options) : make<false>(parsed, linkType, nanos, options);
  }
  return nullptr;
}

}  // namespace weir
