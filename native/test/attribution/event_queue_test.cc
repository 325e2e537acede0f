#include "attribution/event_queue.h"

#include <doctest/doctest.h>

#include "attribution/clock_offset.h"
#include "attribution/local_addresses.h"
#include "socket_events_maker.h"

using namespace weir;

namespace {

uint32_t bit(EventType type) { return 1u << static_cast<unsigned>(type); }

}  // namespace

TEST_CASE("what one event brings comes in the order it happened; a full queue drops and counts") {
  EventQueue queue(3);
  PendingEvent event;
  event.tuple.protocol = IPPROTO_UDP;
  queue.push(event, bit(EventType::close) | bit(EventType::use));
  REQUIRE(queue.front() != nullptr);
  CHECK(queue.front()->type == EventType::use);
  queue.pop();
  CHECK(queue.front()->type == EventType::close);
  queue.push(event, bit(EventType::use) | bit(EventType::close));
  queue.push(event, bit(EventType::use));
  CHECK(queue.made() == 4);
  CHECK(queue.dropped() == 1);
}

TEST_CASE("an event is a record: the local end at side 0; of a process alone without addresses") {
  PendingEvent event;
  event.type = EventType::connect;
  event.tuple = tupleOf(socketOf({1, {"10.0.0.1", 40000, "10.0.0.2", 80}}));
  event.user = {{50, 500}, 51, 0};
  FlowRecord record = recordOf(event, 7000, 6000);
  CHECK(record.hot.key.port[0] == 40000);
  CHECK(record.hot.key.address[1] == address("10.0.0.2"));
  CHECK(record.hot.key.ipVersion == 4);
  CHECK(record.hot.startNs == 7000);
  CHECK(record.hot.endNs == 7000);
  CHECK(record.link.firstSeenNs == 6000);
  CHECK(record.endpoint.event == EventType::connect);
  CHECK(record.endpoint.threadId[0] == 51);
  CHECK(record.endpoint.match[0] == MatchMethod::exact);
  event.tuple = {};
  event.type = EventType::exec;
  record = recordOf(event, 7000, 7000);
  CHECK(record.hot.key.protocol == 0);
  CHECK(record.hot.key.ipVersion == 0);
  event.tuple = tupleOf(socketOf({1, {"::", 80, "::", 0}}));
  CHECK(recordOf(event, 7000, 7000).hot.key.ipVersion == 6);
}

TEST_CASE("packet times keep their sockets over a sleep of the machine") {
  ClockOffset offset;
  offset.observe(1'000'000'000, 50'000'000'000);
  CHECK(offset.toMonotonic(52'000'000'000) == 2'000'000'000);
  CHECK(offset.toMonotonic(50'500'000'000) == 500'000'000);  // a process of before the probe
  offset.observe(3'000'000'000, 50'000'100'000);  // as exactly as it is read
  CHECK(offset.toMonotonic(52'000'000'000) == 2'000'000'000);
  offset.observe(5'000'000'000, 90'000'000'000);
  CHECK(offset.toMonotonic(96'000'000'000) == 6'000'000'000);
  CHECK(offset.toMonotonic(54'000'000'000) == 4'000'000'000);  // a packet of before
  CHECK(offset.toProbe(4'000'000'000) == 54'000'000'000);
  CHECK(offset.toProbe(6'000'000'000) == 96'000'000'000);
}

TEST_CASE("addresses by namespace; one that several have belongs to none of them") {
  LocalAddresses addresses(2);
  addresses.learn(1, address("10.0.0.1"));
  addresses.learn(2, address("172.17.0.2"));
  addresses.learn(2, address("172.17.0.3"));  // full
  addresses.learn(2, address("127.0.0.1"));
  CHECK(addresses.has(1, address("10.0.0.1")));
  CHECK(!addresses.has(2, address("10.0.0.1")));
  CHECK(addresses.has(9, address("127.0.0.1")));
  CHECK(addresses.otherThan(1, address("172.17.0.2")) == 2);
  addresses.learn(3, address("172.17.0.2"));
  CHECK(addresses.otherThan(1, address("172.17.0.2")) == 0);
  addresses.keepOnly({1, 3});
  CHECK(addresses.otherThan(1, address("172.17.0.2")) == 3);
}
