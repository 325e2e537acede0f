// Fields of what is inside flows: names of what nDPI numbers, facts as they are and in words, what is absent.
#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "fields/application_names.h"
#include "fields/cipher_suites.h"
#include "fields/field_table.h"
#include "fields/find_element.h"
#include "fields/flow_facts.h"

using namespace weir;
using weir::test::find;
using namespace std::string_literals;

namespace {

ApplicationNames sampleNames() {
  ApplicationNames names;
  names.applications.resize(200);
  names.applications[0] = {"Unknown", 0, 0};
  names.applications[5] = {"DNS", 14, 1};
  names.applications[91] = {"TLS", 5, 0};
  names.applications[126] = {"Google", 5, 1};
  names.categories = {"Unspecified", "", "", "", "", "Web", "", "", "", "", "", "", "", "", "Network"};
  names.breeds = {"Safe", "Acceptable"};
  names.confidences = {"Unknown", "Match by port", "DPI"};
  names.risks = {"Unknown Risk", "XSS Attack", "SQL \"Injection\""};
  return names;
}

// A record with facts in a heap, at an odd place as in a batch.
struct Inside {
  FlowRecord record{};
  FactBuffer facts;
  ApplicationNames names = sampleNames();

  // What an encoder asks for, with the facts of now.
  template <typename Ask>
  auto with(Ask ask) {
    const auto octets = facts.octets();
    std::string heap = "x";
    heap.append(reinterpret_cast<const char*>(octets.data()), octets.size());
    record.application.facts = {1, static_cast<uint32_t>(octets.size())};
    FieldContext context;
    context.heap = reinterpret_cast<const uint8_t*>(heap.data());
    context.names = &names;
    return ask(context);
  }
  uint64_t number(std::string_view name) {
    const Element& element = find(name);
    REQUIRE((element.number != nullptr));
    return with([&](const FieldContext& context) { return element.number(record, 0, context); });
  }
  std::string text(std::string_view name, size_t capacity = 4096) {
    const Element& element = find(name);
    REQUIRE((element.text != nullptr));
    return with([&](const FieldContext& context) {
      std::string out(capacity, '\0');
      out.resize(element.text(record, 0, context, out.data(), capacity));
      return out;
    });
  }
  std::string octets(std::string_view name, size_t capacity = 4096) {
    const Element& element = find(name);
    REQUIRE((element.octets != nullptr));
    return with([&](const FieldContext& context) {
      std::string out(capacity, '\0');
      out.resize(element.octets(record, 0, context, out.data(), capacity));
      return out;
    });
  }
};

Inside labelled(uint16_t master, uint16_t application) {
  Inside flow;
  flow.record.application.master = master;
  flow.record.application.application = application;
  flow.record.application.flags = kSettled;
  return flow;
}

}  // namespace

TEST_CASE("application: id, names and label of master and application") {
  Inside google = labelled(91, 126);
  CHECK(google.text("applicationName") == "Google");
  CHECK(google.text("applicationMasterName") == "TLS");
  CHECK(google.text("applicationProtocolName") == "TLS");
  CHECK(google.text("applicationLabel") == "TLS.Google");
  CHECK(google.text("l7ProtocolName") == "TLS.Google");
  CHECK(google.text("applicationNumbers") == "91.126");
  CHECK(google.text("applicationId") == "\"16007e\"");
  CHECK(google.octets("applicationId") == "\x16\x00\x7e"s);
  CHECK(google.octets("applicationId", 4) == "\x16\x00\x00\x7e"s);
  CHECK(google.octets("applicationId", 2).empty());
  CHECK(google.text("applicationStateName") == "classified");

  Inside dns = labelled(0, 5);
  CHECK(dns.text("applicationLabel") == "DNS");
  CHECK(dns.text("applicationProtocolName") == "DNS");
  CHECK(dns.text("applicationMasterName").empty());
  CHECK(dns.text("applicationNumbers") == "5");
  CHECK(labelled(5, 5).text("applicationLabel") == "DNS");
  CHECK(labelled(5, 0).text("applicationLabel") == "DNS");
  CHECK(labelled(5, 0).text("applicationNumbers") == "5");
}

TEST_CASE("application: nothing is known, or nothing is called so") {
  Inside unknown = labelled(0, 0);
  for (const char* name : {"applicationName", "applicationMasterName", "applicationProtocolName", "applicationLabel",
                           "applicationCategoryName", "applicationBreedName", "applicationConfidenceName",
                           "applicationId", "applicationRiskNames", "applicationListCategoryName", "l7Info"}) {
    CAPTURE(name);
    CHECK(unknown.text(name).empty());
  }
  CHECK(unknown.text("l7ProtocolName") == "Unknown");
  CHECK(unknown.text("applicationNumbers") == "0");
  CHECK(unknown.octets("applicationId") == "\x16\x00\x00"s);
  CHECK(unknown.text("applicationStateName") == "unknown");
  Inside beyond = labelled(0, 4000);
  CHECK(beyond.text("applicationName").empty());
  CHECK(beyond.text("applicationNumbers") == "4000");
}

TEST_CASE("application: how far the inspection came") {
  Inside flow = labelled(0, 5);
  flow.record.application.flags = kSettled | kGivenUp;
  CHECK(flow.text("applicationStateName") == "guessed");
  flow.record.application.flags = 0;
  CHECK(flow.text("applicationStateName") == "open");
  flow.record.application.flags = kSettled | kNotInspected;
  CHECK(flow.text("applicationStateName") == "notInspected");
  CHECK(Inside().text("applicationStateName").empty());
}

TEST_CASE("application: category, breed, confidence, lists, risks") {
  Inside flow = labelled(91, 126);
  flow.record.application.category = 5;
  flow.record.application.breed = 1;
  flow.record.application.confidence = 2;
  CHECK(flow.text("applicationCategoryName") == "Web");
  CHECK(flow.text("l7Category") == "Web");
  CHECK(flow.text("applicationBreedName") == "Acceptable");
  CHECK(flow.text("applicationConfidenceName") == "DPI");
  CHECK(flow.number("applicationListed") == 0);
  CHECK(flow.number("applicationEncrypted") == 0);
  flow.record.application.flags |= kListed | kEncrypted;
  flow.record.application.listCategory = 14;
  CHECK(flow.number("applicationListed") == 1);
  CHECK(flow.number("applicationEncrypted") == 1);
  CHECK(flow.text("applicationListCategoryName") == "Network");

  flow.record.application.risks = 1u << 1 | 1u << 2 | uint64_t{1} << 63;
  CHECK(flow.text("l7RiskName") == "XSS Attack, SQL \"Injection\", 63");
  CHECK(flow.text("applicationRiskNames") == R"(["XSS Attack","SQL \"Injection\"","63"])");
  CHECK(flow.octets("applicationRiskNames") == "XSS Attack,SQL \"Injection\",63");
  CHECK(find("l7Risk").needs == needsRisk);
  CHECK(find("l7RiskScore").needs == needsRisk);
  CHECK(find("l7Protocol").needs == needsLabel);
}

TEST_CASE("facts: texts, numbers, numbers whose 0 is a value") {
  Inside flow;
  CHECK(flow.text("tlsServerName").empty());
  CHECK(flow.number("dnsReturnCode") == UINT32_MAX);
  CHECK(flow.number("dnsAnswerCount") == UINT32_MAX);
  CHECK(flow.number("dnsAnswerTtl") == UINT32_MAX);
  CHECK(flow.number("httpStatusCode") == 0);
  CHECK(find("dnsReturnCode").absentWhenAllOnes);
  CHECK_FALSE(find("httpStatusCode").absentWhenAllOnes);

  flow.facts.add(Fact::tlsServerName, std::string_view("example.org"));
  flow.facts.add(Fact::dnsReplyCode, uint64_t{1});
  flow.facts.add(Fact::dnsAnswers, uint64_t{301});
  flow.facts.add(Fact::dnsFirstTtl, uint64_t{3601});
  flow.facts.add(Fact::httpStatus, uint64_t{404});
  flow.facts.add(Fact::dhcpMessageType, uint64_t{1000});
  CHECK(flow.text("tlsServerName") == "example.org");
  CHECK(flow.text("tlsServerName", 4) == "exam");
  CHECK(flow.number("dnsReturnCode") == 0);
  CHECK(flow.text("dnsReturnCodeName") == "NOERROR");
  CHECK(flow.number("dnsAnswerCount") == 254);  // all ones of the type say that there is none
  CHECK(flow.number("dnsAnswerTtl") == 3600);
  CHECK(flow.number("httpStatusCode") == 404);
  CHECK(flow.number("httpReturnCode") == 404);
  CHECK(flow.number("dhcpMessageType") == 255);
}

TEST_CASE("facts: lists are arrays in JSON, whatever stands in them") {
  Inside flow;
  CHECK(flow.text("dnsAddresses").empty());
  flow.facts.add(Fact::dnsAddresses, std::string_view("192.0.2.1,2001:db8::1"));
  flow.facts.add(Fact::tlsCertificateNames, std::string_view("a\"b\\c\n,,\xe2\x80\xa8"));
  flow.facts.add(Fact::tlsOfferedVersions, std::string(facts::kLongestText, '\x01'));
  CHECK(flow.text("dnsAddresses") == R"(["192.0.2.1","2001:db8::1"])");
  CHECK(flow.text("dnsAddresses", 26).empty());  // one octet short
  CHECK(flow.text("dnsAddresses", 27).size() == 27);
  CHECK(flow.octets("dnsAddresses") == "192.0.2.1,2001:db8::1");
  CHECK(flow.text("tlsCertificateNames") == R"(["a\"b\\c\n","","\u2028"])");
  CHECK(flow.text("tlsOfferedVersions").size() == facts::kLongestText * 6 + 4);
}

TEST_CASE("facts: times of certificates are kept in seconds, also those that end in the far future") {
  Inside flow;
  CHECK(flow.number("tlsCertificateNotAfter") == 0);
  flow.facts.add(Fact::tlsCertificateNotBefore, uint64_t{1'700'000'000});
  flow.facts.add(Fact::tlsCertificateNotAfter, uint64_t{253'402'300'799});  // 9999-12-31
  CHECK(flow.number("tlsCertificateNotBefore") == 1'700'000'000'000'000'000u);
  CHECK(flow.number("tlsCertificateNotAfter") == 18'446'744'073'000'000'000u);
}

TEST_CASE("TLS and QUIC in words") {
  const auto version = [](uint64_t number, const char* name) {
    Inside flow;
    flow.facts.add(Fact::tlsVersion, number);
    flow.facts.add(Fact::quicVersion, number);
    return flow.text(name);
  };
  CHECK(version(0x0304, "tlsVersionName") == "TLSv1.3");
  CHECK(version(0x0304, "tlsVersionNumber") == "1.3");
  CHECK(version(0xfefd, "tlsVersionName") == "DTLSv1.2");
  CHECK(version(0xfefd, "tlsVersionProtocol") == "dtls");
  CHECK(version(0x0300, "tlsVersionProtocol") == "ssl");
  CHECK(version(0x7f1c, "tlsVersionName") == "0x7f1c");
  CHECK(version(0x7f1c, "tlsVersionNumber").empty());
  CHECK(version(0, "tlsVersionName").empty());
  CHECK(version(1, "quicVersionName") == "v1");
  CHECK(version(0x6b3343cf, "quicVersionName") == "v2");
  CHECK(version(0xff00001d, "quicVersionName") == "draft-29");
  CHECK(version(0x51303436, "quicVersionName") == "Q046");
  CHECK(version(0x1a2a3a4a, "quicVersionName") == "0x1a2a3a4a");
  const auto cipher = [](uint64_t number) {
    Inside flow;
    flow.facts.add(Fact::tlsCipher, number);
    return flow.text("tlsCipherName") + (flow.number("tlsUnsafeCipher") != 0 ? " unsafe" : "");
  };
  CHECK(cipher(0x1301) == "TLS_AES_128_GCM_SHA256");
  CHECK(cipher(0xc02f) == "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
  CHECK(cipher(0xcca9) == "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256");
  CHECK(cipher(0x0005) == "TLS_RSA_WITH_RC4_128_SHA unsafe");
  CHECK(cipher(0x000a) == "TLS_RSA_WITH_3DES_EDE_CBC_SHA unsafe");
  CHECK(cipher(0x0034) == "TLS_DH_anon_WITH_AES_128_CBC_SHA unsafe");
  CHECK(cipher(0x003b) == "TLS_RSA_WITH_NULL_SHA256 unsafe");
  CHECK(cipher(0x0a0a) == "0x0a0a");
  CHECK(Inside().number("tlsUnsafeCipher") == 0);
  CHECK(cipherSuiteName(0).substr(0, 4) == "NULL");
  CHECK(cipherSuiteName(UINT16_MAX).empty());
}

TEST_CASE("DNS and DHCP in words and octets") {
  Inside flow;
  CHECK(flow.text("dnsQueryTypeName").empty());
  CHECK(flow.text("dnsReturnCodeName").empty());
  CHECK(flow.text("dhcpClientMac").empty());
  CHECK(flow.octets("dhcpClientMac") == std::string(6, '\0'));
  CHECK(flow.octets("dhcpClientAddress") == std::string(4, '\0'));
  flow.facts.add(Fact::dnsQueryType, uint64_t{65});
  flow.facts.add(Fact::dnsReplyCode, uint64_t{4});
  flow.facts.add(Fact::dhcpClientMac, "\x02\x00\x5e\xab\xcd\x01"s);
  flow.facts.addStored(Fact::dhcpClientAddress, "\xc0\x00\x02\x07"s);
  flow.facts.add(Fact::dhcpMessageType, uint64_t{3});
  CHECK(flow.text("dnsQueryTypeName") == "HTTPS");
  CHECK(flow.text("dnsReturnCodeName") == "NXDOMAIN");
  CHECK(flow.text("dhcpClientAddress") == "\"192.0.2.7\"");
  CHECK(flow.octets("dhcpClientAddress") == "\xc0\x00\x02\x07"s);
  CHECK(flow.text("dhcpMessageTypeName") == "REQUEST");
  Inside rare;
  rare.facts.add(Fact::dnsQueryType, uint64_t{1234});
  rare.facts.add(Fact::dnsReplyCode, uint64_t{13});
  rare.facts.addStored(Fact::dhcpClientMac, "\x02\x00\x5e\xab\xcd\x01"s);
  CHECK(rare.text("dnsQueryTypeName") == "TYPE1234");
  CHECK(rare.text("dnsReturnCodeName") == "RCODE12");
  CHECK(rare.text("dhcpClientMac") == "\"02:00:5e:ab:cd:01\"");
  CHECK(rare.octets("dhcpClientMac") == "\x02\x00\x5e\xab\xcd\x01"s);
}

TEST_CASE("what a flow is about, and its host") {
  const auto about = [](std::initializer_list<std::pair<Fact, const char*>> facts, const char* field) {
    Inside flow;
    for (const auto& [fact, text] : facts) flow.facts.add(fact, std::string_view(text));
    return flow.text(field);
  };
  CHECK(about({{Fact::httpHost, "h:8080"}, {Fact::httpUrl, "/a?b"}}, "l7Info") == "h:8080/a?b");
  CHECK(about({{Fact::httpHost, "h"}, {Fact::httpUrl, "http://h/a"}}, "l7Info") == "http://h/a");
  CHECK(about({{Fact::httpHost, "h"}, {Fact::httpUrl, "*"}}, "l7Info") == "h");
  CHECK(about({{Fact::httpHost, "h"}}, "l7Info") == "h");
  CHECK(about({{Fact::tlsServerName, "s"}, {Fact::info, "i"}}, "l7Info") == "s");
  CHECK(about({{Fact::dnsQuery, "q"}, {Fact::info, "i"}}, "l7Info") == "q");
  CHECK(about({{Fact::info, "i"}}, "l7Info") == "i");
  CHECK(about({{Fact::sshServer, "SSH-2.0-x"}}, "l7Info") == "SSH-2.0-x");
  CHECK(about({{Fact::httpHost, "h:8080"}, {Fact::httpUrl, "/a"}}, "l7DomainInfo") == "h");
  CHECK(about({{Fact::httpHost, "[::1]:80"}}, "l7DomainInfo") == "[::1]");
  CHECK(about({{Fact::httpHost, "[::1]"}}, "httpRequestDomain") == "[::1]");
  CHECK(about({{Fact::httpHost, "2001:db8::1"}}, "httpRequestDomain") == "2001:db8::1");
  CHECK(about({{Fact::tlsServerName, "s"}}, "l7DomainInfo") == "s");
  CHECK(about({{Fact::dnsQuery, "q"}}, "l7DomainInfo") == "q");
}

TEST_CASE("facts of a record that lie are not read") {
  FlowRecord record{};
  const std::string heap("\x02\xff\xff" "abc", 6);  // longer than what is there
  record.application.facts = {0, 6};
  FieldContext context;
  context.heap = reinterpret_cast<const uint8_t*>(heap.data());
  char out[64];
  CHECK(find("tlsServerName").text(record, 0, context, out, sizeof out) == 0);
  CHECK(find("tlsVersion").number(record, 0, context) == 0);
}
