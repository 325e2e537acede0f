// Frames of flows that have something inside, which weir's own parsers read without libndpi, and flows metered with a
// FlowInspector. Tests only.
#pragma once

#include <string>
#include <string_view>

#include "decode/decoder.h"
#include "dpi/dpi.h"
#include "frame_builder.h"
#include "metering/packet_builder.h"

namespace weir::test {

inline FrameBuilder& text(FrameBuilder& builder, std::string_view octets) {
  return builder.append({octets.begin(), octets.end()});
}

// A query for the A record of NAME.example, from that port of 10.0.0.9 to 10.0.0.2.
inline FrameBuilder dnsQuery(uint16_t port, const std::string& name) {
  FrameBuilder builder;
  builder.ethernet().ip4("10.0.0.9", "10.0.0.2").udp(port, 53);
  builder.raw({0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}).u8(static_cast<uint8_t>(name.size()));
  text(text(builder, name), "\7example").raw({0, 0, 1, 0, 1});
  return builder;
}

inline FrameBuilder httpSegment(bool fromClient, uint32_t sequence, std::string_view payload) {
  FrameBuilder builder;
  const char* const client = "10.0.0.9";
  const char* const server = "10.0.0.2";
  builder.ethernet().ip4(fromClient ? client : server, fromClient ? server : client);
  builder.tcp(fromClient ? 40000 : 80, fromClient ? 80 : 40000, kAck | kPush, {.sequence = sequence, .acknowledgment = 1u});
  text(builder, payload);
  return builder;
}

inline FrameBuilder httpRequest() {
  return httpSegment(true, 1, "GET /index HTTP/1.1\r\nHost: www.example\r\nUser-Agent: weir\r\n\r\n");
}

inline std::vector<uint8_t> octetsOf(FrameBuilder& builder) {
  const Frame frame = builder.frame();
  return {frame.data, frame.data + frame.captured};
}

inline DpiOptions inspecting(uint32_t needs) {
  DpiOptions options;
  options.needs = needs;
  options.states = 4096;
  return options;
}

// A cache whose flows are looked into, fed with frames.
struct InspectedCache {
  explicit InspectedCache(const DpiOptions& dpi, FlowCacheOptions options = CacheFixture::smallOptions())
      : engine(dpi), inspector(engine), fixture(with(options, dpi.needs)) {}

  FlowCacheOptions with(FlowCacheOptions options, uint32_t needs) {
    options.needs |= needs;
    options.inspector = &inspector;
    return options;
  }
  void add(FrameBuilder builder, uint64_t ns) {
    Packet packet;
    if (decoder.decode(builder.frame(ns), packet) == Outcome::metered) fixture.add(packet);
  }
  FlowCache& cache() { return fixture.cache; }
  std::vector<KeptRecord>& records() { return fixture.records(); }
  // All that is kept for flows was given back.
  bool keepsNothing() {
    return inspector.counters().states.get() == 0 && inspector.counters().factsOctets.get() == 0;
  }

  DpiEngine engine;
  FlowInspector inspector;
  CacheFixture fixture;
  Decoder decoder{DecoderOptions{}};
};

}  // namespace weir::test
