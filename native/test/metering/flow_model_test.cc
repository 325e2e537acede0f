// The cache against a plain map that applies the rules packet by packet: random packets, bursts and ticks.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <tuple>

#include "metering/packet_builder.h"

using namespace weir;
using namespace weir::test;

namespace {

// What the comparison looks at; order of emission is not part of the contract.
using Line = std::tuple<uint32_t, uint64_t, uint64_t, uint32_t, uint32_t, uint32_t, uint64_t, uint64_t, unsigned,
                        unsigned, unsigned>;

struct ModelFlow {
  bool swapped = false, ended = false, isnKnown = false;
  uint8_t fins = 0;
  uint32_t isn = 0, recordIndex = 0;
  uint32_t packets[2] = {}, octets = 0;
  uint64_t start = 0, end = 0, first = 0;
  unsigned flags[2] = {};
};

class Model {
 public:
  Model(uint64_t active, uint64_t idle, uint64_t linger) : active_(active), idle_(idle), linger_(linger) {}

  void add(uint32_t id, const Packet& packet) {
    auto at = flows_.find(id);
    if (at != flows_.end() && leaves(at->second, packet)) {
      close(id, at->second, reason(at->second));
      flows_.erase(at);
      at = flows_.end();
    }
    if (at == flows_.end()) {
      ModelFlow flow;
      const uint8_t handshake = packet.tcpFlags & (kTcpSyn | kTcpAck);
      flow.swapped = handshake == (kTcpSyn | kTcpAck) ? packet.side == 0 : packet.side == 1;
      flow.first = flow.end = packet.ns;
      at = flows_.emplace(id, flow).first;
    }
    ModelFlow& flow = at->second;
    if (pending(flow) && packet.ns >= flow.start + active_) {
      close(id, flow, EndReason::active);
      flow.recordIndex++;
      flow.packets[0] = flow.packets[1] = flow.octets = 0;
      flow.flags[0] = flow.flags[1] = 0;
    }
    count(flow, packet);
  }
  void finish(EndReason forced) {
    for (auto& [id, flow] : flows_) close(id, flow, forced);
    flows_.clear();
  }
  // Everything quiet for longer than its limit.
  void expire(uint64_t now) {
    for (auto at = flows_.begin(); at != flows_.end();) {
      ModelFlow& flow = at->second;
      if (now > flow.end + (flow.ended ? linger_ : idle_)) {
        close(at->first, flow, reason(flow));
        at = flows_.erase(at);
      } else {
        ++at;
      }
    }
  }
  std::vector<Line> lines;

 private:
  static bool pending(const ModelFlow& flow) { return flow.packets[0] + flow.packets[1] != 0; }
  bool leaves(const ModelFlow& flow, const Packet& packet) const {
    if (packet.ns > flow.end + (flow.ended ? linger_ : idle_)) return true;
    const bool syn = (packet.tcpFlags & (kTcpSyn | kTcpAck)) == kTcpSyn;
    const bool fromSource = (packet.side == 1) == flow.swapped;
    return flow.ended && syn && !(fromSource && flow.isnKnown && packet.sequence == flow.isn);
  }
  EndReason reason(const ModelFlow& flow) const {
    if (flow.ended) return EndReason::endOfFlow;
    return pending(flow) && flow.start + active_ <= flow.end + idle_ ? EndReason::active : EndReason::idle;
  }
  void count(ModelFlow& flow, const Packet& packet) {
    const int side = (packet.side == 1) == flow.swapped ? 0 : 1;
    flow.start = pending(flow) ? std::min(flow.start, packet.ns) : packet.ns;
    flow.end = std::max(flow.end, packet.ns);
    flow.packets[side]++;
    flow.octets += packet.octets;
    flow.flags[side] |= packet.tcpFlags;
    if ((packet.tcpFlags & (kTcpSyn | kTcpAck)) == kTcpSyn && side == 0 && !flow.isnKnown) {
      flow.isn = packet.sequence;
      flow.isnKnown = true;
    }
    if ((packet.tcpFlags & kTcpFin) != 0) flow.fins |= static_cast<uint8_t>(1 << side);
    if ((packet.tcpFlags & kTcpRst) != 0 || flow.fins == 3) flow.ended = true;
  }
  void close(uint32_t id, const ModelFlow& flow, EndReason why) {
    if (!pending(flow)) return;
    lines.emplace_back(id, flow.start, flow.end, flow.packets[0], flow.packets[1], flow.recordIndex, flow.octets,
                       flow.first, flow.flags[0], flow.flags[1], static_cast<unsigned>(why));
  }

  const uint64_t active_, idle_, linger_;
  std::map<uint32_t, ModelFlow> flows_;
};

Endpoint clientOf(uint32_t id) {
  return endpoint(id % 2 == 0 ? 9 : 11, 0, static_cast<uint8_t>(id >> 8), static_cast<uint8_t>(id), 5000);
}

std::vector<Line> linesOf(const std::vector<KeptRecord>& records) {
  std::vector<Line> lines;
  for (const KeptRecord& record : records) {
    const Endpoint& client = record.source().port == 5000 ? record.source() : record.destination();
    const uint32_t id = client.address[14] * 256u + client.address[15];
    lines.emplace_back(id, record.hot.startNs, record.hot.endNs, record.hot.packets[0], record.hot.packets[1],
                       record.hot.recordIndex, record.hot.octets[0] + record.hot.octets[1], record.link.firstSeenNs,
                       record.hot.tcpFlags[0], record.hot.tcpFlags[1], static_cast<unsigned>(record.hot.endReason));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

void runModel(uint32_t seed, uint64_t tickEveryNs) {
  FlowCacheOptions options = CacheFixture::smallOptions(needsTcp | needsStats);
  options.activeTimeoutNs = 6 * kSecond;
  options.idleTimeoutNs = 2 * kSecond;
  options.lingerNs = 300 * kMs;
  options.seed = {seed | 1, seed * 77ull | 1};
  CacheFixture fixture(options);
  Model model(options.activeTimeoutNs, options.idleTimeoutNs, options.lingerNs);
  std::mt19937 random(seed);
  const auto draw = [&](uint32_t below) { return static_cast<uint32_t>(random() % below); };
  const uint8_t kinds[] = {kTcpAck, kTcpAck, kTcpAck, kTcpAck, kTcpAck, kTcpAck, kTcpSyn, kTcpSyn | kTcpAck,
                           kTcpFin | kTcpAck, kTcpFin | kTcpAck, kTcpRst, kTcpAck};
  uint64_t ns = kBaseNs, nextTick = ns;
  std::vector<Packet> burst;
  for (uint32_t i = 0; i < 100'000; i++) {
    ns += draw(4'000'000);
    const uint32_t id = draw(4) == 0 ? draw(700) : draw(30);
    const bool fromClient = draw(2) == 0;
    PacketBuilder packet(fromClient ? clientOf(id) : kServer, fromClient ? kServer : clientOf(id), kProtocolTcp, ns);
    const uint8_t flags = kinds[draw(std::size(kinds))];
    const uint32_t sequence = draw(3) * 1000;
    packet.payload(draw(1000)).tcp(flags, sequence);
    burst.push_back(packet);
    model.add(id, packet.packet);
    if (draw(40) != 0 && i != 99'999) continue;
    fixture.cache.update(burst);
    burst.clear();
    if (tickEveryNs != 0 && ns >= nextTick) {
      fixture.cache.tick(ns);
      nextTick = ns + tickEveryNs;
    }
  }
  model.expire(ns + kSecond);
  fixture.cache.tick(ns + kSecond);
  fixture.cache.tick(ns + kSecond + 200 * kMs);  // at the bucket behind
  model.expire(ns + kSecond + 200 * kMs);
  model.finish(EndReason::forced);
  fixture.cache.flush(EndReason::forced);
  std::sort(model.lines.begin(), model.lines.end());
  const std::vector<Line> lines = linesOf(fixture.records());
  CHECK(lines.size() == model.lines.size());
  // Flows alive at the end may leave by either of two true causes; everything else is equal.
  size_t different = 0;
  for (size_t i = 0; i < std::min(lines.size(), model.lines.size()); i++) {
    if (lines[i] == model.lines[i]) continue;
    different++;
    Line a = lines[i], b = model.lines[i];
    CHECK(std::get<2>(a) + 8 * kSecond > ns);
    std::get<10>(a) = std::get<10>(b) = 0;
    CHECK(a == b);
  }
  CHECK(different < 700);
  const FlowCacheCounters& counters = fixture.cache.counters();
  CHECK(counters.packets.get() == 100'000);
  CHECK(counters.flows.get() == 0);
  CHECK(counters.flowsCreated.get() == counters.flowsGone.get());
  uint64_t records = 0;
  for (const Counter& counter : counters.records) records += counter.get();
  CHECK(records == lines.size());
}

}  // namespace

TEST_CASE("model: 100 000 random packets, never ticked") { runModel(1, 0); }
TEST_CASE("model: the same packets, ticked after every burst") { runModel(1, 1); }
TEST_CASE("model: ticked every 100 ms") { runModel(2, 100 * kMs); }
TEST_CASE("model: ticked every 30 s") { runModel(3, 30 * kSecond); }
