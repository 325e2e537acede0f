#include <doctest/doctest.h>

#include "dpi/payload.h"

using namespace weir;
using namespace weir::test;

namespace {

const std::string kA1 = hex("c0000201"), kA2 = hex("c6336402");
const std::string kAaaa = hex("20010db8000000000000000000000001");

struct Read {
  FactBuffer facts;
  Parse state;
  std::string text(Fact fact) const { return std::string(facts.text(fact)); }
};

Read query(const std::string& message) {
  Read read;
  read.state = parseDnsQuery(octetsOf(message), read.facts).state;
  return read;
}

Read response(const std::string& message) {
  Read read;
  read.state = parseDnsResponse(octetsOf(message), read.facts).state;
  return read;
}

// The only answer of a response, as text.
std::string answer(unsigned type, const std::string& data) {
  return response(dnsHeader(1, 0x8180, 1, 1) + dnsQuestion("example.org", type) + dnsRecord(kSameName, type, 60, data))
      .text(Fact::dnsResponse);
}

}  // namespace

TEST_CASE("dns: a query") {
  const std::string message = dnsHeader(0x1234, 0x0100, 1) + dnsQuestion("www.Example.org", 28);
  const Read read = query(message);
  CHECK(read.state == Parse::done);
  CHECK(read.text(Fact::dnsQuery) == "www.Example.org");
  CHECK(read.facts.number(Fact::dnsQueryType) == 28);
  CHECK(read.facts.number(Fact::dnsQueryId) == 0x1234);
  CHECK(!read.facts.has(Fact::dnsReplyCode));
  CHECK(looksLikeDns(octetsOf(message)));
  CHECK(response(message).state == Parse::no);
}

TEST_CASE("dns: a response with its addresses, names and the first address's TTL") {
  const std::string message = dnsHeader(7, 0x8180, 1, 4) + dnsQuestion("www.example.org", 1) +
                              dnsRecord(kSameName, 5, 3600, hex("03") + "cdn" + hex("c010")) +
                              dnsRecord("\xc0\x2d", 1, 30, kA1) + dnsRecord("\xc0\x2d", 1, 30, kA2) +
                              dnsRecord("\xc0\x2d", 28, 31, kAaaa);
  const Read read = response(message);
  CHECK(read.state == Parse::done);
  CHECK(read.text(Fact::dnsQuery) == "www.example.org");
  CHECK(read.facts.number(Fact::dnsReplyCode) == 1);
  CHECK(read.facts.number(Fact::dnsAnswers) == 5);
  CHECK(read.facts.number(Fact::dnsFirstTtl) == 31);
  CHECK(read.text(Fact::dnsAddresses) == "192.0.2.1,198.51.100.2,2001:db8::1");
  CHECK(read.text(Fact::dnsResponse) == "cdn.example.org,192.0.2.1,198.51.100.2,2001:db8::1");
  CHECK(looksLikeDns(octetsOf(message)));
}

TEST_CASE("dns: answers as text") {
  CHECK(answer(12, dnsName("host.example.net")) == "host.example.net");
  CHECK(answer(2, dnsName("ns1") ) == "ns1");
  CHECK(answer(15, be16(10) + dnsName("mx.example.net")) == "10 mx.example.net");
  CHECK(answer(33, be16(0) + be16(5) + be16(5060) + dnsName("sip.example.net")) == "0 5 5060 sip.example.net");
  CHECK(answer(65, be16(1) + std::string(1, '\0') + hex("000100030268 32")) == "1 .");
  CHECK(answer(64, be16(2) + dnsName("svc.example.net")) == "2 svc.example.net");
  CHECK(answer(16, hex("05") + "a=\"b\\" + hex("03") + "c d") == "\"a=\\\"b\\\\c d\"");
  CHECK(answer(16, hex("20") + "short") == "\"short\"");
  CHECK(answer(48, "key") == "TYPE48");
  CHECK(answer(1, "abc") == "TYPE1");
  CHECK(answer(15, "a") == "TYPE15");
}

TEST_CASE("dns: names are escaped") {
  const std::string name = hex("07") + "a.b\\c d" + hex("03 00 7f ff") + hex("00");
  CHECK(query(dnsHeader(1, 0, 1) + name + be16(1) + be16(1)).text(Fact::dnsQuery) == "a\\.b\\\\c\\032d.\\000\\127\\255");
  CHECK(query(dnsHeader(1, 0, 1) + hex("00") + be16(2) + be16(1)).text(Fact::dnsQuery) == ".");
}

TEST_CASE("dns: compression is bounded") {
  const std::string head = dnsHeader(1, 0, 1);
  CHECK(query(head + hex("c00c") + be16(1) + be16(1)).state == Parse::no);         // at itself
  CHECK(query(head + hex("0161c00c") + be16(1) + be16(1)).state == Parse::no);     // a loop
  CHECK(query(head + hex("c020") + be16(1) + be16(1)).state == Parse::no);         // forward
  CHECK(query(head + hex("8061") + be16(1) + be16(1)).state == Parse::no);         // reserved label type
  std::string longName;
  for (int i = 0; i < 5; i++) longName += hex("3f") + std::string(63, 'x');
  CHECK(query(head + longName + hex("00") + be16(1) + be16(1)).state == Parse::no);
}

TEST_CASE("dns: reply codes, also EDNS's") {
  const std::string question = dnsQuestion("nowhere.example", 1);
  CHECK(response(dnsHeader(1, 0x8183, 1) + question).facts.number(Fact::dnsReplyCode) == 4);
  const Read extended =
      response(dnsHeader(1, 0x8180, 1, 0, 0, 1) + question + dnsRecord(std::string(1, '\0'), 41, 0x01008000, "", 1232));
  CHECK(extended.facts.number(Fact::dnsReplyCode) == 17);  // BADVERS
  CHECK(extended.facts.number(Fact::dnsAnswers) == 1);
  CHECK(!extended.facts.has(Fact::dnsFirstTtl));
  CHECK(!extended.facts.has(Fact::dnsResponse));
}

TEST_CASE("dns: mDNS asks several questions and answers without one") {
  const Read asked = query(dnsHeader(0, 0, 2) + dnsQuestion("_ipp._tcp.local", 12, 0x8001) +
                           dnsQuestion("_http._tcp.local", 12, 0x8001));
  CHECK(asked.state == Parse::done);
  CHECK(asked.text(Fact::dnsQuery) == "_ipp._tcp.local");
  const Read told = response(dnsHeader(0, 0x8400, 0, 1) + dnsRecord(dnsName("tv.local"), 1, 120, kA1, 0x8001));
  CHECK(told.state == Parse::done);
  CHECK(!told.facts.has(Fact::dnsQuery));
  CHECK(told.text(Fact::dnsAddresses) == "192.0.2.1");
}

TEST_CASE("dns: eight addresses at most, and whole answers only") {
  std::string message = dnsHeader(1, 0x8180, 1, 60) + dnsQuestion("many.example", 1);
  for (int i = 0; i < 60; i++) message += dnsRecord(kSameName, 1, 5, hex("cb0071") + static_cast<char>(100 + i));
  const Read read = response(message);
  CHECK(read.facts.number(Fact::dnsAnswers) == 61);
  CHECK(read.text(Fact::dnsAddresses) ==
        "203.0.113.100,203.0.113.101,203.0.113.102,203.0.113.103,203.0.113.104,203.0.113.105,203.0.113.106,203.0.113.107");
  CHECK(read.text(Fact::dnsResponse).size() <= facts::kLongestText);
  CHECK(read.text(Fact::dnsResponse).ends_with("203.0.113.135"));
}

TEST_CASE("dns: a cut message gives what it has") {
  const std::string message = dnsHeader(9, 0x8180, 1, 2) + dnsQuestion("www.example.org", 1) +
                              dnsRecord(kSameName, 1, 60, kA1) + dnsRecord(kSameName, 1, 60, kA2);
  for (size_t size = 0; size < message.size(); size++) {
    CAPTURE(size);
    const Read read = response(message.substr(0, size));
    CHECK(read.state == Parse::more);
    if (size >= 12 + 17) CHECK(read.text(Fact::dnsQuery) == "www.example.org");
    if (size >= message.size() - 16) CHECK(read.text(Fact::dnsAddresses) == "192.0.2.1");
  }
}

TEST_CASE("dns: arbitrary datagrams rarely look like it") {
  uint64_t random = 88172645463325252u;
  unsigned taken = 0;
  for (int i = 0; i < 200'000; i++) {
    std::string datagram;
    for (int word = 0; word < 8; word++) {
      random ^= random << 13;
      random ^= random >> 7;
      random ^= random << 17;
      datagram.append(reinterpret_cast<const char*>(&random), sizeof random);
    }
    taken += looksLikeDns(octetsOf(datagram)) ? 1 : 0;
  }
  CHECK(taken == 0);
  CHECK(!looksLikeDns(octetsOf(std::string(64, '\0'))));
  // RTP, STUN, a NetBIOS name.
  CHECK(!looksLikeDns(octetsOf(hex("80 00 12 34 00 00 00 a0 12 34 56 78") + std::string(160, '\x7f'))));
  CHECK(!looksLikeDns(octetsOf(hex("000100002112a442") + std::string(12, 'x'))));
  CHECK(!looksLikeDns(octetsOf(dnsHeader(1, 0x0110, 1) + dnsQuestion("FHEPFCELEHFCEPFFFACACACACACACABM", 32))));
}
