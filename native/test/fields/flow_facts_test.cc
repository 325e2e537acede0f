#include "fields/flow_facts.h"

#include <doctest/doctest.h>

#include <string>

using namespace weir;

TEST_CASE("flow facts: texts and numbers by id") {
  FactBuffer facts;
  CHECK(facts.add(Fact::dnsQuery, "example.org"));
  CHECK(facts.add(Fact::httpStatus, uint64_t{404}));
  CHECK(facts.add(Fact::sshClient, "SSH-2.0-x"));
  CHECK(facts.text(Fact::dnsQuery) == "example.org");
  CHECK(facts.number(Fact::httpStatus) == 404);
  CHECK(facts.text(Fact::sshClient) == "SSH-2.0-x");
  CHECK(facts.text(Fact::sshServer).empty());
  CHECK(facts.number(Fact::quicVersion) == 0);
  CHECK(facts.number(Fact::dnsQuery) == 0);  // no number
  CHECK(facts.has(Fact::dnsQuery));
  CHECK(!facts.has(Fact::sshServer));
  facts.clear();
  CHECK(facts.octets().empty());
  CHECK(!facts.has(Fact::dnsQuery));
}

TEST_CASE("flow facts: the first value stays unless it is replaced") {
  FactBuffer facts;
  CHECK(facts.add(Fact::httpHost, "first"));
  CHECK(facts.add(Fact::httpContentType, "text/plain"));
  CHECK(facts.add(Fact::httpUrl, "/"));
  CHECK(!facts.add(Fact::httpHost, "second"));
  CHECK(facts.replace(Fact::httpContentType, "a/b"));
  CHECK(!facts.replace(Fact::httpContentType, ""));
  CHECK(facts.replace(Fact::httpServer, "new"));
  CHECK(facts.text(Fact::httpHost) == "first");
  CHECK(facts.text(Fact::httpContentType) == "a/b");
  CHECK(facts.text(Fact::httpUrl) == "/");
  CHECK(facts.text(Fact::httpServer) == "new");
  CHECK(!facts.add(Fact::httpVia, ""));
  CHECK(!facts.has(Fact::httpVia));
}

TEST_CASE("flow facts: texts are bounded and well-formed") {
  FactBuffer facts;
  facts.add(Fact::httpUrl, std::string(10'000, 'x'));
  CHECK(facts.text(Fact::httpUrl) == std::string(facts::kLongestText, 'x'));
  facts.add(Fact::httpHost, "a\xff" "b\xc3");
  CHECK(facts.text(Fact::httpHost) == "a\xef\xbf\xbd" "b\xef\xbf\xbd");
  // A code point at the bound goes out whole or not at all.
  for (size_t before = facts::kLongestText - 4; before <= facts::kLongestText; before++) {
    FactBuffer cut;
    cut.add(Fact::httpUrl, std::string(before, 'x') + "\xe2\x82\xac\xe2\x82\xac");
    const std::string_view text = cut.text(Fact::httpUrl);
    CAPTURE(before);
    CHECK(text.size() <= facts::kLongestText);
    CHECK((text.size() - before) % 3 == 0);
  }
  facts.add(Fact::httpVia, std::string(400, '\xff'));
  CHECK(facts.text(Fact::httpVia).size() <= facts::kLongestText);
  CHECK(facts.text(Fact::httpVia).size() % 3 == 0);
}

TEST_CASE("flow facts: what does not fit is left out, what is there stays") {
  FactBuffer facts;
  size_t added = 0;
  for (size_t i = 1; i < kFacts; i++) added += facts.add(static_cast<Fact>(i), std::string(500, 'x')) ? 1 : 0;
  CHECK(added == facts::kCapacity / (500 + facts::kHeader));
  CHECK(facts.octets().size() <= facts::kCapacity);
  CHECK(facts.text(static_cast<Fact>(1)).size() == 500);
  CHECK(!facts.has(static_cast<Fact>(kFacts - 1)));
}

TEST_CASE("flow facts: octets that lie are not followed") {
  const std::array<uint8_t, 4> lying{static_cast<uint8_t>(Fact::httpHost), 0xff, 0xff, 'x'};
  CHECK(facts::find(lying, Fact::httpHost).empty());
  CHECK(facts::find(std::span(lying).first(2), Fact::httpHost).empty());
  CHECK(facts::number({}, Fact::httpStatus) == 0);
}
