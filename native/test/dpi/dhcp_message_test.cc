#include <doctest/doctest.h>

#include "dpi/payload.h"

using namespace weir;
using namespace weir::test;

namespace {

// op, then fixed fields: ciaddr, yiaddr, chaddr; server name and file; the cookie.
struct Builder {
  std::string head = hex("01 01 06 00 12345678 0000 0000");
  std::string clientAddress = std::string(4, '\0'), yourAddress = std::string(4, '\0');
  std::string hardware = hex("020000000009");
  std::string serverName, file, options;

  Builder& option(uint8_t code, const std::string& value) {
    options += static_cast<char>(code);
    options += static_cast<char>(value.size());
    options += value;
    return *this;
  }
  std::string message(const std::string& end = "\xff") const {
    const auto padded = [](std::string text, size_t size) { return text.resize(size), text; };
    return head + clientAddress + yourAddress + std::string(8, '\0') + padded(hardware, 16) + padded(serverName, 64) +
           padded(file, 128) + hex("63825363") + options + end;
  }
};

struct Read {
  FactBuffer facts;
  Parse state;
  std::string text(Fact fact) const { return std::string(facts.text(fact)); }
};

Read read(const std::string& message) {
  Read result;
  result.state = parseDhcp(octetsOf(message), result.facts).state;
  return result;
}

}  // namespace

TEST_CASE("dhcp: a client asks") {
  const Read found = read(Builder()
                              .option(53, "\x03")
                              .option(12, std::string("laptop\0", 7))
                              .option(55, hex("01 03 06 0f 77 fc"))
                              .option(60, "MSFT 5.0")
                              .option(50, hex("c0000205"))
                              .message());
  CHECK(found.state == Parse::done);
  CHECK(found.facts.number(Fact::dhcpMessageType) == 3);
  CHECK(found.text(Fact::dhcpHostName) == "laptop");
  CHECK(found.text(Fact::dhcpFingerprint) == "1,3,6,15,119,252");
  CHECK(found.text(Fact::dhcpClass) == "MSFT 5.0");
  CHECK(found.text(Fact::dhcpClientMac) == hex("020000000009"));
  CHECK(found.text(Fact::dhcpClientAddress) == hex("c0000205"));
}

TEST_CASE("dhcp: a server answers") {
  Builder builder;
  builder.head[0] = 2;
  builder.yourAddress = hex("c0000207");
  const Read found = read(builder.option(53, "\x02").message());
  CHECK(found.facts.number(Fact::dhcpMessageType) == 2);
  CHECK(found.text(Fact::dhcpClientAddress) == hex("c0000207"));
  CHECK(!found.facts.has(Fact::dhcpHostName));
  Builder renewing;
  renewing.clientAddress = hex("c0000208");
  CHECK(read(renewing.option(53, "\x08").message()).text(Fact::dhcpClientAddress) == hex("c0000208"));
}

TEST_CASE("dhcp: option overload") {
  Builder builder;
  builder.file = hex("0c02") + "pc" + hex("ff");
  builder.serverName = hex("3c01") + "v" + hex("ff");
  const Read found = read(builder.option(53, "\x01").option(52, "\x03").message());
  CHECK(found.text(Fact::dhcpHostName) == "pc");
  CHECK(found.text(Fact::dhcpClass) == "v");
  Builder boot;
  boot.file = hex("0c02") + "pc";
  CHECK(!read(boot.option(53, "\x01").message()).facts.has(Fact::dhcpHostName));
}

TEST_CASE("dhcp: other hardware than Ethernet has its MAC in the client identifier") {
  Builder builder;
  builder.head[1] = 32;
  builder.head[2] = 0;
  CHECK(read(builder.option(61, hex("01 020000000011")).message()).text(Fact::dhcpClientMac) == hex("020000000011"));
  Builder named;
  named.head[1] = 32;
  CHECK(!read(named.option(61, hex("00") + "name").message()).facts.has(Fact::dhcpClientMac));
}

TEST_CASE("dhcp: the full name stands in where no host name is given") {
  CHECK(read(Builder().option(81, hex("000000") + "pc.example.org").message()).text(Fact::dhcpHostName) == "pc.example.org");
  CHECK(!read(Builder().option(81, hex("040000") + "\x02pc").message()).facts.has(Fact::dhcpHostName));
  CHECK(read(Builder().option(81, hex("000000") + "a").option(12, "b").message()).text(Fact::dhcpHostName) == "b");
}

TEST_CASE("dhcp: octets of a host name are no text yet") {
  CHECK(read(Builder().option(12, "caf\xe9").message()).text(Fact::dhcpHostName) == "caf\xef\xbf\xbd");
}

TEST_CASE("dhcp: cut or broken options give what stands before") {
  const std::string message = Builder().option(53, "\x01").option(12, "host").message();
  for (size_t size = 0; size < message.size(); size++) {
    CAPTURE(size);
    const Read found = read(message.substr(0, size));
    CHECK(found.state == (size < 240 ? Parse::no : Parse::more));
    CHECK(found.facts.has(Fact::dhcpMessageType) == (size >= 243));
  }
  CHECK(read(Builder().option(53, "\x05").message(hex("0cff61"))).facts.number(Fact::dhcpMessageType) == 5);
}

TEST_CASE("dhcp: only with its cookie") {
  std::string message = Builder().option(53, "\x01").message();
  CHECK(looksLikeDhcp(octetsOf(message)));
  message[236] = 0;
  CHECK(!looksLikeDhcp(octetsOf(message)));
  CHECK(!looksLikeDhcp({}));
}
