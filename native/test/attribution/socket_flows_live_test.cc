// Records from the events of this kernel: one a connection, with the octets that the test sent.
#include <time.h>

#include <map>

#include "attribution/socket_flows.h"
#include "event_recorder.h"

namespace weir {
namespace {

class FlowFeeder : public EventHandler {
 public:
  explicit FlowFeeder(SocketFlows& flows) : flows_(flows) {}
  void onEvent(const weir_event& event, EventOrigin origin) override { flows_.onEvent(event, origin, 0); }

 private:
  SocketFlows& flows_;
};

uint64_t monotonicNs() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

std::vector<SocketFlow> flowsTo(SocketFlows& flows, uint16_t port) {
  std::vector<SocketFlow> found;
  for (SocketFlow one; flows.take(one);) {
    if (one.record.hot.key.port[1] == port) found.push_back(one);
  }
  return found;
}

}  // namespace

TEST_CASE("live: one record a loopback connection, with its octets both ways and both kernel blocks") {
  const auto programs = programsOrSkip();
  if (!programs) return;
  SocketFlows flows({});
  FlowFeeder feeder(flows);
  programs->snapshot(feeder);
  flows.tick(monotonicNs());
  const Descriptor listener = boundSocket(SOCK_STREAM);
  const uint16_t port = portOf(listener);
  std::map<uint16_t, std::pair<size_t, size_t>> sent;
  for (size_t i = 0; i < 200; ++i) {
    Descriptor client = connectedSocket(SOCK_STREAM, port);
    Descriptor server(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const size_t there = 1 + i * 37, back = i * 101;
    sent[portOf(client)] = {there, back};
    say(client, there);
    hear(server, there);
    if (back != 0) say(server, back);
    if (back != 0) hear(client, back);
    Descriptor& first = i % 2 == 0 ? client : server;
    first = Descriptor();
    if (i % 50 == 0) flows.tick(monotonicNs());
  }
  programs->poll(feeder);
  flows.tick(monotonicNs());
  const auto all = flowsTo(flows, port);
  CHECK(all.size() == sent.size());
  for (const SocketFlow& flow : all) {
    const FlowRecord& record = flow.record;
    const auto found = sent.find(record.hot.key.port[0]);
    REQUIRE(found != sent.end());
    CHECK(record.hot.payloadOctets[0] == found->second.first);
    CHECK(record.hot.payloadOctets[1] == found->second.second);
    CHECK(record.hot.packets[0] >= 3);
    CHECK(record.hot.packets[1] >= 2);
    CHECK(record.hot.endReason == EndReason::endOfFlow);
    CHECK(record.kernel.tcp[0].state != 0);
    CHECK(record.kernel.tcp[1].state != 0);
    CHECK(flow.mateCookie != 0);
    CHECK(flow.side == 0);
    sent.erase(found);
  }
}

TEST_CASE("live: the counters of an open connection come from a snapshot") {
  const auto programs = programsOrSkip();
  if (!programs) return;
  SocketFlows flows({});
  FlowFeeder feeder(flows);
  flows.tick(monotonicNs());
  const Descriptor listener = boundSocket(SOCK_STREAM);
  const uint16_t port = portOf(listener);
  const Descriptor client = connectedSocket(SOCK_STREAM, port);
  const Descriptor server(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  say(client, 777);
  hear(server, 777);
  programs->poll(feeder);
  if (programs->snapshot(feeder) == 0) {
    MESSAGE("skipped: no snapshots on this kernel");
    return;
  }
  flows.flush();
  const auto all = flowsTo(flows, port);
  REQUIRE(all.size() == 1);
  CHECK(all[0].record.hot.payloadOctets[0] == 777);
  CHECK(all[0].record.hot.endReason == EndReason::forced);
}

TEST_CASE("live: lengths of a connected UDP socket") {
  BpfOptions options;
  options.lengths = true;
  const auto programs = programsOrSkip(options);
  if (!programs) return;
  for (const BpfProgramStatus& one : programs->status()) {
    if (one.name != "send_claim" || one.attached) continue;
    MESSAGE("skipped: " << one.reason);
    return;
  }
  SocketFlows flows({});
  FlowFeeder feeder(flows);
  flows.tick(monotonicNs());
  const Descriptor server = boundSocket(SOCK_DGRAM);
  const uint16_t port = portOf(server);
  {
    const Descriptor client = connectedSocket(SOCK_DGRAM, port);
    for (size_t i = 1; i <= 10; ++i) say(client, i);
  }
  programs->poll(feeder);
  flows.tick(monotonicNs());
  const auto all = flowsTo(flows, port);
  REQUIRE(all.size() == 1);
  CHECK(all[0].record.hot.payloadOctets[0] == 55);
  CHECK(all[0].record.hot.packets[0] == 10);
}

}  // namespace weir
