#include "decode/transport.h"

namespace weir {
namespace {

// The ports of every transport protocol that has them come first.
Outcome readPorts(const Slice& slice, Ports& ports) {
  if (!slice.has(4)) return missing(slice, 4, Outcome::truncatedTransport, Outcome::malformedTransport);
  ports = {slice.be16(0), slice.be16(2)};
  return Outcome::metered;
}

// Takes a header off. A first fragment may end inside it; the snap length may have cut it.
Outcome takeHeader(const Ip& ip, uint32_t header, Packet& packet) {
  Slice rest = ip.payload;
  if (!rest.had(header) && !ip.fragment) return Outcome::malformedTransport;
  const uint32_t captured = std::min(rest.captured, header);
  rest.at += captured;
  rest.captured -= captured;
  rest.wire -= std::min(rest.wire, header);
  setPayload(rest, packet);
  return Outcome::metered;
}

Outcome readTcp(const Ip& ip, Ports& ports, Packet& packet) {
  const Outcome outcome = readPorts(ip.payload, ports);
  if (outcome != Outcome::metered) return outcome;
  // Data offset out of sight: payload is told as if there were no options.
  if (!ip.payload.has(20)) return takeHeader(ip, 20, packet);
  packet.present |= hasTcp;
  const uint32_t header = readTcpHeader(ip.payload, packet);
  if (header < 20) return Outcome::malformedTransport;
  return takeHeader(ip, header, packet);
}

Outcome readUdp(const Ip& ip, Ports& ports, Packet& packet) {
  Outcome outcome = readPorts(ip.payload, ports);
  if (outcome != Outcome::metered) return outcome;
  outcome = takeHeader(ip, 8, packet);
  if (outcome != Outcome::metered || !ip.payload.has(6)) return outcome;
  const uint32_t length = ip.payload.be16(4);
  if (length == 0) return Outcome::metered;  // longer than 65,535 octets (RFC 2675 section 4)
  if (length < 8) return Outcome::malformedTransport;
  if (length - 8 < packet.payload) {  // octets behind the datagram are not its payload
    packet.payload = length - 8;
    packet.payloadCaptured = std::min(packet.payloadCaptured, packet.payload);
    if (packet.payloadCaptured == 0) packet.present &= static_cast<uint16_t>(~hasPayload);
  }
  return Outcome::metered;
}

Outcome readUdpLite(const Ip& ip, Ports& ports, Packet& packet) {
  const Outcome outcome = readPorts(ip.payload, ports);
  return outcome == Outcome::metered ? takeHeader(ip, 8, packet) : outcome;
}

Outcome readSctp(const Ip& ip, Ports& ports, Packet& packet) {
  const Outcome outcome = readPorts(ip.payload, ports);
  if (outcome != Outcome::metered) return outcome;
  constexpr uint8_t kInit = 1, kInitAck = 2;
  if (ip.payload.has(13)) {
    if (ip.payload.u8(12) == kInit) packet.present |= isRequest;
    if (ip.payload.u8(12) == kInitAck) packet.present |= isReply;
  }
  return takeHeader(ip, 12, packet);
}

Outcome readDccp(const Ip& ip, Ports& ports, Packet& packet) {
  const Outcome outcome = readPorts(ip.payload, ports);
  if (outcome != Outcome::metered) return outcome;
  const uint32_t header = ip.payload.has(5) ? ip.payload.u8(4) * 4u : 12;
  if (header < 12) return Outcome::malformedTransport;
  return takeHeader(ip, header, packet);
}

Outcome readIcmp(const Ip& ip, uint8_t request, uint8_t reply, Packet& packet) {
  if (!ip.payload.had(4)) return Outcome::malformedTransport;
  if (ip.payload.has(2)) {
    packet.present |= hasIcmp;
    packet.icmpType = ip.payload.u8(0);
    packet.icmpCode = ip.payload.u8(1);
    if (packet.icmpType == request) packet.present |= isRequest;
    if (packet.icmpType == reply) packet.present |= isReply;
  }
  // Eight octets in every message of RFC 792 and RFC 4443; shorter ones exist and have no payload.
  return takeHeader(ip, std::min(ip.payload.wire, 8u), packet);
}

Outcome readEsp(const Ip& ip, Packet& packet) {
  if (ip.payload.has(4)) {
    packet.present |= hasSpi;
    packet.spi = ip.payload.be32(0);
  }
  return takeHeader(ip, 8, packet);
}

}  // namespace

void readSynOptions(const uint8_t* options, uint32_t size, Packet& packet) {
  constexpr uint8_t kEnd = 0, kNoOperation = 1, kMss = 2, kWindowScale = 3;
  for (uint32_t i = 0; i < size && options[i] != kEnd;) {
    if (options[i] == kNoOperation) {
      ++i;
      continue;
    }
    if (i + 2 > size) return;
    const uint32_t length = options[i + 1];
    if (length < 2 || i + length > size) return;
    if (options[i] == kMss && length == 4) packet.mss = loadBe16(options + i + 2);
    if (options[i] == kWindowScale && length == 3) packet.windowScale = std::min<uint8_t>(options[i + 2], 14);
    i += length;
  }
}

Outcome readTransport(const Ip& ip, Ports& ports, Packet& packet) {
  clearTransport(packet);
  if (ip.hasSpi) {
    packet.present |= hasSpi;
    packet.spi = ip.spi;
  }
  switch (ip.protocol) {
    case kProtocolTcp: return readTcp(ip, ports, packet);
    case kProtocolUdp: return readUdp(ip, ports, packet);
    case kProtocolUdpLite: return readUdpLite(ip, ports, packet);
    case kProtocolSctp: return readSctp(ip, ports, packet);
    case kProtocolDccp: return readDccp(ip, ports, packet);
    case kProtocolIcmp: return readIcmp(ip, 8, 0, packet);
    case kProtocolIcmp6: return readIcmp(ip, 128, 129, packet);
    case kProtocolEsp: return readEsp(ip, packet);
    default: setPayload(ip.payload, packet); return Outcome::metered;
  }
}

}  // namespace weir
