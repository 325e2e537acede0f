// libFuzzer: octets -> one parser by its number, or packets of a few flows (TCP in any order, UDP, fragments, cut ones)
// -> decoder -> FactCollector and, with libndpi, FlowInspector. Whatever the octets are, facts stay bounded and
// well-formed, nothing is found behind complete(), and each state of the inspector goes back to its pool.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "base/cursor.h"
#include "base/utf8.h"
#include "decode/decoder.h"
#include "dpi/dpi.h"
#include "dpi/dtls.h"
#include "dpi/fact_collector.h"
#include "dpi/parsers.h"
#include "dpi/quic.h"

namespace {

using namespace weir;

constexpr size_t kFlows = 4;          // the first two TCP, the others UDP
constexpr size_t kPacketHeader = 8;   // flow and switches, ports, sequence (2), length (2), TCP flags, time
constexpr uint16_t kPorts[] = {443, 80, 53, 22, 67, 5353, 5355, 25, 3128, 3478, 8080, 137, 53000, 143, 1080, 5222};
constexpr uint32_t kNeeds[] = {kApplicationNeeds, kFactNeeds, kNdpiNeeds, needsTls, needsDns | needsLabel,
                               needsHttp | needsLabel, needsSsh | needsDhcp | needsRisk, 0};

void require(bool holds) {
  if (!holds) std::abort();
}

bool isNumber(Fact fact) {
  static constexpr Fact kNumbers[] = {
      Fact::tlsVersion, Fact::tlsCipher, Fact::tlsEch, Fact::tlsCertificateNotBefore, Fact::tlsCertificateNotAfter,
      Fact::tlsCertificateSelfSigned, Fact::quicVersion, Fact::dnsQueryType, Fact::dnsQueryId, Fact::dnsReplyCode,
      Fact::dnsAnswers, Fact::dnsFirstTtl, Fact::dnsLatencyUs, Fact::httpStatus, Fact::dhcpMessageType};
  return std::find(std::begin(kNumbers), std::end(kNumbers), fact) != std::end(kNumbers);
}

void checkFacts(std::span<const uint8_t> octets) {
  require(octets.size() <= facts::kCapacity);
  for (size_t i = 1; i < kFacts; i++) {
    const auto fact = static_cast<Fact>(i);
    const std::string_view stored = facts::find(octets, fact);
    if (stored.empty()) continue;
    if (isNumber(fact)) {
      require(stored.size() == sizeof(uint64_t));
    } else if (fact == Fact::dhcpClientMac) {
      require(stored.size() == 6);
    } else if (fact == Fact::dhcpClientAddress) {
      require(stored.size() == 4);
    } else {
      require(stored.size() <= facts::kLongestText);
      require(utf8::wellFormedPrefix(reinterpret_cast<const uint8_t*>(stored.data()), stored.size()) == stored.size());
    }
  }
}

// Two parts of the input, as two datagrams where a parser keeps something between them.
ParseResult parse(unsigned parser, Octets first, Octets second, FactBuffer& facts) {
  switch (parser) {
    case 0: return looksLikeTls(first) ? parseTlsClient(first, facts) : parseTlsServer(first, facts);
    case 1: return parseTlsServer(first, facts);
    case 2: return parseClientHello(first, 'q', facts);
    case 3: return parseServerHello(first, facts);
    case 4: return looksLikeDns(first) ? parseDnsResponse(first, facts) : parseDnsQuery(first, facts);
    case 5: return parseDnsResponse(first, facts);
    case 6: return looksLikeHttpRequest(first) ? parseHttpRequest(first, facts) : parseHttpResponse(first, facts);
    case 7: return parseHttpRequest(first, facts);
    case 8: return parseSsh(first, second.empty(), facts);
    case 9: return parseDhcp(first, facts);
    case 10: {
      DtlsMessages client, server;
      parseDtlsClient(first, client, facts);
      parseDtlsServer(second, server, facts);
      parseDtlsServer(first, server, facts);
      return {};
    }
    default: {
      auto crypto = std::make_unique<QuicCrypto>();
      parseQuicClient(first, *crypto, facts);
      parseQuicClient(second, *crypto, facts);
      parseQuicServer(first, *crypto, facts);
      return {};
    }
  }
}

void runParser(const uint8_t* data, size_t size) {
  if (size < 3) return;
  const size_t split = std::min<size_t>(loadBe16(data + 1), size - 3);
  // Copies of their own size, so that AddressSanitizer sees every octet read behind them.
  const std::vector<uint8_t> first(data + 3, data + 3 + (split == 0 ? size - 3 : split));
  const std::vector<uint8_t> second(split == 0 ? data + size : data + 3 + split, data + size);
  FactBuffer facts;
  const ParseResult result = parse(data[0] % 12u, first, second, facts);
  require(result.state != Parse::more || result.wanted == 0 || result.wanted > first.size());
  checkFacts(facts.octets());
}

// An IPv4 packet around the payload.
std::vector<uint8_t> packetOctets(const uint8_t* header, const uint8_t* payload, size_t size) {
  const unsigned flow = header[0] % kFlows;
  const bool tcp = flow < 2, reverse = (header[0] & 4) != 0;
  const size_t transport = tcp ? 20 : 8;
  std::vector<uint8_t> octets(20 + transport + size);
  const auto put16 = [&](size_t at, size_t value) {
    octets[at] = static_cast<uint8_t>(value >> 8);
    octets[at + 1] = static_cast<uint8_t>(value);
  };
  octets[0] = 0x45;
  put16(2, octets.size());
  put16(6, (header[0] & 0x30) == 0x30 ? 0x2000 : (header[0] & 0x30) == 0x20 ? 0x00b9 : 0);  // fragments
  octets[8] = 64;
  octets[9] = tcp ? 6 : 17;
  const bool multicast = (header[0] & 8) != 0 && !tcp;
  const uint8_t client[4] = {10, 0, 0, static_cast<uint8_t>(1 + flow)};
  const uint8_t server[4] = {static_cast<uint8_t>(multicast ? 224 : 192), 0, 2, static_cast<uint8_t>(1 + flow)};
  std::memcpy(octets.data() + 12, reverse ? server : client, 4);
  std::memcpy(octets.data() + 16, reverse ? client : server, 4);
  const uint16_t serverPort = kPorts[header[1] & 15];
  const auto clientPort = static_cast<uint16_t>((header[1] & 16) != 0 ? serverPort : 40000 + flow);
  put16(20, reverse ? serverPort : clientPort);
  put16(22, reverse ? clientPort : serverPort);
  if (tcp) {
    put16(24, reverse ? 7 : 0xffff);  // the client's numbers wrap
    put16(26, static_cast<uint16_t>(0xf000 + loadBe16(header + 2)));
    put16(28, reverse ? 0xffff : 7);
    put16(30, static_cast<uint16_t>(0xf000 + (header[7] & 0xf0) * 16));
    octets[32] = 0x50;
    octets[33] = header[6];
  } else {
    put16(24, 8 + size);
  }
  if (size != 0) std::memcpy(octets.data() + 20 + transport, payload, size);
  return octets;
}

struct Flow {
  bool begun = false;
  unsigned source = 0;
  FlowHot hot{};
  FlowApplication application{};
  FactCollector collector;
  FactBuffer facts;
};

// One inspector for each set of needs, made at its first use: the library's own tables take time.
FlowInspector* inspectorFor(size_t needs) {
  static const bool available = dpiAvailability().available;
  static std::array<std::unique_ptr<DpiEngine>, std::size(kNeeds)> engines;
  static std::array<std::unique_ptr<FlowInspector>, std::size(kNeeds)> inspectors;
  if (!available || kNeeds[needs] == 0) return nullptr;
  if (inspectors[needs] == nullptr) {
    DpiOptions options;
    options.needs = kNeeds[needs];
    options.states = kFlows - 1;  // one flow finds none
    options.tcpPackets = 20;
    options.udpPackets = 10;
    options.privacy.hideUrls = needs == 1;
    if (needs == 2) options.privacy.serverNameKey = "key";
    engines[needs] = std::make_unique<DpiEngine>(options);
    inspectors[needs] = std::make_unique<FlowInspector>(*engines[needs]);
  }
  return inspectors[needs].get();
}

void begin(Flow& flow, const Packet& packet, uint32_t needs) {
  flow.begun = true;
  flow.source = packet.side;
  flow.hot.key = packet.key;
  std::swap(flow.hot.key.address[0], flow.hot.key.address[packet.side]);
  std::swap(flow.hot.key.port[0], flow.hot.key.port[packet.side]);
  flow.hot.startNs = packet.ns;
  flow.collector.begin(needs);
}

void takePacket(Flow& flow, const Packet& packet, uint32_t needs, FlowInspector* inspector) {
  if (!flow.begun) begin(flow, packet, needs);
  const unsigned side = packet.side ^ flow.source;
  flow.hot.packets[side]++;
  flow.hot.octets[side] += packet.octets;
  flow.hot.tcpFlags[side] |= packet.tcpFlags;
  flow.hot.endNs = packet.ns;
  const size_t before = flow.facts.octets().size();
  const bool complete = flow.collector.complete();
  flow.collector.packet(packet, side, flow.facts);
  require(!complete || (flow.collector.complete() && flow.facts.octets().size() == before));
  if (inspector == nullptr || (flow.application.flags & kSettled) != 0) return;
  inspector->packet(flow.application, flow.hot, packet, side);
}

void endFlow(Flow& flow, FlowInspector* inspector) {
  checkFacts(flow.facts.octets());
  if (inspector == nullptr || !flow.begun) return;
  inspector->settle(flow.application, flow.hot);
  require((flow.application.flags & kSettled) != 0 && flow.application.state == 0);
  checkFacts(inspector->facts(flow.application));
  inspector->forget(flow.application);
}

void runPackets(const uint8_t* data, size_t size) {
  if (size < 1) return;
  const size_t choice = data[0] % std::size(kNeeds);
  FlowInspector* const inspector = inspectorFor(choice);
  Decoder decoder({.fragmentEntries = 4});
  std::array<Flow, kFlows> flows;
  uint64_t ns = 1;
  for (++data, --size; size > kPacketHeader;) {
    const size_t length = std::min<size_t>(size - kPacketHeader, loadBe16(data + 4) & 0x07ff);
    const std::vector<uint8_t> octets = packetOctets(data, data + kPacketHeader, length);
    // The snap length may cut a packet.
    const size_t captured = (data[0] & 0xc0) == 0xc0 ? octets.size() - std::min<size_t>(data[7], octets.size()) : octets.size();
    const std::vector<uint8_t> seen(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(captured));
    Frame frame{};
    frame.data = seen.data();
    frame.captured = static_cast<uint32_t>(captured);
    frame.wire = static_cast<uint32_t>(octets.size());
    frame.ns = ns += uint64_t{data[7] & 15u} * 1'000'000;
    frame.linkType = LinkType::raw;
    Packet packet;
    if (decoder.decode(frame, packet) == Outcome::metered) takePacket(flows[data[0] % kFlows], packet, kNeeds[choice], inspector);
    data += kPacketHeader + length;
    size -= kPacketHeader + length;
  }
  for (Flow& flow : flows) endFlow(flow, inspector);
  if (inspector == nullptr) return;
  require(inspector->counters().states.get() == 0);
  require(inspector->counters().factsOctets.get() == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  if ((data[0] & 1) != 0) {
    runParser(data + 1, size - 1);
  } else {
    runPackets(data + 1, size - 1);
  }
  return 0;
}
