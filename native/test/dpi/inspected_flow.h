// A flow as the cache would hold it, fed with frames that tests build. Tests only.
#pragma once

#include <string_view>

#include "decode/decoder.h"
#include "dpi/dpi.h"
#include "frame_builder.h"

namespace weir::test {

inline DpiOptions dpiOptions(uint32_t needs) {
  DpiOptions options;
  options.needs = needs;
  return options;
}

inline std::vector<uint8_t> bytesOf(std::string_view text) { return {text.begin(), text.end()}; }

class InspectedFlow {
 public:
  static constexpr const char* kClient = "10.0.0.9";
  static constexpr const char* kServer = "10.0.0.2";  // the lower one: the client is endpoint 1 of the key

  explicit InspectedFlow(FlowInspector& inspector, uint16_t serverPort = 80, uint16_t clientPort = 40000)
      : inspector_(inspector), ports_{clientPort, serverPort} {}

  void tcp(unsigned side, uint8_t flags, std::string_view payload = {}) {
    FrameBuilder builder = tcpBuilder(side, flags);
    feed(builder.append(bytesOf(payload)).frame(now_ += 1'000'000), side);
    next_[side] += static_cast<uint32_t>(payload.size()) + ((flags & (kSyn | kFin)) != 0 ? 1 : 0);
  }
  void handshake() {
    tcp(0, kSyn);
    tcp(1, kSyn | kAck);
    tcp(0, kAck);
  }
  void udp(unsigned side, std::string_view payload) {
    FrameBuilder builder;
    builder.ethernet().ip4(ip(side), ip(1 - side)).udp(ports_[side], ports_[1 - side]).append(bytesOf(payload));
    feed(builder.frame(now_ += 1'000'000), side);
  }
  FrameBuilder tcpBuilder(unsigned side, uint8_t flags) {
    FrameBuilder builder;
    TcpOptions options;
    options.sequence = next_[side];
    options.acknowledgment = next_[1 - side];
    builder.ethernet().ip4(ip(side), ip(1 - side)).tcp(ports_[side], ports_[1 - side], flags, options);
    return builder;
  }
  // False when decode does not meter it.
  bool feed(const Frame& frame, unsigned side) {
    Packet packet;
    if (decoder_.decode(frame, packet) != Outcome::metered) return false;
    give(packet, side);
    return true;
  }
  void give(const Packet& packet, unsigned side) {
    hot.key = packet.key;
    hot.packets[side] += packet.wirePackets;
    hot.octets[side] += packet.octets;
    hot.endNs = packet.ns;
    if ((application.flags & kSettled) == 0) inspector_.packet(application, hot, packet, side);
  }
  void update() { inspector_.update(application, hot); }
  void settle() { inspector_.settle(application, hot); }
  void forget() { inspector_.forget(application); }
  bool settled() const { return (application.flags & kSettled) != 0; }
  std::string_view text(Fact fact) const { return facts::find(inspector_.facts(application), fact); }
  uint64_t number(Fact fact) const { return facts::number(inspector_.facts(application), fact); }

  FlowHot hot{};
  FlowApplication application{};

 private:
  static const char* ip(unsigned side) { return side == 0 ? kClient : kServer; }

  FlowInspector& inspector_;
  Decoder decoder_{DecoderOptions{}};
  uint16_t ports_[2];
  uint32_t next_[2] = {1000, 5000};
  uint64_t now_ = 1'700'000'000'000'000'000;
};

}  // namespace weir::test
