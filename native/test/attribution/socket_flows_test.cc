// Flow records from socket events: hand-made events, time a parameter.
#include "attribution/socket_flows.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/tcp.h>

#include <cstring>
#include <string>
#include <vector>

#include "attribution/socket_tuple.h"

namespace weir {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kSlept = 100'000'000'000'000;  // probe time - CLOCK_MONOTONIC
constexpr uint64_t kStart = 1000 * kSecond;              // monotonic
constexpr uint64_t probe(uint64_t monotonicNs) { return monotonicNs + kSlept; }

struct Socket {
  uint64_t cookie;
  std::string local;
  uint16_t localPort;
  std::string remote;
  uint16_t remotePort;
  uint16_t protocol = IPPROTO_TCP;
  uint64_t netns = 1;
};

weir_socket describe(const Socket& socket, uint8_t state, uint8_t oldState) {
  weir_socket out{};
  out.cookie = socket.cookie;
  out.netns_cookie = socket.netns;
  out.family = socket.local.find(':') == std::string::npos ? AF_INET : AF_INET6;
  out.protocol = socket.protocol;
  out.type = socket.protocol == IPPROTO_UDP ? SOCK_DGRAM : SOCK_STREAM;
  out.local_port = socket.localPort;
  out.remote_port = socket.remotePort;
  out.state = state;
  out.old_state = oldState;
  ::inet_pton(out.family, socket.local.c_str(), out.local);
  ::inet_pton(out.family, socket.remote.c_str(), out.remote);
  return out;
}

// Sums as tcp_sock has them; flags say what they hold besides payload.
weir_tcp_health health(uint64_t acked, uint64_t received, uint32_t out, uint32_t in, uint32_t flags) {
  weir_tcp_health sums{};
  sums.bytes_acked = sums.bytes_sent = acked;
  sums.bytes_received = received;
  sums.segs_out = out;
  sums.segs_in = in;
  sums.flags = flags;
  sums.srtt_us = 100;
  return sums;
}

class Flows {
 public:
  explicit Flows(const SocketFlowOptions& options = {}) : flows(options) {
    flows.tick(probe(nowNs));  // from now on a snapshot tells of new sockets
  }

  template <class Event>
  void give(Event& event, uint16_t kind, EventOrigin origin = EventOrigin::bpf) {
    event.event = {nowNs, kind, sizeof event, 0};
    flows.onEvent(event.event, origin, kSlept);
  }
  void connect(const Socket& socket) {
    Socket early = socket;
    early.localPort = 0;  // chosen after the event
    weir_owner_event event{{}, describe(early, TCP_SYN_SENT, TCP_CLOSE), {}};
    give(event, WEIR_CONNECT);
  }
  void established(const Socket& socket) {
    weir_socket_event event{{}, describe(socket, TCP_ESTABLISHED, TCP_SYN_SENT)};
    give(event, WEIR_ESTABLISHED);
  }
  void open(const Socket& socket) {
    connect(socket);
    nowNs += 1000;
    established(socket);
  }
  void use(const Socket& socket, uint8_t state = TCP_ESTABLISHED) {
    weir_owner_event event{{}, describe(socket, state, state), {}};
    give(event, WEIR_OWNER);
  }
  void close(const Socket& socket, const weir_tcp_health& sums, uint8_t oldState = TCP_LAST_ACK) {
    weir_close_event event{{}, describe(socket, TCP_CLOSE, oldState), sums};
    give(event, WEIR_CLOSE);
  }
  void release(const Socket& socket) {
    weir_owner_event event{{}, describe(socket, TCP_ESTABLISHED, TCP_ESTABLISHED), {}};
    give(event, WEIR_RELEASE);
  }
  void release(const Socket& socket, const weir_tcp_health& sums) {
    weir_snapshot_event event{{}, describe(socket, TCP_ESTABLISHED, TCP_ESTABLISHED), {}, sums};
    give(event, WEIR_RELEASE);
  }
  void snapshot(const Socket& socket, const weir_tcp_health& sums, EventOrigin origin = EventOrigin::snapshot) {
    weir_snapshot_event event{{}, describe(socket, TCP_ESTABLISHED, TCP_ESTABLISHED), {}, sums};
    give(event, WEIR_SNAPSHOT, origin);
  }
  bool pass(uint64_t ns) {
    nowNs += ns;
    return flows.tick(probe(nowNs));
  }
  std::vector<SocketFlow> take() {
    std::vector<SocketFlow> all;
    for (SocketFlow one; flows.take(one);) all.push_back(one);
    return all;
  }
  SocketFlow only() {
    const auto all = take();
    REQUIRE(all.size() == 1);
    return all[0];
  }

  SocketFlows flows;
  uint64_t nowNs = kStart;
};

Address address4(const char* text) {
  in_addr octets{};
  ::inet_pton(AF_INET, text, &octets);
  return addressOf(AF_INET, reinterpret_cast<const uint8_t*>(&octets));
}

const Socket kClient{11, "10.0.0.1", 40000, "192.0.2.7", 443};
const Socket kAccepted{12, "10.0.0.1", 22, "192.0.2.7", 50000};
const Socket kLoopClient{21, "127.0.0.1", 40001, "127.0.0.1", 80};
const Socket kLoopServer{22, "127.0.0.1", 80, "127.0.0.1", 40001};

constexpr uint32_t kWholeClient = WEIR_SUM_SYN | WEIR_SUM_FIN_SENT | WEIR_SUM_FIN_RECEIVED;
constexpr uint32_t kWholeServer = WEIR_SUM_FIN_SENT | WEIR_SUM_FIN_RECEIVED;

void checkEnds(const FlowRecord& record, const char* source, uint16_t sourcePort, const char* destination, uint16_t port) {
  CHECK(record.hot.key.address[0] == address4(source));
  CHECK(record.hot.key.port[0] == sourcePort);
  CHECK(record.hot.key.address[1] == address4(destination));
  CHECK(record.hot.key.port[1] == port);
}

}  // namespace

TEST_CASE("a connection of ours: payload without SYN and FIN, we are the source") {
  Flows flows;
  flows.open(kClient);
  const uint64_t establishedNs = flows.nowNs;
  flows.nowNs += kSecond;
  weir_tcp_health sums = health(1002, 5001, 9, 8, kWholeClient);
  sums.established_ns = establishedNs;
  sums.left_ns = establishedNs + kSecond / 4;
  flows.close(kClient, sums);
  CHECK_FALSE(flows.pass(0));
  const SocketFlow flow = flows.only();
  const FlowHot& hot = flow.record.hot;
  checkEnds(flow.record, "10.0.0.1", 40000, "192.0.2.7", 443);
  CHECK(hot.directionMethod == DirectionMethod::socket);
  CHECK(hot.key.protocol == IPPROTO_TCP);
  CHECK(hot.key.ipVersion == 4);
  CHECK(hot.octets[0] == 0);
  CHECK(hot.payloadOctets[0] == 1000);
  CHECK(hot.payloadOctets[1] == 5000);
  CHECK(hot.packets[0] == 9);
  CHECK(hot.packets[1] == 8);
  CHECK(hot.tcpFlags[0] == 0x13);
  CHECK(hot.tcpFlags[1] == 0x13);
  CHECK(hot.startNs == probe(kStart));
  CHECK(hot.endNs == probe(kStart + 1000 + kSecond));
  CHECK(hot.endReason == EndReason::endOfFlow);
  CHECK(hot.recordIndex == 0);
  CHECK(flow.record.link.firstSeenNs == hot.startNs);
  CHECK(flow.record.endpoint.flags == kFromSockets);
  CHECK(flow.cookie == kClient.cookie);
  CHECK(flow.side == 0);
  CHECK(flow.mateCookie == 0);
  const KernelTcp& kernel = flow.record.kernel.tcp[0];
  CHECK(kernel.octetsAcknowledged == 1000);
  CHECK(kernel.connectUs == 1);
  CHECK(kernel.establishedMs == 250);
  CHECK(kernel.closingMs == 750);
  CHECK(kernel.smoothedRttUs == 100);
  CHECK(kernel.state == TCP_CLOSE);
  CHECK(flow.record.kernel.tcp[1].octetsAcknowledged == 0);
  CHECK(flows.flows.made() == 1);
}

TEST_CASE("an accepted connection: the other end is the source, and our SYN+ACK is counted") {
  Flows flows;
  flows.use(kAccepted);
  flows.nowNs += kSecond;
  flows.close(kAccepted, health(301, 101, 4, 6, kWholeServer));
  flows.pass(0);
  const SocketFlow flow = flows.only();
  checkEnds(flow.record, "192.0.2.7", 50000, "10.0.0.1", 22);
  CHECK(flow.record.hot.payloadOctets[0] == 100);
  CHECK(flow.record.hot.payloadOctets[1] == 300);
  CHECK(flow.record.hot.packets[0] == 6);
  CHECK(flow.record.hot.packets[1] == 5);
  CHECK(flow.side == 1);
  CHECK(flow.record.kernel.tcp[1].octetsAcknowledged == 300);
  CHECK(flow.record.kernel.tcp[0].octetsAcknowledged == 0);
}

TEST_CASE("a connection that was only seen to close is told too") {
  Flows flows;
  flows.close(kAccepted, health(301, 101, 4, 6, kWholeServer));
  flows.pass(0);
  const FlowRecord record = flows.only().record;
  CHECK(record.hot.startNs == record.hot.endNs);
  CHECK(record.hot.payloadOctets[1] == 300);
}

TEST_CASE("both ends on this host are one record with two kernel blocks, whichever closes or is known first") {
  for (const bool serverFirst : {false, true}) {
    for (const bool serverUsesLate : {false, true}) {
      CAPTURE(serverFirst);
      CAPTURE(serverUsesLate);
      Flows flows;
      flows.open(kLoopClient);
      if (!serverUsesLate) flows.use(kLoopServer);
      flows.nowNs += kSecond;
      // The client enters TIME_WAIT: the server's FIN and its own last acknowledgement are not counted there.
      const auto client = health(502, 700, 5, 4, WEIR_SUM_SYN | WEIR_SUM_FIN_SENT);
      const auto server = health(701, 501, 4, 6, kWholeServer);
      if (serverFirst) flows.close(kLoopServer, server);
      if (!serverFirst) flows.close(kLoopClient, client, TCP_FIN_WAIT2);
      flows.pass(kSecond);
      CHECK(flows.take().empty());  // the other end is waited for
      if (serverFirst) flows.close(kLoopClient, client, TCP_FIN_WAIT2);
      if (!serverFirst) flows.close(kLoopServer, server);
      flows.pass(0);
      const SocketFlow flow = flows.only();
      checkEnds(flow.record, "127.0.0.1", 40001, "127.0.0.1", 80);
      CHECK(flow.record.hot.payloadOctets[0] == 500);
      CHECK(flow.record.hot.payloadOctets[1] == 700);
      CHECK(flow.record.hot.packets[0] == 6);
      CHECK(flow.record.hot.packets[1] == 5);
      CHECK(flow.record.kernel.tcp[0].octetsAcknowledged == 500);
      CHECK(flow.record.kernel.tcp[1].octetsAcknowledged == 700);
      CHECK(flow.cookie == kLoopClient.cookie);
      CHECK(flow.mateCookie == kLoopServer.cookie);
      flows.pass(100 * kSecond);
      CHECK(flows.take().empty());
    }
  }
}

TEST_CASE("ends in two namespaces of this host are one record; equal tuples in other namespaces are others") {
  Flows flows;
  Socket client{31, "10.1.0.2", 5000, "10.1.0.3", 80};
  Socket server{32, "10.1.0.3", 80, "10.1.0.2", 5000};
  server.netns = 2;
  flows.open(client);
  flows.use(server);
  flows.close(client, health(12, 0, 4, 3, WEIR_SUM_SYN | WEIR_SUM_FIN_SENT));
  flows.close(server, health(1, 11, 3, 5, kWholeServer));
  flows.pass(0);
  CHECK(flows.only().mateNetnsCookie == 2);

  Socket elsewhere = kLoopServer;
  elsewhere.netns = 2;  // a loopback of its own
  flows.open(kLoopClient);
  flows.use(elsewhere);
  flows.close(kLoopClient, health(2, 0, 3, 3, kWholeClient));
  flows.close(elsewhere, health(1, 1, 3, 3, kWholeServer));
  flows.pass(100 * kSecond);
  CHECK(flows.take().size() == 2);
}

TEST_CASE("an end that comes to be known after the record was made adds nothing twice") {
  Flows flows;
  Socket client{31, "10.1.0.2", 5000, "10.1.0.3", 80};
  Socket server{32, "10.1.0.3", 80, "10.1.0.2", 5000};
  flows.open(client);
  flows.close(client, health(12, 0, 4, 4, kWholeClient));
  flows.pass(0);
  const SocketFlow first = flows.only();
  flows.pass(kSecond);
  flows.use(server, TCP_CLOSE_WAIT);
  flows.close(server, health(1, 11, 3, 5, kWholeServer));
  flows.pass(100 * kSecond);
  const SocketFlow late = flows.only();  // the last acknowledgement, which only the server counted
  CHECK(late.record.link.flowId == first.record.link.flowId);
  CHECK(late.record.hot.recordIndex == 1);
  CHECK(late.record.hot.payloadOctets[0] == 0);
  CHECK(late.record.hot.packets[0] + late.record.hot.packets[1] == 1);
}

TEST_CASE("a refused connection is a SYN; one that never left is nothing") {
  Flows flows;
  flows.connect(kClient);
  flows.close(kClient, health(0, 0, 1, 1, 0), TCP_SYN_SENT);
  flows.pass(0);
  const FlowRecord record = flows.only().record;
  checkEnds(record, "10.0.0.1", 40000, "192.0.2.7", 443);
  CHECK(record.hot.packets[0] == 1);
  CHECK(record.hot.packets[1] == 1);
  CHECK(record.hot.payloadOctets[0] == 0);
  CHECK(record.hot.tcpFlags[0] == 0x02);
  CHECK(record.hot.tcpFlags[1] == 0x14);

  flows.connect(kLoopClient);
  flows.close(kLoopClient, health(0, 0, 0, 0, 0), TCP_SYN_SENT);
  flows.pass(100 * kSecond);
  CHECK(flows.take().empty());
}

TEST_CASE("active timeout: asks for a snapshot, tells the difference, never less than nothing") {
  Flows flows;
  flows.open(kClient);
  CHECK_FALSE(flows.pass(59 * kSecond));
  CHECK(flows.pass(2 * kSecond));
  CHECK_FALSE(flows.pass(kSecond / 10));  // asked for already
  flows.snapshot(kClient, health(1001, 200, 10, 10, WEIR_SUM_SYN));
  const uint64_t countedNs = flows.nowNs;
  flows.pass(0);
  const SocketFlow first = flows.only();
  CHECK(first.record.hot.endReason == EndReason::active);
  CHECK(first.record.hot.payloadOctets[0] == 1000);
  CHECK(first.record.hot.payloadOctets[1] == 200);
  CHECK(first.record.hot.tcpFlags[0] == 0x12);
  CHECK(first.record.hot.endNs == probe(countedNs));

  // Nothing happened: no record.
  CHECK(flows.pass(60 * kSecond));
  flows.snapshot(kClient, health(1001, 200, 10, 10, WEIR_SUM_SYN));
  flows.pass(0);
  CHECK(flows.take().empty());

  // A reading that tore (bytes_acked lags behind): nothing, and the next record is right again.
  CHECK(flows.pass(60 * kSecond));
  flows.snapshot(kClient, health(1000, 200, 10, 10, WEIR_SUM_SYN));
  flows.pass(0);
  CHECK(flows.take().empty());
  const uint64_t lookedNs = flows.nowNs;
  flows.nowNs += kSecond;
  flows.close(kClient, health(1502, 201, 14, 13, kWholeClient));
  flows.pass(0);
  const SocketFlow last = flows.only();
  CHECK(last.record.link.flowId == first.record.link.flowId);
  CHECK(last.record.hot.recordIndex == 1);
  CHECK(last.record.hot.endReason == EndReason::endOfFlow);
  CHECK(last.record.hot.payloadOctets[0] == 500);
  CHECK(last.record.hot.payloadOctets[1] == 0);
  CHECK(last.record.hot.packets[0] == 4);
  CHECK(last.record.hot.tcpFlags[0] == 0x11);
  CHECK(last.record.hot.startNs == probe(lookedNs));
  CHECK(last.record.link.firstSeenNs == probe(kStart));
}

TEST_CASE("a snapshot that shows nothing of a connection is not asked for again at once") {
  Flows flows;
  flows.open(kClient);
  CHECK(flows.pass(61 * kSecond));
  CHECK_FALSE(flows.pass(4 * kSecond));
  CHECK_FALSE(flows.pass(50 * kSecond));
  CHECK(flows.pass(20 * kSecond));
}

TEST_CASE("a connection older than the probe starts with nothing") {
  SocketFlows old({});
  weir_snapshot_event event{{kStart, WEIR_SNAPSHOT, sizeof event, 0},
                            describe(kClient, TCP_ESTABLISHED, TCP_ESTABLISHED),
                            {},
                            health(1'000'001, 2'000'000, 800, 900, WEIR_SUM_SYN)};
  old.onEvent(event.event, EventOrigin::snapshot, kSlept);
  old.tick(probe(kStart));
  weir_close_event close{{kStart + kSecond, WEIR_CLOSE, sizeof close, 0},
                         describe(kClient, TCP_CLOSE, TCP_LAST_ACK),
                         health(1'000'102, 2'000'001, 804, 903, kWholeClient)};
  old.onEvent(close.event, EventOrigin::bpf, kSlept);
  old.tick(probe(kStart + kSecond));
  SocketFlow flow;
  REQUIRE(old.take(flow));
  checkEnds(flow.record, "10.0.0.1", 40000, "192.0.2.7", 443);
  CHECK(flow.record.hot.payloadOctets[0] == 100);
  CHECK(flow.record.hot.payloadOctets[1] == 0);
  CHECK(flow.record.hot.packets[0] == 4);
  CHECK(flow.record.hot.startNs == probe(kStart));
  CHECK(flow.record.hot.tcpFlags[0] == 0x11);
}

TEST_CASE("what records of packets tell is not told again") {
  SocketFlowOptions options;
  options.waitNs = 3 * kSecond;
  Flows flows(options);
  flows.open(kClient);
  flows.close(kClient, health(12, 1, 4, 4, kWholeClient));
  flows.pass(2 * kSecond);
  CHECK(flows.take().empty());  // packets may still tell
  flows.flows.toldByPackets(kClient.cookie);
  flows.pass(100 * kSecond);
  CHECK(flows.take().empty());

  flows.use(kAccepted);
  flows.close(kAccepted, health(12, 1, 4, 4, kWholeServer));
  flows.pass(3 * kSecond);
  CHECK(flows.take().size() == 1);

  flows.open(kLoopClient);
  flows.use(kLoopServer);
  flows.flows.toldByPackets(kLoopServer.cookie);  // one end is enough
  flows.close(kLoopClient, health(2, 0, 3, 3, kWholeClient));
  flows.close(kLoopServer, health(1, 1, 3, 3, kWholeServer));
  flows.pass(100 * kSecond);
  CHECK(flows.take().empty());
}

TEST_CASE("what is open waits for the records of packets; an older connection's packets may have begun late") {
  SocketFlowOptions options;
  options.waitNs = 17 * kSecond;
  SocketFlows old(options);
  weir_snapshot_event event{{kStart, WEIR_SNAPSHOT, sizeof event, 0},
                            describe(kClient, TCP_ESTABLISHED, TCP_ESTABLISHED),
                            {},
                            health(101, 200, 80, 90, WEIR_SUM_SYN)};
  old.onEvent(event.event, EventOrigin::snapshot, kSlept);
  old.tick(probe(kStart));
  const auto answer = [&](uint64_t seconds, uint64_t acked) {
    CHECK_FALSE(old.tick(probe(kStart + (seconds - 1) * kSecond)));
    CHECK(old.tick(probe(kStart + seconds * kSecond)));
    event.event.time_ns = kStart + seconds * kSecond;
    event.health = health(acked, 200, 81, 91, WEIR_SUM_SYN);
    old.onEvent(event.event, EventOrigin::snapshot, kSlept);
    old.tick(probe(event.event.time_ns));
  };
  SocketFlow flow;
  answer(77, 201);
  CHECK_FALSE(old.take(flow));  // first news: whoever captures packets may have seen them just now
  answer(154, 301);
  REQUIRE(old.take(flow));
  CHECK(flow.record.hot.payloadOctets[0] == 200);
  CHECK(flow.record.hot.endReason == EndReason::active);
  answer(214, 401);
  REQUIRE(old.take(flow));
  CHECK(flow.record.hot.payloadOctets[0] == 100);
}

TEST_CASE("UDP: a record at the release of a connected socket, with lengths where they are summed") {
  Flows flows;
  Socket client{41, "10.0.0.1", 6000, "192.0.2.7", 53, IPPROTO_UDP};
  flows.use(client);
  flows.nowNs += kSecond;
  weir_tcp_health sums{};
  sums.bytes_sent = 60;
  sums.bytes_received = 900;
  sums.segs_out = 2;
  sums.segs_in = 1;
  flows.release(client, sums);
  flows.pass(0);
  const FlowRecord record = flows.only().record;
  checkEnds(record, "10.0.0.1", 6000, "192.0.2.7", 53);
  CHECK(record.hot.key.protocol == IPPROTO_UDP);
  CHECK(record.hot.payloadOctets[0] == 60);
  CHECK(record.hot.payloadOctets[1] == 900);
  CHECK(record.hot.packets[0] == 2);
  CHECK(record.hot.packets[1] == 1);
  CHECK(record.hot.endNs - record.hot.startNs == kSecond);
  CHECK(record.hot.tcpFlags[0] == 0);
  CHECK(record.kernel.tcp[0].octetsSent == 0);

  client.cookie = 42;
  flows.release(client);  // without sums
  flows.pass(0);
  const FlowRecord bare = flows.only().record;
  CHECK(bare.hot.packets[0] == 0);
  CHECK(bare.hot.payloadOctets[0] == 0);

  Socket server{43, "0.0.0.0", 53, "0.0.0.0", 0, IPPROTO_UDP};
  flows.use(server);
  flows.release(server);
  flows.pass(100 * kSecond);
  CHECK(flows.take().empty());
}

TEST_CASE("IPv6, and IPv4 in a v6 socket") {
  Flows flows;
  const Socket six{51, "2001:db8::1", 40000, "2001:db8::2", 443};
  const Socket mapped{52, "::ffff:10.0.0.1", 40000, "::ffff:192.0.2.7", 443};
  for (const Socket& socket : {six, mapped}) {
    flows.open(socket);
    flows.close(socket, health(12, 1, 4, 4, kWholeClient));
    flows.pass(0);
    const FlowRecord record = flows.only().record;
    if (socket.cookie == mapped.cookie) checkEnds(record, "10.0.0.1", 40000, "192.0.2.7", 443);
    CHECK(record.hot.key.ipVersion == (socket.cookie == six.cookie ? 6 : 4));
  }
}

TEST_CASE("flush: open connections leave by force, with what is known of them") {
  Flows flows;
  flows.open(kClient);
  flows.snapshot(kClient, health(101, 50, 7, 6, WEIR_SUM_SYN));
  flows.use(kAccepted);
  flows.nowNs += kSecond;
  flows.flows.flush();
  const auto all = flows.take();
  REQUIRE(all.size() == 2);
  CHECK(all[0].record.hot.endReason == EndReason::forced);
  CHECK(all[0].record.hot.payloadOctets[0] == 100);
  CHECK(all[1].record.hot.endReason == EndReason::forced);
  CHECK(all[1].record.hot.packets[0] == 2);  // of a connection that was never counted: its handshake
  CHECK(all[1].record.hot.packets[1] == 1);
  flows.flows.flush();
  CHECK(flows.take().empty());
}

TEST_CASE("a socket that connects again is a new flow; what uses it after its end is not") {
  Flows flows;
  flows.open(kClient);
  flows.close(kClient, health(12, 1, 4, 4, kWholeClient));
  flows.use(kClient, TCP_CLOSE);
  Socket again = kClient;
  again.localPort = 40002;
  flows.open(again);
  flows.close(again, health(22, 1, 4, 4, kWholeClient));
  flows.pass(0);
  const auto all = flows.take();
  REQUIRE(all.size() == 2);
  CHECK(all[0].record.hot.payloadOctets[0] == 10);
  CHECK(all[1].record.hot.payloadOctets[0] == 20);
  CHECK(all[1].record.hot.key.port[0] == 40002);
  CHECK(all[0].record.link.flowId != all[1].record.link.flowId);
  flows.use(kClient, TCP_CLOSE);
  flows.pass(100 * kSecond);
  CHECK(flows.take().empty());
}

TEST_CASE("tier T0: a socket that no dump shows any more has ended") {
  Flows flows;
  flows.snapshot(kClient, health(101, 0, 3, 3, WEIR_SUM_SYN), EventOrigin::diag);
  for (int i = 0; i < 20; ++i) {
    flows.pass(2 * kSecond);
    flows.snapshot(kClient, health(201, 0, 5, 5, WEIR_SUM_SYN), EventOrigin::diag);
  }
  CHECK(flows.take().empty());
  const uint64_t seenNs = flows.nowNs;
  flows.pass(16 * kSecond);
  const FlowRecord record = flows.only().record;
  CHECK(record.hot.endReason == EndReason::idle);
  CHECK(record.hot.endNs == probe(seenNs));
  CHECK(record.hot.payloadOctets[0] == 200);
  flows.pass(100 * kSecond);
  CHECK(flows.take().empty());
}

TEST_CASE("bounds: the oldest leaves for lack of resources, a full queue drops and counts") {
  SocketFlowOptions options;
  options.capacity = 4;
  options.queue = 2;
  Flows flows(options);
  for (uint16_t i = 0; i < 10; ++i) {
    Socket socket = kClient;
    socket.cookie = 100u + i;
    socket.localPort = static_cast<uint16_t>(1000 + i);
    flows.nowNs += kSecond;
    flows.open(socket);
  }
  CHECK(flows.flows.made() == 2);
  CHECK(flows.flows.dropped() == 4);
  const auto all = flows.take();
  REQUIRE(all.size() == 2);
  CHECK(all[0].record.hot.key.port[0] == 1000);
  CHECK(all[0].record.hot.endReason == EndReason::lackOfResources);
}

TEST_CASE("sockets that make no flow: listeners, MPTCP itself, raw sockets") {
  Flows flows;
  Socket listener{61, "0.0.0.0", 80, "0.0.0.0", 0};
  weir_owner_event listen{{}, describe(listener, TCP_LISTEN, TCP_CLOSE), {}};
  flows.give(listen, WEIR_LISTEN);
  Socket multipath = kClient;
  multipath.protocol = 262;
  flows.use(multipath);
  Socket raw{62, "10.0.0.1", 1, "192.0.2.7", 0, IPPROTO_ICMP};
  flows.release(raw);
  flows.flows.flush();
  CHECK(flows.take().empty());
}

}  // namespace weir
