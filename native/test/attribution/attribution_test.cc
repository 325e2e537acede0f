// The whole of it on this host's kernel: real sockets of this process, records as packets of theirs would give.
#include "attribution/attribution.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/descriptor.h"
#include "base/error.h"
#include "capture/interfaces.h"
#include "fields/endpoint_profile.h"

using namespace weir;

namespace {

uint64_t probeNow() { return systemClocks().read(CLOCK_BOOTTIME); }

sockaddr_in loopback(uint16_t port = 0) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

uint16_t portOf(int socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

// A connection over loopback with one octet each way.
struct Connection {
  Descriptor listener, client, server;
  Connection() {
    listener = Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = loopback();
    ::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(listener.get(), 1);
    address = loopback(portOf(listener.get()));
    client = Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    server = Descriptor(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    char octet = 'x';
    REQUIRE(::send(client.get(), &octet, 1, 0) == 1);
    REQUIRE(::recv(server.get(), &octet, 1, 0) == 1);
    REQUIRE(::send(server.get(), &octet, 1, 0) == 1);
    REQUIRE(::recv(client.get(), &octet, 1, 0) == 1);
  }
};

struct Batch {
  alignas(64) FlowRecord records[8] = {};
  std::vector<uint8_t> heap = std::vector<uint8_t>(65536);
  BatchBuffer buffer{reinterpret_cast<uint8_t*>(records), sizeof(FlowRecord), 8, heap.data(), heap.size()};

  FlowRecord& add(uint16_t sourcePort, uint16_t destinationPort, DirectionMethod direction) {
    FlowRecord& record = records[buffer.count++];
    FlowKey& key = record.hot.key;
    key.address[0] = key.address[1] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1};
    key.port[0] = sourcePort;
    key.port[1] = destinationPort;
    key.protocol = IPPROTO_TCP;
    key.ipVersion = 4;
    record.hot.directionMethod = direction;
    record.hot.startNs = probeNow() - 1'000'000;
    record.hot.endNs = probeNow();
    return record;
  }
  std::string text(TextRef ref) const {
    return {reinterpret_cast<const char*>(heap.data()) + ref.offset, ref.length};
  }
};

ObservationPointTable& points() {
  static ObservationPointTable table;
  if (table.size() == 0) table.add({"lo", 1, ""});
  return table;
}

// Null, with the reason said, where the tier cannot be had.
std::unique_ptr<Attribution> started(AttributionOptions options) {
  options.required = true;
  options.conntrack = false;
  auto attribution = std::make_unique<Attribution>(options, [] {});
  try {
    attribution->start();
  } catch (const Error& error) {
    MESSAGE("skipped: " << std::string(error.what()));
    return nullptr;
  }
  return attribution;
}

void checkOwnEnds(Batch& batch, const FlowRecord& record) {
  for (unsigned side = 0; side < 2; side++) {
    EndpointProfile profile{};
    REQUIRE(profileOf(record, side, batch.heap.data(), profile));
    CHECK(profile.processId == static_cast<uint32_t>(::getpid()));
    CHECK(profile.uid == ::getuid());
    CHECK(batch.text(profile.name) == std::string(program_invocation_short_name).substr(0, 15));
    CHECK(profile.parentId == static_cast<uint32_t>(::getppid()));
  }
}

}  // namespace

TEST_CASE("live, BPF: both ends of a loopback connection, exact, with kernel health") {
  const auto attribution = started({});
  if (!attribution) return;
  auto batch = std::make_unique<Batch>();
  uint16_t client = 0, server = 0;
  {
    const Connection connection;
    client = portOf(connection.client.get());
    server = portOf(connection.listener.get());
  }
  const FlowRecord& record = batch->add(client, server, DirectionMethod::syn);
  attribution->attribute(batch->buffer, 0, points());
  checkOwnEnds(*batch, record);
  CHECK(record.endpoint.match[0] == MatchMethod::exact);
  CHECK(record.endpoint.match[1] == MatchMethod::exact);
  CHECK((record.endpoint.flags & 3) == 0);
  CHECK(record.kernel.tcp[0].octetsAcknowledged == 1);
  CHECK(record.kernel.tcp[0].octetsReceived == 1);
  CHECK(record.kernel.tcp[1].octetsReceived == 1);
  CHECK(record.kernel.tcp[0].connectUs != 0);
}

TEST_CASE("live, BPF: a connection that is older than the probe, seen from its middle, the wrong way round") {
  const Connection connection;
  const auto attribution = started({});
  if (!attribution) return;
  auto batch = std::make_unique<Batch>();
  const uint16_t client = portOf(connection.client.get()), server = portOf(connection.listener.get());
  const FlowRecord& record = batch->add(server, client, DirectionMethod::firstPacket);
  attribution->attribute(batch->buffer, 0, points());
  checkOwnEnds(*batch, record);
  CHECK(record.endpoint.match[0] == MatchMethod::snapshot);
  CHECK(record.hot.key.port[0] == client);
  CHECK(record.hot.directionMethod == DirectionMethod::socket);
  CHECK(attribution->counters().snapshots == 1);
}

TEST_CASE("live, sock_diag: both ends of an open connection") {
  const Connection connection;
  AttributionOptions options;
  options.tier = AttributionTier::diag;
  const auto attribution = started(options);
  REQUIRE(attribution);
  CHECK(attribution->status().tier == AttributionTier::diag);
  auto batch = std::make_unique<Batch>();
  const FlowRecord& record =
      batch->add(portOf(connection.client.get()), portOf(connection.listener.get()), DirectionMethod::syn);
  attribution->attribute(batch->buffer, 0, points());
  checkOwnEnds(*batch, record);
  CHECK(record.endpoint.match[0] == MatchMethod::diag);
}

TEST_CASE("live, BPF: events of a connection, its process at side 0, the other end at side 1") {
  AttributionOptions options;
  for (const EventType type : {EventType::connect, EventType::accept, EventType::listen, EventType::close}) {
    options.events |= 1u << static_cast<unsigned>(type);
  }
  const auto attribution = started(options);
  if (!attribution) return;
  uint16_t server = 0;
  {
    const Connection connection;
    server = portOf(connection.listener.get());
  }
  attribution->stop();  // what waits is ripe
  unsigned seen = 0;
  auto batch = std::make_unique<Batch>();
  do {
    batch->buffer.count = 0;
    batch->buffer.heapUsed = 0;
    attribution->takeEvents(batch->buffer);
    for (uint32_t i = 0; i < batch->buffer.count; i++) {
      const FlowRecord& record = batch->records[i];
      if (record.hot.key.port[0] != server && record.hot.key.port[1] != server) continue;
      seen |= 1u << static_cast<unsigned>(record.endpoint.event);
      if (record.endpoint.event == EventType::accept) checkOwnEnds(*batch, record);
    }
  } while (batch->buffer.count != 0);
  CHECK(seen == options.events);
}

TEST_CASE("records of files are left as they are") {
  Attribution attribution({}, [] {});  // not started
  ObservationPointTable files;
  files.add({"a.pcap", 0, ""});
  auto batch = std::make_unique<Batch>();
  const FlowRecord& record = batch->add(1, 2, DirectionMethod::firstPacket);
  attribution.attribute(batch->buffer, 0, files);
  CHECK(record.endpoint.profile[0] == 0);
  CHECK(record.hot.key.port[0] == 1);
  CHECK(attribution.finished() == false);
  attribution.stop();
  CHECK(attribution.finished());
}
