#include "attribution/flow_join.h"

#include <doctest/doctest.h>

#include <map>
#include <set>

#include "attribution/flow_direction.h"
#include "attribution/flow_kernel.h"
#include "socket_events_maker.h"

using namespace weir;

namespace {

// Tables of a host 10.0.0.1 and its container 172.17.0.2, and the join over them.
struct Host {
  SocketTable table{{}};
  Events events{table};
  LocalAddresses addresses;
  std::optional<NatView> nat;
  std::set<uint32_t> ended;
  std::map<uint32_t, uint64_t> born;
  FlowJoin join{table, addresses, [this](const NatTuple&, uint64_t) { return nat; },
                [this](const ProcessKey& key) {
                  return FlowSpan{born.count(key.tgid) ? born.at(key.tgid) : 0, ended.count(key.tgid) ? 0 : UINT64_MAX};
                }};

  Host() {
    addresses.learn(kHostNetns, address("10.0.0.1"));
    addresses.learn(kOtherNetns, address("172.17.0.2"));
  }
  FlowEnds at(const Ends& flow, double from, double to, uint8_t protocol = IPPROTO_TCP, uint64_t netns = kHostNetns,
              DirectionMethod direction = DirectionMethod::syn) const {
    FlowKey key{};
    key.address[0] = address(flow.local);
    key.address[1] = address(flow.remote);
    key.port[0] = flow.localPort;
    key.port[1] = flow.remotePort;
    key.protocol = protocol;
    return join.join(key, direction, {netns, 0, true}, {Events::ns(from), Events::ns(to)});
  }
};

const Ends kFlow{"10.0.0.1", 40000, "192.0.2.1", 443};
const Ends kInward{"192.0.2.1", 50000, "10.0.0.1", 80};
const Ends kAccepted{"10.0.0.1", 80, "192.0.2.1", 50000};

SocketSpec listening(uint64_t cookie, const char* local, uint16_t port) {
  SocketSpec spec{cookie, {local, port, "0.0.0.0", 0}};
  spec.state = 10;
  return spec;
}

uint32_t pid(const FlowEnd& end) { return end.method == MatchMethod::none ? 0 : end.user.process.tgid; }

}  // namespace

TEST_CASE("exact: the socket that was open when the packets were seen") {
  Host host;
  host.events.connect(1, {100, kFlow}, processOf(50));
  host.events.close(2, {100, kFlow});
  host.events.connect(2.2, {101, kFlow}, processOf(51));
  host.events.close(3, {101, kFlow});
  const FlowEnds first = host.at(kFlow, 1, 2);
  CHECK(pid(first.end[0]) == 50);
  CHECK(first.end[0].method == MatchMethod::exact);
  CHECK(!first.end[0].tentative);
  CHECK(first.end[1].method == MatchMethod::none);
  CHECK(!first.missing);
  CHECK(pid(host.at(kFlow, 2.2, 3).end[0]) == 51);
  CHECK(pid(host.at(kFlow, 3.5, 3.5).end[0]) == 51);  // a late reset
  CHECK(pid(host.at(kFlow, 9, 10).end[0]) == 0);
}

TEST_CASE("both ends of a local flow, seen from either side") {
  Host host;
  const Ends client{"127.0.0.1", 40000, "127.0.0.1", 80}, server{"127.0.0.1", 80, "127.0.0.1", 40000};
  host.events.connect(1, {100, client}, processOf(50));
  host.events.owner(1.1, WEIR_OWNER, {101, server}, processOf(60));
  const FlowEnds ends = host.at(client, 1, 2);
  CHECK(pid(ends.end[0]) == 50);
  CHECK(pid(ends.end[1]) == 60);
  CHECK(pid(host.at(server, 1, 2).end[0]) == 60);
}

TEST_CASE("the last user at the flow's end, and the opener") {
  Host host;
  host.events.connect(1, {100, kFlow}, processOf(50));
  host.events.owner(2, WEIR_OWNER, {100, kFlow}, processOf(51));
  const FlowEnd end = host.at(kFlow, 1, 3).end[0];
  CHECK(pid(end) == 51);
  CHECK(end.opener.process.tgid == 50);
  const FlowEnd before = host.at(kFlow, 1, 1.5).end[0];
  CHECK(pid(before) == 50);
  CHECK(before.opener.process.tgid == 0);
}

TEST_CASE("another namespace with the same tuple: the right one by its cookie; none of several") {
  Host host;
  const Ends client{"127.0.0.1", 40000, "127.0.0.1", 80};
  host.events.connect(1, {100, client}, processOf(50));
  SocketSpec inside{101, client};
  inside.netns = kOtherNetns;
  host.events.connect(1, inside, processOf(51));
  CHECK(pid(host.at(client, 1, 2).end[0]) == 50);
  CHECK(pid(host.at(client, 1, 2, IPPROTO_TCP, kOtherNetns).end[0]) == 51);
  CHECK(pid(host.at(client, 1, 2, IPPROTO_TCP, 99).end[0]) == 0);  // loopback of a third one
}

TEST_CASE("a container behind a host's veth: its socket is in the one other namespace") {
  Host host;
  const Ends flow{"172.17.0.2", 40000, "192.0.2.1", 443};
  SocketSpec spec{100, flow};
  spec.netns = kOtherNetns;
  host.events.connect(1, spec, processOf(50));
  CHECK(pid(host.at(flow, 1, 2).end[0]) == 50);
  spec.netns = 8;
  spec.cookie = 101;
  host.events.connect(1, spec, processOf(51));
  CHECK(pid(host.at(flow, 1, 2).end[0]) == 0);  // two containers with that address: which one is unknown
}

TEST_CASE("by cookie: the tuple came without a process") {
  Host host;
  host.events.owner(1, WEIR_OWNER, {100, {"10.0.0.1", 40000, "192.0.2.7", 443}}, processOf(50));
  host.events.state(1, WEIR_ESTABLISHED, {100, kFlow});
  const FlowEnd end = host.at(kFlow, 1, 2).end[0];
  CHECK(end.method == MatchMethod::cookie);
  CHECK(pid(end) == 50);
}

TEST_CASE("wildcard: an unconnected datagram socket by its port, on a local address only") {
  Host host;
  host.events.owner(1, WEIR_OWNER, {100, {"0.0.0.0", 53, "0.0.0.0", 0}, IPPROTO_UDP}, processOf(50));
  const Ends query{"192.0.2.1", 5353, "10.0.0.1", 53};
  const FlowEnd end = host.at(query, 1, 2, IPPROTO_UDP).end[1];
  CHECK(end.method == MatchMethod::wildcard);
  CHECK(pid(end) == 50);
  CHECK(!end.tentative);
  // The same port of another host.
  CHECK(pid(host.at({"192.0.2.1", 5353, "192.0.2.9", 53}, 1, 2, IPPROTO_UDP).end[1]) == 0);
  CHECK(pid(host.at(query, 1, 2, IPPROTO_UDP, kOtherNetns).end[1]) == 50);  // as its container sees it
  // A v6 socket gets IPv4 too; a v4 one no IPv6.
  host.events.owner(1, WEIR_OWNER, {101, {"::", 123, "::", 0}, IPPROTO_UDP}, processOf(51));
  CHECK(pid(host.at({"192.0.2.1", 5353, "10.0.0.1", 123}, 1, 2, IPPROTO_UDP).end[1]) == 51);
  CHECK(pid(host.at({"::1", 5353, "::1", 53}, 1, 2, IPPROTO_UDP).end[1]) == 0);
}

TEST_CASE("wildcard: a connected or bound socket is nearer; one socket is at one end") {
  Host host;
  host.events.owner(1, WEIR_OWNER, {100, {"0.0.0.0", 53, "0.0.0.0", 0}, IPPROTO_UDP}, processOf(50));
  host.events.owner(1, WEIR_OWNER, {101, {"10.0.0.1", 53, "0.0.0.0", 0}, IPPROTO_UDP}, processOf(51));
  CHECK(pid(host.at({"192.0.2.1", 999, "10.0.0.1", 53}, 1, 2, IPPROTO_UDP).end[1]) == 51);
  host.events.owner(1, WEIR_OWNER, {102, {"10.0.0.1", 53, "192.0.2.1", 999}, IPPROTO_UDP}, processOf(52));
  CHECK(pid(host.at({"192.0.2.1", 999, "10.0.0.1", 53}, 1, 2, IPPROTO_UDP).end[1]) == 52);
  const FlowEnds self = host.at({"127.0.0.1", 53, "127.0.0.2", 53}, 1, 2, IPPROTO_UDP);
  CHECK(pid(self.end[0]) == 0);
  CHECK(pid(self.end[1]) == 0);
}

TEST_CASE("SO_REUSEPORT: workers that share a port are tentative, connections are not") {
  Host host;
  for (uint32_t i = 0; i < 3; i++) {
    host.events.owner(1 + i, WEIR_OWNER, {100 + i, {"0.0.0.0", 53, "0.0.0.0", 0}, IPPROTO_UDP}, processOf(50 + i));
    host.events.owner(1, WEIR_LISTEN, listening(200 + i, "0.0.0.0", 80), processOf(60 + i));
  }
  const FlowEnd end = host.at({"192.0.2.1", 5353, "10.0.0.1", 53}, 5, 6, IPPROTO_UDP).end[1];
  CHECK(end.tentative);
  CHECK(pid(end) == 52);
  host.events.owner(5, WEIR_OWNER, {300, kAccepted}, processOf(61));
  const FlowEnd accepted = host.at(kInward, 5, 6).end[1];
  CHECK(pid(accepted) == 61);
  CHECK(!accepted.tentative);
}

TEST_CASE("datagram sockets that follow each other at a port: the one of the flow's end, connected or not") {
  Host host;
  const Ends any{"0.0.0.0", 40000, "0.0.0.0", 0}, flow{"10.0.0.1", 40000, "192.0.2.1", 53};
  host.events.owner(1.1, WEIR_OWNER, {100, any, IPPROTO_UDP}, processOf(50));
  host.events.owner(1.2, WEIR_RELEASE, {100, any, IPPROTO_UDP}, processOf(50));
  host.events.owner(3, WEIR_RELEASE, {101, flow, IPPROTO_UDP}, processOf(51));  // it never received
  host.events.owner(4.01, WEIR_OWNER, {102, any, IPPROTO_UDP}, processOf(52));
  host.events.owner(4.02, WEIR_RELEASE, {102, any, IPPROTO_UDP}, processOf(52));
  const FlowEnd first = host.at(flow, 1, 1.1, IPPROTO_UDP).end[0];
  CHECK(pid(first) == 50);
  CHECK(first.method == MatchMethod::wildcard);
  CHECK(!first.tentative);
  CHECK(pid(host.at(flow, 2.5, 2.9, IPPROTO_UDP).end[0]) == 51);
  const FlowEnd last = host.at(flow, 1, 4, IPPROTO_UDP).end[0];  // one flow of all three
  CHECK(pid(last) == 52);
  CHECK(!last.tentative);
}

TEST_CASE("a late answer to a closed datagram socket is not surely the next one's at its port") {
  Host host;
  const Ends flow{"10.0.0.1", 40000, "192.0.2.1", 53};
  host.events.owner(1.1, WEIR_RELEASE, {100, flow, IPPROTO_UDP}, processOf(50));
  host.events.owner(9, WEIR_RELEASE, {101, flow, IPPROTO_UDP}, processOf(51));
  CHECK(host.at(flow, 1, 1.5, IPPROTO_UDP).end[0].tentative);
  CHECK(pid(host.at(flow, 1, 1.05, IPPROTO_UDP).end[0]) == 50);
  CHECK(!host.at(flow, 1, 9.5, IPPROTO_UDP).end[0].tentative);
}

TEST_CASE("processes that take turns at a datagram socket are tentative; one that handed it over is not") {
  Host host;
  const SocketSpec shared{100, {"0.0.0.0", 53, "0.0.0.0", 0}, IPPROTO_UDP};
  for (uint32_t i = 0; i < 40; i++) host.events.owner(2 + 0.01 * i, WEIR_OWNER, shared, processOf(50 + i % 3));
  const Ends query{"192.0.2.1", 5353, "10.0.0.1", 53};
  CHECK(host.at(query, 2, 2, IPPROTO_UDP).end[1].tentative);
  CHECK(host.at(query, 2.2, 2.2, IPPROTO_UDP).end[1].tentative);
  CHECK(host.at(query, 3, 3, IPPROTO_UDP).end[1].tentative);
  CHECK(!host.at(query, 20, 21, IPPROTO_UDP).end[1].tentative);  // the last one has it alone since
  const SocketSpec passed{101, {"0.0.0.0", 54, "0.0.0.0", 0}, IPPROTO_UDP};
  host.events.owner(1, WEIR_OWNER, passed, processOf(60));
  host.events.owner(2, WEIR_OWNER, passed, processOf(61));
  const FlowEnd end = host.at({"192.0.2.1", 5353, "10.0.0.1", 54}, 1, 3, IPPROTO_UDP).end[1];
  CHECK(pid(end) == 61);
  CHECK(!end.tentative);
}

TEST_CASE("raw sockets of processes that follow each other: nobody had one before it was born") {
  Host host;
  const auto raw = [](uint64_t cookie) {
    SocketSpec spec{cookie, {"0.0.0.0", 1, "0.0.0.0", 0}, IPPROTO_ICMP};
    spec.type = SOCK_RAW;
    return spec;
  };
  host.born = {{50, Events::ns(1)}, {51, Events::ns(3)}};
  host.events.owner(1.5, WEIR_OWNER, raw(100), processOf(50));
  host.events.owner(2, WEIR_RELEASE, raw(100), processOf(50));
  host.events.owner(3.5, WEIR_OWNER, raw(101), processOf(51));
  host.events.owner(4, WEIR_RELEASE, raw(101), processOf(51));
  const Ends echo{"10.0.0.1", 0, "192.0.2.1", 0};
  const auto requester = [&](double from, double to) {
    return host.at(echo, from, to, IPPROTO_ICMP, kHostNetns, DirectionMethod::request).end[0];
  };
  CHECK(pid(requester(1.4, 1.5)) == 50);
  CHECK(!requester(1.4, 1.5).tentative);
  CHECK(pid(requester(3.4, 3.5)) == 51);
  CHECK(!requester(3.4, 3.5).tentative);
}

TEST_CASE("raw and ping sockets: the requester only, tentative when there are several; raw TCP is nobody's port") {
  Host host;
  SocketSpec raw{100, {"0.0.0.0", 1, "0.0.0.0", 0}, IPPROTO_ICMP};
  raw.type = SOCK_RAW;
  host.events.owner(1, WEIR_OWNER, raw, processOf(50));
  const Ends echo{"10.0.0.1", 0, "192.0.2.1", 0};
  const FlowEnd end = host.at(echo, 1, 2, IPPROTO_ICMP, kHostNetns, DirectionMethod::request).end[0];
  CHECK(pid(end) == 50);
  CHECK(!end.tentative);
  // Asked from outside: the kernel answers.
  const Ends asked{"192.0.2.1", 0, "10.0.0.1", 0};
  CHECK(pid(host.at(asked, 1, 2, IPPROTO_ICMP, kHostNetns, DirectionMethod::request).end[1]) == 0);
  host.events.owner(1.5, WEIR_OWNER, {101, {"0.0.0.0", 1, "0.0.0.0", 0}, IPPROTO_ICMP}, processOf(51));  // ping, id 1
  CHECK(host.at(echo, 1, 2, IPPROTO_ICMP, kHostNetns, DirectionMethod::request).end[0].tentative);

  SocketSpec sniffer{102, {"0.0.0.0", 6, "0.0.0.0", 0}};
  sniffer.type = SOCK_RAW;
  host.events.owner(1, WEIR_OWNER, sniffer, processOf(52));
  CHECK(pid(host.at({"192.0.2.1", 999, "10.0.0.1", 6}, 1, 2).end[1]) == 0);
}

TEST_CASE("listener: tentative, and only while its process lives") {
  Host host;
  host.events.owner(1, WEIR_LISTEN, listening(200, "0.0.0.0", 80), processOf(60));
  FlowEnds ends = host.at(kInward, 5, 6);
  CHECK(ends.end[1].method == MatchMethod::listener);
  CHECK(ends.end[1].tentative);
  CHECK(pid(ends.end[1]) == 60);
  CHECK(ends.end[1].binding == nullptr);
  CHECK(ends.missing);
  host.ended.insert(60);
  CHECK(pid(host.at(kInward, 5, 6).end[1]) == 0);
}

TEST_CASE("snapshot and diag say so; several holders are tentative") {
  Host host;
  host.events.snapshot(5, {100, kFlow}, processOf(50));
  CHECK(host.at(kFlow, 1, 2).end[0].method == MatchMethod::snapshot);
  CHECK(!host.at(kFlow, 1, 2).end[0].tentative);
  host.events.snapshot(5, {100, kFlow}, processOf(51, 2 * kSecond));
  CHECK(host.at(kFlow, 1, 2).end[0].tentative);
  CHECK(pid(host.at(kFlow, 1, 2).end[0]) == 51);
  host.events.snapshot(5, {101, kAccepted}, processOf(52), EventOrigin::diag);
  CHECK(host.at(kInward, 1, 2).end[1].method == MatchMethod::diag);
}

TEST_CASE("behind a translation: the side that does not match is looked for under the other tuple") {
  Host host;
  const Ends inside{"172.17.0.2", 40000, "192.0.2.1", 443};
  SocketSpec spec{100, inside};
  spec.netns = kOtherNetns;
  host.events.connect(1, spec, processOf(50));
  host.nat = NatView{{address("172.17.0.2"), address("192.0.2.1"), 40000, 443, IPPROTO_TCP}, true};
  const FlowEnds ends = host.at({"10.0.0.1", 61000, "192.0.2.1", 443}, 1, 2);
  CHECK(pid(ends.end[0]) == 50);
  CHECK(ends.nat.has_value());
  // Where this namespace's translation is not followed nothing is asked.
  FlowKey key{};
  key.address[0] = address("10.0.0.1");
  key.address[1] = address("192.0.2.1");
  key.port[0] = 61000;
  key.port[1] = 443;
  key.protocol = IPPROTO_TCP;
  CHECK(!host.join.join(key, DirectionMethod::syn, {kHostNetns, 0, false}, {0, 0}).nat);
}

TEST_CASE("before a translation: the server is found by what stands behind it, not as a listener only") {
  Host host;
  SocketSpec listener = listening(200, "0.0.0.0", 443);
  listener.netns = 8;
  host.events.owner(0.5, WEIR_LISTEN, listener, processOf(60));
  SocketSpec client{100, {"172.17.0.2", 40000, "10.8.0.1", 443}}, server{201, {"10.8.0.1", 443, "10.0.0.1", 61000}};
  client.netns = kOtherNetns;
  server.netns = 8;
  host.addresses.learn(8, address("10.8.0.1"));
  host.events.connect(1, client, processOf(50));
  host.events.owner(1, WEIR_OWNER, server, processOf(61));
  const Ends seen{"172.17.0.2", 40000, "10.8.0.1", 443};
  CHECK(host.at(seen, 1, 2).end[1].tentative);
  host.nat = NatView{{address("10.0.0.1"), address("10.8.0.1"), 61000, 443, IPPROTO_TCP}, false};
  const FlowEnds ends = host.at(seen, 1, 2);
  CHECK(pid(ends.end[0]) == 50);
  CHECK(pid(ends.end[1]) == 61);
  CHECK(ends.end[1].method == MatchMethod::exact);
  CHECK(!ends.end[1].tentative);
}

TEST_CASE("behind a translation: a socket of this host that has the port is not the one") {
  Host host;
  host.events.owner(1, WEIR_OWNER, {100, {"0.0.0.0", 6000, "0.0.0.0", 0}, IPPROTO_UDP}, processOf(50));
  const Ends seen{"10.0.0.1", 6000, "192.0.2.1", 53}, answer{"192.0.2.1", 53, "10.0.0.1", 6000};
  CHECK(pid(host.at(seen, 1, 2, IPPROTO_UDP).end[0]) == 50);
  host.nat = NatView{{address("172.17.0.2"), address("192.0.2.1"), 5000, 53, IPPROTO_UDP}, true, 0};
  CHECK(pid(host.at(seen, 1, 2, IPPROTO_UDP).end[0]) == 0);
  host.nat = NatView{{address("192.0.2.1"), address("172.17.0.2"), 53, 5000, IPPROTO_UDP}, true, 1};
  CHECK(pid(host.at(answer, 1, 2, IPPROTO_UDP).end[1]) == 0);
  // The server's end of a flow seen behind the translation is its own.
  host.nat = NatView{{address("192.0.2.1"), address("10.0.0.9"), 53, 6000, IPPROTO_UDP}, true, 0};
  CHECK(pid(host.at(answer, 1, 2, IPPROTO_UDP).end[1]) == 50);
}

TEST_CASE("a local end without a socket asks for a look at all of them") {
  Host host;
  CHECK(host.at(kFlow, 1, 2).missing);
  CHECK(!host.at({"192.0.2.1", 1, "192.0.2.2", 2}, 1, 2).missing);
}

TEST_CASE("who connected") {
  Host host;
  host.events.connect(1, {100, kFlow}, processOf(50));
  CHECK(host.join.roleOf(host.at(kFlow, 1, 2).end[0]) == FlowRole::client);
  host.events.owner(1, WEIR_OWNER, {101, kAccepted}, processOf(60));
  CHECK(host.join.roleOf(host.at(kInward, 1, 2).end[1]) == FlowRole::unknown);
  host.events.owner(0.5, WEIR_LISTEN, listening(200, "0.0.0.0", 80), processOf(60));
  CHECK(host.join.roleOf(host.at(kInward, 1, 2).end[1]) == FlowRole::server);
  const Ends old{"10.0.0.1", 45000, "192.0.2.1", 22};
  host.events.snapshot(3, {300, old}, processOf(51));
  CHECK(host.join.roleOf(host.at(old, 1, 2).end[0]) == FlowRole::client);
}

TEST_CASE("turned around: every value by side, the first packets too") {
  FlowRecord record{};
  record.hot.key.port[0] = 80;
  record.hot.key.port[1] = 40000;
  record.hot.octets[0] = 1;
  record.link.interface[0] = 3;
  record.link.spi[1] = 9;
  record.tcp.mss[0] = 1460;
  record.stats.sizeMax[1] = 1500;
  record.tunnel.tunnelId[0] = 5;
  SequenceItem items[2] = {{0, 60, 0, 2}, {1, 60, 1, 18}};
  record.text.sequence = {8, sizeof items};
  uint8_t heap[64] = {};
  std::memcpy(heap + 8, items, sizeof items);
  turnAround(record, sizeof record, heap);
  std::memcpy(items, heap + 8, sizeof items);
  CHECK(record.hot.key.port[0] == 40000);
  CHECK(record.hot.octets[1] == 1);
  CHECK(record.link.interface[0] == 3);
  CHECK(record.link.spi[0] == 9);
  CHECK(record.tcp.mss[1] == 1460);
  CHECK(record.stats.sizeMax[0] == 1500);
  CHECK(record.tunnel.tunnelId[1] == 5);
  CHECK(items[0].side == 1);
  CHECK(items[1].side == 0);
}

TEST_CASE("kernel health: payload without SYN and FIN, times from the states") {
  Host host;
  host.events.connect(1, {100, kFlow}, processOf(50));
  CHECK(kernelOf(*host.at(kFlow, 1, 2).end[0].binding, Events::ns(3)).segmentsSent == 0);
  weir_tcp_health health{};
  health.bytes_acked = 102;
  health.bytes_received = 51;
  health.segs_out = 7;
  health.min_rtt_us = UINT32_MAX;
  health.flags = 7;
  health.established_ns = Events::ns(1.001);
  health.left_ns = Events::ns(1.501);
  host.events.close(2.001, {100, kFlow}, health);
  const KernelTcp tcp = kernelOf(*host.at(kFlow, 1, 2).end[0].binding, Events::ns(3));
  CHECK(tcp.octetsAcknowledged == 100);
  CHECK(tcp.octetsReceived == 50);
  CHECK(tcp.segmentsSent == 7);
  CHECK(tcp.minimumRttUs == 0);
  CHECK(tcp.connectUs == 1000);
  CHECK(tcp.establishedMs == 500);
  CHECK(tcp.closingMs == 500);
  CHECK(tcp.state == 7);
}
