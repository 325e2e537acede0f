#include "attribution/socket_table.h"

#include <doctest/doctest.h>

#include "socket_events_maker.h"

using namespace weir;

namespace {

const Ends kEnds{"10.0.0.1", 40000, "10.0.0.2", 80};
const Ends kServer{"10.0.0.2", 80, "10.0.0.1", 40000};

size_t countOf(const SocketTable& table, const SocketSpec& spec) {
  size_t count = 0;
  table.withTuple(tupleOf(socketOf(spec)), [&](const SocketBinding&) { count++; });
  return count;
}

const SocketBinding* only(const SocketTable& table, const SocketSpec& spec) {
  const SocketBinding* found = nullptr;
  table.withTuple(tupleOf(socketOf(spec)), [&](const SocketBinding& binding) {
    CHECK(found == nullptr);
    found = &binding;
  });
  REQUIRE(found != nullptr);
  return found;
}

}  // namespace

TEST_CASE("namespaces are those of open sockets") {
  SocketTable table({});
  Events events(table);
  SocketSpec one{100, kEnds}, other{101, kServer};
  other.netns = 77;
  events.owner(1, WEIR_CONNECT, one, processOf(50));
  events.owner(1, WEIR_CONNECT, other, processOf(50));
  CHECK(table.namespaces().size() == 2);
  CHECK(table.namespaces().contains(77));
  weir_tcp_health health{};
  events.close(2, other, health);
  CHECK(table.namespaces().size() == 1);
  CHECK_FALSE(table.namespaces().contains(77));
}

TEST_CASE("a connection from connect to close") {
  SocketTable table({});
  Events events(table);
  const SocketSpec spec{100, kEnds};
  SocketSpec pending = spec;
  pending.ends.localPort = 0;
  CHECK(tells(events.owner(1, WEIR_CONNECT, pending, processOf(50)), EventType::connect));
  CHECK(events.state(1.002, WEIR_ESTABLISHED, spec).events == 0);
  CHECK(events.owner(1.5, WEIR_OWNER, spec, processOf(50)).events == 0);  // it is the opener
  const SocketBinding* binding = only(table, spec);
  CHECK(binding->connector);
  CHECK(binding->startNs == Events::ns(1));
  CHECK(binding->open());
  CHECK(binding->users.size() == 1);
  weir_tcp_health health{};
  health.srtt_us = 77;
  CHECK(tells(events.close(2, spec, health), EventType::close));
  CHECK(binding->endNs == Events::ns(2));
  CHECK(binding->health.srtt_us == 77);
  CHECK(table.ended() == 1);
}

TEST_CASE("a refused connect is told with the tuple that its end brings") {
  SocketTable table({});
  Events events(table);
  SocketSpec spec{100, kEnds};
  spec.state = 2;
  spec.ends.localPort = 0;
  events.owner(1, WEIR_CONNECT, spec, processOf(50));
  spec.ends.localPort = 40000;
  spec.oldState = 2;
  CHECK(tells(events.close(1.001, spec), EventType::refused));
  CHECK(only(table, spec)->users.front().process.tgid == 50);
}

TEST_CASE("one tuple in time: each socket has its own interval") {
  SocketTable table({});
  Events events(table);
  events.connect(1, {100, kEnds}, processOf(50));
  events.close(2, {100, kEnds});
  events.connect(3, {101, kEnds}, processOf(51));
  CHECK(countOf(table, {100, kEnds}) == 2);
  events.close(4, {101, kEnds});
  events.owner(5, WEIR_OWNER, {102, kEnds}, processOf(52));  // no connect was told
  bool found = false;
  table.withCookie(102, [&](const SocketBinding& binding) {
    found = true;
    CHECK(binding.startNs == Events::ns(4));
  });
  CHECK(found);
}

TEST_CASE("a lost close: the next socket of the name ends the one before") {
  SocketTable table({});
  Events events(table);
  events.owner(1, WEIR_OWNER, {100, kServer}, processOf(50));
  events.owner(3, WEIR_OWNER, {101, kServer}, processOf(51));
  CHECK(countOf(table, {100, kServer}) == 2);
  CHECK(table.ended() == 1);
}

TEST_CASE("accepted: the first owner; then whoever uses it, the opener is kept") {
  SocketTable table({});
  Events events(table);
  const SocketSpec spec{200, kServer};
  CHECK(tells(events.owner(1, WEIR_OWNER, spec, processOf(60)), EventType::accept));
  CHECK(tells(events.owner(2, WEIR_OWNER, spec, processOf(61)), EventType::use));  // SCM_RIGHTS, fork
  CHECK(events.owner(2.2, WEIR_OWNER, spec, processOf(60)).events == 0);           // told before
  CHECK(events.owner(2.4, WEIR_OWNER, spec, processOf(61)).events == 0);
  const SocketBinding* binding = only(table, spec);
  CHECK(binding->users.front().process.tgid == 60);
  CHECK(binding->userAt(Events::ns(1.5))->process.tgid == 60);
  CHECK(binding->userAt(Events::ns(2.5))->process.tgid == 61);
  CHECK(binding->userAt(Events::ns(0.1))->process.tgid == 60);
}

TEST_CASE("many users: the opener and the latest stay") {
  SocketTable table({});
  Events events(table);
  for (uint32_t i = 0; i < 100; i++) events.owner(1 + i, WEIR_OWNER, {200, kServer}, processOf(1000 + i));
  const SocketBinding* binding = only(table, {200, kServer});
  CHECK(binding->users.size() == 16);
  CHECK(binding->users.front().process.tgid == 1000);
  CHECK(binding->users.back().process.tgid == 1099);
}

TEST_CASE("a full table: the oldest ended one goes first, and it is counted when its record may still come") {
  SocketTable table({1000, 20 * kSecond, 7 * kSecond});
  Events events(table);
  const auto storm = [&](double from, double apart, uint64_t firstCookie) {
    for (uint32_t i = 0; i < 2000; i++) {
      const SocketSpec spec{firstCookie + i, {"10.0.0.1", static_cast<uint16_t>(20000 + i), "10.0.0.2", 80}};
      events.connect(from + apart * i, spec, processOf(50));
      events.close(from + apart * i, spec);
    }
  };
  storm(1, 0.001, 1000);
  CHECK(table.size() == 1000);
  CHECK(table.forgottenEarly() == 1000);
  storm(100, 0.01, 10'000);  // each leaves 10 s after its end
  CHECK(table.size() == 1000);
  CHECK(table.forgottenEarly() == 1000);
  CHECK(table.evicted() == 0);
}

TEST_CASE("a process id that is used again is another process") {
  SocketTable table({});
  Events events(table);
  events.owner(1, WEIR_OWNER, {200, kServer}, processOf(60, 5 * kSecond));
  events.owner(2, WEIR_OWNER, {200, kServer}, processOf(60, 6 * kSecond));
  CHECK(only(table, {200, kServer})->users.size() == 2);
}

TEST_CASE("v4-mapped addresses are IPv4") {
  SocketTable table({});
  Events events(table);
  events.owner(1, WEIR_OWNER, {200, {"::ffff:10.0.0.2", 80, "::ffff:10.0.0.1", 40000}}, processOf(60));
  CHECK(only(table, {200, kServer})->users.front().process.tgid == 60);
}

TEST_CASE("MPTCP: connection and subflow are one, under TCP; an accepted one may have the listener's cookie") {
  SocketTable table({});
  Events events(table);
  SocketSpec listening{300, {"10.0.0.2", 80, "0.0.0.0", 0}, kMptcp};
  listening.state = 10;
  events.owner(1, WEIR_LISTEN, listening, processOf(70));
  CHECK(tells(events.owner(2, WEIR_OWNER, {300, kServer, kMptcp}, processOf(71)), EventType::accept));
  const SocketBinding* binding = only(table, {300, kServer});
  CHECK(!binding->listener);
  CHECK(binding->users.front().process.tgid == 71);
  events.close(3, {301, kServer});  // the subflow's end
  CHECK(!only(table, {300, kServer})->open());
  size_t listeners = 0;
  table.withPort(IPPROTO_TCP, false, 80, [&](const SocketBinding& other) { listeners += other.listener && other.open(); });
  CHECK(listeners == 1);

  events.connect(4, {400, kEnds}, processOf(80));
  events.owner(5, WEIR_OWNER, {401, kEnds, kMptcp}, processOf(80));
  CHECK(countOf(table, {400, kEnds}) == 1);
}

TEST_CASE("MPTCP: a peer that comes back from the same port has the cookie and tuple of before, and another binding") {
  SocketTable table({});
  Events events(table);
  events.owner(1, WEIR_OWNER, {300, kServer, kMptcp}, processOf(70));
  events.close(2, {300, kServer, kMptcp});
  events.owner(2.1, WEIR_OWNER, {300, kServer, kMptcp}, processOf(70));  // read its end late
  CHECK(countOf(table, {300, kServer}) == 1);
  CHECK(tells(events.owner(4, WEIR_OWNER, {300, kServer, kMptcp}, processOf(71)), EventType::accept));
  CHECK(countOf(table, {300, kServer}) == 2);
  events.close(5, {300, kServer, kMptcp});
  CHECK(table.ended() == 2);
}

TEST_CASE("a socket that only sends is told by its release; the last to close is not its user") {
  SocketTable table({});
  Events events(table);
  const SocketSpec sender{500, {"0.0.0.0", 5000, "0.0.0.0", 0}, IPPROTO_UDP};
  auto change = events.owner(1, WEIR_RELEASE, sender, processOf(90));
  CHECK(change.events == (1u << static_cast<unsigned>(EventType::use) | 1u << static_cast<unsigned>(EventType::close)));
  CHECK(!change.binding->open());
  const SocketSpec server{501, {"0.0.0.0", 5001, "0.0.0.0", 0}, IPPROTO_UDP};
  CHECK(tells(events.owner(2, WEIR_OWNER, server, processOf(91)), EventType::use));
  change = events.owner(3, WEIR_RELEASE, server, processOf(92));
  CHECK(tells(change, EventType::close));
  CHECK(change.binding->users.back().process.tgid == 91);
}

TEST_CASE("a TCP socket nobody read from gets its process at release, before or behind its close") {
  SocketTable table({});
  Events events(table);
  CHECK(tells(events.owner(1, WEIR_RELEASE, {600, kServer}, processOf(95)), EventType::accept));
  CHECK(only(table, {600, kServer})->open());
  events.close(2, {600, kServer});
  const Ends other{"10.0.0.2", 80, "10.0.0.1", 40001};
  events.close(3, {601, other});
  events.owner(3.1, WEIR_RELEASE, {601, other}, processOf(96));
  CHECK(only(table, {601, other})->users.front().process.tgid == 96);
  CHECK(only(table, {601, other})->endNs == Events::ns(3));
}

TEST_CASE("a datagram socket that is connected later keeps its users") {
  SocketTable table({});
  Events events(table);
  events.owner(1, WEIR_OWNER, {700, {"0.0.0.0", 5000, "0.0.0.0", 0}, IPPROTO_UDP}, processOf(97));
  const SocketSpec connected{700, {"10.0.0.1", 5000, "10.0.0.9", 53}, IPPROTO_UDP};
  events.owner(2, WEIR_RELEASE, connected, processOf(98));
  CHECK(only(table, connected)->users.front().process.tgid == 97);
  CHECK(table.ended() == 2);  // both names of it
}

TEST_CASE("a datagram socket was not open before the one that had its port was closed, unless they may share it") {
  SocketTable table({});
  Events events(table);
  const auto startAt = [&](uint64_t cookie, const Ends& ends, uint64_t netns = kHostNetns, uint8_t flags = 0) {
    SocketSpec spec{cookie, ends, IPPROTO_UDP, netns};
    spec.flags = flags;
    return events.owner(5, WEIR_OWNER, spec, processOf(60)).binding->startNs;
  };
  const Ends any{"0.0.0.0", 5000, "0.0.0.0", 0}, one{"10.0.0.1", 5000, "10.0.0.9", 53};
  events.owner(2, WEIR_RELEASE, {700, one, IPPROTO_UDP}, processOf(50));
  CHECK(startAt(701, any) == Events::ns(2));
  CHECK(startAt(702, {"::", 5000, "::", 0}) == Events::ns(2));
  CHECK(startAt(703, {"10.0.0.1", 5000, "10.0.0.8", 53}) == Events::ns(2));
  CHECK(startAt(704, {"10.0.0.2", 5000, "10.0.0.8", 53}) == 0);
  CHECK(startAt(705, {"::1", 5000, "::", 0}) == 0);
  CHECK(startAt(706, {"0.0.0.0", 5001, "0.0.0.0", 0}) == 0);
  CHECK(startAt(707, any, kOtherNetns) == 0);
  CHECK(startAt(708, any, kHostNetns, WEIR_SHARES_PORT) == 0);
}

TEST_CASE("snapshot: several holders, until an event tells which") {
  SocketTable table({});
  Events events(table);
  const SocketSpec spec{800, kServer};
  for (int pass = 0; pass < 2; pass++) {
    table.beginPass(Events::ns(1 + pass));
    events.snapshot(1.5 + pass, spec, processOf(11, 9 * kSecond));
    events.snapshot(1.5 + pass, spec, processOf(12, 8 * kSecond));
    events.snapshot(1.5 + pass, spec, processOf(13, 10 * kSecond));
    table.endPass(false);
    const SocketBinding* binding = only(table, spec);
    CHECK(binding->several);
    CHECK(binding->users.back().process.tgid == 12);
    CHECK(binding->origin == EventOrigin::snapshot);
  }
  CHECK(events.owner(3, WEIR_OWNER, spec, processOf(13)).events == 0);
  const SocketBinding* binding = only(table, spec);
  CHECK(!binding->several);
  CHECK(binding->origin == EventOrigin::bpf);
  CHECK(binding->userAt(Events::ns(4))->process.tgid == 13);
  events.snapshot(5, spec, processOf(12));
  CHECK(binding->userAt(Events::ns(6))->process.tgid == 13);
}

TEST_CASE("a snapshot of a socket that is closed already changes no more than its unknown process") {
  SocketTable table({});
  Events events(table);
  events.close(2, {800, kServer});
  events.snapshot(2.1, {800, kServer}, processOf(11));
  const SocketBinding* binding = only(table, {800, kServer});
  CHECK(!binding->open());
  CHECK(binding->users.front().process.tgid == 11);
}

TEST_CASE("passes of sock_diag: what is missing has ended, what is new began after the pass before") {
  SocketTable table({});
  Events events(table);
  table.beginPass(Events::ns(1));
  events.snapshot(1, {800, kServer}, processOf(11), EventOrigin::diag);
  table.endPass(true);
  table.beginPass(Events::ns(3));
  events.snapshot(3, {801, kEnds}, processOf(12), EventOrigin::diag);
  table.endPass(true);
  CHECK(only(table, {800, kServer})->endNs == Events::ns(3));
  CHECK(only(table, {801, kEnds})->startNs == Events::ns(1));
  CHECK(only(table, {801, kEnds})->open());
}

TEST_CASE("a pass over descriptors ends what only a descriptor holds") {
  SocketTable table({});
  Events events(table);
  SocketSpec listening{300, {"10.0.0.2", 80, "0.0.0.0", 0}};
  listening.state = 10;
  events.owner(1, WEIR_LISTEN, listening, processOf(70));
  events.owner(1, WEIR_OWNER, {301, kServer}, processOf(70));
  events.owner(1, WEIR_OWNER, {302, {"0.0.0.0", 5000, "0.0.0.0", 0}, IPPROTO_UDP}, processOf(71));
  table.beginPass(Events::ns(2));
  table.endPass(false);
  CHECK(table.ended() == 2);
  CHECK(only(table, {301, kServer})->open());  // may wait for its last acknowledgements
  events.owner(3, WEIR_OWNER, {302, {"0.0.0.0", 5000, "0.0.0.0", 0}, IPPROTO_UDP}, processOf(71));
  CHECK(table.ended() == 1);  // the guess was wrong
}

TEST_CASE("bounded: ended ones go first, then open ones, counted; listeners last") {
  SocketTable table({64, 10 * kSecond});
  Events events(table);
  SocketSpec listening{1, {"10.0.0.2", 80, "0.0.0.0", 0}};
  listening.state = 10;
  events.owner(1, WEIR_LISTEN, listening, processOf(70));
  const auto spec = [](uint16_t i) { return SocketSpec{100u + i, {"10.0.0.2", 80, "10.0.0.1", static_cast<uint16_t>(1000 + i)}}; };
  for (uint16_t i = 0; i < 63; i++) events.owner(2, WEIR_OWNER, spec(i), processOf(60));
  for (uint16_t i = 0; i < 10; i++) events.close(3, spec(i));
  for (uint16_t i = 63; i < 73; i++) events.owner(4, WEIR_OWNER, spec(i), processOf(60));
  CHECK(table.size() == 64);
  CHECK(table.ended() == 0);
  CHECK(table.evicted() == 0);
  CHECK(countOf(table, spec(0)) == 0);
  for (uint16_t i = 73; i < 83; i++) events.owner(5, WEIR_OWNER, spec(i), processOf(60));
  CHECK(table.evicted() == 10);
  size_t listeners = 0;
  table.withPort(IPPROTO_TCP, false, 80, [&](const SocketBinding& binding) { listeners += binding.listener; });
  CHECK(listeners == 1);
}

TEST_CASE("ended ones leave after the keep time") {
  SocketTable table({1024, 10 * kSecond});
  Events events(table);
  events.owner(1, WEIR_OWNER, {100, kServer}, processOf(60));
  events.close(2, {100, kServer});
  table.forget(Events::ns(11.9));
  CHECK(table.size() == 1);
  table.forget(Events::ns(12.1));
  CHECK(table.size() == 0);
  CHECK(countOf(table, {100, kServer}) == 0);
}
