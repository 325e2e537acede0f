#include <doctest/doctest.h>

#include <string>

#include "dpi/digest.h"
#include "dpi/privacy.h"

using namespace weir;

namespace {

FactBuffer everything() {
  FactBuffer facts;
  for (const Fact fact : {Fact::info, Fact::tlsServerName, Fact::tlsCertificateSubject, Fact::tlsCertificateNames,
                          Fact::quicUserAgent, Fact::dnsQuery, Fact::dnsResponse, Fact::httpHost, Fact::httpUrl,
                          Fact::httpReferer, Fact::httpUserAgent, Fact::httpServer}) {
    facts.add(fact, "value");
  }
  facts.add(Fact::httpStatus, uint64_t{404});
  return facts;
}

FactBuffer with(const DpiPrivacy& privacy) {
  const FactBuffer facts = everything();
  FactBuffer out;
  out.add(Fact::sshClient, "left over");
  applyPrivacy(privacy, facts, out);
  return out;
}

}  // namespace

TEST_CASE("privacy: nothing asked, all goes out") {
  const FactBuffer out = with({});
  CHECK(out.octets().size() == everything().octets().size());
  CHECK(out.number(Fact::httpStatus) == 404);
  CHECK(!out.has(Fact::sshClient));
}

TEST_CASE("privacy: each switch takes out its facts, and what nDPI may repeat of them") {
  const FactBuffer urls = with({.hideUrls = true});
  CHECK(!urls.has(Fact::httpUrl));
  CHECK(!urls.has(Fact::httpReferer));
  CHECK(!urls.has(Fact::info));
  CHECK(urls.has(Fact::httpHost));
  CHECK(urls.has(Fact::dnsQuery));
  const FactBuffer names = with({.hideDnsNames = true});
  CHECK(!names.has(Fact::dnsQuery));
  CHECK(!names.has(Fact::dnsResponse));
  CHECK(!names.has(Fact::info));
  CHECK(names.has(Fact::httpUrl));
  const FactBuffer agents = with({.hideUserAgents = true});
  CHECK(!agents.has(Fact::httpUserAgent));
  CHECK(!agents.has(Fact::quicUserAgent));
  CHECK(!agents.has(Fact::info));
  CHECK(agents.has(Fact::httpServer));
}

TEST_CASE("privacy: server names become digests with a key") {
  const FactBuffer out = with({.serverNameKey = "key"});
  for (const Fact fact : {Fact::tlsServerName, Fact::httpHost, Fact::tlsCertificateNames, Fact::tlsCertificateSubject}) {
    CHECK(out.text(fact) == keyedHex("key", "value", 32));
  }
  CHECK(!out.has(Fact::info));
  CHECK(out.text(Fact::dnsQuery) == "value");
  CHECK(with({.serverNameKey = "other"}).text(Fact::httpHost) != out.text(Fact::httpHost));
}
