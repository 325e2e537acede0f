#include "attribution/conntrack.h"

#include <doctest/doctest.h>
#include <poll.h>

#include <functional>
#include <memory>

#include "attribution/translation_table.h"
#include "base/error.h"
#include "nat_network.h"

using namespace weir;

namespace {

// The follower's thread is on its way: looks again until it is so, for at most some seconds.
bool becomes(const std::function<bool()>& condition) {
  for (int i = 0; i < 1000; i++) {
    if (condition()) return true;
    ::poll(nullptr, 0, 5);
  }
  return false;
}

void checkAllViews(const Conntrack& conntrack, const Conversation& conversation) {
  const NatTuple before = conversation.before, after = conversation.after;
  REQUIRE(becomes([&] { return conntrack.find(before).has_value(); }));
  for (const bool back : {false, true}) {
    const NatTuple inner = back ? inverted(before) : before, outer = back ? inverted(after) : after;
    const auto fromInner = conntrack.find(inner), fromOuter = conntrack.find(outer);
    REQUIRE(fromInner);
    REQUIRE(fromOuter);
    CHECK(fromInner->other == outer);
    CHECK_FALSE(fromInner->observedAfter);
    CHECK(fromOuter->other == inner);
    CHECK(fromOuter->observedAfter);
  }
}

// The three kinds of translation, by TCP and UDP.
void checkAllKinds(const NatNetwork& network, const Conntrack& conntrack, const std::string& router, const std::string& server) {
  for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
    CAPTURE(router);
    CAPTURE(type);
    const auto converse = [&](const Place& to, const Place& at) {
      const Conversation conversation(network, type, to, at);
      REQUIRE(conversation.made);
      if (conversation.before != conversation.after) checkAllViews(conntrack, conversation);
      return conversation.before.source != conversation.after.source;
    };
    CHECK(converse({router, 80}, {server, 8080}));        // both
    CHECK_FALSE(converse({router, 81}, {server, 8081}));  // destination
    CHECK(converse({server, 9000}, {server, 9000}));      // source
    const Conversation plain(network, type, {server, 9001}, {server, 9001});
    REQUIRE(plain.made);
    CHECK(converse({router, 80}, {server, 8080}));  // so the event of `plain` was read too
    CHECK_FALSE(conntrack.find(plain.before));
  }
}

}  // namespace

TEST_CASE("live: source, destination and both translated, TCP and UDP") {
  WEIR_NAT_NETWORK(network);
  const Conntrack conntrack;
  CHECK(conntrack.trouble().empty());
  checkAllKinds(network, conntrack, "10.8.1.1", "10.8.2.2");
  if (network.hasIp6()) {
    checkAllKinds(network, conntrack, "fd08:1::1", "fd08:2::2");
  } else {
    MESSAGE("skipped, IPv6: ip6tables cannot translate addresses here");
  }
  CHECK(conntrack.counters().evicted == 0);
  CHECK(conntrack.counters().overruns == 0);
}

TEST_CASE("live: connections older than the follower, and a follower from outside the namespace") {
  WEIR_NAT_NETWORK(network);
  const Conversation tcp(network, SOCK_STREAM, {"10.8.1.1", 80}, {"10.8.2.2", 8080});
  const Conversation udp(network, SOCK_DGRAM, {"10.8.2.2", 9000}, {"10.8.2.2", 9000});
  REQUIRE(tcp.made);
  REQUIRE(udp.made);
  std::unique_ptr<Conntrack> conntrack;
  const std::string router = "/proc/" + std::to_string(::getpid()) + "/task/" + std::to_string(::gettid()) + "/ns/net";
  const Descriptor held(::open(router.c_str(), O_RDONLY | O_CLOEXEC));
  {
    const NetnsScope elsewhere(network.client());
    conntrack = std::make_unique<Conntrack>("/proc/thread-self/fd/" + std::to_string(held.get()));
  }
  CHECK(conntrack->counters().translated == 2);
  checkAllViews(*conntrack, tcp);
  checkAllViews(*conntrack, udp);
}

TEST_CASE("live: an ended connection is kept, or not when there is nothing to wait for") {
  WEIR_NAT_NETWORK(network);
  const Conntrack keeping({}, 1024, 3600'000'000'000), forgetting({}, 1024, 0);
  const Conversation made(network, SOCK_DGRAM, {"10.8.1.1", 80}, {"10.8.2.2", 8080});
  REQUIRE(made.made);
  checkAllViews(keeping, made);
  checkAllViews(forgetting, made);
  if (!network.run("conntrack -F")) {
    MESSAGE("skipped: no conntrack command to end a connection with");
    return;
  }
  CHECK(becomes([&] { return forgetting.counters().translated == 0; }));
  CHECK_FALSE(forgetting.find(made.before));
  checkAllViews(keeping, made);
}

TEST_CASE("live: a bounded table") {
  WEIR_NAT_NETWORK(network);
  const Conntrack conntrack({}, 2);
  for (int i = 0; i < 4; i++) {
    const Conversation made(network, SOCK_DGRAM, {"10.8.1.1", 80}, {"10.8.2.2", 8080});
    REQUIRE(made.made);
    checkAllViews(conntrack, made);
  }
  CHECK(conntrack.counters().translated == 2);
  CHECK(conntrack.counters().evicted == 2);
}

TEST_CASE("live: a socket that overruns reads the table again") {
  WEIR_NAT_NETWORK(network);
  const Conntrack conntrack({}, 1024, 0, 1);  // the least the kernel grants
  const Descriptor sender = [&] {
    const NetnsScope scope(network.client());
    return Descriptor(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  }();
  // A new connection a datagram: each port of the server's side is its own.
  const auto burst = [&](uint16_t ports) {
    for (uint16_t i = 0; i < ports; i++) {
      const Place to("10.8.2.2", static_cast<uint16_t>(20000 + i));
      ::sendto(sender.get(), "x", 1, 0, to.raw(), sizeof to.storage);
    }
  };
  CHECK(becomes([&] {
    burst(500);
    return conntrack.counters().overruns > 0;
  }));
  const Conversation after(network, SOCK_DGRAM, {"10.8.1.1", 80}, {"10.8.2.2", 8080});
  REQUIRE(after.made);
  checkAllViews(conntrack, after);
}

TEST_CASE("live: what does not work is said") {
  WEIR_NAT_NETWORK(network);
  try {
    const Conntrack conntrack("/run/netns/weir-does-not-exist");
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.code() == "WEIR_NETNS");
  }
  std::ofstream("/proc/sys/net/netfilter/nf_conntrack_events") << 0;
  const Conntrack blind;
  CHECK(blind.trouble().find("nf_conntrack_events") != std::string::npos);
  const Conversation made(network, SOCK_DGRAM, {"10.8.1.1", 80}, {"10.8.2.2", 8080});
  REQUIRE(made.made);
  checkAllViews(blind, made);  // by reading the table again
}
