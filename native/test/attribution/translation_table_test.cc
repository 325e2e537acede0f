#include "attribution/translation_table.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>

#include <string>

using namespace weir;

namespace {

Address address(const char* text) {
  Address result{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  ::inet_pton(AF_INET, text, &result[12]);
  return result;
}

NatTuple tuple(const char* source, uint16_t sourcePort, const char* destination, uint16_t destinationPort,
               uint8_t protocol = 6) {
  return {address(source), address(destination), sourcePort, destinationPort, protocol};
}

// A host behind masquerade: 10.0.0.x:port -> 9.9.9.9:443 leaves as 1.2.3.4:outside.
Translation masqueraded(const char* host, uint16_t port, uint16_t outside, uint32_t id = 1) {
  return {tuple(host, port, "9.9.9.9", 443), tuple("9.9.9.9", 443, "1.2.3.4", outside), id};
}

const NatTuple kOutside = tuple("1.2.3.4", 6000, "9.9.9.9", 443);

}  // namespace

TEST_CASE("a translated connection is found from both sides, in both directions") {
  TranslationTable table(16, 100);
  // Source and destination are translated: 10.0.0.2:5000 -> 10.0.0.1:80 becomes 10.1.0.1:6000 -> 10.1.0.2:8080.
  const NatTuple before = tuple("10.0.0.2", 5000, "10.0.0.1", 80), after = tuple("10.1.0.1", 6000, "10.1.0.2", 8080);
  table.learn({before, inverted(after), 1}, 10);
  for (const bool back : {false, true}) {
    const NatTuple inner = back ? inverted(before) : before, outer = back ? inverted(after) : after;
    const auto fromInner = table.find(inner, 20), fromOuter = table.find(outer, 20);
    REQUIRE(fromInner);
    REQUIRE(fromOuter);
    CHECK(fromInner->other == outer);
    CHECK_FALSE(fromInner->observedAfter);
    CHECK(fromOuter->other == inner);
    CHECK(fromOuter->observedAfter);
    CHECK(fromInner->client == (back ? 1 : 0));
    CHECK(fromOuter->client == (back ? 1 : 0));
  }
  CHECK_FALSE(table.find(tuple("10.0.0.2", 5000, "10.0.0.1", 81), 20));
  CHECK_FALSE(table.find(tuple("10.0.0.2", 5000, "10.0.0.1", 80, 17), 20));
}

TEST_CASE("what goes through as it is, is no translation") {
  const NatTuple plain = tuple("10.0.0.2", 5000, "9.9.9.9", 443);
  CHECK_FALSE(isTranslated({plain, inverted(plain), 1}));
  CHECK(isTranslated(masqueraded("10.0.0.2", 5000, 6000)));
}

TEST_CASE("ended connections are kept for a while") {
  TranslationTable table(16, 100);
  table.learn(masqueraded("10.0.0.2", 5000, 6000), 10);
  table.end(masqueraded("10.0.0.2", 5000, 6000), 50);
  table.forget(149);
  CHECK(table.find(kOutside, 40));
  table.forget(150);
  CHECK_FALSE(table.find(kOutside, 40));
  CHECK(table.size() == 0);
}

TEST_CASE("an end whose begin was not told is kept all the same") {
  TranslationTable table(16, 100);
  table.end(masqueraded("10.0.0.2", 5000, 6000), 50);
  CHECK(table.find(kOutside, 50));
  table.forget(150);
  CHECK(table.size() == 0);
}

TEST_CASE("an outer port that is used again: the time tells who had it") {
  TranslationTable table(16, 1000);
  table.learn(masqueraded("10.0.0.2", 5000, 6000, 1), 10);
  table.end(masqueraded("10.0.0.2", 5000, 6000, 1), 50);
  table.learn(masqueraded("10.0.0.3", 5000, 6000, 2), 60);
  CHECK(table.find(kOutside, 5)->other.source == address("10.0.0.2"));  // the event came later than the packet
  CHECK(table.find(kOutside, 20)->other.source == address("10.0.0.2"));
  CHECK(table.find(kOutside, 55)->other.source == address("10.0.0.2"));
  CHECK(table.find(kOutside, 61)->other.source == address("10.0.0.3"));
  CHECK(table.find(kOutside, UINT64_MAX)->other.source == address("10.0.0.3"));
}

TEST_CASE("the same addresses again: the older connection has ended") {
  TranslationTable table(16, 100);
  table.learn(masqueraded("10.0.0.2", 5000, 6000, 1), 10);
  table.learn(masqueraded("10.0.0.2", 5000, 6001, 2), 60);
  CHECK(table.find(tuple("10.0.0.2", 5000, "9.9.9.9", 443), 61)->other.sourcePort == 6001);
  table.forget(160);
  CHECK(table.size() == 1);
}

TEST_CASE("a dump ends what it does not have, and brings back what an earlier one missed") {
  TranslationTable table(16, 100);
  table.learn(masqueraded("10.0.0.2", 5000, 6000), 10);
  table.learn(masqueraded("10.0.0.2", 5001, 6001), 10);
  table.beginDump();
  table.learn(masqueraded("10.0.0.2", 5001, 6001), 10);
  table.endDump(50);
  table.beginDump();
  table.learn(masqueraded("10.0.0.2", 5001, 6001), 50);
  table.endDump(60);
  table.forget(150);
  CHECK_FALSE(table.find(kOutside, 20));
  CHECK(table.size() == 1);
  table.beginDump();
  table.endDump(200);
  table.beginDump();
  table.learn(masqueraded("10.0.0.2", 5001, 6001), 200);
  table.endDump(210);
  table.forget(1000);
  CHECK(table.size() == 1);
}

TEST_CASE("a full table gives up ended connections first, then the oldest, and counts them") {
  TranslationTable table(3, 1000);
  table.learn(masqueraded("10.0.0.2", 1, 6001), 10);
  table.learn(masqueraded("10.0.0.2", 2, 6002), 20);
  table.end(masqueraded("10.0.0.2", 2, 6002), 30);
  table.learn(masqueraded("10.0.0.2", 3, 6003), 40);
  table.learn(masqueraded("10.0.0.2", 4, 6004), 50);
  CHECK(table.evicted() == 1);
  CHECK_FALSE(table.find(tuple("10.0.0.2", 2, "9.9.9.9", 443), 60));
  table.learn(masqueraded("10.0.0.2", 5, 6005), 60);
  CHECK(table.evicted() == 2);
  CHECK_FALSE(table.find(tuple("10.0.0.2", 1, "9.9.9.9", 443), 60));
  CHECK(table.find(tuple("10.0.0.2", 5, "9.9.9.9", 443), 60));
  CHECK(table.size() == 3);
}

TEST_CASE("pings of two hosts to one: nobody is named while both are open") {
  TranslationTable table(16, 1000);
  const auto ping = [](const char* host) {
    return Translation{tuple(host, 0, "9.9.9.9", 0, 1), tuple("9.9.9.9", 0, "1.2.3.4", 0, 1), 0};
  };
  const NatTuple outside = tuple("1.2.3.4", 0, "9.9.9.9", 0, 1);
  table.learn(ping("10.0.0.2"), 10);
  CHECK(table.find(outside, 20)->other.source == address("10.0.0.2"));
  table.learn(ping("10.0.0.3"), 30);
  CHECK_FALSE(table.find(outside, 35));
  CHECK(table.find(outside, 20)->other.source == address("10.0.0.2"));
  CHECK(table.find(tuple("10.0.0.3", 0, "9.9.9.9", 0, 1), 35)->other == outside);
  table.end(ping("10.0.0.2"), 40);
  CHECK(table.find(outside, 50)->other.source == address("10.0.0.3"));
}
